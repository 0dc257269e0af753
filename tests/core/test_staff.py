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
OTHER_SECRET = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
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
    "wrong",
    [
        {"password": "something else"},
        {"code": "000000"},
        {"login": "nobody"},
        {"login": "ain\0ur", "password": "something else"},
        {"code": ""},
        {"code": "пароль"},
        {"code": "１２３４５６"},
        {"code": "٠١٢٣٤٥"},
    ],
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


def test_a_code_of_other_letters_tells_nothing_of_the_password(here: House) -> None:
    """A comparison that fails only after the right password would be an oracle for it."""
    for password in (PASSWORD, "wrong"):
        with pytest.raises(staff.SignInRefused):
            sign_in(here, password=password, code="①②③④⑤⑥")


@pytest.mark.parametrize("drift", [-30, 30])
def test_one_step_of_drift_either_way(here: House, drift: int) -> None:
    sign_in(here, code=pyotp.TOTP(SECRET).at(here.now + timedelta(seconds=drift)))


@pytest.mark.parametrize("drift", [-60, 60])
def test_two_steps_of_drift_are_too_many(here: House, drift: int) -> None:
    with pytest.raises(staff.SignInRefused):
        sign_in(here, code=pyotp.TOTP(SECRET).at(here.now + timedelta(seconds=drift)))


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(here: House) -> None:
    lock(here)
    with pytest.raises(staff.AccountLocked) as refused:
        sign_in(here)
    assert refused.value.facts["until"] == here.now + staff.LOCKED_FOR
    here.later(minutes=15)
    sign_in(here)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"code": "000000"}])
def test_a_lock_is_told_only_to_who_knows_password_and_code(here: House, wrong: dict[str, str]) -> None:
    """To others a locked login looks like one that does not exist."""
    lock(here)
    with pytest.raises(staff.SignInRefused):
        sign_in(here, **wrong)


@pytest.mark.parametrize("state", ["unknown", "known", "locked", "disabled"])
def test_every_refused_sign_in_leaves_one_entry_and_no_login(here: House, state: str) -> None:
    """Who guesses logins learns nothing from what is written for each."""
    if state == "locked":
        lock(here)
    if state == "disabled":
        add(here, login="chief", role=Role.ADMINISTRATOR)
        disable(here)
    before = len(here.memory.audit)
    with pytest.raises(staff.SignInRefused):
        sign_in(here, login="guessed" if state == "unknown" else "ainur", password="wrong")
    (entry,) = here.memory.audit[before:]
    assert entry.event == "staff:sign_in:refused"
    assert entry.subject == ("staff/unknown" if state == "unknown" else "staff/1")
    assert entry.actor.name == ("unknown" if state == "unknown" else "Ainur K.")
    assert "guessed" not in repr(entry)


def lock(here: House) -> None:
    for _ in range(staff.TRIES):
        with pytest.raises(staff.SignInRefused):
            sign_in(here, password="wrong")


def disable(here: House, login: str = "ainur", by: roles.Actor = COMMAND_LINE) -> None:
    with here.work() as work:
        staff.disable(work, by=by, login=login, now=here.now)


def reset(here: House, **different: Any) -> None:
    wanted: dict[str, Any] = {
        "by": COMMAND_LINE, "login": "Ainur", "password": "another long password", "totp_secret": OTHER_SECRET,
        "hasher": PlainHasher(), "now": here.now,
    }  # fmt: skip
    with here.work() as work:
        staff.reset(work, **{**wanted, **different})


def test_choosing_a_language_does_not_lift_a_lock(here: House) -> None:
    officer = staff.actor(here.memory.accounts[1])
    lock(here)
    with here.work() as work:
        staff.set_language(work, by=officer, language="kk", now=here.now)
    with pytest.raises(staff.AccountLocked):
        sign_in(here)


def test_a_disabled_account_loses_its_sessions_and_never_signs_in(here: House) -> None:
    token = sign_in(here).token
    disable(here, " Ainur")
    assert here.memory.sessions == {}
    assert here.memory.audit[-1].event == "staff:disable:done"
    assert here.memory.audit[-1].details == {"sessions": "1"}
    with pytest.raises(staff.SessionEnded):
        resume(here, token)
    here.later(seconds=30)
    with pytest.raises(staff.SignInRefused):
        sign_in(here)
    disable(here)
    assert builders.events(here).count("staff:disable:done") == 1


def test_a_session_that_was_written_beside_the_closing_opens_nothing(here: House) -> None:
    token = sign_in(here).token
    written = dict(here.memory.sessions)
    disable(here)
    here.memory.sessions.update(written)
    with pytest.raises(staff.SessionEnded):
        resume(here, token)


def test_the_last_active_administrator_is_never_disabled(here: House) -> None:
    add(here, login="first", role=Role.ADMINISTRATOR)
    add(here, login="second", role=Role.ADMINISTRATOR)
    disable(here, "first")
    with pytest.raises(staff.LastAdministrator):
        disable(here, "second")
    assert here.memory.accounts[3].disabled_at is None
    disable(here, "ainur")


def test_a_reset_brings_new_secrets_lifts_the_lock_and_ends_sessions(here: House) -> None:
    token = sign_in(here).token
    here.later(seconds=30)
    lock(here)
    reset(here)
    with pytest.raises(staff.SessionEnded):
        resume(here, token)
    with pytest.raises(staff.SignInRefused):
        sign_in(here)
    sign_in(here, password="another long password", code=pyotp.TOTP(OTHER_SECRET).at(here.now))
    assert "staff:reset:done" in builders.events(here)


def test_a_reset_does_not_bring_back_a_disabled_account(here: House) -> None:
    disable(here)
    reset(here)
    with pytest.raises(staff.SignInRefused):
        sign_in(here, password="another long password", code=pyotp.TOTP(OTHER_SECRET).at(here.now))


def test_a_reset_wants_a_good_password_too(here: House) -> None:
    with pytest.raises(staff.PasswordTooWeak):
        reset(here, password="elevenchars")


def test_only_who_exists_is_disabled_or_reset(here: House) -> None:
    with pytest.raises(staff.StaffUnknown):
        disable(here, "nobody")
    with pytest.raises(staff.StaffUnknown):
        reset(here, login="nobody")


def test_only_an_administrator_or_the_command_line_disables_and_resets(here: House) -> None:
    for by in (builders.OFFICER, builders.SUPERVISOR):
        with pytest.raises(roles.NotAllowed):
            disable(here, by=by)
        with pytest.raises(roles.NotAllowed):
            reset(here, by=by)
    administrator = roles.Actor("Timur A.", Role.ADMINISTRATOR, roles.Door.CONSOLE, staff_id=9)
    reset(here, by=administrator)
    disable(here, by=administrator)


def test_staff_act_for_the_region_of_their_office(here: House) -> None:
    """R12."""
    add(here, login="dina", region=18)
    assert staff.actor(here.memory.accounts[2]).region == 18


def test_a_right_sign_in_forgives_earlier_wrong_ones(here: House) -> None:
    for _ in range(4):
        with pytest.raises(staff.SignInRefused):
            sign_in(here, password="wrong")
    sign_in(here)
    assert here.memory.accounts[1].wrong_tries == 0


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


def test_of_all_open_pages_those_are_named_whose_session_is_over(here: House) -> None:
    old = staff.digest(sign_in(here).token)
    here.later(minutes=14)
    new = staff.digest(sign_in(here).token)
    here.later(minutes=2)
    with here.work() as work:
        over = staff.ended(
            work, token_digests=[old, new, b"none"], idle=IDLE, absolute=ABSOLUTE, now=here.now
        )
    assert over == {old, b"none"}


def test_nobody_works_with_a_closed_account_or_none(here: House) -> None:
    disable(here)
    with here.work() as work:
        for number in (1, 77):
            with pytest.raises(staff.SessionEnded):
                staff.account(work, staff_id=number)


def test_a_language_is_changed_once_and_to_one_of_three(here: House) -> None:
    officer = staff.actor(here.memory.accounts[1])
    with here.work() as work:
        for language in ("en", "en"):
            staff.set_language(work, by=officer, language=language, now=here.now)
        with pytest.raises(staff.LanguageUnknown):
            staff.set_language(work, by=officer, language="de", now=here.now)
    assert here.memory.accounts[1].language == "en"
    assert builders.events(here).count("staff:language:done") == 1


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
    add(here, login="dina", password="twelve chars")


def test_only_an_administrator_or_the_command_line_adds_staff(here: House) -> None:
    with pytest.raises(roles.NotAllowed):
        add(here, by=builders.OFFICER, login="dina")
    administrator = roles.Actor("Timur A.", Role.ADMINISTRATOR, roles.Door.CONSOLE, staff_id=9)
    number = add(here, by=administrator, login="dina")
    entry = here.memory.audit[-1]
    assert (entry.event, entry.subject, entry.actor) == ("staff:add:done", f"staff/{number}", administrator)
    assert entry.details == {"role": "ra_officer", "region": "19"}


def test_every_sign_in_leaves_an_audit_entry(here: House) -> None:
    with pytest.raises(staff.SignInRefused):
        sign_in(here, password="wrong")
    sign_in(here)
    assert builders.events(here)[-2:] == ["staff:sign_in:refused", "staff:sign_in:done"]
