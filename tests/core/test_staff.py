"""Staff accounts: sign-in, one-time codes that are accepted once, lock-out, ending sessions everywhere."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from ca_core import roles, staff
from ca_core.roles import Role
from tests import builders
from tests.fakes import House, PlainHasher

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"
COMMAND_LINE = roles.Actor("command line", None, roles.Door.COMMAND_LINE)
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=12)


def add(here: House, **different: Any) -> int:
    wanted: dict[str, Any] = {
        "by": COMMAND_LINE, "login": "ainur", "name": "Ainur K.", "role": Role.RA_OFFICER, "password": PASSWORD,
        "totp_secret": SECRET, "hasher": PlainHasher(), "now": here.now,
    }  # fmt: skip
    with here.work() as work:
        return staff.add(work, **{**wanted, **different})


def sign_in(here: House, **different: Any) -> staff.SignedIn:
    wanted: dict[str, Any] = {
        "login": "ainur", "password": PASSWORD, "code": pyotp.TOTP(SECRET).at(here.now),
        "hasher": PlainHasher(), "now": here.now,
    }  # fmt: skip
    with here.work() as work:
        return staff.sign_in(work, **{**wanted, **different})


def resume(here: House, token: str) -> staff.Account:
    with here.work() as work:
        return staff.resume(work, token=token, idle=IDLE, absolute=ABSOLUTE, now=here.now)[0]


@pytest.fixture
def here() -> House:
    house = builders.house()
    add(house)
    return house


def test_password_and_code_open_a_session_and_only_its_digest_is_kept(here: House) -> None:
    signed_in = sign_in(here, login="  AINUR ")
    assert resume(here, signed_in.token).name == "Ainur K."
    assert signed_in.token not in repr(here.memory.sessions)


@pytest.mark.parametrize(
    "wrong", [{"password": "something else"}, {"code": "000000"}, {"login": "nobody"}, {"code": ""}]
)
def test_a_refused_sign_in_never_says_what_was_wrong(here: House, wrong: dict[str, str]) -> None:
    with pytest.raises(staff.SignInRefused) as refused:
        sign_in(here, **wrong)
    assert refused.value.facts == {}


def test_a_code_is_accepted_once(here: House) -> None:
    """RFC 6238, 5.2."""
    sign_in(here)
    with pytest.raises(staff.SignInRefused):
        sign_in(here)
    here.later(seconds=30)
    sign_in(here)


@pytest.mark.parametrize("drift", [-30, 30])
def test_one_step_of_drift_either_way(here: House, drift: int) -> None:
    sign_in(here, code=pyotp.TOTP(SECRET).at(here.now + timedelta(seconds=drift)))


@pytest.mark.parametrize("drift", [-60, 60])
def test_two_steps_of_drift_are_too_many(here: House, drift: int) -> None:
    with pytest.raises(staff.SignInRefused):
        sign_in(here, code=pyotp.TOTP(SECRET).at(here.now + timedelta(seconds=drift)))


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(here: House) -> None:
    for _ in range(staff.TRIES):
        with pytest.raises(staff.SignInRefused):
            sign_in(here, password="wrong")
    with pytest.raises(staff.AccountLocked) as refused:
        sign_in(here)
    assert refused.value.facts["until"] == here.now + staff.LOCKED_FOR
    here.later(minutes=15)
    sign_in(here)


def test_a_right_sign_in_forgives_earlier_wrong_ones(here: House) -> None:
    for _ in range(4):
        with pytest.raises(staff.SignInRefused):
            sign_in(here, password="wrong")
    sign_in(here)
    assert here.memory.accounts[1].wrong_tries == 0


def test_a_disabled_account_neither_signs_in_nor_resumes(here: House) -> None:
    token = sign_in(here).token
    account = here.memory.accounts[1]
    here.memory.accounts[1] = builders.replace(account, disabled_at=here.now)
    with pytest.raises(staff.SessionEnded):
        resume(here, token)
    here.later(seconds=30)
    with pytest.raises(staff.SignInRefused):
        sign_in(here)


def test_a_session_ends_when_idle_and_at_its_absolute_limit(here: House) -> None:
    token = sign_in(here).token
    started = here.now
    here.later(minutes=14)
    resume(here, token)
    here.memory.sessions[staff.digest(token)] = staff.Session(staff.digest(token), 1, started, here.now)
    here.later(minutes=15)
    with pytest.raises(staff.SessionEnded):
        resume(here, token)
    here.now = started + ABSOLUTE
    here.memory.sessions[staff.digest(token)] = staff.Session(staff.digest(token), 1, started, here.now)
    with pytest.raises(staff.SessionEnded):
        resume(here, token)


def test_signing_out_ends_this_browser_and_signing_out_everywhere_all(here: House) -> None:
    tokens = [sign_in(here).token]
    for _ in range(2):
        here.later(seconds=30)
        tokens.append(sign_in(here).token)
    with here.work() as work:
        staff.sign_out(work, token=tokens[0], now=here.now)
        staff.sign_out(work, token=tokens[0], now=here.now)
    assert resume(here, tokens[1]).staff_id == 1
    with here.work() as work:
        assert staff.sign_out_everywhere(work, staff_id=1, now=here.now) == 2
    for token in tokens:
        with pytest.raises(staff.SessionEnded):
            resume(here, token)


def test_a_login_is_given_once(here: House) -> None:
    with pytest.raises(staff.LoginTaken):
        add(here, login="Ainur")


def test_a_password_has_twelve_characters_at_least(here: House) -> None:
    with pytest.raises(staff.PasswordTooWeak):
        add(here, login="dina", password="elevenchars")


def test_only_an_administrator_or_the_command_line_adds_staff(here: House) -> None:
    with pytest.raises(roles.NotAllowed):
        add(here, by=builders.OFFICER, login="dina")
    administrator = roles.Actor("Timur A.", Role.ADMINISTRATOR, roles.Door.CONSOLE, staff_id=9)
    add(here, by=administrator, login="dina")


def test_every_sign_in_leaves_an_audit_entry(here: House) -> None:
    with pytest.raises(staff.SignInRefused):
        sign_in(here, password="wrong")
    sign_in(here)
    assert builders.events(here)[-2:] == ["staff:sign_in:refused", "staff:sign_in:done"]
