"""What the house acknowledged, kept on our side: afterwards it must be in the database, once."""

from collections import Counter
from dataclasses import dataclass, field

from ca_core.review import Decision


@dataclass(frozen=True, slots=True)
class Decided:
    """A moderator's decision that was answered with yes."""

    review_id: int
    staff_id: int
    decision: Decision


@dataclass
class Ledger:
    """Only what was answered stands here; what broke off may have come about or not, but never twice."""

    submitted: list[int] = field(default_factory=list)
    """Numbers of applications."""
    decided: list[Decided] = field(default_factory=list)
    undone: list[Decided] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    """IINs of callers; each calls once."""
    accepted: list[tuple[int, int]] = field(default_factory=list)
    """Call and agent."""
    decision_seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Codes: two sessions that meet are told so, and nothing is wrong."""
    broke_off: int = 0
    """Questions that a killed process did not answer."""
    faults: list[str] = field(default_factory=list)
    """Answers that no house may give: an error of ours, or silence while nothing was killed."""
