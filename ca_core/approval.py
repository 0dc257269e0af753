"""Two people: a frozen proposal, its hash, who asked, who agreed (R9, R10a)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ca_core.errors import Refusal


class SecondPersonNeeded(Refusal):
    """The one who asked may not agree."""

    code = "approval.second_person_needed"


class ProposalClosed(Refusal):
    """Agreed to, withdrawn or run out already. Facts: state."""

    code = "approval.closed"


class ProposalChanged(Refusal):
    """What would be agreed to is not what was proposed."""

    code = "approval.changed"


class ProposalUnknown(Refusal):
    code = "approval.unknown"


class FirstOfficerNeeded(Refusal):
    """A report of the owner; an officer takes it up before another one agrees (R9a)."""

    code = "approval.first_officer_needed"


class AlreadyTakenUp(Refusal):
    """An officer asks for it already: what it needs is a second one."""

    code = "approval.already_taken_up"


# Who asked, where no officer did: it is a report of the owner (R9a).
NOBODY = 0


class ProposalState(IntEnum):
    OPEN = 1
    AGREED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    proposal_id: int
    act: str
    subject: str
    payload: tuple[tuple[str, str], ...]
    digest: str
    asked_by: int
    asked_by_name: str
    asked_at: datetime
    expires_at: datetime
    state: ProposalState = ProposalState.OPEN
    agreed_by: int | None = None
    agreed_at: datetime | None = None

    @property
    def is_report(self) -> bool:
        """No officer asks for it yet."""
        return self.asked_by == NOBODY


def digest(*, act: str, subject: str, payload: tuple[tuple[str, str], ...]) -> str:
    """SHA-256 over the canonical form: both people see, and sign for, the same thing."""
    frozen = json.dumps([act, subject, sorted(payload)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(frozen.encode()).hexdigest()


def require_open(proposal: Proposal, *, now: datetime) -> None:
    """Raises ProposalClosed."""
    if proposal.state is not ProposalState.OPEN or now >= proposal.expires_at:
        raise ProposalClosed(state=proposal.state.name)


def require_agreeable(proposal: Proposal, *, second: int | None, now: datetime) -> None:
    """Raises ProposalClosed, ProposalChanged, FirstOfficerNeeded, SecondPersonNeeded."""
    _require_as_asked(proposal, now=now)
    if proposal.is_report:
        raise FirstOfficerNeeded
    if second is None or second == proposal.asked_by:
        raise SecondPersonNeeded


def require_to_be_taken_up(proposal: Proposal, *, now: datetime) -> None:
    """Raises ProposalClosed, ProposalChanged, AlreadyTakenUp."""
    _require_as_asked(proposal, now=now)
    if not proposal.is_report:
        raise AlreadyTakenUp


def _require_as_asked(proposal: Proposal, *, now: datetime) -> None:
    require_open(proposal, now=now)
    if proposal.digest != digest(act=proposal.act, subject=proposal.subject, payload=proposal.payload):
        raise ProposalChanged
