"""Who joins, and who lost password or authenticator: one administrator asks, another one agrees (two people).

Each of the two is given one half of the code with which the person enrols (`staff_enrolment`), and sees no more of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import pyotp

from ca_core import approval, roles, staff, staff_enrolment, staff_rights
from ca_core.approval import Proposal, ProposalState
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.roles import Permission, Role

ACT_JOIN = "staff_join"
ACT_RESET = "staff_reset"
ACTS = (ACT_JOIN, ACT_RESET)
REGIONS = range(1, 21)
LONGEST_NAME = 100
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_NEW = "new/"


class LoginUnfit(Refusal):
    """Two to forty small Latin letters, digits, points, dashes; a letter or digit first."""

    code = "staff.login_unfit"


class DetailsUnfit(Refusal):
    """A name, one of the three languages and one of the regions."""

    code = "staff.details_unfit"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`region` is that of the office (R12), `iin` the person's own, so that nobody judges their own photo (F3)."""

    login: str
    name: str
    role: Role
    language: str
    region: int = staff.DEFAULT_REGION
    iin: Iin | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """`half` of the code is for the person, from the hand of the one who asked."""

    proposal_id: int
    half: str


class JoiningWork(staff_rights.RightsWork, Protocol):
    """The part of a unit of work that these operations need."""

    @property
    def accounts(self) -> "Accounts": ...
    @property
    def sessions(self) -> staff.Sessions: ...
    @property
    def enrolments(self) -> staff_enrolment.Enrolments: ...

    def after_staff_refusal(self, write: Callable[[staff.StaffWork], None]) -> None: ...


class Accounts(staff_rights.Accounts, staff_enrolment.Accounts, Protocol):
    pass


def propose_join(work: JoiningWork, *, by: roles.Actor, newcomer: Newcomer, now: datetime) -> Asked:
    """Raises NotAllowed, LoginUnfit, DetailsUnfit, LoginTaken, AlreadyAsked."""
    roles.require(by, Permission.MANAGE_STAFF)
    wanted = _checked(newcomer)
    if work.accounts.by_login(wanted.login) is not None:
        raise staff.LoginTaken
    payload = (
        ("from", ""),
        ("iin", wanted.iin.digits if wanted.iin else ""),
        ("language", wanted.language),
        ("login", wanted.login),
        ("name", wanted.name),
        ("region", str(wanted.region)),
        ("to", wanted.role.value),
    )
    return _ask(work, by, ACT_JOIN, f"{approval.STAFF_SUBJECTS}{_NEW}{wanted.login}", payload, now)


def propose_reset(work: JoiningWork, *, by: roles.Actor, login: str, now: datetime) -> Asked:
    """For who lost password or authenticator, or whose code ran out. Nothing is lost until another one agrees.

    Raises NotAllowed, StaffUnknown, OwnRights, NothingToChange (left), AlreadyAsked.
    """
    roles.require(by, Permission.MANAGE_STAFF)
    found = staff_rights.of_another(work, by, login)
    if found.disabled_at is not None:
        raise staff_rights.NothingToChange
    return _ask(
        work,
        by,
        ACT_RESET,
        approval.staff_subject(found.staff_id),
        staff_rights.payload(found, found.role),
        now,
    )


def agree(work: JoiningWork, *, by: roles.Actor, proposal_id: int, now: datetime) -> str:
    """The second administrator agrees to exactly what was asked; the second half of the code.

    After a reset the old password, the old authenticator and every session are gone at once.
    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded, OwnRights, LoginTaken.
    """
    roles.require(by, Permission.MANAGE_STAFF)
    proposal = staff_rights.found(work, proposal_id, ACTS)
    approval.require_agreeable(proposal, second=by.staff_id, now=now)
    staff_rights.require_both_still_manage(work, by, proposal)
    asked = dict(proposal.payload)
    staff_id = _added(work, asked) if proposal.act == ACT_JOIN else _to_reset(work, by, proposal)
    work.proposals.close(replace(proposal, state=ProposalState.AGREED, agreed_by=by.staff_id, agreed_at=now))
    second = staff_enrolment.new_half()
    staff_enrolment.begin(work, staff_id=staff_id, first_digest=asked["half"], second=second, now=now)
    staff_rights.note(work, by, proposal, "agreed", now, account=staff_id)
    return second


def _checked(newcomer: Newcomer) -> Newcomer:
    key = staff.login_key(newcomer.login)
    if not _LOGIN.fullmatch(key):
        raise LoginUnfit
    name = " ".join(newcomer.name.replace("\0", "").split())
    is_fit = name and len(name) <= LONGEST_NAME and newcomer.region in REGIONS
    if not is_fit or newcomer.language not in staff.LANGUAGES:
        raise DetailsUnfit
    return replace(newcomer, login=key, name=name)


def _ask(
    work: JoiningWork,
    by: roles.Actor,
    act: str,
    subject: str,
    payload: tuple[tuple[str, str], ...],
    now: datetime,
) -> Asked:
    """Of the half only the digest is kept: who reads the proposal, or agrees to it, learns nothing of it."""
    half = staff_enrolment.new_half()
    with_half = tuple(sorted((*payload, ("half", staff_enrolment.half_digest(half)))))
    return Asked(staff_rights.ask(work, by=by, act=act, subject=subject, payload=with_half, now=now), half)


def _added(work: JoiningWork, asked: dict[str, str]) -> int:
    if work.accounts.by_login(asked["login"]) is not None:
        raise staff.LoginTaken
    return work.accounts.add(
        staff.Account(
            0, asked["login"], asked["name"], Role(asked["to"]), password_hash="", totp_secret=pyotp.random_base32(),
            region=int(asked["region"]), language=asked["language"],
            iin=Iin.parse(asked["iin"]) if asked["iin"] else None,
        )
    )  # fmt: skip


def _to_reset(work: JoiningWork, by: roles.Actor, proposal: Proposal) -> int:
    about = staff_rights.about(work, proposal)
    if about.staff_id == by.staff_id:
        raise staff_rights.OwnRights
    if about.disabled_at is not None or about.role.value != dict(proposal.payload)["from"]:
        raise approval.ProposalChanged
    return about.staff_id
