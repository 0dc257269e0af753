"""What the workers tell: legs that come up and fall, recordings that begin, fail and close.

Memory is changed at once, so that a slow database delays nobody's picture; what belongs into the database about
recordings goes there in its order, through one writer.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from ca_core.call import Evidence, EvidenceKind, Leg, LineQuality
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from ca_core.registration import evidence
from video.engine import CallStats, Event, EventKind, Fact, LegStats
from video.gateway import loops, voices
from video.gateway.gateway import Gateway
from video.gateway.lines import End, Line, Why
from video.gateway.service import SYSTEM, Work
from video.gateway.workers import Link
from video.media.wire import Gone, Heartbeat

log = logging.getLogger(__name__)

# Media that came this recently flow.
_FLOWS_SECONDS = 2.0
_TRY_AGAIN_SECONDS = 1.0

_RISING = (EventKind.LEG_MEDIA, EventKind.LEG_BACK)
_FALLING = {
    EventKind.LEG_SILENT: Why.SILENT,
    EventKind.LEG_FAILED: Why.LINE_FAILED,
    EventKind.LEG_LEFT: Why.LINE_FAILED,
}


class Ear:
    """Listens to one worker, for ever."""

    def __init__(self, gateway: Gateway, link: Link, book: "Book") -> None:
        self._gateway = gateway
        self._link = link
        self._book = book

    async def run(self) -> None:
        async for told in self._link.client.events():
            if isinstance(told, Heartbeat):
                if self._link.heard(told, self._gateway.clock):
                    await self._find_calls()
            elif isinstance(told, Gone):
                self._gone()
            else:
                self._heard(told.event)

    def _gone(self) -> None:
        if self._link.is_live(self._gateway.clock):
            log.warning("a media worker ended")
            self._link.gone()
            self._gateway.pulse.wake()

    async def _find_calls(self) -> None:
        """After a start of either side: which calls the worker carries, and which of their legs flow."""
        try:
            carried = {stats.call_id: stats for stats in await self._link.client.calls()}
        except (GatewayUnavailable, GatewayRejected):
            # Its next heartbeat asks again.
            self._link.gone()
            return
        now = self._gateway.clock
        for line in tuple(self._gateway.lines.values()):
            if line.is_made and line.worker == self._link.address and line.call_id not in carried:
                line.broke(now)
        for stats in carried.values():
            line = self._gateway.line(stats.call_id)
            line.worker = self._link.address
            found(line, stats, now)
            if stats.is_recording:
                self._book.note(
                    partial(_records_already, call_id=stats.call_id, now=self._gateway.service.now())
                )
        self._gateway.pulse.wake()

    def _heard(self, event: Event) -> None:
        if event.kind is EventKind.RECORDING_STARTED:
            self._book.note(partial(_began, event=event))
        elif event.kind is EventKind.RECORDING_FAILED:
            self._book.note(partial(_failed, event=event))
        elif event.kind is EventKind.RECORDING_CLOSED:
            self._book.note(partial(_closed, event=event))
        elif event.kind is EventKind.LEG_MEASURED:
            self._book.note(partial(_measured, event=event))
        line = self._gateway.lines.get(event.call_id)
        if line is None or line.worker != self._link.address:
            return
        if event.kind is EventKind.RECORDING_FAILED:
            line.recording_failed(self._gateway.clock)
        elif event.kind in voices.TOLD:
            voices.heard(line, event)
            self._gateway.pulse.wake()
        if event.role is not None:
            _leg_event(line.ends[Leg(event.role.value)], event.kind, self._gateway.clock)
            self._gateway.pulse.wake()


def _leg_event(end: End, kind: EventKind, now: float) -> None:
    if kind in _RISING:
        end.is_up, end.quality = True, "good"
    elif kind in _FALLING:
        end.fell(_FALLING[kind], now)
    elif kind is EventKind.LEG_JOINED:
        end.joined_at = now


def found(line: Line, stats: CallStats, now: float) -> None:
    """The line as a worker says it stands."""
    line.is_made, line.is_held, line.is_recording = True, stats.is_held, stats.is_recording
    if stats.speaker is None:
        line.voice = None
    legs = {Leg(leg.role.value): leg for leg in stats.legs}
    for leg, end in line.ends.items():
        known = legs.get(leg)
        if known is not None and _flows(known):
            end.joined_at = end.joined_at or now
            end.is_up, end.quality = True, quality(known)
        elif end.is_up:
            end.fell(Why.WORKER_GONE, now)


def _flows(leg: LegStats) -> bool:
    return leg.last_media_seconds_ago is not None and leg.last_media_seconds_ago < _FLOWS_SECONDS


def quality(leg: LegStats) -> str:
    """What an agent is told of the caller's line, in a word."""
    if not _flows(leg):
        return "none"
    loss, rtt = leg.loss or 0.0, leg.rtt_seconds or 0.0
    if loss >= 0.10 or rtt >= 0.8:
        return "poor"
    return "fair" if loss >= 0.03 or rtt >= 0.3 else "good"


class Book:
    """Writes down, in their order, what workers told about recordings; waits for a database that is away."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._notes: asyncio.Queue[Callable[[Work], None]] = asyncio.Queue()

    def note(self, write: Callable[[Work], None]) -> None:
        self._notes.put_nowait(write)

    async def run(self) -> None:
        while True:
            await self._keep_writing(await self._notes.get())

    async def _keep_writing(self, write: Callable[[Work], None]) -> None:
        while True:
            try:
                await loops.perform(partial(self._write, write))
                return
            except Refusal as refusal:
                log.warning("a recording's event was refused", extra={"refused": refusal.code})
                return
            except Exception:  # the loop outlives a database that is away for a while
                log.exception("a recording's event waits")
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    def _write(self, write: Callable[[Work], None]) -> None:
        with self._gateway.service.work() as work:
            write(work)


def _began(work: Work, *, event: Event) -> None:
    began(work, call_id=event.call_id, name=str(event.facts["name"]), at=_whole(event.at))
    found_ = work.calls.by_id(event.call_id)
    if found_ is not None and found_.state is not CallState.ENDED:
        calls.recording(work, actor=SYSTEM, call_id=event.call_id, now=_whole(event.at))


def _records_already(work: Work, *, call_id: int, now: datetime) -> None:
    """The event was told while no gateway listened."""
    found_ = work.calls.by_id(call_id)
    if found_ is not None and found_.recording_since is None and found_.state is not CallState.ENDED:
        calls.recording(work, actor=SYSTEM, call_id=call_id, now=now)


def _failed(work: Work, *, event: Event) -> None:
    found_ = work.calls.by_id(event.call_id)
    if found_ is not None and found_.state is not CallState.ENDED:
        problem = str(event.facts.get("reason") or "unknown")
        calls.recording(work, actor=SYSTEM, call_id=event.call_id, problem=problem, now=_whole(event.at))


def _closed(work: Work, *, event: Event) -> None:
    facts, at = event.facts, _whole(event.at)
    name = str(facts["name"])
    began(work, call_id=event.call_id, name=name, at=at)
    closed(
        work, call_id=event.call_id, name=name, sha256=str(facts["sha256"]),
        size_bytes=int(facts.get("size_bytes") or 0), at=at,
    )  # fmt: skip
    closed(
        work, call_id=event.call_id, name=log_name(name), sha256=str(facts["log_sha256"]),
        size_bytes=int(facts.get("log_size_bytes") or 0), at=at,
    )  # fmt: skip


def _measured(work: Work, *, event: Event) -> None:
    assert event.role is not None, "a leg is a party's"
    facts, ended_at = event.facts, _whole(event.at)
    quality = LineQuality(
        call_id=event.call_id,
        leg=Leg(event.role.value),
        began_at=ended_at - timedelta(seconds=int(facts["seconds"] or 0)),
        ended_at=ended_at,
        loss_ppm=_number(facts["loss_ppm"]),
        rtt_ms=_number(facts["rtt_ms"]),
        jitter_ms=_number(facts["jitter_ms"]),
        kbit_per_second=int(facts["kbit_per_second"] or 0),
        width_px=_number(facts["width_px"]),
        height_px=_number(facts["height_px"]),
        freezes=int(facts["freezes"] or 0),
        frozen_ms=int(facts["frozen_ms"] or 0),
    )
    calls.measured(work, actor=SYSTEM, quality=quality)


def _number(fact: Fact) -> int | None:
    return None if fact is None else int(fact)


def log_name(name: str) -> str:
    """The event log lies beside the recording."""
    return name.replace(".mkv.", ".log.")


def began(work: Work, *, call_id: int, name: str, at: datetime) -> None:
    """Both files of a part, once, however often it is told."""
    known = {item.name for item in work.evidence.of_call(call_id)}
    for kind, each in ((EvidenceKind.RECORDING, name), (EvidenceKind.LOG, log_name(name))):
        if each not in known:
            piece = Evidence(call_id, kind, each, b"", 0, at, SYSTEM.name)
            evidence.recording_began(work, actor=SYSTEM, recording=piece, now=at)


def closed(work: Work, *, call_id: int, name: str, sha256: str, size_bytes: int, at: datetime) -> None:
    for item in work.evidence.of_call(call_id):
        if item.name == name and not item.closed:
            evidence.recording_closed(
                work, actor=SYSTEM, evidence_id=item.evidence_id, sha256=bytes.fromhex(sha256),
                size_bytes=size_bytes, now=at,
            )  # fmt: skip


def _whole(at: datetime) -> datetime:
    """Whole seconds, as the database keeps them."""
    return at.astimezone(UTC).replace(microsecond=0)
