"""The engine on aiortc that decodes: what a party sends is scaled to 640x360 at 15 fps for the other; sound goes on
as it came; stills are taken from the decoded uplink at full size.

Like aiortc's MediaRelay, but for two parties whose legs come and go: the newest picture only, and a leg that is
always there to be sent something (see `tracks`). Forwarding without decoding is another engine's business.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ca_core.errors import Refusal
from video import engine, evidence
from video.engine import Event, EventKind, Role
from video.media import ice, recorder, seams, stills
from video.media.leg import Leg, Tell
from video.media.taps import FrameTap

log = logging.getLogger(__name__)

# aiortc encodes in the loop's default executor: as many threads as this share all calls of the worker.
ENCODER_THREADS = 2
SILENT_SECONDS = 2.0
CONNECT_SECONDS = 15.0
OBSERVERS_AT_MOST = 4

_WATCHDOG_SECONDS = 0.5


@dataclass(slots=True)
class _Voice:
    """What an observer says: a leg of its own, which the legs of those who hear it observe."""

    observer: int
    audience: frozenset[Role]
    leg: Leg
    ears: dict[Role, Leg] = field(default_factory=dict)


@dataclass(slots=True)
class _Call:
    legs: dict[Role, Leg] = field(default_factory=dict)
    # Of each observer, by the party that it sees.
    observers: dict[int, dict[Role, Leg]] = field(default_factory=dict)
    voice: _Voice | None = None
    is_held: bool = False
    recording: recorder.Recording | None = None


class RelayEngine:
    """One worker's calls; made and used in its event loop, between `open` and `shut`."""

    def __init__(self, on_event: engine.Listener, *, settings: ice.IceSettings | None = None) -> None:
        self._on_event = on_event
        self._settings = settings or ice.IceSettings()
        self._calls: dict[int, _Call] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._scribe: recorder.Scribe | None = None
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def call_ids(self) -> tuple[int, ...]:
        return tuple(self._calls)

    @property
    def addresses(self) -> ice.IceSettings:
        """With the port, once it is open: device checks share it."""
        return self._settings

    @property
    def leg_count(self) -> int:
        return sum(len(call.legs) for call in self._calls.values())

    async def open(self) -> None:
        """Check aiortc, open the port, warm the codecs, start the watchdog. Raises SeamsChanged, PortTaken."""
        await seams.check()
        self._settings = await self._settings.opened()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(ENCODER_THREADS, "encoder"))
        stills.warm()
        self._scribe = recorder.Scribe()
        self._watchdog = asyncio.create_task(self._watch())

    async def shut(self) -> None:
        """Close every call and recording."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        await asyncio.gather(*(self.close(call_id) for call_id in self.call_ids))
        await asyncio.gather(*self._closing)
        if self._scribe is not None:
            await self._scribe.stop()
        if self._settings.port is not None:
            self._settings.port.close()

    async def create_call(self, call_id: int, *, recording: engine.RecordingOrder | None = None) -> None:
        call = self._calls.setdefault(call_id, _Call())
        # A recording that failed may be ordered anew: it becomes the next part.
        if recording is not None and (call.recording is None or call.recording.has_failed):
            await self._record(call_id, call, recording)

    async def join(self, call_id: int, role: Role, offer_sdp: str) -> str:
        call = self._call(call_id)
        role = _role(role)
        leg = self._make_leg(role, lambda leg, kind, facts: self._on_leg(call_id, leg, kind, facts))
        answer = await self._answered(call_id, call, leg, offer_sdp)
        self._seat(call_id, call, leg)
        return answer

    async def observe(self, call_id: int, observer: int, party: Role, offer_sdp: str) -> str:
        call, party = self._call(call_id), _role(party)

        def tell(leg: Leg, kind: EventKind, _facts: dict[str, engine.Fact]) -> None:
            if kind is EventKind.LEG_FAILED and call.observers.get(observer, {}).get(party) is leg:
                self._dismiss(call_id, call, observer)

        leg = self._make_leg(party, tell, is_observer=True)
        answer = await self._answered(call_id, call, leg, offer_sdp)
        if observer not in call.observers and len(call.observers) >= OBSERVERS_AT_MOST:
            await leg.close()
            raise engine.ObserversBusy(call_id=call_id)
        if observer not in call.observers:
            call.observers[observer] = {}
            self._tell(call_id, None, EventKind.OBSERVER_JOINED, {"observer": observer})
        legs = call.observers[observer]
        if (old := legs.pop(party, None)) is not None:
            self._cut(old)
        legs[party] = leg
        leg.hold(call.is_held)
        leg.link(call.legs.get(party))
        return answer

    async def unobserve(self, call_id: int, observer: int) -> None:
        self._dismiss(call_id, self._call(call_id), observer)

    async def speak(self, call_id: int, observer: int, audience: frozenset[Role], offer_sdp: str) -> str:
        call = self._call(call_id)

        def tell(leg: Leg, kind: EventKind, _facts: dict[str, engine.Fact]) -> None:
            if kind is EventKind.LEG_FAILED and call.voice is not None and call.voice.leg is leg:
                self._fall_quiet(call_id, call)

        # Its role says nothing: nobody is shown this leg, and what is recorded of it is the observer's.
        leg = self._make_leg(Role.AGENT, tell)
        answer = await self._answered(call_id, call, leg, offer_sdp)
        try:
            _require_may_speak(call_id, call, observer)
        except Refusal:
            await leg.close()
            raise
        self._fall_quiet(call_id, call)
        call.voice = _Voice(observer, audience, leg)
        if call.recording is not None:
            leg.takers.append(call.recording.take_voice)
        heard_by = "both" if audience == frozenset(Role) else "+".join(sorted(audience))
        self._tell(call_id, None, EventKind.OBSERVER_SPEAKS, {"observer": observer, "audience": heard_by})
        return answer

    async def hear(self, call_id: int, party: Role, offer_sdp: str) -> str:
        call, party = self._call(call_id), _role(party)

        def tell(leg: Leg, kind: EventKind, _facts: dict[str, engine.Fact]) -> None:
            voice = call.voice
            if voice is None or voice.ears.get(party) is not leg:
                return
            if kind is EventKind.LEG_CONNECTED:
                self._tell(call_id, party, EventKind.OBSERVER_HEARD, {"observer": voice.observer})
            elif kind is EventKind.LEG_FAILED:
                self._stop_hearing(call_id, voice, party)

        leg = self._make_leg(party, tell, is_observer=True)
        answer = await self._answered(call_id, call, leg, offer_sdp)
        voice = call.voice
        if voice is None or party not in voice.audience:
            await leg.close()
            raise engine.NobodySpeaks(call_id=call_id)
        self._stop_hearing(call_id, voice, party)
        voice.ears[party] = leg
        leg.hold(call.is_held)
        leg.link(voice.leg)
        return answer

    def _stop_hearing(self, call_id: int, voice: _Voice, party: Role) -> None:
        ear = voice.ears.pop(party, None)
        if ear is not None:
            self._cut(ear)
            if ear.is_connected:
                self._tell(call_id, party, EventKind.OBSERVER_UNHEARD, {"observer": voice.observer})

    async def fall_quiet(self, call_id: int, observer: int) -> None:
        call = self._call(call_id)
        if call.voice is not None and call.voice.observer == observer:
            self._fall_quiet(call_id, call)

    def _fall_quiet(self, call_id: int, call: _Call) -> None:
        voice, call.voice = call.voice, None
        if voice is not None:
            for leg in (*voice.ears.values(), voice.leg):
                self._cut(leg)
            self._keep(call, _event(call_id, None, EventKind.OBSERVER_QUIET, {"observer": voice.observer}))

    def _dismiss(self, call_id: int, call: _Call, observer: int) -> None:
        if call.voice is not None and call.voice.observer == observer:
            self._fall_quiet(call_id, call)
        legs = call.observers.pop(observer, None)
        if legs is not None:
            for leg in legs.values():
                self._cut(leg)
            self._keep(call, _event(call_id, None, EventKind.OBSERVER_LEFT, {"observer": observer}))

    async def _answered(self, call_id: int, call: _Call, leg: Leg, offer_sdp: str) -> str:
        try:
            answer = await leg.answer(offer_sdp)
        except engine.OfferNotUnderstood:
            await leg.close()
            raise
        if self._calls.get(call_id) is not call:
            await leg.close()
            raise engine.CallNotKnown(call_id=call_id)
        return answer

    async def leave(self, call_id: int, role: Role) -> None:
        call = self._call(call_id)
        if (leg := call.legs.pop(_role(role), None)) is not None:
            self._drop(call_id, call, leg)
            self._tell(call_id, leg.role, EventKind.LEG_LEFT)

    async def hold(self, call_id: int, on: bool) -> None:
        call = self._call(call_id)
        if call.is_held == on:
            return
        call.is_held = on
        hearing = call.voice.ears.values() if call.voice is not None else ()
        for leg in (*call.legs.values(), *_observing(call), *hearing):
            leg.hold(on)
        self._tell(call_id, None, EventKind.HELD if on else EventKind.RESUMED)
        if not on:
            await self._ask_keyframes(call)

    async def request_keyframe(self, call_id: int, role: Role) -> None:
        await self._leg(call_id, role).request_keyframe()

    async def tap(self, call_id: int, role: Role) -> FrameTap:
        return FrameTap(self._leg(call_id, role))

    async def still(self, call_id: int, role: Role) -> engine.Picture:
        """The newest picture of the party's uplink. Raises CallNotKnown, LegNotKnown, NoPicture."""
        leg = self._leg(call_id, role)
        try:
            return await stills.take(leg)
        except asyncio.CancelledError:
            # The leg went while it was waited for; our own cancellation goes on.
            if leg.is_cut and not _is_cancelled():
                raise engine.NoPicture from None
            raise

    async def stats(self, call_id: int) -> engine.CallStats:
        call = self._call(call_id)
        legs = [await leg.stats() for leg in tuple(call.legs.values())]
        is_recording = call.recording is not None and not call.recording.has_failed
        return engine.CallStats(
            call_id, call.is_held, is_recording, tuple(legs), tuple(call.observers),
            call.voice.observer if call.voice is not None else None,
        )  # fmt: skip

    async def close(self, call_id: int) -> None:
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        for observer in tuple(call.observers):
            self._dismiss(call_id, call, observer)
        for leg in call.legs.values():
            self._drop(call_id, call, leg)
            await self._measure(call_id, call, leg)
        self._tell(call_id, None, EventKind.CALL_CLOSED)
        if call.recording is not None:
            call.recording.note(_event(call_id, None, EventKind.CALL_CLOSED))
            await call.recording.close()

    def note(self, event: Event) -> None:
        """Tell of something that the worker did for a call, a still say, and log it beside the recording."""
        call = self._calls.get(event.call_id)
        if call is not None and call.recording is not None:
            call.recording.note(event)
        self._on_event(event)

    async def _record(self, call_id: int, call: _Call, order: engine.RecordingOrder) -> None:
        assert self._scribe is not None, "the engine is not open"
        try:
            call.recording = recorder.Recording(
                self._scribe, order, call_id, lambda kind, facts: self._tell(call_id, None, kind, facts)
            )
        except evidence.EvidenceNotKept as failure:
            facts: dict[str, engine.Fact] = {"part": 0, "name": "", "reason": failure.facts["reason"]}
            self._tell(call_id, None, EventKind.RECORDING_FAILED, facts)
            return
        for leg in call.legs.values():
            leg.takers.append(call.recording.take)
        if call.voice is not None:
            call.voice.leg.takers.append(call.recording.take_voice)
        if call.is_held:
            call.recording.note(_event(call_id, None, EventKind.HELD))
        await self._ask_keyframes(call)

    def _make_leg(self, role: Role, tell: Tell, *, is_observer: bool = False) -> Leg:
        return Leg(role, self._settings, tell, is_observer=is_observer)

    def _seat(self, call_id: int, call: _Call, leg: Leg) -> None:
        old = call.legs.pop(leg.role, None)
        if old is not None:
            self._drop(call_id, call, old)
        call.legs[leg.role] = leg
        if call.recording is not None:
            leg.takers.append(call.recording.take)
        leg.hold(call.is_held)
        far = call.legs.get(leg.role.far)
        leg.link(far)
        if far is not None:
            far.link(leg)
        for watching in _observing(call, leg.role):
            watching.link(leg)
        self._tell(call_id, leg.role, EventKind.LEG_JOINED, {"again": old is not None})

    def _drop(self, call_id: int, call: _Call, leg: Leg) -> None:
        """Stop the leg's sending now; nobody is shown its last picture."""
        far = call.legs.get(leg.role.far)
        for listening in (*([far] if far is not None else []), *_observing(call, leg.role)):
            if listening.far is leg:
                listening.link(None)
        self._cut(leg)
        self._later(self._measure(call_id, call, leg))

    def _cut(self, leg: Leg) -> None:
        """Its connection is closed in its own time."""
        leg.cut()
        self._later(leg.close())

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _measure(self, call_id: int, call: _Call, leg: Leg) -> None:
        """Once a leg, as it ends, and into the log of the call that it was of."""
        if leg.is_measured or not leg.has_media:
            return
        leg.is_measured = True
        facts = measured(await leg.stats(), leg.joined_at)
        self._keep(call, _event(call_id, leg.role, EventKind.LEG_MEASURED, facts))

    def _keep(self, call: _Call, event: Event) -> None:
        """Told, and logged beside the recording, of a call that is being closed too."""
        if call.recording is not None:
            call.recording.note(event)
        self._on_event(event)

    def _on_leg(self, call_id: int, leg: Leg, kind: EventKind, facts: dict[str, engine.Fact]) -> None:
        call = self._calls.get(call_id)
        if call is None or call.legs.get(leg.role) is not leg:
            return
        self._tell(call_id, leg.role, kind, facts)
        if kind is EventKind.LEG_FAILED:
            del call.legs[leg.role]
            self._drop(call_id, call, leg)

    async def _ask_keyframes(self, call: _Call) -> None:
        for leg in tuple(call.legs.values()):
            await leg.request_keyframe()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCHDOG_SECONDS)
            for call_id, call in tuple(self._calls.items()):
                for leg in tuple(call.legs.values()):
                    await self._look_after(call_id, leg)
                self._look_after_observers(call_id, call)

    async def _look_after(self, call_id: int, leg: Leg) -> None:
        now = time.monotonic()
        if not leg.is_connected:
            if _never_came(leg):
                self._on_leg(call_id, leg, EventKind.LEG_FAILED, {"cause": "not_connected"})
            return
        await leg.ask_again()
        silent_seconds = now - (leg.last_packet_at or leg.joined_at)
        if leg.is_silent != (silent_seconds > SILENT_SECONDS):
            leg.is_silent = not leg.is_silent
            kind = EventKind.LEG_SILENT if leg.is_silent else EventKind.LEG_BACK
            self._on_leg(call_id, leg, kind, {"silent_seconds": round(silent_seconds, 1)})

    def _look_after_observers(self, call_id: int, call: _Call) -> None:
        """One that is gone is noticed by their connection; one that never came, here."""
        for observer, legs in tuple(call.observers.items()):
            if any(_never_came(leg) for leg in legs.values()):
                self._dismiss(call_id, call, observer)
        if call.voice is not None and _never_came(call.voice.leg):
            self._fall_quiet(call_id, call)

    def _tell(
        self, call_id: int, role: Role | None, kind: EventKind, facts: dict[str, engine.Fact] | None = None
    ) -> None:
        self.note(_event(call_id, role, kind, facts))

    def _call(self, call_id: int) -> _Call:
        call = self._calls.get(call_id)
        if call is None:
            raise engine.CallNotKnown(call_id=call_id)
        return call

    def _leg(self, call_id: int, role: Role) -> Leg:
        leg = self._call(call_id).legs.get(_role(role))
        if leg is None:
            raise engine.LegNotKnown(call_id=call_id, role=role)
        return leg


def measured(stats: engine.LegStats, joined_at: float) -> dict[str, engine.Fact]:
    """The facts of LEG_MEASURED."""
    seconds = max(0.001, time.monotonic() - joined_at)
    return {
        "seconds": round(seconds, 3),
        "loss_ppm": _whole(stats.loss, 1_000_000),
        "rtt_ms": _whole(stats.rtt_seconds, 1000),
        "jitter_ms": _whole(stats.jitter_seconds, 1000),
        "kbit_per_second": round(stats.bytes_received * 8 / 1000 / seconds),
        "width_px": stats.width_px,
        "height_px": stats.height_px,
        "freezes": stats.freezes,
        "frozen_ms": round(1000 * stats.frozen_seconds),
    }


def _whole(value: float | None, times: int) -> int | None:
    return None if value is None else round(value * times)


def _observing(call: _Call, party: Role | None = None) -> list[Leg]:
    """The observers' legs, those that see one party or all."""
    return [
        leg
        for legs in call.observers.values()
        for seen, leg in legs.items()
        if party is None or seen is party
    ]


def _require_may_speak(call_id: int, call: _Call, observer: int) -> None:
    if observer not in call.observers:
        raise engine.LegNotKnown(call_id=call_id)
    if call.voice is not None and call.voice.observer != observer:
        raise engine.VoiceTaken(call_id=call_id)


def _never_came(leg: Leg) -> bool:
    return not leg.is_connected and time.monotonic() - leg.joined_at > CONNECT_SECONDS


def _role(role: Role) -> Role:
    """At run time too: what came over a wire may be any word."""
    try:
        return Role(role)
    except ValueError:
        raise engine.RoleNotKnown from None


def _event(
    call_id: int, role: Role | None, kind: EventKind, facts: dict[str, engine.Fact] | None = None
) -> Event:
    return Event(call_id, role, kind, datetime.now(UTC), facts or {})


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
