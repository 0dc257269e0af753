"""The media engine as everybody else sees it: thirteen calls, events, refusals.

A call has at most two legs, the citizen's and the agent's, and observers, who see and hear and are not heard unless
they speak: to one party or to both. The engine answers offers, carries picture and sound between the legs, records
when ordered and tells what happens; who may join is the gateway's affair. There are two:
`video.media.relay` decodes and encodes, `video.media.translator` forwards packets.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from ca_core.errors import Refusal

Fact = str | int | float | bool | None
MediaKind = Literal["audio", "video"]
EngineKind = Literal["translator", "relay"]


class Role(StrEnum):
    """The party at the other end of a leg."""

    CITIZEN = "citizen"
    AGENT = "agent"

    @property
    def far(self) -> "Role":
        return Role.AGENT if self is Role.CITIZEN else Role.CITIZEN


# Whose a recorded frame is: a party's, or what an observer said.
Source = Role | Literal["observer"]
OBSERVER: Final = "observer"


class EventKind(StrEnum):
    """What an engine tells. `facts` of each are named here."""

    LEG_JOINED = "leg_joined"  # again
    LEG_CONNECTED = "leg_connected"  # took_ms
    LEG_MEDIA = "leg_media"  # took_ms; the first whole frame
    LEG_SILENT = "leg_silent"  # silent_seconds
    LEG_BACK = "leg_back"  # silent_seconds
    LEG_FAILED = "leg_failed"  # cause: not_connected, connection_lost, closed_by_peer
    LEG_LEFT = "leg_left"
    # A leg that had media ends: seconds, loss_ppm, rtt_ms, jitter_ms, kbit_per_second, width_px, height_px, freezes,
    # frozen_ms; of its whole life, as its party's packets came in
    LEG_MEASURED = "leg_measured"
    PICTURE_SIZE = "picture_size"  # width_px, height_px
    HELD = "held"
    RESUMED = "resumed"
    OBSERVER_JOINED = "observer_joined"  # observer
    OBSERVER_LEFT = "observer_left"  # observer
    OBSERVER_SPEAKS = "observer_speaks"  # observer, audience: agent, citizen or both
    OBSERVER_QUIET = "observer_quiet"  # observer
    # That party hears who speaks, or no longer does though they speak.
    OBSERVER_HEARD = "observer_heard"  # observer
    OBSERVER_UNHEARD = "observer_unheard"  # observer
    STILL_TAKEN = "still_taken"  # still_id, name, sha256, width_px, height_px, took_ms
    RECORDING_STARTED = "recording_started"  # part, name
    RECORDING_FAILED = "recording_failed"  # part, name, reason (an errno's name, or too_slow)
    RECORDING_CLOSED = "recording_closed"  # part, name, sha256, size_bytes, seconds, log_name, log_sha256
    PROBE_ENDED = "probe_ended"  # probe_id, audio_packets, video_packets
    CALL_CLOSED = "call_closed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened in a call; `call_id` is 0 for a device check, which belongs to none."""

    call_id: int
    role: Role | None
    kind: EventKind
    at: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)


Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class RecordingOrder:
    """Record both parties into `folder`, sealed under `secret`. Given only once the caller's consent is stored."""

    folder: Path
    secret: bytes = field(repr=False)


class EncodedFrame(NamedTuple):
    """One frame as it was received, VP8 or Opus. `timestamp` counts from the leg's first frame in the codec's clock;
    `at_seconds` is the same instant on the worker's clock, lips and voice together."""

    kind: MediaKind
    timestamp: int
    at_seconds: float
    key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class LegStats:
    """Counted since the leg joined; None is what is not known (yet). A freeze is more than half a second between two
    pictures; after five seconds it is a picture that rests, or a silent leg."""

    role: Role
    state: str
    bytes_received: int
    packets_received: int
    packets_sent: int
    fps: float
    width_px: int | None
    height_px: int | None
    loss: float | None
    jitter_seconds: float | None
    rtt_seconds: float | None
    last_media_seconds_ago: float | None
    freezes: int = 0
    frozen_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CallStats:
    call_id: int
    is_held: bool
    is_recording: bool
    legs: tuple[LegStats, ...]
    observers: tuple[int, ...] = ()
    # The observer who speaks.
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A keyframe as it came, VP8 (RFC 6386), and its RTP timestamp in the sender's own count."""

    timestamp: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """A still of a leg's uplink at its full size: a PNG, and within it what the engine received of it."""

    png: bytes = field(repr=False)
    width_px: int
    height_px: int
    taken_at: datetime
    took_ms: int


class CallNotKnown(Refusal):
    """No such call on this worker."""

    code = "media.call_not_known"


class LegNotKnown(Refusal):
    """That party has not joined the call."""

    code = "media.leg_not_known"


class RoleNotKnown(Refusal):
    """A call has a citizen and an agent; nobody else joins."""

    code = "media.role_not_known"


class OfferNotUnderstood(Refusal):
    """The offer is no session description of one sound and one picture in Opus and VP8."""

    code = "media.offer_not_understood"


class NoPicture(Refusal):
    """The leg sent no picture in time."""

    code = "media.no_picture"


class ObserversBusy(Refusal):
    """As many as a call allows are observing it."""

    code = "media.observers_busy"


class VoiceTaken(Refusal):
    """Another observer is speaking in the call."""

    code = "media.voice_taken"


class NobodySpeaks(Refusal):
    """No observer speaks to that party."""

    code = "media.nobody_speaks"


class ProbesBusy(Refusal):
    """As many device checks as the worker allows are running."""

    code = "media.probes_busy"


class Tap(Protocol):
    """Encoded frames of one leg as they come, until closed; a reader that is too slow loses the oldest."""

    def __aiter__(self) -> AsyncIterator[EncodedFrame]: ...

    def close(self) -> None: ...


class Engine(Protocol):
    """Thirteen calls. All but `create_call` and `close` raise CallNotKnown."""

    async def create_call(self, call_id: int, *, recording: RecordingOrder | None = None) -> None:
        """Make the call, or find it made; an order starts its recording, once."""
        ...

    async def join(self, call_id: int, role: Role, offer_sdp: str) -> str:
        """The answer to a party's offer. A party that joins again replaces its leg. Raises OfferNotUnderstood."""
        ...

    async def leave(self, call_id: int, role: Role) -> None:
        """Drop the leg, if there is one; the other stays."""
        ...

    async def observe(self, call_id: int, observer: int, party: Role, offer_sdp: str) -> str:
        """The answer to the offer of somebody who will see and hear that party, whichever leg it has by then; what the
        observer sends is dropped. `observer` is a number of the caller's own. Raises OfferNotUnderstood, ObserversBusy.
        """
        ...

    async def unobserve(self, call_id: int, observer: int) -> None:
        """Drop the observer's legs, if there are any."""
        ...

    async def speak(self, call_id: int, observer: int, audience: frozenset[Role], offer_sdp: str) -> str:
        """The answer to the offer of an observer's voice, which the audience may hear from now on; one a call. Whoever
        speaks again replaces what they said before. Raises OfferNotUnderstood, LegNotKnown for who does not observe,
        VoiceTaken.
        """
        ...

    async def hear(self, call_id: int, party: Role, offer_sdp: str) -> str:
        """The answer to the offer of a party that will hear the observer who speaks to it, beside the other party.
        Raises OfferNotUnderstood, NobodySpeaks."""
        ...

    async def fall_quiet(self, call_id: int, observer: int) -> None:
        """Nobody hears that observer any more."""
        ...

    async def hold(self, call_id: int, on: bool) -> None:
        """On hold the parties and observers get silence and black, and nothing is recorded but the gap."""
        ...

    async def request_keyframe(self, call_id: int, role: Role) -> None:
        """Ask that party's encoder for a whole picture. Raises LegNotKnown."""
        ...

    async def tap(self, call_id: int, role: Role) -> Tap:
        """Subscribe to a party's frames. Raises LegNotKnown."""
        ...

    async def stats(self, call_id: int) -> CallStats:
        """What each leg received, and when last."""
        ...

    async def close(self, call_id: int) -> None:
        """End both legs and the recording; a call that is not there is closed already."""
        ...
