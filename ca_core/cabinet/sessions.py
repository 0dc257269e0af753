"""A session of the owner: opened on a proof of who they are, over after 15 idle minutes and 8 hours."""

import hashlib
import secrets
from datetime import datetime, timedelta

from ca_core import audit, consent, owner_session, roles
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.owner_session import OwnerSession
from ca_core.ports import Work

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=8)
# A page in use need not write at every click.
_SEEN_EVERY = timedelta(seconds=30)
_SECRET_BYTES = 32


class SignedOut(Refusal):
    """Nobody is signed in, or the session is over."""

    code = "cabinet.signed_out"


def open_(work: Work, *, iin: Iin, owner: OwnerConsent, now: datetime) -> str:
    """The secret of a fresh session, of which only the digest is kept. Raises ConsentMissing."""
    subject = owner_session.subject(iin, work.code_seal.seal)
    consent.require(owner, purpose=owner_session.PURPOSE, subject=subject, now=now)
    token = secrets.token_urlsafe(_SECRET_BYTES)
    work.owner_sessions.add(OwnerSession(digest(token), iin, owner.by, now, now))
    work.audit.add(audit.Entry(now, roles.OWNER, "owner:sign_in:done", subject, details={"by": owner.by}))
    return token


def resume(work: Work, *, token: str, now: datetime) -> OwnerSession:
    """Whose browser this is. Raises SignedOut."""
    found = work.owner_sessions.by_digest(digest(token))
    if found is None or now >= found.seen_at + IDLE or now >= found.started_at + ABSOLUTE:
        raise SignedOut
    return found


def must_be_noted(session: OwnerSession, *, now: datetime) -> bool:
    """Whether `seen` is due."""
    return now >= session.seen_at + _SEEN_EVERY


def seen(work: Work, *, session: OwnerSession, now: datetime) -> None:
    """Somebody is there: the idle time begins anew."""
    work.owner_sessions.touch(session.token_digest, at=now)


def sign_out(work: Work, *, token: str, now: datetime) -> None:
    """One that is over already is no error."""
    found = work.owner_sessions.by_digest(digest(token))
    if found is None:
        return
    work.owner_sessions.end(found.token_digest)
    subject = owner_session.subject(found.iin, work.code_seal.seal)
    work.audit.add(audit.Entry(now, roles.OWNER, "owner:sign_out:done", subject))


def forget(work: Work, *, actor: roles.Actor, now: datetime) -> int:
    """Erases what is over, and with it whose it was (R14); how many there were. Raises NotAllowed."""
    roles.require_system(actor)
    return work.owner_sessions.forget(started_by=now - ABSOLUTE, seen_by=now - IDLE, now=now)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
