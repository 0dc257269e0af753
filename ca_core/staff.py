"""Staff accounts: sign-in with password and one-time code, lock-out, replay, sessions that can be ended everywhere.

Passwords are hashed behind a port; a code is accepted once (RFC 6238, 5.2). A refused sign-in never says
which of the three was wrong.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import pyotp

from ca_core import audit, roles
from ca_core.errors import Refusal
from ca_core.identifiers import Iin

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
STEP_SECONDS = 30
CODE_DIGITS = 6
SHORTEST_PASSWORD = 12
DEFAULT_REGION = 19
LANGUAGES = ("kk", "ru", "en")


class SignInRefused(Refusal):
    """Login, password or one-time code is wrong, or the code was used before."""

    code = "staff.sign_in_refused"


class AccountLocked(Refusal):
    """Too many wrong tries. Facts: until."""

    code = "staff.locked"


class SessionEnded(Refusal):
    """Signed out, idle too long, or past its absolute limit."""

    code = "staff.session_ended"


class StaffUnknown(Refusal):
    """No account has this login."""

    code = "staff.unknown"


class LastAdministrator(Refusal):
    """Without an administrator nobody could add or unlock anybody."""

    code = "staff.last_administrator"


class LoginTaken(Refusal):
    code = "staff.login_taken"


class PasswordTooWeak(Refusal):
    """Twelve characters at least."""

    code = "staff.password_too_weak"


class LanguageUnknown(Refusal):
    """The interfaces speak Kazakh, Russian and English."""

    code = "staff.language_unknown"


@dataclass(frozen=True, slots=True)
class Account:
    staff_id: int
    login: str
    name: str
    role: roles.Role
    password_hash: str
    totp_secret: str
    region: int
    language: str = "ru"
    last_step: int = -1
    wrong_tries: int = 0
    locked_until: datetime | None = None
    disabled_at: datetime | None = None
    # Nobody judges their own photo (F3); None where it is not on record.
    iin: Iin | None = None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    @property
    def is_enrolled(self) -> bool:
        """Has a password: who was added or reset by two administrators has none until they set it themselves."""
        return self.password_hash != ""


# Stands in for an unknown login, so that the same things are compared and written for it. Its empty hash
# matches no password.
_NOBODY = Account(0, "", "unknown", roles.Role.AUDITOR, "", "A" * 32, region=0)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. Only the digest of its token is stored."""

    token_digest: bytes
    staff_id: int
    started_at: datetime
    seen_at: datetime


class Accounts(Protocol):
    """Each change is narrow and conditional: two at once never write back what the other had read before."""

    def by_login(self, login: str) -> Account | None: ...
    def by_id(self, staff_id: int) -> Account | None: ...
    def add(self, account: Account) -> int: ...
    def take_step(self, account: Account, step: int, *, now: datetime) -> bool:
        """Uses the step up and forgets wrong tries. False when it, or a later one, was used, or the account
        has become locked, disabled or reset since it was read."""
        ...

    def count_wrong_try(self, staff_id: int, *, limit: int, now: datetime, locked_until: datetime) -> bool:
        """One more; True when that is the limit and the account is locked from now on.

        Nothing is counted while an account is locked or disabled.
        """
        ...

    def set_language(self, staff_id: int, language: str) -> None: ...
    def set_secrets(self, staff_id: int, *, password_hash: str, totp_secret: str) -> None:
        """Unlocks the account too."""
        ...

    def disable(self, staff_id: int, *, at: datetime) -> None: ...
    def active_with_role(self, role: roles.Role) -> frozenset[int]:
        """Those enrolled and not disabled; nobody else changes them until this unit of work is over."""
        ...


class Sessions(Protocol):
    def by_digest(self, token_digest: bytes) -> Session | None: ...
    def live(self, token_digests: Collection[bytes]) -> list[Session]:
        """Those of the named sessions that exist still and belong to an account that is not disabled."""
        ...

    def add(self, session: Session) -> None: ...
    def touch(self, token_digest: bytes, at: datetime) -> None: ...
    def end(self, token_digest: bytes) -> None: ...
    def end_all(self, staff_id: int) -> int: ...


class PasswordHasher(Protocol):
    def hash(self, password: str) -> str: ...
    def matches(self, password_hash: str, password: str) -> bool:
        """Takes as long for an unknown account, whose hash is empty, as for a known one."""
        ...


class AuditLog(Protocol):
    def add(self, entry: audit.Entry) -> None: ...


class StaffWork(Protocol):
    """The part of a unit of work that staff operations need."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def audit(self) -> AuditLog: ...

    def after_staff_refusal(self, write: Callable[["StaffWork"], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str
    account: Account


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def actor(account: Account, door: roles.Door = roles.Door.CONSOLE) -> roles.Actor:
    return roles.Actor(account.name, account.role, door, account.staff_id, account.region)


def login_key(login: str) -> str:
    """How a login is kept and looked for. PostgreSQL refuses a text with NUL."""
    return login.strip().lower().replace("\0", "")


def sign_in(
    work: StaffWork,
    *,
    login: str,
    password: str,
    code: str,
    hasher: PasswordHasher,
    now: datetime,
) -> SignedIn:
    """Raises SignInRefused, AccountLocked. A wrong try is counted even though the rest is rolled back.

    That an account is locked is said only to who knows its password and code: to anybody else, logins that
    exist, are locked, disabled or unknown look the same and cost the same.
    """
    account = work.accounts.by_login(login_key(login)) or _NOBODY
    known = hasher.matches(account.password_hash, password) and account.disabled_at is None
    step = matching_step(account, code, now)
    if not known or step is None or not work.accounts.take_step(account, step, now=now):
        work.after_staff_refusal(lambda later: _refused(later, account, now))
        if known and step is not None and account.is_locked(now):
            raise AccountLocked(until=account.locked_until)
        raise SignInRefused
    token = secrets.token_urlsafe(32)
    work.sessions.add(Session(digest(token), account.staff_id, now, now))
    work.audit.add(audit.Entry(now, actor(account), "staff:sign_in:done", f"staff/{account.staff_id}"))
    return SignedIn(token, replace(account, last_step=step, wrong_tries=0, locked_until=None))


def matching_step(account: Account, code: str, now: datetime) -> int | None:
    """The time step whose code was typed, one step of drift either way, never a step used before."""
    typed = "".join(code.split())
    # Other letters than ASCII's cannot be compared in constant time, nor be a code.
    if len(typed) != CODE_DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(account.totp_secret, digits=CODE_DIGITS)
    for step in (current, current - 1, current + 1):
        right = hmac.compare_digest(totp.at(step * STEP_SECONDS), typed)
        if right and step > account.last_step:
            return step
    return None


def _refused(work: StaffWork, account: Account, now: datetime) -> None:
    """The same two statements whatever was wrong; what was typed as login is not kept: it may be a password."""
    locked = work.accounts.count_wrong_try(
        account.staff_id, limit=TRIES, now=now, locked_until=now + LOCKED_FOR
    )
    nobody = account is _NOBODY
    by = roles.Actor("unknown", None, roles.Door.CONSOLE) if nobody else actor(account)
    event = "staff:sign_in:locked" if locked else "staff:sign_in:refused"
    subject = "staff/unknown" if nobody else f"staff/{account.staff_id}"
    work.audit.add(audit.Entry(now, by, event, subject))


def resume(
    work: StaffWork, *, token: str, idle: timedelta, absolute: timedelta, now: datetime
) -> tuple[Account, Session]:
    """Whose browser this is. Raises SessionEnded."""
    session = work.sessions.by_digest(digest(token))
    if session is None or _is_over(session, idle, absolute, now):
        raise SessionEnded
    account = work.accounts.by_id(session.staff_id)
    if account is None or account.disabled_at is not None:
        raise SessionEnded
    return account, session


def _is_over(session: Session, idle: timedelta, absolute: timedelta, now: datetime) -> bool:
    return now >= session.seen_at + idle or now >= session.started_at + absolute


def ended(
    work: StaffWork, *, token_digests: Collection[bytes], idle: timedelta, absolute: timedelta, now: datetime
) -> frozenset[bytes]:
    """Which of these sessions are over: asked for all open pages of a process at once."""
    live = work.sessions.live(token_digests)
    going_on = {s.token_digest for s in live if not _is_over(s, idle, absolute, now)}
    return frozenset(token_digests) - going_on


def seen(work: StaffWork, *, token_digest: bytes, now: datetime) -> None:
    """Somebody is at work in this session: its idle time begins anew."""
    work.sessions.touch(token_digest, now)


def account(work: StaffWork, *, staff_id: int) -> Account:
    """Who is signed in. Raises SessionEnded for an account that is gone or disabled."""
    found = work.accounts.by_id(staff_id)
    if found is None or found.disabled_at is not None:
        raise SessionEnded
    return found


def set_language(work: StaffWork, *, by: roles.Actor, language: str, now: datetime) -> None:
    """Each member of staff chooses the language of their own pages. Raises LanguageUnknown, SessionEnded."""
    if language not in LANGUAGES:
        raise LanguageUnknown
    chooser = account(work, staff_id=by.staff_id or 0)
    if chooser.language == language:
        return
    work.accounts.set_language(chooser.staff_id, language)
    work.audit.add(
        audit.Entry(
            now, by, "staff:language:done", f"staff/{chooser.staff_id}",
            from_state=chooser.language, to_state=language,
        )
    )  # fmt: skip


def sign_out(work: StaffWork, *, token: str, now: datetime) -> None:
    """Ends this browser's session; one that ended before is no error."""
    session = work.sessions.by_digest(digest(token))
    if session is None:
        return
    work.sessions.end(session.token_digest)
    account = work.accounts.by_id(session.staff_id)
    if account is not None:
        work.audit.add(audit.Entry(now, actor(account), "staff:sign_out:done", f"staff/{account.staff_id}"))


def sign_out_everywhere(work: StaffWork, *, staff_id: int, now: datetime) -> int:
    """Ends every session of the account; the number of sessions ended."""
    ended = work.sessions.end_all(staff_id)
    account = work.accounts.by_id(staff_id)
    if account is not None:
        work.audit.add(
            audit.Entry(
                now, actor(account), "staff:sign_out_everywhere:done", f"staff/{staff_id}",
                details={"sessions": str(ended)},
            )
        )  # fmt: skip
    return ended


def add(
    work: StaffWork,
    *,
    by: roles.Actor,
    login: str,
    name: str,
    role: roles.Role,
    password: str,
    totp_secret: str,
    hasher: PasswordHasher,
    region: int = DEFAULT_REGION,
    language: str = "ru",
    iin: Iin | None = None,
    now: datetime,
) -> int:
    """`region` is that of the office (R12), `iin` the person's own, so that nobody judges their own photo (F3).

    Raises NotAllowed, LoginTaken, PasswordTooWeak.
    """
    _require_manager(by)
    require_strong(password)
    key = login_key(login)
    if work.accounts.by_login(key) is not None:
        raise LoginTaken
    added = Account(0, key, name, role, hasher.hash(password), totp_secret, region, language, iin=iin)
    staff_id = work.accounts.add(added)
    work.audit.add(
        audit.Entry(
            now, by, "staff:add:done", f"staff/{staff_id}",
            details={"role": role.value, "region": str(region)},
        )
    )  # fmt: skip
    return staff_id


def disable(work: StaffWork, *, by: roles.Actor, login: str, now: datetime) -> int:
    """For who left: every session ends, and nobody signs in with the account. Whose it is. Part of a leave.

    Raises NotAllowed, StaffUnknown, LastAdministrator.
    """
    _require_manager(by)
    leaver = _named(work, login)
    if leaver.disabled_at is not None:
        return leaver.staff_id
    if work.accounts.active_with_role(roles.Role.ADMINISTRATOR) == {leaver.staff_id}:
        raise LastAdministrator
    # First the account, then its sessions: a sign-in under way has written its session by then, or is refused.
    work.accounts.disable(leaver.staff_id, at=now)
    ended = work.sessions.end_all(leaver.staff_id)
    _tell_managed(work, by, "staff:disable:done", leaver, ended, now)
    return leaver.staff_id


def reset(
    work: StaffWork,
    *,
    by: roles.Actor,
    login: str,
    password: str,
    totp_secret: str,
    hasher: PasswordHasher,
    now: datetime,
) -> None:
    """For who lost password or authenticator: both anew, the lock lifted, every session ended.

    A disabled account stays disabled. Raises NotAllowed, StaffUnknown, PasswordTooWeak.
    """
    _require_manager(by)
    require_strong(password)
    loser = _named(work, login)
    work.accounts.set_secrets(loser.staff_id, password_hash=hasher.hash(password), totp_secret=totp_secret)
    ended = work.sessions.end_all(loser.staff_id)
    _tell_managed(work, by, "staff:reset:done", loser, ended, now)


def _require_manager(by: roles.Actor) -> None:
    if not by.is_system:
        roles.require(by, roles.Permission.MANAGE_STAFF)


def require_strong(password: str) -> None:
    """Raises PasswordTooWeak."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooWeak


def _named(work: StaffWork, login: str) -> Account:
    found = work.accounts.by_login(login_key(login))
    if found is None:
        raise StaffUnknown
    return found


def _tell_managed(
    work: StaffWork, by: roles.Actor, event: str, managed: Account, ended: int, now: datetime
) -> None:
    subject = f"staff/{managed.staff_id}"
    work.audit.add(audit.Entry(now, by, event, subject, details={"sessions": str(ended)}))
