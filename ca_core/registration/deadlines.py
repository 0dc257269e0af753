"""What time brings to a call: offers pass, ringing stops, lost and held lines end, and no talk lasts for ever (F2).

`due` is pure: what the clock says of one call. `keep` does it, to one call in a unit of work of its own, so that a
call with which something is wrong stops no other call's deadline.
"""

from datetime import datetime, timedelta

from ca_core import records, roles
from ca_core.call import Call, EndCause, OfferOutcome
from ca_core.lifecycle import CallState
from ca_core.policy import Calls as Rules
from ca_core.ports import Work
from ca_core.registration import call as calls

# Both pages are told this long before the longest talk is over: time enough to decide.
TALK_WARNING = timedelta(minutes=5)

# What a deadline brings: an end with its cause, or back to the queue. WITHDRAWN: the citizen did not answer.
Due = EndCause | OfferOutcome


def keep(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call | None:
    """The call as it is after its deadline; None where none has passed. Raises NotAllowed, CallUnknown."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    match due(found, rules=work.policy.calls, now=now):
        case None:
            return None
        case EndCause() as cause:
            return calls.end(work, actor=actor, call=found, cause=cause, now=now)
        case outcome:
            is_missed = found.accepted_at is not None
            return calls.give_back(work, actor=actor, call=found, outcome=outcome, missed=is_missed, now=now)


def due(call: Call, *, rules: Rules, now: datetime) -> Due | None:
    """Which deadline of the call has passed."""
    match call.state:
        case CallState.QUEUED:
            return _waiting(call, rules, now)
        case CallState.RINGING:
            return _ringing(call, rules, now)
        case CallState.RECONNECTING if _past(call.lost_at, rules.come_back, now):
            return EndCause.LOST
        case CallState.HELD if _past(call.held_at, rules.hold_at_most, now):
            return EndCause.HELD_TOO_LONG
        case CallState.ACTIVE | CallState.HELD | CallState.RECONNECTING:
            return EndCause.TALKED_TOO_LONG if _past(call.connected_at, rules.talk_at_most, now) else None
        case _:
            return None


def talk_ends_at(call: Call, *, rules: Rules, now: datetime) -> datetime | None:
    """When the talk will be over by itself: told only towards its end."""
    if call.connected_at is None or call.state is CallState.ENDED:
        return None
    end = call.connected_at + rules.talk_at_most
    return end if now >= end - TALK_WARNING else None


def _waiting(call: Call, rules: Rules, now: datetime) -> Due | None:
    if _past(call.absent_since, rules.come_back, now):
        return EndCause.LEFT_QUEUE
    # From coming, not from the place: one that a call-back kept may be older.
    return EndCause.WAITED_TOO_LONG if _past(call.opened_at, rules.wait_at_most, now) else None


def _ringing(call: Call, rules: Rules, now: datetime) -> Due | None:
    if call.accepted_at is None:
        return OfferOutcome.NOT_ACCEPTED if _past(call.offered_at, rules.offer, now) else None
    if call.answered_at is None:
        if not _past(call.accepted_at, rules.ring, now):
            return None
        # The place is kept once.
        return EndCause.MISSED if call.missed else OfferOutcome.WITHDRAWN
    return EndCause.NOT_CONNECTED if _past(call.answered_at, rules.connect, now) else None


def _past(since: datetime | None, allowed: timedelta, now: datetime) -> bool:
    return since is not None and now >= since + allowed
