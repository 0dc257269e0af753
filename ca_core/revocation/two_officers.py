"""What two officers decide: one asks or takes a report up, another agrees to exactly that (R9, R9a, R10a)."""

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
    _require_may_ask(actor)
    return report(work, actor=actor, act=act, serial=serial, payload=payload, now=now)


def report(
    work: Work,
    *,
    actor: roles.Actor,
    act: str,
    serial: Serial,
    payload: tuple[tuple[str, str], ...],
    now: datetime,
) -> int:
    """R9a: what the owner tells, alone or with a call agent, has no first officer yet; an officer's own telling has."""
    asks = roles.may(actor, roles.Permission.PROPOSE_BY_LAW)
    proposal = Proposal(
        proposal_id=0,
        act=act,
        subject=serial.hex,
        payload=payload,
        digest=approval.digest(act=act, subject=serial.hex, payload=payload),
        asked_by=(actor.staff_id or approval.NOBODY) if asks else approval.NOBODY,
        asked_by_name=actor.name,
        asked_at=now,
        expires_at=now + work.policy.retention.proposals,
    )
    proposal_id = work.proposals.add(proposal)
    _note(work, actor, replace(proposal, proposal_id=proposal_id), "asked", now)
    return proposal_id


def take_up(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> Proposal:
    """The first officer makes a report their own question; it stays open, for its whole term, to a second one.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, AlreadyTakenUp.
    """
    staff_id = _require_may_ask(actor)
    reported = _found(work, proposal_id)
    approval.require_to_be_taken_up(reported, now=now)
    asked = replace(
        reported,
        asked_by=staff_id,
        asked_by_name=actor.name,
        asked_at=now,
        expires_at=now + work.policy.retention.proposals,
    )
    work.proposals.take_up(asked)
    _note(work, actor, asked, "taken_up", now)
    return asked


def agree(work: Work, *, actor: roles.Actor, act: str, proposal_id: int, now: datetime) -> Proposal:
    """The second person agrees to exactly what was asked.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded, FirstOfficerNeeded.
    """
    roles.require(actor, roles.Permission.AGREE_TO_PROPOSAL)
    proposal = _found(work, proposal_id)
    if proposal.act != act:
        raise approval.ProposalUnknown
    approval.require_agreeable(proposal, second=actor.staff_id, now=now)
    agreed = replace(proposal, state=ProposalState.AGREED, agreed_by=actor.staff_id, agreed_at=now)
    work.proposals.close(agreed)
    return agreed


def turn_down(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> None:
    """The second person says no, or the first takes it back: nothing changes but the proposal.

    Raises NotAllowed, ProposalUnknown, ProposalClosed.
    """
    roles.require(actor, roles.Permission.AGREE_TO_PROPOSAL)
    proposal = _found(work, proposal_id)
    approval.require_open(proposal, now=now)
    work.proposals.close(
        replace(proposal, state=ProposalState.WITHDRAWN, agreed_by=actor.staff_id, agreed_at=now)
    )
    _note(work, actor, proposal, "turned_down", now)


def _require_may_ask(actor: roles.Actor) -> int:
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    if actor.staff_id is None:
        raise roles.NotAllowed(permission=roles.Permission.PROPOSE_BY_LAW.value)
    return actor.staff_id


def _found(work: Work, proposal_id: int) -> Proposal:
    proposal = work.proposals.by_id(proposal_id)
    if proposal is None:
        raise approval.ProposalUnknown
    return proposal


def _note(work: Work, actor: roles.Actor, proposal: Proposal, what: str, now: datetime) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, f"proposal:{proposal.act}:{what}", proposal.subject,
            policy_version=work.policy.version, details={"proposal": str(proposal.proposal_id)},
        )
    )  # fmt: skip
