"""Rights of staff: two administrators, never one's own, and an administrator is always left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca_core import approval, roles, staff, staff_rights
from ca_core.revocation import two_officers
from ca_core.roles import Role
from tests import builders
from tests.core.test_staff import SECRET, add
from tests.fakes import House

LOGINS = {"first": Role.ADMINISTRATOR, "second": Role.ADMINISTRATOR, "clerk": Role.RA_OFFICER}


@pytest.fixture
def here() -> House:
    house = builders.house()
    for login, role in LOGINS.items():
        add(house, login=login, name=login.title(), role=role, totp_secret=SECRET)
    return house


def account(here: House, login: str) -> staff.Account:
    with here.work() as work:
        found = work.accounts.by_login(login)
    assert found is not None
    return found


def who(here: House, login: str) -> roles.Actor:
    return staff.actor(account(here, login))


def ask(here: House, login: str = "clerk", role: Role = Role.MODERATOR, by: str = "first") -> int:
    with here.work() as work:
        return staff_rights.propose_role(work, by=who(here, by), login=login, role=role, now=here.now)


def agree(here: House, proposal_id: int, by: str = "second") -> None:
    with here.work() as work:
        staff_rights.agree(work, by=who(here, by), proposal_id=proposal_id, now=here.now)


def leave(here: House, login: str, by: str = "first") -> None:
    with here.work() as work:
        staff.disable(work, by=who(here, by), login=login, now=here.now)


def test_a_role_changes_when_a_second_administrator_agrees(here: House) -> None:
    number = ask(here)
    assert account(here, "clerk").role is Role.RA_OFFICER
    here.memory.sessions[b"x"] = staff.Session(b"x", account(here, "clerk").staff_id, here.now, here.now)
    agree(here, number)
    assert account(here, "clerk").role is Role.MODERATOR
    assert not here.memory.sessions
    assert [e.event for e in here.memory.audit][-2:] == [
        "proposal:staff_role:asked",
        "proposal:staff_role:agreed",
    ]


def test_only_what_was_agreed_to_changes_a_state(here: House) -> None:
    agree(here, ask(here))
    number = ask(here, role=Role.AUDITOR)
    with here.work() as work:
        staff_rights.turn_down(work, by=who(here, "second"), proposal_id=number, now=here.now)
    told = [(entry.event.rpartition(":")[2], entry.from_state, entry.to_state) for entry in here.memory.audit]
    assert told[-4:] == [
        ("asked", "", ""), ("agreed", "ra_officer", "moderator"), ("asked", "", ""), ("turned_down", "", ""),
    ]  # fmt: skip
    assert here.memory.audit[-1].details == {"proposal": str(number), "to": "auditor"}


def test_the_one_who_asked_does_not_agree(here: House) -> None:
    number = ask(here)
    with pytest.raises(approval.SecondPersonNeeded):
        agree(here, number, by="first")


def test_nobody_decides_about_their_own_rights(here: House) -> None:
    with pytest.raises(staff_rights.OwnRights):
        ask(here, login="first", by="first")
    number = ask(here, login="second", role=Role.AUDITOR)
    with pytest.raises(staff_rights.OwnRights):
        agree(here, number, by="second")


def test_it_happens_once(here: House) -> None:
    number = ask(here)
    with pytest.raises(staff_rights.AlreadyAsked):
        ask(here, role=Role.AUDITOR, by="second")
    agree(here, number)
    with pytest.raises(approval.ProposalClosed):
        agree(here, number)


def test_a_proposal_runs_out(here: House) -> None:
    number = ask(here)
    here.now += staff_rights.OPEN_FOR - timedelta(seconds=1)
    with here.work() as work:
        assert staff_rights.everybody(work, by=who(here, "second"), now=here.now).waiting
    here.now += timedelta(seconds=1)
    with pytest.raises(approval.ProposalClosed):
        agree(here, number)


def test_what_a_leaver_asked_for_is_agreed_to_no_more(here: House) -> None:
    add(here, login="third", role=Role.ADMINISTRATOR)
    number = ask(here)
    leave(here, "first", by="third")
    with pytest.raises(approval.ProposalClosed):
        agree(here, number)


def test_a_role_is_not_changed_for_who_left_meanwhile(here: House) -> None:
    number = ask(here)
    leave(here, "clerk")
    with pytest.raises(approval.ProposalChanged):
        agree(here, number)


def test_a_leaver_comes_back_by_two(here: House) -> None:
    leave(here, "clerk")
    with here.work() as work:
        number = staff_rights.propose_return(work, by=who(here, "first"), login="clerk", now=here.now)
    assert account(here, "clerk").disabled_at is not None
    agree(here, number)
    assert account(here, "clerk").disabled_at is None


def test_who_is_administrator_no_more_agrees_to_nothing(here: House) -> None:
    """A page opened before the change still says administrator."""
    add(here, login="third", role=Role.ADMINISTRATOR)
    before = who(here, "third")
    agree(here, ask(here, login="third", role=Role.AUDITOR))
    number = ask(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        staff_rights.agree(work, by=before, proposal_id=number, now=here.now)


def test_the_last_administrator_stays(here: House) -> None:
    leave(here, "first", by="second")
    with pytest.raises(staff.LastAdministrator):
        leave(here, "second", by="second")


def test_an_officer_neither_answers_nor_turns_down_what_is_about_staff(here: House) -> None:
    number = ask(here)
    with pytest.raises(approval.ProposalUnknown), here.work() as work:
        two_officers.turn_down(work, actor=builders.OFFICER, proposal_id=number, now=here.now)


def test_one_administrator_lifts_a_lock(here: House) -> None:
    clerk = account(here, "clerk")
    with here.work() as work:
        work.accounts.count_wrong_try(
            clerk.staff_id, limit=1, now=here.now, locked_until=here.now + staff.LOCKED_FOR
        )
    with here.work() as work:
        staff_rights.unlock(work, by=who(here, "first"), login="clerk", now=here.now)
    assert not account(here, "clerk").is_locked(here.now)
    with pytest.raises(staff_rights.NothingToChange), here.work() as work:
        staff_rights.unlock(work, by=who(here, "first"), login="clerk", now=here.now)


def test_the_list_carries_no_secret(here: House) -> None:
    with here.work() as work:
        found = staff_rights.everybody(work, by=who(here, "first"), now=here.now)
    assert [one.login for one in found.members] == list(LOGINS)
    assert SECRET not in repr(found)


def test_what_was_decided_keeps_when_and_by_whom(here: House) -> None:
    number = ask(here)
    here.later(hours=1)
    agree(here, number)
    with here.work() as work:
        proposal = staff_rights.found(work, number)
    assert (proposal.agreed_at, proposal.agreed_by) == (here.now, account(here, "second").staff_id)


def test_any_administrator_turns_down_whatever_is_about_staff(here: House) -> None:
    number = ask(here)
    with here.work() as work:
        staff_rights.turn_down(work, by=who(here, "first"), proposal_id=number, now=here.now)
    with pytest.raises(approval.ProposalClosed):
        agree(here, number)


def test_a_proposal_is_about_the_account_that_was_meant(here: House) -> None:
    """The login may have gone to somebody else, or to nobody, since it was asked."""
    number = ask(here)
    with here.work() as work:
        proposal = staff_rights.found(work, number)
        assert staff_rights.about(work, proposal).login == "clerk"
        nobody = dict(proposal.payload) | {"login": "gone"}
        for other in (
            replace(proposal, subject=approval.staff_subject(account(here, "second").staff_id)),
            replace(proposal, payload=tuple(nobody.items())),
        ):
            with pytest.raises(approval.ProposalChanged):
                staff_rights.about(work, other)
