"""What two officers decide: one asks, another agrees to exactly that (R9, R10a). Reports of owners: `reports`."""

from dataclasses import replace
from datetime import datetime

from ca_core import approval, audit, roles
from ca_core.approval import Proposal, ProposalState
from ca_core.identifiers import Serial
from ca_core.ports import Work


def propose(
    work: Work,
    *,
    actor: roles.Actor,
    act: str,
    serial: Serial,
    payload: tuple[tuple[str, str], ...],
    now: datetime,
) -> int:
    """Freezes what one officer asks of another. Raises NotAllowed."""
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    if actor.staff_id is None:
        raise roles.NotAllowed(permission=roles.Permission.PROPOSE_BY_LAW.value)
    proposal = Proposal(
        proposal_id=0,
        act=act,
        subject=serial.hex,
        payload=payload,
        digest=approval.digest(act=act, subject=serial.hex, payload=payload),
        asked_by=actor.staff_id,
        asked_by_name=actor.name,
        asked_at=now,
        expires_at=now + work.policy.retention.proposals,
    )
    proposal_id = work.proposals.add(proposal)
    note(work, actor, replace(proposal, proposal_id=proposal_id), "asked", now)
    return proposal_id


def agree(work: Work, *, actor: roles.Actor, act: str, proposal_id: int, now: datetime) -> Proposal:
    """The second person agrees to exactly what was asked.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded, FirstOfficerNeeded.
    """
    roles.require(actor, roles.Permission.AGREE_TO_PROPOSAL)
    proposal = found(work, proposal_id)
    if proposal.act != act:
        raise approval.ProposalUnknown
    approval.require_agreeable(proposal, second=actor.staff_id, now=now)
    agreed = replace(proposal, state=ProposalState.AGREED, agreed_by=actor.staff_id, agreed_at=now)
    work.proposals.close(agreed)
    return agreed


def turn_down(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> None:
    """The second person says no, or the first takes it back: nothing changes but the proposal.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, DismissalTakesTwo.
    """
    roles.require(actor, roles.Permission.AGREE_TO_PROPOSAL)
    proposal = found(work, proposal_id)
    approval.require_open(proposal, now=now)
    approval.require_of_one(proposal)
    work.proposals.close(
        replace(proposal, state=ProposalState.WITHDRAWN, agreed_by=actor.staff_id, agreed_at=now)
    )
    note(work, actor, proposal, "turned_down", now)


def found(work: Work, proposal_id: int) -> Proposal:
    """Raises ProposalUnknown."""
    proposal = work.proposals.by_id(proposal_id)
    if proposal is None or proposal.is_about_staff:
        raise approval.ProposalUnknown
    return proposal


def note(work: Work, actor: roles.Actor, proposal: Proposal, what: str, now: datetime) -> None:
    """The audit entry of what was done to it."""
    work.audit.add(
        audit.Entry(
            now, actor, f"proposal:{proposal.act}:{what}", proposal.subject,
            policy_version=work.policy.version, details={"proposal": str(proposal.proposal_id)},
        )
    )  # fmt: skip
