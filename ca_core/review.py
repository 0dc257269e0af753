"""A moderator's work item: a photo that the machine could not pass, who holds it, and what each person said (F3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ReviewState


class Risk(IntEnum):
    """How soon somebody has to look; the smaller one goes first among those that are due together."""

    HIGH = 1
    ORDINARY = 2


class Round(IntEnum):
    """Whose turn it is: the first moderator's, or that of the second whom the first asked for."""

    FIRST = 1
    SECOND = 2


class Decision(IntEnum):
    """What a moderator decides. SECOND_MODERATOR hands the item on to another person."""

    APPROVE = 1
    REJECT = 2
    NEW_PHOTO = 3
    SECOND_MODERATOR = 4


class Reason(StrEnum):
    """Why not; each has a text for the citizen in every language, which says what helps."""

    ANOTHER_PERSON = "another_person"
    NOT_LIVE = "not_live"
    PICTURE_ALTERED = "picture_altered"
    UNDER_DIRECTION = "under_direction"
    PORTRAIT_UNFIT = "portrait_unfit"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    GLARE = "glare"
    FACE_COVERED = "face_covered"
    FACE_TOO_SMALL = "face_too_small"
    FACE_TURNED = "face_turned"
    SEVERAL_FACES = "several_faces"
    OTHER = "other"


# From these a citizen cannot help themselves by another photo.
REJECTING = (
    Reason.ANOTHER_PERSON,
    Reason.NOT_LIVE,
    Reason.PICTURE_ALTERED,
    Reason.UNDER_DIRECTION,
    Reason.PORTRAIT_UNFIT,
    Reason.OTHER,
)
FOR_A_NEW_PHOTO = (
    Reason.TOO_DARK,
    Reason.BLURRED,
    Reason.GLARE,
    Reason.FACE_COVERED,
    Reason.FACE_TOO_SMALL,
    Reason.FACE_TURNED,
    Reason.SEVERAL_FACES,
    Reason.NOT_LIVE,
    Reason.OTHER,
)


@dataclass(frozen=True, slots=True)
class Answers:
    """The three questions, answered before the decision. `same`: 1 surely another person ... 5 surely the same."""

    same: int
    live: bool
    usable: bool


@dataclass(frozen=True, slots=True)
class Review:
    """One photo in the queue. `fence` counts the claims: who decides says which one is theirs.

    `holder_id` is the moderator who holds it or has decided it. A `recheck_of` another review changes nothing: it is
    compared with what was decided there.
    """

    review_id: int
    number: ApplicationId
    attempt_id: int
    state: ReviewState
    risk: Risk
    flags: tuple[str, ...]
    opened_at: datetime
    due_at: datetime
    round: Round = Round.FIRST
    holder_id: int | None = None
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    fence: int = 0
    # Who gave it back gets it again only when nothing else waits.
    released_by: int | None = None
    # The decision takes effect then, by a job; until then it can be undone.
    effective_at: datetime | None = None
    decision: Decision | None = None
    applied_at: datetime | None = None
    recheck_of: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one moderator said of one review; undone ones stay on record and do not count."""

    review_id: int
    staff_id: int
    by: str
    round: Round
    answers: Answers
    decision: Decision
    reason: Reason | None
    note: str
    claimed_at: datetime
    decided_at: datetime
    policy_version: str
    undone_at: datetime | None = None
    opinion_id: int = 0


@dataclass(frozen=True, slots=True)
class Lapse:
    """A claim that ended by itself: who held it went away, and it was claimed anew then."""

    review_id: int
    staff_id: int
    claimed_at: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A review that may be claimed, and the staff who had to do with its subject and must not have it."""

    review: Review
    involved: frozenset[int]


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed review as its moderator sees it: nothing of the machine's opinion, nor of the first moderator's.

    Nor when it was opened or is due: the time between the two is the risk, which is the machine's opinion.
    """

    review_id: int
    fence: int
    number: ApplicationId
    round: Round
    # What the applicant is told goes in it.
    language: str
    lease_until: datetime
    # However busy the desk is, nobody holds it for longer.
    held_until: datetime
    frames: int
    has_portrait: bool

    @property
    def is_second(self) -> bool:
        return self.round is Round.SECOND


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is shown once the decision stands: the machine's band, why it asked, and every opinion."""

    review_id: int
    band: str
    distance: float | None
    flags: tuple[str, ...]
    risk: Risk
    is_recheck: bool
    opinions: tuple[Opinion, ...]


class Reviews(Protocol):
    def by_id(self, review_id: int) -> Review | None: ...
    def open_of(self, number: ApplicationId) -> Review | None:
        """The application's review that has not ended; rechecks are none."""
        ...

    def held_by(self, staff_id: int) -> Review | None:
        """The claimed one, its lease living or run out: a moderator has one at most."""
        ...

    def claimable(self, *, now: datetime, last_for: int, limit: int) -> Sequence[Candidate]:
        """Waiting, or claimed with a lease that has run out; rechecks, and otherwise only of applications in review.

        By due time, then risk, then age; what `last_for` gave back comes last. Involved are: agents of a call of the
        subject, who opened the application, who judged it in this or another review (undone opinions apart), and the
        subject themselves where they work here.
        """
        ...

    def add(self, review: Review) -> int:
        """Raises ChangedMeanwhile where the application has a review that has not ended."""
        ...

    def save(self, review: Review, *, expected: Review) -> Review:
        """Writes the changed record with the next version. Raises ChangedMeanwhile unless `expected` is stored, or
        where the holder holds another one."""
        ...

    def opinions(self, review_ids: Collection[int]) -> list[Opinion]:
        """Oldest first, undone ones too."""
        ...

    def add_opinion(self, opinion: Opinion) -> int: ...
    def add_lapse(self, lapse: Lapse) -> None: ...
    def undo_opinion(self, opinion_id: int, *, at: datetime) -> None: ...
    def stale(self, limit: int) -> list[Review]:
        """Undecided ones whose application is no longer in review; no rechecks."""
        ...
