"""Joining and enrolling anew: two administrators, a code of two halves, and secrets that only the person knows."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from ca_core import approval, roles, staff, staff_enrolment, staff_joining, staff_rights
from ca_core.roles import Role
from ca_core.staff_joining import Asked, Newcomer
from tests import builders
from tests.core.test_staff import COMMAND_LINE, SECRET, add
from tests.core.test_staff_rights import account, who
from tests.fakes import House, PlainHasher

NEWCOMER = Newcomer(" Aliya.K ", "Әлия  Қ.", Role.MODERATOR, "kk", iin=builders.person().iin)
PASSWORD = "several unrelated words"


@pytest.fixture
def here() -> House:
    house = builders.house()
    for login, role in (
        ("first", Role.ADMINISTRATOR),
        ("second", Role.ADMINISTRATOR),
        ("clerk", Role.RA_OFFICER),
    ):
        add(house, login=login, name=login.title(), role=role, totp_secret=SECRET)
    return house


def ask_join(here: House, newcomer: Newcomer = NEWCOMER, by: str = "first") -> Asked:
    with here.work() as work:
        return staff_joining.propose_join(work, by=who(here, by), newcomer=newcomer, now=here.now)


def ask_reset(here: House, login: str = "clerk", by: str = "first") -> Asked:
    with here.work() as work:
        return staff_joining.propose_reset(work, by=who(here, by), login=login, now=here.now)


def agree(here: House, proposal_id: int, by: str = "second") -> str:
    with here.work() as work:
        return staff_joining.agree(work, by=who(here, by), proposal_id=proposal_id, now=here.now)


def opened(here: House, code: str) -> staff_enrolment.Opened:
    with here.work() as work:
        return staff_enrolment.open_(work, code=code, now=here.now)


def finish(
    here: House, page: staff_enrolment.Opened, password: str = PASSWORD, again: str = "", code: str = ""
) -> str:
    with here.work() as work:
        return staff_enrolment.finish(
            work, token=page.token, password=password, again=again or password,
            code=code or pyotp.TOTP(page.totp_secret).at(here.now), hasher=PlainHasher(), now=here.now,
        )  # fmt: skip


def sign_in(here: House, login: str, secret: str, password: str = PASSWORD) -> roles.Actor:
    with here.work() as work:
        found = staff.sign_in(
            work, login=login, password=password, code=pyotp.TOTP(secret).at(here.now), hasher=PlainHasher(),
            now=here.now,
        )  # fmt: skip
    return staff.actor(found.account)


def joined(here: House) -> str:
    """The whole code of somebody who joins."""
    asked = ask_join(here)
    return asked.half + agree(here, asked.proposal_id)


def test_who_joins_sets_password_and_authenticator_themselves(here: House) -> None:
    page = opened(here, joined(here).lower())
    assert (page.login, page.name) == ("aliya.k", "Әлия Қ.")
    assert finish(here, page) == "aliya.k"
    here.later(seconds=30)
    assert sign_in(here, "aliya.k", page.totp_secret).role is Role.MODERATOR
    assert account(here, "aliya.k").iin == NEWCOMER.iin
    events = [entry.event for entry in here.memory.audit]
    assert events[-5:-1] == [
        "proposal:staff_join:asked", "proposal:staff_join:agreed", "staff:enrol:opened", "staff:enrol:done",
    ]  # fmt: skip
    # Until it is agreed to there is no account to be named.
    named = [entry.details.get("account") for entry in here.memory.audit[-5:-3]]
    assert named == [None, f"staff/{account(here, 'aliya.k').staff_id}"]


def test_the_code_of_the_enrolment_does_not_sign_in_too(here: House) -> None:
    """RFC 6238, 5.2: accepted once."""
    page = opened(here, joined(here))
    finish(here, page)
    with pytest.raises(staff.SignInRefused):
        sign_in(here, "aliya.k", page.totp_secret)


def test_an_authenticator_begins_anew_with_its_secret(here: House) -> None:
    """The step of the last sign-in was the old one's: within the same half minute the new one is good."""
    sign_in(here, "clerk", SECRET, "correct horse battery")
    asked = ask_reset(here)
    page = opened(here, asked.half + agree(here, asked.proposal_id))
    assert finish(here, page) == "clerk"


def test_the_second_administrator_sees_all_of_who_joins(here: House) -> None:
    number = ask_join(here).proposal_id
    shown = dict(here.memory.proposals[number].payload)
    assert shown.pop("half")
    assert shown == {
        "from": "", "iin": builders.person().iin.digits, "language": "kk", "login": "aliya.k", "name": "Әлия Қ.",
        "region": str(NEWCOMER.region), "to": "moderator",
    }  # fmt: skip


def test_neither_half_alone_and_no_digest_enrols(here: House) -> None:
    asked = ask_join(here)
    second = agree(here, asked.proposal_id)
    kept = dict(here.memory.proposals[asked.proposal_id].payload)["half"]
    for guess in (asked.half, second, second + asked.half, kept + second, ""):
        with pytest.raises(staff_enrolment.EnrolmentRefused):
            opened(here, guess)
    assert asked.half not in repr(here.memory.proposals)
    assert asked.half not in repr(here.memory.audit)
    assert second not in repr(here.memory.audit) + repr(here.memory.enrolments)
    assert here.memory.audit[-1].event == "staff:enrol:refused"


def test_a_code_enrols_once(here: House) -> None:
    code = joined(here)
    finish(here, opened(here, code))
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        opened(here, code)


def test_the_page_that_was_opened_last_is_the_one(here: House) -> None:
    """Loading it again shows another secret; the one shown before enrols nobody."""
    code = joined(here)
    before, now = opened(here, code), opened(here, code)
    assert before.totp_secret != now.totp_secret
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        finish(here, before)
    finish(here, now)


def test_a_code_is_good_for_a_day_and_its_page_for_half_an_hour(here: House) -> None:
    code = joined(here)
    here.now += staff_enrolment.VALID_FOR - timedelta(seconds=1)
    page = opened(here, code)
    here.later(seconds=1)
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        finish(here, page)
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        opened(here, code)


def test_a_page_left_open_is_over_after_half_an_hour(here: House) -> None:
    page = opened(here, joined(here))
    here.now += staff_enrolment.OPEN_FOR
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        finish(here, page)


def test_what_is_wrong_leaves_the_page_usable(here: House) -> None:
    page = opened(here, joined(here))
    with pytest.raises(staff.PasswordTooWeak):
        finish(here, page, password="short")
    with pytest.raises(staff_enrolment.PasswordsDiffer):
        finish(here, page, again="another one altogether")
    with pytest.raises(staff_enrolment.AuthenticatorDiffers):
        finish(
            here, page, code="000000" if pyotp.TOTP(page.totp_secret).at(here.now) != "000000" else "111111"
        )
    finish(here, page)


def test_a_reset_ends_sessions_and_the_old_password_when_the_second_agrees(here: House) -> None:
    clerk = account(here, "clerk")
    here.memory.sessions[b"x"] = staff.Session(b"x", clerk.staff_id, here.now, here.now)
    asked = ask_reset(here)
    assert account(here, "clerk") == clerk
    second = agree(here, asked.proposal_id)
    assert not here.memory.sessions
    with pytest.raises(staff.SignInRefused), here.work() as work:
        staff.sign_in(
            work, login="clerk", password="correct horse battery", code=pyotp.TOTP(SECRET).at(here.now),
            hasher=PlainHasher(), now=here.now,
        )  # fmt: skip
    page = opened(here, asked.half + second)
    finish(here, page)
    here.later(seconds=30)
    assert sign_in(here, "clerk", page.totp_secret).staff_id == clerk.staff_id


def test_nobody_agrees_to_what_they_asked_or_to_their_own_reset(here: House) -> None:
    with pytest.raises(approval.SecondPersonNeeded):
        agree(here, ask_join(here).proposal_id, by="first")
    with pytest.raises(staff_rights.OwnRights):
        ask_reset(here, login="first", by="first")
    about_second = ask_reset(here, login="second").proposal_id
    with pytest.raises(staff_rights.OwnRights):
        agree(here, about_second, by="second")


def test_an_agreement_is_given_once(here: House) -> None:
    add(here, login="third", role=Role.ADMINISTRATOR)
    number = ask_join(here).proposal_id
    agree(here, number)
    with pytest.raises(approval.ProposalClosed):
        agree(here, number, by="third")


def test_who_got_another_role_or_left_meanwhile_is_not_reset(here: House) -> None:
    """What the second administrator agrees to is what the first one saw."""
    number, clerk = ask_reset(here).proposal_id, account(here, "clerk")
    for changed in (replace(clerk, role=Role.MODERATOR), replace(clerk, disabled_at=here.now)):
        here.memory.accounts[clerk.staff_id] = changed
        with pytest.raises(approval.ProposalChanged):
            agree(here, number)
    here.memory.accounts[clerk.staff_id] = clerk
    agree(here, number)


def test_each_kind_of_proposal_is_agreed_to_at_its_own_place(here: House) -> None:
    """Otherwise somebody would join, or be reset, without a code."""
    number = ask_join(here).proposal_id
    with pytest.raises(approval.ProposalUnknown), here.work() as work:
        staff_rights.agree(work, by=who(here, "second"), proposal_id=number, now=here.now)


def test_a_login_that_was_taken_meanwhile_is_refused(here: House) -> None:
    number = ask_join(here).proposal_id
    add(here, login="aliya.k")
    with pytest.raises(staff.LoginTaken):
        agree(here, number)
    with pytest.raises(staff.LoginTaken):
        ask_join(here)


def test_one_login_waits_once(here: House) -> None:
    ask_join(here)
    with pytest.raises(staff_rights.AlreadyAsked):
        ask_join(here, by="second")


def test_who_has_not_enrolled_is_no_administrator_yet(here: House) -> None:
    """Otherwise the last one who can sign in could leave."""
    asked = ask_join(here, replace(NEWCOMER, role=Role.ADMINISTRATOR))
    agree(here, asked.proposal_id)
    for leaver, by in (("first", "second"), ("second", "second")):
        left = account(here, leaver)
        with here.work() as work:
            if leaver == "second":
                with pytest.raises(staff.LastAdministrator):
                    staff.disable(work, by=staff.actor(left), login=leaver, now=here.now)
            else:
                staff.disable(work, by=who(here, by), login=leaver, now=here.now)


def test_a_reset_at_the_command_line_ends_the_code(here: House) -> None:
    code = joined(here)
    with here.work() as work:
        staff.reset(
            work, by=COMMAND_LINE, login="aliya.k", password=PASSWORD, totp_secret=SECRET, hasher=PlainHasher(),
            now=here.now,
        )  # fmt: skip
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        opened(here, code)


@pytest.mark.parametrize("login", ["a", "-ab", "two words", "имя", "a" * 41, "a/b"])
def test_a_login_is_plain(here: House, login: str) -> None:
    with pytest.raises(staff_joining.LoginUnfit):
        ask_join(here, replace(NEWCOMER, login=login))


@pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "x" * 101}, {"region": 21}, {"language": "de"}])
def test_details_are_checked(here: House, wrong: dict[str, object]) -> None:
    with pytest.raises(staff_joining.DetailsUnfit):
        ask_join(here, replace(NEWCOMER, **wrong))  # type: ignore[arg-type]


def test_the_page_after_a_refusal_is_the_page_of_before(here: House) -> None:
    """Else the authenticator that was set up already would be of no use."""
    page = opened(here, joined(here))
    with here.work() as work:
        assert staff_enrolment.opened(work, token=page.token, now=here.now) == page


def test_a_code_of_nobody_is_on_record_without_what_was_typed(here: House) -> None:
    with pytest.raises(staff_enrolment.EnrolmentRefused):
        opened(here, "ABCD EFGH")
    entry = here.memory.audit[-1]
    assert (entry.event, entry.subject) == ("staff:enrol:refused", "staff/unknown")
    assert "ABCD" not in repr(entry)
