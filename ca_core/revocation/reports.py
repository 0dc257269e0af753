"""What the owner told of a key stays on the officers' list until two of them settled it (R9a).

A report asks for nothing by itself and does not lapse with a proposal's day: it waits as long as its certificate could
be used. One officer answers it with a proposal of their own, to revoke or to turn the report down; another agrees. An
answer that nobody agreed to runs out, and the report waits on.
"""

from dataclasses import replace
from datetime import datetime

from ca_core import approval, roles
from ca_core.approval import Proposal, ProposalState
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import Serial
from ca_core.ports import Work
from ca_core.revocation import two_officers

_REPORT, _WHY = "report", "why"


class WhyMissing(Refusal):
    """Turning a report down needs a reason that the second officer can judge."""

    code = "approval.why_missing"


def note(
    work: Work,
    *,
    actor: roles.Actor,
    act: str,
    found: Certificate,
    payload: tuple[tuple[str, str], ...],
    now: datetime,
) -> int:
    """A report about this certificate, of the owner alone or with somebody who helps. An officer who helps is the
    first officer at once.
    """
    reported = Proposal(
        proposal_id=0,
        act=act,
        subject=found.serial.hex,
        payload=payload,
        digest=approval.digest(act=act, subject=found.serial.hex, payload=payload),
        asked_by=approval.NOBODY,
        asked_by_name=actor.name,
        asked_at=now,
        expires_at=found.not_after,
    )
    proposal_id = work.proposals.add(reported)
    two_officers.note(work, actor, replace(reported, proposal_id=proposal_id), "reported", now)
    if roles.may(actor, roles.Permission.PROPOSE_BY_LAW):
        take_up(work, actor=actor, proposal_id=proposal_id, now=now)
    return proposal_id


def take_up(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> int:
    """The first officer makes what was reported their own question to a second one.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, AlreadyTakenUp.
    """
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    report = _unanswered(work, proposal_id, now)
    return two_officers.propose(
        work,
        actor=actor,
        act=report.act,
        serial=Serial.parse(report.subject),
        payload=report.payload,
        now=now,
    )


def propose_dismissal(work: Work, *, actor: roles.Actor, proposal_id: int, why: str, now: datetime) -> int:
    """The first officer asks a second one to turn the report down.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, AlreadyTakenUp, WhyMissing.
    """
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    report = _unanswered(work, proposal_id, now)
    if len(why.strip()) < 3:
        raise WhyMissing
    payload = ((_REPORT, str(proposal_id)), (_WHY, why.strip()))
    serial = Serial.parse(report.subject)
    return two_officers.propose(
        work, actor=actor, act=approval.DISMISSAL, serial=serial, payload=payload, now=now
    )


def agree_dismissal(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> Proposal:
    """Second of two officers: the report leaves the list, and the certificate stays as it is.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded.
    """
    agreed = two_officers.agree(work, actor=actor, act=approval.DISMISSAL, proposal_id=proposal_id, now=now)
    report = two_officers.found(work, int(dict(agreed.payload)[_REPORT]))
    approval.require_open(report, now=now)
    return _close(work, actor, report, ProposalState.WITHDRAWN, "turned_down", now)


def settle(work: Work, *, actor: roles.Actor, serial: Serial, now: datetime) -> None:
    """The certificate is revoked, whoever did it: what was reported about it is done."""
    for waiting in work.proposals.open_for([serial.hex], now):
        if waiting.is_report:
            _close(work, actor, waiting, ProposalState.AGREED, "settled", now)


def is_reported(work: Work, *, serial: Serial, act: str, now: datetime) -> bool:
    """Whether it is on the list already."""
    return any(one.is_report and one.act == act for one in work.proposals.open_for([serial.hex], now))


def _unanswered(work: Work, proposal_id: int, now: datetime) -> Proposal:
    report = two_officers.found(work, proposal_id)
    others = work.proposals.open_for([report.subject], now)
    approval.require_to_be_answered(report, others, now=now)
    return report


def _close(
    work: Work, actor: roles.Actor, report: Proposal, state: ProposalState, what: str, now: datetime
) -> Proposal:
    closed = replace(report, state=state, agreed_by=actor.staff_id, agreed_at=now)
    work.proposals.close(closed)
    two_officers.note(work, actor, report, what, now)
    return closed
