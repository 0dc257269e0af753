"""The control door of one media worker: HTTP and one WebSocket, on loopback, for those who know the secret.

The gateway orders calls, legs, holds and stills; the worker tells events and, each second, that it lives. Every
route but /health demands the bearer secret.
"""

import asyncio
import contextlib
import logging
import re
import signal
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ca_core.errors import Refusal
from video import engine, evidence
from video.engine import Event, EventKind, RecordingOrder, Role
from video.media import door, translator, wire
from video.media.feed import Cpu, Feed, Lateness
from video.media.ice import IceSettings
from video.media.port import Port
from video.media.probe import Probes
from video.media.relay import RelayEngine

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0

_DRAIN_LOOK_SECONDS = 1.0
_STILL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What runtime hands a worker. `secret` opens the control door, `evidence_secret` seals what is recorded,
    `engine_kind` names what carries the calls."""

    secret: str = field(repr=False)
    evidence_dir: Path
    evidence_secret: bytes = field(repr=False)
    addresses: IceSettings = field(default_factory=IceSettings)
    engine_kind: engine.EngineKind = "translator"


class Worker:
    """The parts of a worker, and its routes."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self.feed = Feed()
        self.engine: RelayEngine
        self.probes: Probes
        self.is_ready = False
        self._draining: asyncio.Task[None] | None = None
        self._order = RecordingOrder(settings.evidence_dir, settings.evidence_secret)
        self._cpu, self._lateness = Cpu(), Lateness()
        self._disk = ThreadPoolExecutor(1, "stills")

    @contextlib.asynccontextmanager
    async def living(self, app: Starlette) -> AsyncIterator[None]:
        self.settings.evidence_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.engine = await translator.opened(
            self.settings.engine_kind, self.feed.publish, settings=self.settings.addresses
        )
        self.probes = Probes(self.feed.publish, self.engine.addresses)
        watching = asyncio.create_task(self._lateness.watch())
        self.is_ready = True
        try:
            yield
        finally:
            self.is_ready = False
            watching.cancel()
            if self._draining is not None:
                self._draining.cancel()
            await self.probes.stop()
            await self.engine.shut()
            self._disk.shutdown()
            log.info("media worker stopped")

    async def drain(self, request: Request) -> Response:
        """No further call is placed here; after the last one the process ends, and its supervisor starts it anew."""
        if self._draining is None:
            log.info("media worker drains", extra={"calls": len(self.engine.call_ids)})
            self._draining = asyncio.create_task(self._end_when_empty())
        return Response(status_code=204)

    async def _end_when_empty(self) -> None:
        # The gateway has heard of it by then.
        await asyncio.sleep(_DRAIN_LOOK_SECONDS)
        while self.engine.call_ids:  # noqa: ASYNC110 - calls end in many ways, and nobody is waiting
            await asyncio.sleep(_DRAIN_LOOK_SECONDS)
        signal.raise_signal(signal.SIGTERM)

    async def create(self, request: Request) -> Response:
        body = await door.body(request)
        call_id, record = door.number(body, "call_id"), body.get("record", False)
        if not isinstance(record, bool):
            raise wire.RequestNotUnderstood
        await self.engine.create_call(call_id, recording=self._order if record else None)
        return Response(status_code=204)

    async def record(self, request: Request) -> Response:
        call_id = door.call_id(request)
        await self.engine.stats(call_id)
        await self.engine.create_call(call_id, recording=self._order)
        return Response(status_code=204)

    async def join(self, request: Request) -> Response:
        body = await door.body(request)
        answer = await self.engine.join(door.call_id(request), door.role(body), door.text(body, "sdp"))
        return JSONResponse({"sdp": answer})

    async def leave(self, request: Request) -> Response:
        await self.engine.leave(door.call_id(request), door.role(request.path_params))
        return Response(status_code=204)

    async def observe(self, request: Request) -> Response:
        body = await door.body(request)
        party, sdp = door.role(body), door.text(body, "sdp")
        answer = await self.engine.observe(door.call_id(request), door.number(body, "observer"), party, sdp)
        return JSONResponse({"sdp": answer})

    async def unobserve(self, request: Request) -> Response:
        await self.engine.unobserve(door.call_id(request), door.number(request.path_params, "observer"))
        return Response(status_code=204)

    async def speak(self, request: Request) -> Response:
        body = await door.body(request)
        observer, audience, sdp = (
            door.number(body, "observer"),
            door.roles(body, "audience"),
            door.text(body, "sdp"),
        )
        return JSONResponse({"sdp": await self.engine.speak(door.call_id(request), observer, audience, sdp)})

    async def fall_quiet(self, request: Request) -> Response:
        await self.engine.fall_quiet(door.call_id(request), door.number(request.path_params, "observer"))
        return Response(status_code=204)

    async def hear(self, request: Request) -> Response:
        body = await door.body(request)
        answer = await self.engine.hear(door.call_id(request), door.role(body), door.text(body, "sdp"))
        return JSONResponse({"sdp": answer})

    async def hold(self, request: Request) -> Response:
        on = (await door.body(request)).get("on")
        if not isinstance(on, bool):
            raise wire.RequestNotUnderstood
        await self.engine.hold(door.call_id(request), on)
        return Response(status_code=204)

    async def keyframe(self, request: Request) -> Response:
        await self.engine.request_keyframe(door.call_id(request), door.role(await door.body(request)))
        return Response(status_code=204)

    async def still(self, request: Request) -> Response:
        body = await door.body(request)
        role, still_id = door.role(body), str(body.get("still_id"))
        if not _STILL_ID.fullmatch(still_id):
            raise wire.RequestNotUnderstood
        kept = await self._keep_still(door.call_id(request), role, still_id)
        return JSONResponse(wire.still_json(kept), status_code=201)

    async def _keep_still(self, call_id: int, role: Role, still_id: str) -> wire.KeptStill:
        picture = await self.engine.still(call_id, role)
        name = f"{call_id}-still-{still_id}.png.sealed"
        path, secret = self.settings.evidence_dir / name, self.settings.evidence_secret
        try:
            # Not in the default executor: a slow disk must not hold up the encoders.
            sha256 = await asyncio.get_running_loop().run_in_executor(
                self._disk, evidence.keep, path, secret, "call-still", picture.png
            )
        except evidence.EvidenceNotKept as failure:
            raise wire.StillNotKept(**failure.facts) from failure
        size = {"width_px": picture.width_px, "height_px": picture.height_px, "took_ms": picture.took_ms}
        facts: dict[str, engine.Fact] = {"still_id": still_id, "name": name, "sha256": sha256, **size}
        self.engine.note(Event(call_id, role, EventKind.STILL_TAKEN, picture.taken_at, facts))
        return wire.KeptStill(name=name, sha256=sha256, taken_at=picture.taken_at, **size)

    async def stats(self, request: Request) -> Response:
        return JSONResponse(wire.stats_json(await self.engine.stats(door.call_id(request))))

    async def calls(self, request: Request) -> Response:
        stats = []
        for call_id in self.engine.call_ids:
            # It may be closed while the others are counted.
            with contextlib.suppress(engine.CallNotKnown):
                stats.append(await self.engine.stats(call_id))
        return JSONResponse({"calls": [wire.stats_json(each) for each in stats]})

    async def close(self, request: Request) -> Response:
        await self.engine.close(door.call_id(request))
        return Response(status_code=204)

    async def probe(self, request: Request) -> Response:
        probe_id, answer = await self.probes.start(door.text(await door.body(request), "sdp"))
        return JSONResponse({"probe_id": probe_id, "sdp": answer})

    async def health(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        return PlainTextResponse("ready\n" if self.is_ready else "not ready\n", 200 if self.is_ready else 503)

    async def metrics(self, request: Request) -> Response:
        values: dict[str, tuple[str, float]] = {
            "qoltanba_media_calls": ("gauge", len(self.engine.call_ids)),
            "qoltanba_media_legs": ("gauge", self.engine.leg_count),
            "qoltanba_media_delay_seconds": ("gauge", self._lateness.median_ms / 1000),
            "qoltanba_media_events_total": ("counter", self.feed.number),
            **_port_metrics(self.engine.addresses.port),
            "process_cpu_seconds_total": ("counter", round(time.process_time(), 3)),
        }
        lines = [f"# TYPE {name} {kind}\n{name} {value}\n" for name, (kind, value) in values.items()]
        return PlainTextResponse("".join(lines), media_type="text/plain; version=0.0.4")

    async def events(self, socket: WebSocket) -> None:
        """A heartbeat each second, and events after the last that the listener has seen."""
        seen = self.feed.seen(socket.query_params.get("run"), socket.query_params.get("after", ""))
        await socket.accept()
        # The listener may be gone by the time we write.
        with contextlib.suppress(WebSocketDisconnect):
            async for numbered in self.feed.after(seen, pause_seconds=HEARTBEAT_SECONDS):
                await socket.send_text(self._heartbeat() if numbered is None else wire.event_json(numbered))

    def _heartbeat(self) -> str:
        calls, legs = len(self.engine.call_ids), self.engine.leg_count
        return wire.heartbeat_json(
            wire.Heartbeat(
                self.feed.run,
                self.feed.number,
                self._cpu.percent(),
                calls,
                legs,
                self._draining is not None,
                self._lateness.median_ms,
            )
        )


def _port_metrics(port: Port | None) -> dict[str, tuple[str, float]]:
    if port is None:
        return {}
    counts = port.counts
    return {
        "qoltanba_media_datagrams_unknown_total": ("counter", counts.unknown),
        "qoltanba_media_datagrams_unproven_total": ("counter", counts.unproven),
        "qoltanba_media_datagrams_unsent_total": ("counter", counts.unsent),
        "qoltanba_media_addresses_moved_total": ("counter", counts.moved),
    }


def make_app(settings: WorkerSettings) -> Starlette:
    """The worker's ASGI application; its lifespan opens and closes the engine."""
    worker = Worker(settings)
    routes = [
        Route("/calls", worker.create, methods=["POST"]),
        Route("/calls", worker.calls, methods=["GET"]),
        Route("/calls/{call_id:int}", worker.close, methods=["DELETE"]),
        Route("/calls/{call_id:int}/recording", worker.record, methods=["POST"]),
        Route("/calls/{call_id:int}/legs", worker.join, methods=["POST"]),
        Route("/calls/{call_id:int}/legs/{role}", worker.leave, methods=["DELETE"]),
        Route("/calls/{call_id:int}/observers", worker.observe, methods=["POST"]),
        Route("/calls/{call_id:int}/observers/{observer:int}", worker.unobserve, methods=["DELETE"]),
        Route("/calls/{call_id:int}/voices", worker.speak, methods=["POST"]),
        Route("/calls/{call_id:int}/voices/{observer:int}", worker.fall_quiet, methods=["DELETE"]),
        Route("/calls/{call_id:int}/ears", worker.hear, methods=["POST"]),
        Route("/calls/{call_id:int}/hold", worker.hold, methods=["POST"]),
        Route("/calls/{call_id:int}/keyframe", worker.keyframe, methods=["POST"]),
        Route("/calls/{call_id:int}/stills", worker.still, methods=["POST"]),
        Route("/calls/{call_id:int}/stats", worker.stats, methods=["GET"]),
        Route("/probe", worker.probe, methods=["POST"]),
        Route("/drain", worker.drain, methods=["POST"]),
        WebSocketRoute("/events", worker.events),
        Route("/health", worker.health),
        Route("/ready", worker.ready),
        Route("/metrics", worker.metrics),
    ]
    return Starlette(
        routes=routes,
        lifespan=worker.living,
        middleware=[Middleware(door.BearerOnly, secret=settings.secret)],
        exception_handlers={Refusal: door.refused},
    )


def serve(*, settings: WorkerSettings, port: int, host: str = "127.0.0.1") -> None:
    """Run a worker until SIGTERM, which closes its calls and recordings in order; a second one ends it at once."""
    config = uvicorn.Config(
        make_app(settings),
        host=host,
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run()
