"""A media worker in memory: the methods of `MediaClient`, events as a worker tells them, no packet."""

import asyncio
import hashlib
import itertools
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ca_core.errors import GatewayUnavailable
from video.engine import (
    CallNotKnown,
    CallStats,
    Event,
    EventKind,
    Fact,
    LegNotKnown,
    LegStats,
    NobodySpeaks,
    Role,
    VoiceTaken,
)
from video.media.wire import Gone, Heartbeat, NumberedEvent, ProbeAnswer

HEARTBEAT_SECONDS = 0.3

_runs = itertools.count(1)


@dataclass
class FakeCall:
    up: set[Role] = field(default_factory=set)
    is_held: bool = False
    film: str = ""
    joins: int = 0
    observers: dict[int, set[Role]] = field(default_factory=dict)
    # Who speaks, and to whom.
    voice: tuple[int, frozenset[Role]] | None = None


class FakeWorker:
    """`flows`: whether legs bring media as soon as they join. Its state outlives the gateway that asks it."""

    def __init__(self) -> None:
        self.run = f"run-{next(_runs)}"
        self.is_alive = True
        self.flows = True
        self.cpu_percent = 1.0
        self.delay_ms = 0.1
        self.is_draining = False
        self.made: dict[int, FakeCall] = {}
        self.orders: list[tuple[str, int]] = []
        self._number = 0
        self._ears: list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[NumberedEvent | Gone]]] = []
        self._lock = threading.Lock()

    def die(self) -> None:
        """As by kill -9: nothing is told, nothing answers."""
        self.is_alive = False
        self.made.clear()

    def end(self) -> None:
        """The same, and the host says that nobody listens there any more."""
        self.die()
        with self._lock:
            for loop, queue in self._ears:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(queue.put_nowait, Gone())

    def rise(self) -> None:
        self.run = f"run-{next(_runs)}"
        self.is_alive = True

    def tell(self, call_id: int, kind: EventKind, role: Role | None = None, **facts: Fact) -> None:
        with self._lock:
            self._number += 1
            told = NumberedEvent(self._number, Event(call_id, role, kind, datetime.now(UTC), facts))
            for loop, queue in self._ears:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(queue.put_nowait, told)

    def silence(self, call_id: int, role: Role) -> None:
        self.made[call_id].up.discard(role)
        self.tell(call_id, EventKind.LEG_SILENT, role, silent_seconds=2.0)

    def fail(self, call_id: int, role: Role) -> None:
        self.made[call_id].up.discard(role)
        self.tell(call_id, EventKind.LEG_FAILED, role, cause="closed_by_peer")

    def fail_recording(self, call_id: int, reason: str) -> None:
        film, self.made[call_id].film = self.made[call_id].film, ""
        self.tell(call_id, EventKind.RECORDING_FAILED, part=1, name=film, reason=reason)

    def resume(self, call_id: int, role: Role) -> None:
        self.made[call_id].up.add(role)
        self.tell(call_id, EventKind.LEG_BACK, role, silent_seconds=3.0)

    async def events(self) -> AsyncIterator[NumberedEvent | Heartbeat | Gone]:
        queue: asyncio.Queue[NumberedEvent | Gone] = asyncio.Queue()
        self._ears.append((asyncio.get_running_loop(), queue))
        beat = self._beats(queue)
        try:
            async for told in beat:
                yield told
        finally:
            self._ears = [ear for ear in self._ears if ear[1] is not queue]

    async def _beats(
        self, queue: "asyncio.Queue[NumberedEvent | Gone]"
    ) -> AsyncIterator[NumberedEvent | Heartbeat | Gone]:
        while True:
            if self.is_alive:
                yield Heartbeat(
                    self.run,
                    self._number,
                    self.cpu_percent,
                    len(self.made),
                    0,
                    self.is_draining,
                    self.delay_ms,
                )
            try:
                yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                continue

    def _call(self, call_id: int) -> FakeCall:
        self._answer()
        if call_id not in self.made:
            raise CallNotKnown(call_id=call_id)
        return self.made[call_id]

    def _answer(self) -> None:
        if not self.is_alive:
            raise GatewayUnavailable("the worker is dead")

    async def create_call(self, call_id: int, *, record: bool = False) -> None:
        self._answer()
        self.orders.append(("create", call_id))
        self.made.setdefault(call_id, FakeCall())

    async def start_recording(self, call_id: int) -> None:
        call = self._call(call_id)
        self.orders.append(("record", call_id))
        if not call.film:
            call.film = f"{call_id}-{len(self.orders)}.mkv.sealed"
            self.tell(call_id, EventKind.RECORDING_STARTED, part=1, name=call.film)

    async def join(self, call_id: int, role: Role, offer_sdp: str) -> str:
        call = self._call(call_id)
        call.joins += 1
        self.orders.append((f"join {role}", call_id))
        self.tell(call_id, EventKind.LEG_JOINED, role, again=role in call.up)
        if self.flows:
            call.up.add(role)
            self.tell(call_id, EventKind.LEG_MEDIA, role, took_ms=1)
        return f"answer to {offer_sdp}"

    async def leave(self, call_id: int, role: Role) -> None:
        call = self._call(call_id)
        self.orders.append((f"leave {role}", call_id))
        call.up.discard(role)
        self.tell(call_id, EventKind.LEG_LEFT, role)

    async def observe(self, call_id: int, observer: int, party: Role, offer_sdp: str) -> str:
        self._call(call_id).observers.setdefault(observer, set()).add(party)
        self.orders.append((f"observe {party}", call_id))
        return f"answer to {offer_sdp}"

    async def unobserve(self, call_id: int, observer: int) -> None:
        await self.fall_quiet(call_id, observer)
        self._call(call_id).observers.pop(observer, None)
        self.orders.append(("unobserve", call_id))

    async def speak(self, call_id: int, observer: int, audience: frozenset[Role], offer_sdp: str) -> str:
        call = self._call(call_id)
        if observer not in call.observers:
            raise LegNotKnown
        if call.voice is not None and call.voice[0] != observer:
            raise VoiceTaken
        await self.fall_quiet(call_id, observer)
        call.voice = observer, audience
        heard_by = "both" if audience == frozenset(Role) else "+".join(sorted(audience))
        self.tell(call_id, EventKind.OBSERVER_SPEAKS, observer=observer, audience=heard_by)
        return f"answer to {offer_sdp}"

    async def fall_quiet(self, call_id: int, observer: int) -> None:
        call = self._call(call_id)
        if call.voice is not None and call.voice[0] == observer:
            call.voice = None
            self.tell(call_id, EventKind.OBSERVER_QUIET, observer=observer)

    async def hear(self, call_id: int, party: Role, offer_sdp: str) -> str:
        voice = self._call(call_id).voice
        if voice is None or party not in voice[1]:
            raise NobodySpeaks
        if self.flows:
            self.tell(call_id, EventKind.OBSERVER_HEARD, party, observer=voice[0])
        return f"answer to {offer_sdp}"

    async def hold(self, call_id: int, on: bool) -> None:
        self._call(call_id).is_held = on
        self.orders.append((f"hold {on}", call_id))

    async def stats(self, call_id: int) -> CallStats:
        call = self._call(call_id)
        legs = tuple(
            LegStats(role, "connected", 1, 1, 1, 15.0, 1280, 720, 0.0, 0.0, 0.01, 0.1)
            for role in sorted(call.up)
        )
        speaker = call.voice[0] if call.voice is not None else None
        return CallStats(call_id, call.is_held, bool(call.film), legs, tuple(call.observers), speaker)

    async def calls(self) -> tuple[CallStats, ...]:
        self._answer()
        return tuple([await self.stats(call_id) for call_id in self.made])

    async def close(self, call_id: int) -> None:
        self._answer()
        self.orders.append(("close", call_id))
        call = self.made.pop(call_id, None)
        for role in sorted(call.up) if call is not None else ():
            self.tell(
                call_id, EventKind.LEG_MEASURED, role, seconds=12.5, loss_ppm=1200, rtt_ms=40, jitter_ms=None,
                kbit_per_second=612, width_px=1280, height_px=720, freezes=2, frozen_ms=1300,
            )  # fmt: skip
        self.tell(call_id, EventKind.CALL_CLOSED)
        if call is not None and call.film:
            sha256 = hashlib.sha256(call.film.encode()).hexdigest()
            self.tell(
                call_id, EventKind.RECORDING_CLOSED, part=1, name=call.film, sha256=sha256, size_bytes=7,
                log_name=call.film.replace(".mkv.", ".log."), log_sha256=sha256, log_size_bytes=5, seconds=1.0,
            )  # fmt: skip

    async def probe(self, offer_sdp: str) -> ProbeAnswer:
        self._answer()
        return ProbeAnswer(1, f"answer to {offer_sdp}")

    async def aclose(self) -> None:
        """Nothing is open."""
