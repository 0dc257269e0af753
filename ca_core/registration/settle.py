"""A supervisor settles what an agent escalated: register or refuse, on the sealed evidence (F2). Once a call.

The call's own decision stays ESCALATED, as it was sealed. The supervisor looks at the document and the face anew, so
that their judgement stands in for those gates alone: what only the live call could prove must have been proven.
"""

from datetime import datetime, timedelta

from ca_core import audit, records, roles
from ca_core.call import Call, Decision, Gate, Settlement
from ca_core.errors import Refusal
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import bmg, checklist, decide, evidence
from ca_core.registration.decide import Reason

# Later the phone and the person behind it are no longer those of the call: the citizen calls again.
WITHIN = timedelta(hours=72)
# What a person sees on the stills and the recording as well as the agent did.
JUDGED = frozenset({Gate.READING, Gate.FEATURES, Gate.FACE})
# "The agent explained it in the talk" is no answer of somebody who did not talk to the citizen.
REASONS = tuple(reason for reason in Reason if reason is not Reason.OTHER)


class NotEscalated(Refusal):
    """The agent decided it, or nobody did: there is nothing to settle."""

    code = "settle.not_escalated"


class AlreadySettled(Refusal):
    """One call is settled once. Facts: by."""

    code = "settle.already"


class NotSealedYet(Refusal):
    """The call or its wrap-up goes on, or a file is being closed."""

    code = "settle.not_sealed"


class SealBroken(Refusal):
    """What would be decided on is not what the call left."""

    code = "settle.seal_broken"


class OwnCall(Refusal):
    """Who escalated does not settle: a second person looks."""

    code = "settle.own_call"


class TooOld(Refusal):
    """Too long after the call to register on it. Facts: hours."""

    code = "settle.too_old"


class NotInRegister(Refusal):
    """The state register has no such person, or no portrait to hold the face against."""

    code = "settle.not_in_register"


class RegisteredSince(Refusal):
    """The citizen's phone was registered after this call: the newer proof counts."""

    code = "settle.registered_since"


class ReasonTellsNothing(Refusal):
    """The citizen learns the reason from its text alone."""

    code = "settle.reason_tells_nothing"


def require_open(work: Work, *, actor: roles.Actor, call_id: int) -> Call:
    """An escalated call, its evidence whole, that nobody settled yet.

    Raises NotAllowed, CallUnknown, NotEscalated, AlreadySettled, OwnCall, NotSealedYet, SealBroken.
    """
    roles.require(actor, roles.Permission.SETTLE_CALLS)
    found = records.call(work, call_id)
    if found.decision is not Decision.ESCALATED:
        raise NotEscalated
    before = work.calls.settlement(call_id)
    if before is not None:
        raise AlreadySettled(by=before.by)
    if found.agent_id == actor.staff_id:
        raise OwnCall
    if found.state is not CallState.ENDED or found.sealed_at is None:
        raise NotSealedYet
    if not evidence.still_sealed(work, found):
        raise SealBroken
    return found


def require_registrable(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Call:
    """What registering asks for besides a note.

    Raises TooOld, GatesMissing, PhoneOfAnother, RegisteredSince, NotInRegister and as `require_open`.
    """
    found = require_open(work, actor=actor, call_id=call_id)
    if found.decided_at is None or now > found.decided_at + WITHIN:
        raise TooOld(hours=WITHIN // timedelta(hours=1))
    checklist.require_complete(work.checks.of_call(call_id), besides=JUDGED)
    bmg.require_free(work, phone=found.phone, iin=found.iin)
    current = work.bmg.of_iin(found.iin)
    if current is not None and current.since >= found.decided_at:
        raise RegisteredSince
    if work.register.person(found.iin) is None or work.portraits.of_iin(found.iin) is None:
        raise NotInRegister
    return found


def portrait(work: Work, *, actor: roles.Actor, call_id: int, reason: str, now: datetime) -> bytes | None:
    """The register's portrait beside the stills, while the call is to be settled; an audited look (R14).

    Raises EvidenceReasonMissing and as `require_open`.
    """
    written = evidence.require_reason(actor, reason)
    found = require_open(work, actor=actor, call_id=call_id)
    work.audit.add(audit.Entry(now, actor, "register:portrait:seen", f"call/{call_id}", reason=written))
    return work.portraits.of_iin(found.iin)


def register(work: Work, *, actor: roles.Actor, call_id: int, note: str, now: datetime) -> Settlement:
    """The phone serves the caller's IIN from now on; the note says why, against the check that was not passed.

    Raises NoteMissing, ChangedMeanwhile and as `require_registrable`.
    """
    found = require_registrable(work, actor=actor, call_id=call_id, now=now)
    written = decide.written(note, needed=True)
    bmg.enter(
        work, actor=actor, iin=found.iin, phone=found.phone, language=found.language, call_id=call_id, now=now
    )
    return _settled(work, actor, found, Decision.REGISTERED, "", written, now)


def refuse(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    reason: Reason,
    final: bool,
    note: str,
    now: datetime,
) -> Settlement:
    """The citizen is told why and what helps, as when an agent refuses; however long ago the call was.

    Raises NoteMissing, ReasonTellsNothing, ChangedMeanwhile and as `require_open`.
    """
    found = require_open(work, actor=actor, call_id=call_id)
    written = decide.written(note, needed=True)
    if reason not in REASONS:
        raise ReasonTellsNothing
    decision = Decision.REFUSED_FINAL if final else Decision.REFUSED_RETRY
    decide.tell_refused(work, found, reason=reason, final=final, now=now)
    return _settled(work, actor, found, decision, reason.value, written, now)


def _settled(
    work: Work, actor: roles.Actor, found: Call, decision: Decision, reason: str, note: str, now: datetime
) -> Settlement:
    settlement = Settlement(found.call_id, decision, reason, note, actor.staff_id or 0, actor.name, now)
    work.calls.settle(settlement)
    work.audit.add(
        audit.Entry(
            now, actor, f"call:settle:{decision.name.lower()}", f"call/{found.call_id}",
            Decision.ESCALATED.name, decision.name, reason, work.policy.version,
        )
    )  # fmt: skip
    return settlement
