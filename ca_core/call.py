"""A video call and what belongs to it: the agent's desk, the checklist, the evidence (F2; RFC 3647 3.2.3)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState


class Leg(StrEnum):
    """The two ends of a call."""

    CITIZEN = "citizen"
    AGENT = "agent"


class Side(StrEnum):
    """Whose part of a recording is looked at: a party's, or what a supervisor said to them."""

    CITIZEN = "citizen"
    AGENT = "agent"
    OBSERVER = "observer"


# Both parties talk, or did a moment ago.
CONNECTED = (CallState.ACTIVE, CallState.HELD, CallState.RECONNECTING)


class Need(StrEnum):
    """What the caller said they need; each has a way on."""

    NONE = ""
    SIGN_LANGUAGE = "sign_language"
    HELPER_PRESENT = "helper_present"
    NO_CAMERA = "no_camera"
    POOR_LINE = "poor_line"


class EndCause(IntEnum):
    """Why a call is over; both sides are told."""

    AGENT_HUNG_UP = 1
    CALLER_HUNG_UP = 2
    LEFT_QUEUE = 3
    MISSED = 4
    LOST = 5
    HELD_TOO_LONG = 6
    NOT_CONNECTED = 7
    WAITED_TOO_LONG = 8
    TALKED_TOO_LONG = 9


class Decision(IntEnum):
    """What the agent decided; INTERRUPTED when the call ended before a decision."""

    REGISTERED = 1
    REFUSED_RETRY = 2
    REFUSED_FINAL = 3
    ESCALATED = 4
    INTERRUPTED = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One citizen's wish to be registered, from the queue to the sealed evidence.

    `iin` and `phone` are what the citizen typed on their own page. `page_digest` binds the call to that page.
    """

    call_id: int
    state: CallState
    language: str
    iin: Iin
    phone: Phone
    page_digest: bytes
    need: Need
    attempt: int
    opened_at: datetime
    # The place in the queue: kept when an agent does not accept, and through a call-back.
    queued_at: datetime
    consent_at: datetime
    consent_version: str
    policy_version: str
    phrase: str
    agent_id: int | None = None
    offered_at: datetime | None = None
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    connected_at: datetime | None = None
    missed: int = 0
    # The citizen's page is gone from the queue or the line; 60 s to come back.
    absent_since: datetime | None = None
    lost_at: datetime | None = None
    lost_leg: Leg | None = None
    lost_why: str = ""
    held_at: datetime | None = None
    # Which media worker carries it, and since when it records.
    worker: str = ""
    recording_since: datetime | None = None
    recording_problem: str = ""
    ended_at: datetime | None = None
    cause: EndCause | None = None
    decision: Decision | None = None
    decision_reason: str = ""
    decision_note: str = ""
    decided_at: datetime | None = None
    sealed_at: datetime | None = None
    seal: bytes = b""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a supervisor decided about a call that its agent escalated: registered, or refused.

    Kept beside the call: the evidence's seal covers the agent's own decision, which stays what it was.
    """

    call_id: int
    decision: Decision
    reason: str
    note: str
    staff_id: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LineQuality:
    """How one connection of a party was, over its whole life, as the media worker received it (RFC 3550, A.3 and A.8).

    None is what was not measured. `loss_ppm`: lost packets in a million; `frozen_ms`: the freezes together.
    """

    call_id: int
    leg: Leg
    began_at: datetime
    ended_at: datetime
    loss_ppm: int | None
    rtt_ms: int | None
    jitter_ms: int | None
    kbit_per_second: int
    width_px: int | None
    height_px: int | None
    freezes: int
    frozen_ms: int


class DeskState(StrEnum):
    """What a call agent is doing; the server alone writes it."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    OFFERED = "offered"
    IN_CALL = "in_call"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    NOT_RESPONDING = "not_responding"


@dataclass(frozen=True, slots=True)
class Desk:
    """A call agent's place: state, languages, and the call that is theirs."""

    staff_id: int
    state: DeskState
    languages: tuple[str, ...]
    since: datetime
    call_id: int | None = None
    pause_next: bool = False
    wrap_up_until: datetime | None = None
    wrap_up_extended: bool = False
    # The agent's page is gone; an available agent goes offline after a moment.
    absent_since: datetime | None = None
    version: int = 0


class Gate(StrEnum):
    """The checklist, in its order. No registration while one is missing."""

    CONSENT = "consent"
    RECORDING = "recording"
    GREETING = "greeting"
    PRESSURE = "pressure"
    DOCUMENT = "document"
    READING = "reading"
    FEATURES = "features"
    FACE = "face"
    SPOKEN = "spoken"
    CODE = "code"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    # Was passed, and something since then made it doubtful: done again.
    OPEN_AGAIN = "open_again"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist's history; the newest of a gate counts. Facts hold no identifier in clear."""

    call_id: int
    gate: Gate
    outcome: Outcome
    at: datetime
    by: str
    facts: dict[str, str] = field(default_factory=dict)
    evidence_id: int | None = None
    check_id: int = 0


class EvidenceKind(StrEnum):
    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    FACE = "face"
    RECORDING = "recording"
    LOG = "log"


STILLS = (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK, EvidenceKind.FACE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sealed file: its name in the evidence folder, the SHA-256 of its content, when, and who asked."""

    call_id: int
    kind: EvidenceKind
    name: str
    sha256: bytes
    size_bytes: int
    taken_at: datetime
    asked_by: str
    width_px: int = 0
    height_px: int = 0
    closed: bool = True
    evidence_id: int = 0


class OfferOutcome(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Offer:
    """Who was offered which call, and what came of it: fairness can be looked up."""

    call_id: int
    staff_id: int
    offered_at: datetime
    outcome: OfferOutcome
    ended_at: datetime | None = None
    offer_id: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A single-use pass to the video gateway, as it rests: the digest of its secret."""

    token_digest: bytes
    # None is an observer's, who has both a call and an account.
    leg: Leg | None
    expires_at: datetime
    call_id: int | None = None
    staff_id: int | None = None
    # The console's session that a member of staff asked from: the socket lives no longer than it.
    session_digest: bytes = b""
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """ "Call me back": a place in the queue kept for somebody whom nobody could serve."""

    token_digest: bytes
    phone: Phone
    language: str
    asked_at: datetime
    invited_at: datetime | None = None
    used_at: datetime | None = None
    call_back_id: int = 0
