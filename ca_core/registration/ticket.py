"""Single-use passes to the video gateway: a minute to first use, bound to one page of one side of one call."""

import hashlib
import secrets
from datetime import datetime, timedelta

from ca_core import records, roles
from ca_core.call import Leg, Ticket
from ca_core.errors import Refusal
from ca_core.lifecycle import CallState
from ca_core.ports import Work

# One transaction erases no more: others wait for it.
ERASED_AT_ONCE = 500
_SECRET_BYTES = 24
_KEPT_FOR = timedelta(days=1)


class TicketRefused(Refusal):
    """Unknown, used, or past its time; the page asks its own door for a fresh one."""

    code = "ticket.refused"


class CallEnded(Refusal):
    """The call is over."""

    code = "call.ended"


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def for_citizen(work: Work, *, page_digest: bytes, now: datetime) -> str:
    """For the page that opened the call, as often as its socket breaks. Raises CallUnknown, CallEnded."""
    found = work.calls.latest_of_page(page_digest)
    if found is None:
        raise records.CallUnknown
    if found.state is CallState.ENDED:
        raise CallEnded
    return _issue(work, Leg.CITIZEN, now, call_id=found.call_id)


def for_agent(work: Work, *, actor: roles.Actor, session_digest: bytes, now: datetime) -> str:
    """Bound to the session that asked: its socket ends with it. Raises NotAllowed."""
    roles.require(actor, roles.Permission.TAKE_CALLS)
    return _issue(work, Leg.AGENT, now, staff_id=actor.staff_id, session_digest=session_digest)


def for_observer(work: Work, *, staff_id: int, call_id: int, session_digest: bytes, now: datetime) -> str:
    """Whether they may was asked by `listening`. Bound to the session that asked, like an agent's."""
    return _issue(work, None, now, call_id=call_id, staff_id=staff_id, session_digest=session_digest)


def spend(work: Work, *, secret: str, now: datetime) -> Ticket:
    """Whose socket this is; works once. Raises TicketRefused."""
    found = work.tickets.by_digest(digest(secret))
    if found is None or now >= found.expires_at or not work.tickets.spend(found.token_digest, now=now):
        raise TicketRefused
    return found


def erase_old(work: Work, *, actor: roles.Actor, now: datetime) -> bool:
    """A day after its end nothing asks for a ticket any more. True while there may be more. Raises NotAllowed."""
    roles.require_system(actor)
    return work.tickets.erase(expired_before=now - _KEPT_FOR, limit=ERASED_AT_ONCE) == ERASED_AT_ONCE


def _issue(
    work: Work,
    leg: Leg | None,
    now: datetime,
    *,
    call_id: int | None = None,
    staff_id: int | None = None,
    session_digest: bytes = b"",
) -> str:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    expires_at = now + work.policy.calls.ticket
    work.tickets.add(Ticket(digest(secret), leg, expires_at, call_id, staff_id, session_digest))
    return secret
