"""The peer in C: Janus with its videocall plugin, as a party's signalling sees it over HTTP."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks.video.party import Party

_WAIT_SECONDS = 20.0


class Handle:
    """One session with the plugin attached, and its events."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._path = ""
        self._plugin = ""
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._polling: asyncio.Task[None] | None = None

    async def open(self, name: str) -> None:
        self._path = f"/janus/{(await self._post('/janus', janus='create'))['data']['id']}"
        attached = await self._post(self._path, janus="attach", plugin="janus.plugin.videocall")
        self._plugin = f"{self._path}/{attached['data']['id']}"
        self._polling = asyncio.create_task(self._poll())
        await self.ask({"request": "register", "username": name})
        await self.told("registered")

    async def ask(self, body: dict[str, str], **jsep: str) -> None:
        await self._post(self._plugin, janus="message", body=body, **({"jsep": jsep} if jsep else {}))

    async def told(self, event: str, *, with_sdp: bool = False) -> str:
        """The session description that came with the event."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while True:
                came = await self._events.get()
                data = came["plugindata"]["data"]
                if "error" in data:
                    raise SystemExit(f"janus refused: {data['error']}")
                sdp = str(came.get("jsep", {}).get("sdp", ""))
                if data.get("result", {}).get("event") == event and (sdp or not with_sdp):
                    return sdp

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
        with contextlib.suppress(httpx.HTTPError):
            await self._post(self._path, janus="destroy")

    async def _post(self, path: str, **message: object) -> dict[str, Any]:
        answer = await self._http.post(path, json={"transaction": secrets.token_hex(8), **message})
        told: dict[str, Any] = answer.json()
        return told

    async def _poll(self) -> None:
        while True:
            try:
                came = (await self._http.get(self._path, params={"maxev": 5}, timeout=60)).json()
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
                continue
            for event in came if isinstance(came, list) else [came]:
                if event.get("janus") == "event":
                    self._events.put_nowait(event)


async def pair(http: httpx.AsyncClient, first: Party, second: Party) -> Callable[[], Any]:
    """One calls the other, who answers; gives what ends both sessions."""
    word = secrets.token_hex(6)
    one, two = Handle(http), Handle(http)
    await one.open(f"a{word}")
    await two.open(f"b{word}")
    await one.ask({"request": "call", "username": f"b{word}"}, type="offer", sdp=await first.offer())
    answer = await second.answer(await two.told("incomingcall", with_sdp=True))
    await two.ask({"request": "accept"}, type="answer", sdp=answer)
    await first.accept(await one.told("accepted", with_sdp=True))

    async def end() -> None:
        await asyncio.gather(one.close(), two.close())

    return end
