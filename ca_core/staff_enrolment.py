"""How a member of staff gets their first password and authenticator, or new ones: by a code of two halves.

Each of the two administrators is shown one half, once: neither can enrol in the person's place, and neither ever
knows the password. The code is kept as a digest, is good for a day and for one enrolment, and opens nothing else.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import pyotp

from ca_core import audit, roles, staff
from ca_core.errors import Refusal

VALID_FOR = timedelta(hours=24)
# Time to scan a code and think of a password.
OPEN_FOR = timedelta(minutes=30)
HALF_LETTERS = 12
# Five bits each, and none that is taken for another one.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ISSUER = "Qoltanba"


class EnrolmentRefused(Refusal):
    """The code is unknown, used, or older than a day; or the account was closed."""

    code = "staff.enrolment_refused"


class PasswordsDiffer(Refusal):
    """The password and its repetition."""

    code = "staff.passwords_differ"


class AuthenticatorDiffers(Refusal):
    """The one-time code is not of the authenticator that was shown."""

    code = "staff.authenticator_differs"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What waits for the person. `token_digest` and `totp_secret` are of the page that opened it last."""

    staff_id: int
    code_digest: bytes
    expires_at: datetime
    token_digest: bytes | None = None
    totp_secret: str = ""
    open_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What the person's page shows: to scan, or to type into the authenticator."""

    token: str
    login: str
    name: str
    totp_secret: str
    address: str


class Enrolments(Protocol):
    """One an account at most."""

    def by_code(self, code_digest: bytes) -> Enrolment | None: ...
    def by_token(self, token_digest: bytes) -> Enrolment | None: ...
    def put(self, enrolment: Enrolment) -> None:
        """In the place of an earlier one of the same account."""
        ...

    def take(self, enrolment: Enrolment) -> bool:
        """Uses it up. False when it is gone, or another page has opened it since."""
        ...

    def void(self, staff_id: int) -> None: ...


class Accounts(staff.Accounts, Protocol):
    def enrol(self, staff_id: int, *, password_hash: str, totp_secret: str, step: int) -> bool:
        """Only an account that has no password and is not closed."""
        ...


class EnrolmentWork(Protocol):
    """The part of a unit of work that these operations need."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> staff.Sessions: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def audit(self) -> staff.AuditLog: ...

    def after_staff_refusal(self, write: Callable[[staff.StaffWork], None]) -> None: ...


def new_half() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(HALF_LETTERS))


def half_digest(half: str) -> str:
    """What is kept of the first half until the second administrator agrees."""
    return hashlib.sha256(_plain(half).encode()).hexdigest()


def begin(work: EnrolmentWork, *, staff_id: int, first_digest: str, second: str, now: datetime) -> None:
    """Part of what two administrators agreed to: the account has neither password nor session from now on."""
    work.accounts.set_secrets(staff_id, password_hash="", totp_secret=pyotp.random_base32())
    work.sessions.end_all(staff_id)
    work.enrolments.put(Enrolment(staff_id, _digest(first_digest, second), now + VALID_FOR))


def open_(work: EnrolmentWork, *, code: str, now: datetime) -> Opened:
    """The person typed the code: a fresh authenticator's secret, for this page alone. Nothing is used up yet.

    Raises EnrolmentRefused.
    """
    plain = _plain(code)
    first, second = plain[:HALF_LETTERS], plain[HALF_LETTERS:]
    found = work.enrolments.by_code(_digest(half_digest(first), second))
    account = _waiting(work, found, now)
    if found is None or account is None:
        raise _refused(work, account, now)
    token, secret = secrets.token_urlsafe(32), pyotp.random_base32()
    until = min(found.expires_at, now + OPEN_FOR)
    work.enrolments.put(
        replace(found, token_digest=staff.digest(token), totp_secret=secret, open_until=until)
    )
    work.audit.add(audit.Entry(now, staff.actor(account), "staff:enrol:opened", f"staff/{account.staff_id}"))
    return _shown(token, account, secret)


def opened(work: EnrolmentWork, *, token: str, now: datetime) -> Opened:
    """The same page again, after a refusal. Raises EnrolmentRefused."""
    found, account = _by_token(work, token, now)
    return _shown(token, account, found.totp_secret)


def finish(
    work: EnrolmentWork,
    *,
    token: str,
    password: str,
    again: str,
    code: str,
    hasher: staff.PasswordHasher,
    now: datetime,
) -> str:
    """Password and authenticator are the person's own from now on; the login to sign in with.

    Raises EnrolmentRefused, PasswordTooWeak, PasswordsDiffer, AuthenticatorDiffers.
    """
    found, account = _by_token(work, token, now)
    staff.require_strong(password)
    if password != again:
        raise PasswordsDiffer
    step = staff.matching_step(replace(account, totp_secret=found.totp_secret, last_step=-1), code, now)
    if step is None:
        raise AuthenticatorDiffers
    is_theirs = work.enrolments.take(found) and work.accounts.enrol(
        account.staff_id, password_hash=hasher.hash(password), totp_secret=found.totp_secret, step=step
    )
    if not is_theirs:
        raise _refused(work, account, now)
    work.audit.add(audit.Entry(now, staff.actor(account), "staff:enrol:done", f"staff/{account.staff_id}"))
    return account.login


def _by_token(work: EnrolmentWork, token: str, now: datetime) -> tuple[Enrolment, staff.Account]:
    found = work.enrolments.by_token(staff.digest(token))
    account = _waiting(work, found, now)
    is_open = found is not None and found.open_until is not None and now < found.open_until
    if found is None or account is None or not is_open:
        raise _refused(work, account, now)
    return found, account


def _waiting(work: EnrolmentWork, found: Enrolment | None, now: datetime) -> staff.Account | None:
    """Whose it is, while it is good for anything: a reset at the command line, or a leave, ends it."""
    if found is None or now >= found.expires_at:
        return None
    account = work.accounts.by_id(found.staff_id)
    is_waiting = account is not None and not account.is_enrolled and account.disabled_at is None
    return account if is_waiting else None


def _refused(work: EnrolmentWork, account: staff.Account | None, now: datetime) -> EnrolmentRefused:
    """What was typed is not kept: it may be a code that is good still, with one letter wrong."""
    by = staff.actor(account) if account else roles.Actor("unknown", None, roles.Door.CONSOLE)
    subject = f"staff/{account.staff_id}" if account else "staff/unknown"
    work.after_staff_refusal(
        lambda later: later.audit.add(audit.Entry(now, by, "staff:enrol:refused", subject))
    )
    return EnrolmentRefused()


def _shown(token: str, account: staff.Account, secret: str) -> Opened:
    address = pyotp.TOTP(secret, digits=staff.CODE_DIGITS).provisioning_uri(
        name=account.login, issuer_name=_ISSUER
    )
    return Opened(token, account.login, account.name, secret, address)


def _digest(first_digest: str, second: str) -> bytes:
    return hashlib.sha256(f"{first_digest}:{_plain(second)}".encode()).digest()


def _plain(typed: str) -> str:
    """As it was made: groups, blanks and small letters are for people."""
    return "".join(letter for letter in typed.upper() if letter in _LETTERS)
