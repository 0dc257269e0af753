"""The life of a video call: queue, offer, acceptance, line, hold, loss and end (F2).

Every change is one transition of `lifecycle.CALL`, written only when nobody else changed the call meanwhile,
with one audit entry. What time brings is in `deadlines`, which the gateway asks each second.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ca_core import audit, lifecycle, records, roles
from ca_core.call import (
    Call,
    Check,
    Decision,
    Desk,
    DeskState,
    EndCause,
    Gate,
    Leg,
    LineQuality,
    Need,
    Offer,
    OfferOutcome,
    Outcome,
)
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import call_back, desk, phrases

CALLS_OF_ONE_IIN = 3


class ConsentToRecordingMissing(Refusal):
    """Nothing is recorded, and no call begins, before the caller agreed to it."""

    code = "call.consent_missing"


class TooManyCalls(Refusal):
    """So many calls are waiting for this IIN already. Facts: most."""

    code = "call.too_many"


class NotYourCall(Refusal):
    """The call is another agent's, or nobody's."""

    code = "call.not_yours"


class OfferGone(Refusal):
    """The offer was taken back: the time was over, or the caller left."""

    code = "call.offer_gone"


class NotConnected(Refusal):
    """This needs both sides on the line. Facts: state."""

    code = "call.not_connected"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the citizen typed and chose before the queue."""

    iin: Iin
    phone: Phone
    language: str
    need: Need
    consent_version: str


def open_(
    work: Work, *, wish: Wish, consented: bool, page_digest: bytes, invitation: str = "", now: datetime
) -> Call:
    """Into the queue; the same page again finds its call. An accepted call-back keeps its place.

    Raises ConsentToRecordingMissing, TooManyCalls.
    """
    if not consented:
        raise ConsentToRecordingMissing
    mine = work.calls.living_of_page(page_digest)
    if mine is not None:
        return mine
    if len(work.calls.living_of_iin(wish.iin)) >= CALLS_OF_ONE_IIN:
        raise TooManyCalls(most=CALLS_OF_ONE_IIN)
    place = call_back.place_kept(work, secret=invitation, now=now) if invitation else now
    opened = Call(
        call_id=0,
        state=lifecycle.CALL.first,
        language=wish.language,
        iin=wish.iin,
        phone=wish.phone,
        page_digest=page_digest,
        need=wish.need,
        attempt=work.calls.opened_since(wish.iin, now - timedelta(hours=24)) + 1,
        opened_at=now,
        queued_at=place,
        consent_at=now,
        consent_version=wish.consent_version,
        policy_version=work.policy.version,
        phrase=phrases.draw(secrets.randbelow),
        # The page has a minute to open its socket.
        absent_since=now,
    )
    call_id = work.calls.add(opened)
    work.checks.add(
        Check(call_id, Gate.CONSENT, Outcome.PASSED, now, "caller", {"version": wish.consent_version})
    )
    _note(work, roles.OWNER, "open", call_id, now, to=CallState.QUEUED)
    return replace(opened, call_id=call_id)


def offer(work: Work, *, actor: roles.Actor, call: Call, to: Desk, now: datetime) -> Call:
    """The system offers the caller to one free agent; nobody picks. Raises NotAllowed, ChangedMeanwhile."""
    roles.require_system(actor)
    offered = _change(work, actor, call, "offer", now, agent_id=to.staff_id, offered_at=now)
    desk.offered(work, to, call_id=call.call_id, now=now)
    work.calls.add_offer(Offer(call.call_id, to.staff_id, now, OfferOutcome.OPEN))
    return offered


def accept(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """The agent takes the offer; the citizen's page rings. Twice is once. Raises NotAllowed, OfferGone."""
    roles.require(actor, roles.Permission.TAKE_CALLS)
    found = records.call(work, call_id)
    place = work.desks.by_id(actor.staff_id or 0)
    if found.agent_id != actor.staff_id or place is None or found.state is CallState.ENDED:
        raise OfferGone
    if found.accepted_at is not None:
        return found
    if found.state is not CallState.RINGING or place.state is not DeskState.OFFERED:
        raise OfferGone
    accepted = work.calls.save(replace(found, accepted_at=now), expected=found)
    desk.took(work, place, now=now)
    work.calls.close_offer(call_id, place.staff_id, outcome=OfferOutcome.ACCEPTED, at=now)
    _note(work, actor, "accept", call_id, now)
    return accepted


def decline(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """Not this one (somebody known, for example): the next agent, the caller keeps the place.

    The agent counts as not responding until they say otherwise. Raises NotAllowed, OfferGone.
    """
    roles.require(actor, roles.Permission.TAKE_CALLS)
    found = records.call(work, call_id)
    if found.agent_id != actor.staff_id or found.state is not CallState.RINGING or found.accepted_at:
        raise OfferGone
    return give_back(work, actor=actor, call=found, outcome=OfferOutcome.DECLINED, now=now)


def give_back(
    work: Work, *, actor: roles.Actor, call: Call, outcome: OfferOutcome, now: datetime, missed: bool = False
) -> Call:
    """Back to its place in the queue. `missed`: it was the citizen who did not answer; the agent is free again."""
    agent_id = call.agent_id or 0
    back = _change(
        work, actor, call, "give_back", now,
        agent_id=None, offered_at=None, accepted_at=None, answered_at=None,
        missed=call.missed + missed, reason=outcome.value,
    )  # fmt: skip
    work.calls.close_offer(call.call_id, agent_id, outcome=outcome, at=now)
    desk.freed(work, agent_id, into=DeskState.AVAILABLE if missed else DeskState.NOT_RESPONDING, now=now)
    return back


def answer(work: Work, *, call_id: int, now: datetime) -> Call:
    """The citizen takes the ringing call. Twice is once. Raises CallUnknown, OfferGone."""
    found = records.call(work, call_id)
    if found.answered_at is not None and found.state is not CallState.ENDED:
        return found
    if found.state is not CallState.RINGING or found.accepted_at is None:
        raise OfferGone
    answered = work.calls.save(replace(found, answered_at=now, absent_since=None), expected=found)
    _note(work, roles.OWNER, "answer", call_id, now)
    return answered


def placed(work: Work, *, actor: roles.Actor, call_id: int, worker: str, now: datetime) -> Call:
    """On which media worker the call is. Raises NotAllowed, CallUnknown."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.worker == worker:
        return found
    return work.calls.save(replace(found, worker=worker), expected=found)


def connected(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """Both sides' media flow. Raises NotAllowed, CallUnknown, NotConnected (not answered yet), TransitionRefused."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.state is CallState.RINGING and found.answered_at is None:
        raise NotConnected(state=found.state.name)
    return _change(work, actor, found, "connect", now, connected_at=now, absent_since=None)


def hold(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """Neither sees nor hears the other, and nothing is recorded. Raises NotAllowed, NotYourCall, TransitionRefused."""
    return _change(work, actor, mine(work, actor=actor, call_id=call_id), "hold", now, held_at=now)


def resume(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """Raises NotAllowed, NotYourCall, TransitionRefused."""
    return _change(work, actor, mine(work, actor=actor, call_id=call_id), "resume", now, held_at=None)


def lost(work: Work, *, actor: roles.Actor, call_id: int, leg: Leg, why: str, now: datetime) -> Call:
    """One side is gone: page closed, line silent, worker dead. The place is kept for a minute.

    Raises NotAllowed, CallUnknown.
    """
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.state is CallState.RECONNECTING or not lifecycle.CALL.allows("lose", found.state):
        return found
    return _change(work, actor, found, "lose", now, lost_at=now, lost_leg=leg, lost_why=why, reason=why)


def came_back(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """The line stands again; a call that was on hold is on hold still. After more than a moment away the face is
    to be looked at anew.

    Raises NotAllowed, CallUnknown, TransitionRefused.
    """
    roles.require_system(actor)
    found = records.call(work, call_id)
    away = now - (found.lost_at or now)
    back = _change(
        work, actor, found, "come_back_held" if found.held_at else "come_back", now,
        lost_at=None, lost_leg=None, lost_why="", absent_since=None,
    )  # fmt: skip
    if away > work.policy.calls.away_opens_face:
        facts = {"why": "away", "seconds": str(int(away.total_seconds()))}
        work.checks.add(Check(call_id, Gate.FACE, Outcome.OPEN_AGAIN, now, actor.name, facts))
    return back


def page_gone(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> None:
    """The citizen's page lost its socket: a waiting call keeps its place for a minute. Raises NotAllowed."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.state is not CallState.ENDED and found.absent_since is None:
        work.calls.save(replace(found, absent_since=now), expected=found)


def page_here(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """The citizen's page has a socket (again). Raises NotAllowed."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.state is CallState.ENDED or found.absent_since is None:
        return found
    return work.calls.save(replace(found, absent_since=None), expected=found)


def recording(work: Work, *, actor: roles.Actor, call_id: int, problem: str = "", now: datetime) -> Call:
    """The worker records, or could not go on: a registration without a recording is refused. Raises NotAllowed."""
    roles.require_system(actor)
    found = records.call(work, call_id)
    outcome = Outcome.FAILED if problem else Outcome.PASSED
    work.checks.add(Check(call_id, Gate.RECORDING, outcome, now, actor.name, {"problem": problem}))
    changed = replace(found, recording_since=found.recording_since or now, recording_problem=problem)
    _note(work, actor, "recording", call_id, now, reason=problem)
    return work.calls.save(changed, expected=found)


def measured(work: Work, *, actor: roles.Actor, quality: LineQuality) -> None:
    """How a party's connection was, once it has ended. Raises NotAllowed, CallUnknown."""
    roles.require_system(actor)
    records.call(work, quality.call_id)
    work.calls.add_quality(quality)


def hang_up(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """By the agent. Raises NotAllowed, NotYourCall."""
    found = mine(work, actor=actor, call_id=call_id)
    return end(work, actor=actor, call=found, cause=EndCause.AGENT_HUNG_UP, now=now)


def leave(work: Work, *, call_id: int, now: datetime) -> Call:
    """By the citizen, waiting or talking. Raises CallUnknown."""
    found = records.call(work, call_id)
    cause = EndCause.CALLER_HUNG_UP if found.accepted_at else EndCause.LEFT_QUEUE
    return end(work, actor=roles.OWNER, call=found, cause=cause, now=now)


def end(work: Work, *, actor: roles.Actor, call: Call, cause: EndCause, now: datetime) -> Call:
    """Over, with its cause; the agent wraps up, or is free when nobody was on the line. Ended is ended."""
    if call.state is CallState.ENDED:
        return call
    spoke = call.connected_at is not None
    decision = call.decision or (Decision.INTERRUPTED if spoke else None)
    ended = _change(
        work, actor, call, "end", now, ended_at=now, cause=cause, decision=decision, reason=cause.name.lower()
    )
    if call.agent_id is not None:
        work.calls.close_offer(call.call_id, call.agent_id, outcome=OfferOutcome.WITHDRAWN, at=now)
        into = DeskState.WRAP_UP if spoke else DeskState.AVAILABLE
        desk.freed(work, call.agent_id, into=into, now=now)
    return ended


def mine(work: Work, *, actor: roles.Actor, call_id: int) -> Call:
    """The agent's own call. Raises NotAllowed, CallUnknown, NotYourCall."""
    roles.require(actor, roles.Permission.TAKE_CALLS)
    found = records.call(work, call_id)
    if actor.staff_id is None or found.agent_id != actor.staff_id:
        raise NotYourCall
    return found


def on_the_line(work: Work, *, actor: roles.Actor, call_id: int) -> Call:
    """The agent's own call with both sides connected, and not on hold: on hold nothing is seen, said or recorded.

    Raises NotAllowed, CallUnknown, NotYourCall, NotConnected.
    """
    found = mine(work, actor=actor, call_id=call_id)
    if found.state is not CallState.ACTIVE:
        raise NotConnected(state=found.state.name)
    return found


def _change(
    work: Work, actor: roles.Actor, found: Call, act: str, now: datetime, *, reason: str = "", **columns: Any
) -> Call:
    changed = replace(found, state=lifecycle.CALL.after(act, found.state), **columns)
    saved = work.calls.save(changed, expected=found)
    _note(work, actor, act, found.call_id, now, before=found.state, to=saved.state, reason=reason)
    return saved


def _note(
    work: Work,
    actor: roles.Actor,
    act: str,
    call_id: int,
    now: datetime,
    *,
    before: CallState | None = None,
    to: CallState | None = None,
    reason: str = "",
) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, f"call:{act}:done", f"call/{call_id}", before.name if before else "",
            to.name if to else "", reason, work.policy.version,
        )
    )  # fmt: skip
