"""The agent's decision: register, refuse with a reason, or escalate (F2). One a call."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ca_core import audit, notices, roles
from ca_core.call import Call, Check, Decision, DeskState, Gate, Outcome
from ca_core.errors import Refusal
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import bmg, checklist
from ca_core.registration import call as calls


class AlreadyDecided(Refusal):
    """The call has its decision. Facts: decision."""

    code = "decide.already"


class NoteMissing(Refusal):
    """A sentence of one's own is needed here."""

    code = "decide.note_missing"


class TooLate(Refusal):
    """The wrap-up is over."""

    code = "decide.too_late"


class Reason(StrEnum):
    """Why not; each has a text for the citizen in every language, which says what to do next."""

    DOCUMENT_EXPIRED = "document_expired"
    DOCUMENT_UNREADABLE = "document_unreadable"
    DOCUMENT_FOREIGN = "document_foreign"
    DOCUMENT_DOUBTFUL = "document_doubtful"
    NOT_IN_REGISTER = "not_in_register"
    DATA_DIFFERS = "data_differs"
    FACE_NOT_CONFIRMED = "face_not_confirmed"
    PHONE_OF_ANOTHER = "phone_of_another"
    CODE_NOT_CONFIRMED = "code_not_confirmed"
    NOT_ALONE = "not_alone"
    POOR_LINE = "poor_line"
    OTHER = "other"


# Where trying again cannot help from home: the citizen is sent to a counter.
USUALLY_FINAL = frozenset({Reason.DOCUMENT_FOREIGN, Reason.DOCUMENT_DOUBTFUL, Reason.NOT_IN_REGISTER})


def register(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """Every gate passed, the phone nobody else's: the phone serves this IIN from now on.

    Raises NotAllowed, NotYourCall, NotConnected, AlreadyDecided, GatesMissing, PhoneOfAnother.
    """
    found = calls.on_the_line(work, actor=actor, call_id=call_id)
    _require_undecided(found)
    checklist.require_complete(work.checks.of_call(call_id))
    bmg.enter(
        work, actor=actor, iin=found.iin, phone=found.phone, language=found.language, call_id=call_id, now=now
    )
    return _decided(work, actor, found, Decision.REGISTERED, "", "", now)


def refuse(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    reason: Reason,
    final: bool,
    note: str,
    now: datetime,
) -> Call:
    """The citizen is told why and what helps.

    Raises NotAllowed, NotYourCall, NotConnected, AlreadyDecided, NoteMissing, TooLate.
    """
    found = _decidable(work, actor, call_id)
    written_note = written(note, needed=reason is Reason.OTHER)
    decision = Decision.REFUSED_FINAL if final else Decision.REFUSED_RETRY
    tell_refused(work, found, reason=reason, final=final, now=now)
    return _decided(work, actor, found, decision, reason.value, written_note, now)


def escalate(work: Work, *, actor: roles.Actor, call_id: int, note: str, now: datetime) -> Call:
    """A supervisor decides on the evidence; the citizen is told that it is being looked at.

    Raises NotAllowed, NotYourCall, NotConnected, AlreadyDecided, NoteMissing, TooLate.
    """
    found = _decidable(work, actor, call_id)
    return _decided(work, actor, found, Decision.ESCALATED, "", written(note, needed=True), now)


def tell_refused(work: Work, found: Call, *, reason: Reason, final: bool, now: datetime) -> None:
    """Why not, and what helps, by SMS: only to a phone that was proven to be the caller's."""
    if not is_phone_proven(work.checks.of_call(found.call_id)):
        return
    work.outbox.add(
        [
            notices.to_phone(
                found.phone,
                kind=notices.NoticeKind.REGISTRATION_REFUSED,
                language=found.language,
                words={"reason": reason.value, "final": str(final)},
                now=now,
            )
        ]
    )


def is_phone_proven(checks: Sequence[Check]) -> bool:
    """The caller typed, or said, the code that was sent to it."""
    from_code = checklist.newest(checks).get(Gate.CODE)
    return from_code is not None and from_code.outcome is Outcome.PASSED


def written(note: str, *, needed: bool) -> str:
    """As it is kept: on one line, not too long. Raises NoteMissing."""
    kept = " ".join(note.split())[:500]
    if needed and len(kept) < 3:
        raise NoteMissing
    return kept


def _decidable(work: Work, actor: roles.Actor, call_id: int) -> Call:
    found = calls.mine(work, actor=actor, call_id=call_id)
    _require_undecided(found)
    desk = work.desks.by_id(actor.staff_id or 0)
    wrapping = desk is not None and desk.state is DeskState.WRAP_UP and desk.call_id == call_id
    if found.state is CallState.ENDED and not wrapping:
        raise TooLate
    # A caller who was never spoken to goes back to the queue, and must not take a decision along.
    if found.connected_at is None:
        raise calls.NotConnected(state=found.state.name)
    return found


def _require_undecided(found: Call) -> None:
    if found.decision not in (None, Decision.INTERRUPTED):
        raise AlreadyDecided(decision=found.decision.name)


def _decided(
    work: Work, actor: roles.Actor, found: Call, decision: Decision, reason: str, note: str, now: datetime
) -> Call:
    decided = work.calls.save(
        replace(found, decision=decision, decision_reason=reason, decision_note=note, decided_at=now),
        expected=found,
    )
    work.audit.add(
        audit.Entry(
            now, actor, f"call:decide:{decision.name.lower()}", f"call/{found.call_id}", found.state.name,
            decision.name, reason, work.policy.version,
        )
    )  # fmt: skip
    return decided
