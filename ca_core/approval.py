"""Two people: a frozen proposal, its hash, who asked, who agreed (R9, R10a)."""

import hashlib
import json
from collections.abc import Sequence
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
    """An officer answered the report already: what it needs is a second one."""

    code = "approval.already_taken_up"


class DismissalTakesTwo(Refusal):
    """What the owner reported is not turned down by one person alone (R9a)."""

    code = "approval.dismissal_takes_two"


# Who asked, where no officer did: it is a report of the owner (R9a).
NOBODY = 0
# The act of the proposal to turn such a report down.
DISMISSAL = "dismiss_report"
# What a proposal about an account is about; all others are about a certificate.
STAFF_SUBJECTS = "staff/"


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
        """What the owner told: it asks for nothing by itself."""
        return self.asked_by == NOBODY

    @property
    def is_about_staff(self) -> bool:
        """Two administrators decide it; officers neither see it nor answer it."""
        return self.subject.startswith(STAFF_SUBJECTS)


def staff_subject(staff_id: int) -> str:
    return f"{STAFF_SUBJECTS}{staff_id}"


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


def require_to_be_answered(proposal: Proposal, others: Sequence[Proposal], *, now: datetime) -> None:
    """`others`: what is open about the same subject. Raises ProposalUnknown, ProposalClosed, ProposalChanged,
    AlreadyTakenUp.
    """
    if not proposal.is_report:
        raise ProposalUnknown
    _require_as_asked(proposal, now=now)
    if any(answers(other, proposal) for other in others):
        raise AlreadyTakenUp


def require_of_one(proposal: Proposal) -> None:
    """Raises DismissalTakesTwo."""
    if proposal.is_report:
        raise DismissalTakesTwo


def answers(proposal: Proposal, report: Proposal) -> bool:
    """Whether an officer's open proposal settles the report when a second one agrees."""
    return (
        not proposal.is_report
        and proposal.subject == report.subject
        and (proposal.act in (report.act, DISMISSAL))
    )


def _require_as_asked(proposal: Proposal, *, now: datetime) -> None:
    require_open(proposal, now=now)
    if proposal.digest != digest(act=proposal.act, subject=proposal.subject, payload=proposal.payload):
        raise ProposalChanged
