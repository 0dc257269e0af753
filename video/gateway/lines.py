"""What the gateway remembers of each call's media, and what must be done so that they agree with the database.

`plan` is pure: from the call as it is stored, the line as it is known and the clock follow the steps to take now.
Nothing is lost with this memory: it is made anew from the database and from what the workers say.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from ca_core.call import Call, Leg
from ca_core.lifecycle import CallState
from video.gateway.messages import Json

# A page that is loaded anew comes back within this; longer, and the other side is told.
PAGE_AWAY_SECONDS = 2.0
# After its own start the gateway waits for the pages to find it again.
PAGES_RETURN_SECONDS = 15.0
# A page that was asked to join and brought no media is asked again.
ASK_AGAIN_SECONDS = 8.0
# A silent line often comes back by itself: so long nobody is asked to build another.
SILENCE_BEFORE_ASKING_SECONDS = 4.0

# A recording that failed is begun again after this pause: a disk seldom recovers within a second.
RECORD_AGAIN_SECONDS = 10.0

_CHAT_LINES = 100
_ON_THE_LINE = (CallState.ACTIVE, CallState.HELD)


class Why(StrEnum):
    """Why a side is lost, as pages are told."""

    PAGE_CLOSED = "page_closed"
    SILENT = "silent"
    LINE_FAILED = "line_failed"
    WORKER_GONE = "worker_gone"


class Shown(StrEnum):
    """What the agent asks the caller to hold into the picture."""

    DOCUMENT = "document"
    DOCUMENT_BACK = "document_back"
    FACE = "face"
    NONE = "none"


@dataclass(slots=True)
class End:
    """One side of a line: is its page here, do its media flow. Instants are the event loop's."""

    # The page that is here, by its running number.
    page: int | None = None
    gone_at: float | None = None
    is_up: bool = False
    why: Why = Why.SILENT
    asked_at: float | None = None
    seated_at: float = 0.0
    joined_at: float = 0.0
    quality: str = "none"

    @property
    def is_here(self) -> bool:
        return self.page is not None

    def came(self, page: int, now: float, *, has_line: bool | None) -> None:
        """Its page has a socket. A page that says it has no peer connection is asked to make one at once."""
        self.page, self.gone_at = page, None
        self.seated_at, self.asked_at = now, None
        if has_line is False:
            self.fell(Why.PAGE_CLOSED, now)

    def went(self, now: float) -> None:
        self.page, self.gone_at = None, now

    def fell(self, why: Why, now: float) -> None:
        """Its media stopped."""
        self.is_up, self.why, self.quality = False, why, "none"
        waits = why is Why.SILENT and self.seated_at <= self.joined_at
        self.asked_at = now - ASK_AGAIN_SECONDS + SILENCE_BEFORE_ASKING_SECONDS if waits else None


@dataclass(frozen=True, slots=True)
class Voice:
    """A supervisor speaks. `number` is another one whenever somebody begins: who hears it must ask anew."""

    number: int
    observer: int
    audience: frozenset[Leg]
    # Whose page hears it by now.
    heard_by: frozenset[Leg] = frozenset()


@dataclass(slots=True)
class Line:
    """A call's media as the gateway knows them."""

    call_id: int
    ends: dict[Leg, End] = field(default_factory=lambda: {leg: End() for leg in Leg})
    # Which worker has made the call, and whether it holds and records it.
    worker: str = ""
    is_made: bool = False
    is_held: bool = False
    is_recording: bool = False
    record_not_before: float = float("-inf")
    shown: Shown = Shown.NONE
    # The caller's line carries no picture for now, as their page says.
    is_sound_only: bool = False
    voice: Voice | None = None
    said: deque[Json] = field(default_factory=lambda: deque(maxlen=_CHAT_LINES))
    # Steps are being taken, or the database was not read since they were.
    is_busy: bool = False
    settled_at_read: int = 0

    def recording_failed(self, now: float) -> None:
        """The next part waits a while."""
        self.is_recording, self.record_not_before = False, now + RECORD_AGAIN_SECONDS

    def broke(self, now: float) -> None:
        """The worker is gone, or was started anew and knows nothing of the call."""
        self.is_made = self.is_held = self.is_recording = False
        self.voice = None
        for end in self.ends.values():
            end.fell(Why.WORKER_GONE, now)


@dataclass(frozen=True, slots=True)
class Place:
    """On a live worker, the best one."""


@dataclass(frozen=True, slots=True)
class Join:
    leg: Leg


@dataclass(frozen=True, slots=True)
class Connected:
    """Both sides' media flow for the first time."""


@dataclass(frozen=True, slots=True)
class Lost:
    leg: Leg
    why: Why


@dataclass(frozen=True, slots=True)
class CameBack:
    pass


@dataclass(frozen=True, slots=True)
class Hold:
    on: bool


@dataclass(frozen=True, slots=True)
class Record:
    pass


@dataclass(frozen=True, slots=True)
class Close:
    pass


Step = Place | Join | Connected | Lost | CameBack | Hold | Record | Close


def plan(call: Call, line: Line, *, live: Collection[str], now: float, is_settled: bool = True) -> list[Step]:
    """What is to be done now, in this order. `live`: the workers whose lease runs; `is_settled`: the gateway is up
    for a lease, so that each of them had the time to say what it carries.
    """
    if call.state is CallState.ENDED:
        return [Close()] if line.is_made else []
    if line.is_made and line.worker != call.worker:
        # Left over on a worker that was away when the call moved.
        return [Close()]
    if call.accepted_at is None:
        return []
    if call.worker not in live or not line.is_made:
        return _without_worker(call, live) if is_settled or not call.worker else []
    return [*_bring_in(call, line, now), *_compare(call, line, now), *_order(call, line, now)]


def _without_worker(call: Call, live: Collection[str]) -> list[Step]:
    # It is our side that failed both of them.
    told: list[Step] = [Lost(Leg.AGENT, Why.WORKER_GONE)] if call.state in _ON_THE_LINE else []
    return [*told, Place()] if live else told


def _bring_in(call: Call, line: Line, now: float) -> list[Step]:
    if call.answered_at is None:
        return []
    return [Join(leg) for leg, end in line.ends.items() if _is_to_be_asked(end, now)]


def _is_to_be_asked(end: End, now: float) -> bool:
    asked_long_ago = end.asked_at is None or now - end.asked_at >= ASK_AGAIN_SECONDS
    return end.is_here and not end.is_up and asked_long_ago


def _compare(call: Call, line: Line, now: float) -> list[Step]:
    both_up = all(end.is_up for end in line.ends.values())
    if call.state is CallState.RINGING and both_up:
        return [Connected()]
    if call.state is CallState.RECONNECTING and both_up and all(end.is_here for end in line.ends.values()):
        return [CameBack()]
    if call.state in _ON_THE_LINE:
        lost = trouble(line, now)
        return [lost] if lost is not None else []
    return []


def trouble(line: Line, now: float) -> Lost | None:
    """Which side is gone, and why. A closed page is named before the silence that it brings."""
    for leg, end in line.ends.items():
        away = end.gone_at is not None and now - end.gone_at >= PAGE_AWAY_SECONDS
        if not end.is_here and (away or not end.is_up):
            return Lost(leg, Why.PAGE_CLOSED)
    for leg, end in line.ends.items():
        if not end.is_up:
            return Lost(leg, end.why)
    return None


def _order(call: Call, line: Line, now: float) -> list[Step]:
    """Hold as it is stored, and the recording, to which the caller agreed before the queue."""
    steps: list[Step] = []
    held = call.state is CallState.HELD
    if held != line.is_held and call.state in _ON_THE_LINE:
        steps.append(Hold(held))
    if call.connected_at is not None and not line.is_recording and now >= line.record_not_before:
        steps.append(Record())
    return steps
