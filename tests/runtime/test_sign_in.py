"""Staff who do two things at once, on both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pyotp
import pytest

from ca_core import roles, staff
from ca_core.errors import Refusal
from ca_core.roles import Role
from runtime.service import Service
from tests.fakes import PlainHasher

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"
COMMAND_LINE = roles.Actor("command line", None, roles.Door.COMMAND_LINE)


class Together(PlainHasher):
    """Nobody goes on before all have read the account. SQLite lets one in at a time: there nobody waits long."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties, timeout=0.5)

    def matches(self, password_hash: str, password: str) -> bool:
        try:
            self._barrier.wait()
        except threading.BrokenBarrierError:
            pass
        return super().matches(password_hash, password)


def add(service: Service, login: str, role: Role) -> int:
    with service.work() as work:
        return staff.add(
            work,
            by=COMMAND_LINE,
            login=login,
            name=login,
            role=role,
            password=PASSWORD,
            totp_secret=SECRET,
            hasher=PlainHasher(),
            now=service.now(),
        )


def sign_in(service: Service, hasher: PlainHasher, password: str, code: str) -> str:
    """Empty when it went well, else the code of the refusal."""
    try:
        with service.work() as work:
            staff.sign_in(
                work, login="officer", password=password, code=code, hasher=hasher, now=service.now()
            )
    except Refusal as refusal:
        return refusal.code
    return ""


def disable(service: Service, login: str) -> None:
    with service.work() as work:
        staff.disable(work, by=COMMAND_LINE, login=login, now=service.now())


def at_once(*calls: Callable[[], str]) -> list[str]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(done.result(timeout=30) for done in [pool.submit(call) for call in calls])


def test_one_code_posted_twice_at_once_signs_in_once(service: Service) -> None:
    """RFC 6238, 5.2."""
    add(service, "officer", Role.RA_OFFICER)
    code = pyotp.TOTP(SECRET).at(service.now())
    post = partial(sign_in, service, Together(2), PASSWORD, code)
    assert at_once(post, post) == ["", "staff.sign_in_refused"]


@pytest.mark.parametrize("tries", [staff.TRIES - 1, staff.TRIES])
def test_wrong_tries_at_once_are_all_counted(service: Service, tries: int) -> None:
    staff_id = add(service, "officer", Role.RA_OFFICER)
    post = partial(sign_in, service, Together(tries), "wrong", "000000")
    assert set(at_once(*[post] * tries)) == {"staff.sign_in_refused"}
    with service.look() as work:
        account = staff.account(work, staff_id=staff_id)
    locked = tries == staff.TRIES
    assert account.is_locked(service.now()) is locked
    assert account.wrong_tries == (0 if locked else tries)


def test_two_administrators_never_disable_each_other(service: Service) -> None:
    """The second waits for the first to be written, and then sees that nobody else is left."""
    for login in ("first", "second"):
        add(service, login, Role.ADMINISTRATOR)
    with ThreadPoolExecutor(1) as pool:
        with service.work() as work:
            staff.disable(work, by=COMMAND_LINE, login="first", now=service.now())
            other = pool.submit(disable, service, "second")
            with pytest.raises(TimeoutError):
                other.result(timeout=0.5)
        with pytest.raises(staff.LastAdministrator):
            other.result(timeout=30)
