"""A supervisor listens in on a call: sees and hears both parties, unseen and unheard, and says why first (R14)."""

from datetime import datetime

from ca_core import audit, records, roles
from ca_core.call import CONNECTED, Call
from ca_core.ports import Work
from ca_core.registration import call as calls
from ca_core.registration import evidence, ticket


def begin(
    work: Work, *, actor: roles.Actor, call_id: int, reason: str, session_digest: bytes, now: datetime
) -> str:
    """A pass to the gateway, bound to the call and to the session that asked; each is one audit entry.

    Raises NotAllowed, EvidenceReasonMissing, CallUnknown, NotConnected.
    """
    roles.require(actor, roles.Permission.LISTEN_IN)
    written = evidence.require_reason(actor, reason)
    found = on_the_line(work, call_id)
    work.audit.add(
        audit.Entry(
            now, actor, "call:listen:begun", f"call/{call_id}", found.state.name, reason=written,
        )
    )  # fmt: skip
    return ticket.for_observer(
        work, staff_id=actor.staff_id or 0, call_id=call_id, session_digest=session_digest, now=now
    )


def on_the_line(work: Work, call_id: int) -> Call:
    """Of two who talk, or did a moment ago. Raises CallUnknown, NotConnected."""
    found = records.call(work, call_id)
    if found.state not in CONNECTED:
        raise calls.NotConnected(state=found.state.name)
    return found
