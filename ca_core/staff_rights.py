"""Who works here and with what rights: one administrator asks, another one agrees; a lock is lifted by one.

Nobody asks for, or agrees to, their own rights, and an administrator is always left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from ca_core import approval, audit, roles, staff
from ca_core.approval import Proposal, ProposalState
from ca_core.errors import Refusal
from ca_core.roles import Permission, Role

ACT_ROLE = "staff_role"
ACT_RETURN = "staff_return"
ACTS = (ACT_ROLE, ACT_RETURN)
OPEN_FOR = timedelta(hours=72)


class OwnRights(Refusal):
    """Two others decide about one's own rights."""

    code = "staff.own_rights"


class NothingToChange(Refusal):
    """The account has this role already, or is (for a return: is not) closed."""

    code = "staff.nothing_to_change"


class AlreadyAsked(Refusal):
    """A proposal about the same person waits: it is agreed to or turned down first."""

    code = "staff.already_asked"


class Accounts(staff.Accounts, Protocol):
    def all(self) -> list[staff.Account]: ...
    def set_role(self, staff_id: int, role: Role) -> None: ...
    def enable(self, staff_id: int) -> None: ...
    def unlock(self, staff_id: int) -> None: ...


class Proposals(Protocol):
    def by_id(self, proposal_id: int) -> Proposal | None: ...
    def open_for(self, subjects: Sequence[str], now: datetime) -> list[Proposal]: ...
    def open_of_staff(self, now: datetime) -> list[Proposal]: ...
    def add(self, proposal: Proposal) -> int: ...
    def close(self, proposal: Proposal) -> None:
        """Raises ProposalClosed when somebody else was first."""
        ...


class Sessions(Protocol):
    def end_all(self, staff_id: int) -> int: ...


class RightsWork(Protocol):
    """The part of a unit of work that these operations need."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def audit(self) -> staff.AuditLog: ...


@dataclass(frozen=True, slots=True)
class Member:
    """An account as the list shows it: without its secrets."""

    staff_id: int
    login: str
    name: str
    role: Role
    # To the half minute: the step of the last code that was used up (RFC 6238).
    signed_in_at: datetime | None
    locked_until: datetime | None
    left_at: datetime | None
    # False until they have set their password with the code of two halves.
    is_enrolled: bool


@dataclass(frozen=True, slots=True)
class Staff:
    members: tuple[Member, ...]
    waiting: tuple[Proposal, ...]


def everybody(work: RightsWork, *, by: roles.Actor, now: datetime) -> Staff:
    """All accounts, and what waits for a second administrator. Raises NotAllowed."""
    roles.require(by, Permission.MANAGE_STAFF)
    return Staff(
        tuple(_member(account, now) for account in work.accounts.all()),
        tuple(work.proposals.open_of_staff(now)),
    )


def propose_role(work: RightsWork, *, by: roles.Actor, login: str, role: Role, now: datetime) -> int:
    """Raises NotAllowed, StaffUnknown, OwnRights, NothingToChange, AlreadyAsked."""
    roles.require(by, Permission.MANAGE_STAFF)
    account = of_another(work, by, login)
    if account.disabled_at is not None or account.role is role:
        raise NothingToChange
    return _ask(work, by, ACT_ROLE, account, role, now)


def propose_return(work: RightsWork, *, by: roles.Actor, login: str, now: datetime) -> int:
    """Raises NotAllowed, StaffUnknown, OwnRights, NothingToChange, AlreadyAsked."""
    roles.require(by, Permission.MANAGE_STAFF)
    account = of_another(work, by, login)
    if account.disabled_at is None:
        raise NothingToChange
    return _ask(work, by, ACT_RETURN, account, account.role, now)


def agree(work: RightsWork, *, by: roles.Actor, proposal_id: int, now: datetime) -> None:
    """The second administrator agrees to exactly what was asked; every session of that person ends.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded, OwnRights.
    """
    roles.require(by, Permission.MANAGE_STAFF)
    proposal = found(work, proposal_id, ACTS)
    approval.require_agreeable(proposal, second=by.staff_id, now=now)
    require_both_still_manage(work, by, proposal)
    account = about(work, proposal)
    if account.staff_id == by.staff_id:
        raise OwnRights
    work.proposals.close(replace(proposal, state=ProposalState.AGREED, agreed_by=by.staff_id, agreed_at=now))
    before, after = _effect(work, proposal, account)
    # Pages that are open were drawn for the rights of before.
    work.sessions.end_all(account.staff_id)
    note(work, by, proposal, "agreed", now, before=before, after=after)


def turn_down(work: RightsWork, *, by: roles.Actor, proposal_id: int, now: datetime) -> None:
    """A second administrator says no, or the first takes it back.

    Raises NotAllowed, ProposalUnknown, ProposalClosed.
    """
    roles.require(by, Permission.MANAGE_STAFF)
    proposal = found(work, proposal_id)
    approval.require_open(proposal, now=now)
    work.proposals.close(
        replace(proposal, state=ProposalState.WITHDRAWN, agreed_by=by.staff_id, agreed_at=now)
    )
    note(work, by, proposal, "turned_down", now)


def unlock(work: RightsWork, *, by: roles.Actor, login: str, now: datetime) -> None:
    """Too many wrong tries are forgiven, by one administrator. Raises NotAllowed, StaffUnknown, NothingToChange."""
    roles.require(by, Permission.MANAGE_STAFF)
    account = _named(work, login)
    if not account.is_locked(now):
        raise NothingToChange
    work.accounts.unlock(account.staff_id)
    work.audit.add(audit.Entry(now, by, "staff:unlock:done", f"staff/{account.staff_id}"))


def _ask(
    work: RightsWork, by: roles.Actor, act: str, account: staff.Account, role: Role, now: datetime
) -> int:
    subject = approval.staff_subject(account.staff_id)
    return ask(work, by=by, act=act, subject=subject, payload=payload(account, role), now=now)


def payload(account: staff.Account, role: Role) -> tuple[tuple[str, str], ...]:
    """What is asked about somebody who is here, as both administrators see it."""
    return (
        ("from", account.role.value),
        ("login", account.login),
        ("name", account.name),
        ("to", role.value),
    )


def ask(
    work: RightsWork,
    *,
    by: roles.Actor,
    act: str,
    subject: str,
    payload: tuple[tuple[str, str], ...],
    now: datetime,
) -> int:
    """Part of what proposes anything about staff. Raises NotAllowed, AlreadyAsked."""
    if by.staff_id is None:
        raise roles.NotAllowed(permission=Permission.MANAGE_STAFF.value)
    if work.proposals.open_for([subject], now):
        raise AlreadyAsked
    proposal = Proposal(
        proposal_id=0, act=act, subject=subject, payload=payload,
        digest=approval.digest(act=act, subject=subject, payload=payload),
        asked_by=by.staff_id, asked_by_name=by.name, asked_at=now, expires_at=now + OPEN_FOR,
    )  # fmt: skip
    proposal_id = work.proposals.add(proposal)
    note(work, by, replace(proposal, proposal_id=proposal_id), "asked", now)
    return proposal_id


def _effect(work: RightsWork, proposal: Proposal, about: staff.Account) -> tuple[str, str]:
    """From which state to which; what was asked about an account that changed since is not done."""
    asked = dict(proposal.payload)
    has_left = about.disabled_at is not None
    if about.role.value != asked["from"] or has_left is not (proposal.act == ACT_RETURN):
        raise approval.ProposalChanged
    if proposal.act == ACT_RETURN:
        work.accounts.enable(about.staff_id)
        return "left", about.role.value
    role = Role(asked["to"])
    work.accounts.set_role(about.staff_id, role)
    return about.role.value, role.value


def require_both_still_manage(work: RightsWork, by: roles.Actor, proposal: Proposal) -> None:
    """Who has left, or is no administrator any more, asks for nothing and agrees to nothing any more.

    The rows stay locked until the end: of two changes at once, the second sees the first. As both stay
    administrators, and neither decides about themselves, the last one cannot go this way.
    """
    administrators = work.accounts.active_with_role(Role.ADMINISTRATOR)
    if by.staff_id not in administrators:
        raise roles.NotAllowed(permission=Permission.MANAGE_STAFF.value)
    if proposal.asked_by not in administrators:
        raise approval.ProposalClosed(state=ProposalState.WITHDRAWN.name)


def found(work: RightsWork, proposal_id: int, acts: Collection[str] = ()) -> Proposal:
    """One about staff, of these acts where any are named. Raises ProposalUnknown."""
    proposal = work.proposals.by_id(proposal_id)
    if proposal is None or not proposal.is_about_staff or (acts and proposal.act not in acts):
        raise approval.ProposalUnknown
    return proposal


def about(work: RightsWork, proposal: Proposal) -> staff.Account:
    """Whose rights or secrets it is about. Raises ProposalChanged."""
    account = work.accounts.by_login(dict(proposal.payload)["login"])
    if account is None or approval.staff_subject(account.staff_id) != proposal.subject:
        raise approval.ProposalChanged
    return account


def of_another(work: RightsWork, by: roles.Actor, login: str) -> staff.Account:
    """Raises StaffUnknown, OwnRights."""
    account = _named(work, login)
    if account.staff_id == by.staff_id:
        raise OwnRights
    return account


def _named(work: RightsWork, login: str) -> staff.Account:
    account = work.accounts.by_login(staff.login_key(login))
    if account is None:
        raise staff.StaffUnknown
    return account


def _member(account: staff.Account, now: datetime) -> Member:
    signed_in_at = (
        datetime.fromtimestamp(account.last_step * staff.STEP_SECONDS, UTC) if account.last_step > 0 else None
    )
    locked_until = account.locked_until if account.is_locked(now) else None
    return Member(
        account.staff_id, account.login, account.name, account.role, signed_in_at, locked_until,
        account.disabled_at, account.is_enrolled,
    )  # fmt: skip


def note(
    work: RightsWork,
    by: roles.Actor,
    proposal: Proposal,
    what: str,
    now: datetime,
    *,
    before: str = "",
    after: str = "",
    account: int | None = None,
) -> None:
    """Part of what becomes of a proposal about staff. `account`: that of who joined, or enrols anew."""
    details = {"proposal": str(proposal.proposal_id), "to": dict(proposal.payload)["to"]}
    if account is not None:
        details["account"] = approval.staff_subject(account)
    work.audit.add(
        audit.Entry(
            now, by, f"proposal:{proposal.act}:{what}", proposal.subject, from_state=before, to_state=after,
            details=details,
        )
    )  # fmt: skip
