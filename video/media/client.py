"""The gateway's way to one worker: a method a route, refusals raised again as themselves, events as they come."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ca_core.errors import GatewayRejected, GatewayUnavailable
from video.engine import CallStats, Role
from video.media import wire

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5.0

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 1.0
_EVENT_BYTES = 64 * 1024


class MediaClient:
    """Every method raises the worker's Refusal; GatewayUnavailable when it does not answer, GatewayRejected when it
    answers what nobody expects (a wrong secret, say)."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {secret}"}
        # A proxy of the environment has no business between two processes of one machine.
        self._http = httpx.AsyncClient(
            base_url=self._base_url, headers=self._headers, timeout=TIMEOUT_SECONDS, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def create_call(self, call_id: int, *, record: bool = False) -> None:
        await self._ask("POST", "/calls", {"call_id": call_id, "record": record})

    async def start_recording(self, call_id: int) -> None:
        """Only once the caller's consent is stored."""
        await self._ask("POST", f"/calls/{call_id}/recording")

    async def join(self, call_id: int, role: Role, offer_sdp: str) -> str:
        answer = await self._ask("POST", f"/calls/{call_id}/legs", {"role": role, "sdp": offer_sdp})
        return str(answer["sdp"])

    async def leave(self, call_id: int, role: Role) -> None:
        await self._ask("DELETE", f"/calls/{call_id}/legs/{role}")

    async def observe(self, call_id: int, observer: int, party: Role, offer_sdp: str) -> str:
        body = {"observer": observer, "role": party, "sdp": offer_sdp}
        return str((await self._ask("POST", f"/calls/{call_id}/observers", body))["sdp"])

    async def unobserve(self, call_id: int, observer: int) -> None:
        await self._ask("DELETE", f"/calls/{call_id}/observers/{observer}")

    async def speak(self, call_id: int, observer: int, audience: frozenset[Role], offer_sdp: str) -> str:
        body = {"observer": observer, "audience": sorted(audience), "sdp": offer_sdp}
        return str((await self._ask("POST", f"/calls/{call_id}/voices", body))["sdp"])

    async def fall_quiet(self, call_id: int, observer: int) -> None:
        await self._ask("DELETE", f"/calls/{call_id}/voices/{observer}")

    async def hear(self, call_id: int, party: Role, offer_sdp: str) -> str:
        body = {"role": party, "sdp": offer_sdp}
        return str((await self._ask("POST", f"/calls/{call_id}/ears", body))["sdp"])

    async def hold(self, call_id: int, on: bool) -> None:
        await self._ask("POST", f"/calls/{call_id}/hold", {"on": on})

    async def request_keyframe(self, call_id: int, role: Role) -> None:
        await self._ask("POST", f"/calls/{call_id}/keyframe", {"role": role})

    async def drain(self) -> None:
        """No further call; the worker ends after its last one."""
        await self._ask("POST", "/drain")

    async def still(self, call_id: int, role: Role, still_id: str) -> wire.KeptStill:
        body = {"role": role, "still_id": still_id}
        return wire.read_still(await self._ask("POST", f"/calls/{call_id}/stills", body))

    async def stats(self, call_id: int) -> CallStats:
        return wire.read_stats(await self._ask("GET", f"/calls/{call_id}/stats"))

    async def calls(self) -> tuple[CallStats, ...]:
        told = await self._ask("GET", "/calls")
        return tuple(wire.read_stats(each) for each in told["calls"])

    async def close(self, call_id: int) -> None:
        await self._ask("DELETE", f"/calls/{call_id}")

    async def probe(self, offer_sdp: str) -> wire.ProbeAnswer:
        return wire.ProbeAnswer(**await self._ask("POST", "/probe", {"sdp": offer_sdp}))

    async def is_ready(self) -> bool:
        try:
            return (await self._http.get("/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def events(self) -> AsyncIterator[wire.NumberedEvent | wire.Heartbeat | wire.Gone]:
        """Events from now on, and heartbeats, for ever. It reconnects by itself and goes on after the last event it
        gave, with all events of a worker that was started anew meanwhile. Silence tells that the worker is gone: a
        heartbeat comes each second, the first at once. That its process ended is told when a connection is refused.
        """
        run, number, pause = "", 0, _FIRST_PAUSE_SECONDS
        while True:
            is_refused = False
            try:
                async with self._listening(run, number) as socket:
                    pause = _FIRST_PAUSE_SECONDS
                    async for text in socket:
                        told = wire.message(text)
                        if isinstance(told, wire.Heartbeat):
                            run, number = told.run, number if told.run == run else 0
                        else:
                            number = told.number
                        yield told
            except ConnectionRefusedError:
                is_refused = True
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                # Silence will tell.
                log.debug("the events of a media worker broke off")
            if is_refused:
                yield wire.Gone()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _listening(self, run: str, number: int) -> connect:
        address = self._base_url.replace("http", "ws", 1)
        seen = f"?{urlencode({'run': run, 'after': number})}" if run else ""
        return connect(
            f"{address}/events{seen}",
            additional_headers=self._headers,
            open_timeout=TIMEOUT_SECONDS,
            close_timeout=1,
            max_size=_EVENT_BYTES,
            proxy=None,
        )

    async def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        try:
            response = await self._http.request(method, path, json=body)
        except httpx.HTTPError as failure:
            raise GatewayUnavailable("the media worker does not answer") from failure
        if response.status_code == 204:
            return {}
        try:
            told: dict[str, Any] = response.json()
        except ValueError as failure:
            raise GatewayRejected(f"the media worker answered {response.status_code}") from failure
        if response.is_success:
            return told
        refusal = wire.refusal(str(told.get("code")), told.get("facts", {}))
        raise refusal or GatewayRejected(f"the media worker answered {response.status_code}")
