"""Evidence of a call: who may take it, who may see it, and the seal over all of it (F2, R14).

The files lie sealed outside the database; what is kept here is what each is, its SHA-256, when and who asked.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ca_core import audit, records, roles
from ca_core.call import STILLS, Call, DeskState, Evidence, EvidenceKind, Gate, Outcome
from ca_core.errors import Refusal
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import call as calls
from ca_core.registration import checklist


class EvidenceUnknown(Refusal):
    code = "evidence.unknown"


class EvidenceReasonMissing(Refusal):
    """Evidence outside one's own call is seen for a reason that is recorded (R14)."""

    code = "evidence.reason_missing"


class NoStill(Refusal):
    """This kind of evidence is not a still."""

    code = "evidence.no_still"


# What stands on a still: a new one makes them open.
_RESTS_ON = {
    EvidenceKind.DOCUMENT_FRONT: (Gate.READING, Gate.FEATURES, Gate.FACE),
    EvidenceKind.DOCUMENT_BACK: (Gate.READING,),
    EvidenceKind.FACE: (Gate.FACE,),
}


def require_takeable(work: Work, *, actor: roles.Actor, call_id: int, kind: EvidenceKind) -> Call:
    """Before the media worker is asked. Raises NoStill and as `call.on_the_line`."""
    if kind not in STILLS:
        raise NoStill
    return calls.on_the_line(work, actor=actor, call_id=call_id)


def took_still(work: Work, *, actor: roles.Actor, still: Evidence, now: datetime) -> int:
    """The server took it from the caller's media; what rested on an earlier one is open again.

    Raises as `require_takeable`.
    """
    found = require_takeable(work, actor=actor, call_id=still.call_id, kind=still.kind)
    evidence_id = work.evidence.add(still)
    checklist.open_again(
        work, actor=actor, found=found, gates=_RESTS_ON[still.kind], why="new_still", now=now
    )
    if still.kind is EvidenceKind.DOCUMENT_FRONT:
        checklist.note(
            work, actor=actor, call_id=found.call_id, gate=Gate.DOCUMENT, outcome=Outcome.PASSED,
            evidence_id=evidence_id, now=now,
        )  # fmt: skip
    work.audit.add(
        audit.Entry(
            now, actor, "evidence:still:taken", f"call/{found.call_id}",
            details={"evidence": str(evidence_id), "kind": still.kind.value, "sha256": still.sha256.hex()},
        )
    )  # fmt: skip
    return evidence_id


def recording_began(work: Work, *, actor: roles.Actor, recording: Evidence, now: datetime) -> int:
    """A part of the recording, or its event log. Raises NotAllowed."""
    roles.require_system(actor)
    return work.evidence.add(replace(recording, closed=False))


def recording_closed(
    work: Work, *, actor: roles.Actor, evidence_id: int, sha256: bytes, size_bytes: int, now: datetime
) -> None:
    """Raises NotAllowed, EvidenceUnknown."""
    roles.require_system(actor)
    found = work.evidence.by_id(evidence_id)
    if found is None:
        raise EvidenceUnknown
    work.evidence.close(evidence_id, sha256=sha256, size_bytes=size_bytes)
    work.audit.add(
        audit.Entry(
            now, actor, "evidence:recording:closed", f"call/{found.call_id}",
            details={"evidence": str(evidence_id), "sha256": sha256.hex()},
        )
    )  # fmt: skip


def open_(work: Work, *, actor: roles.Actor, evidence_id: int, reason: str, now: datetime) -> Evidence:
    """One look at one piece: the agent in their own call and its wrap-up, others for a written reason.

    Raises EvidenceUnknown, NotAllowed, EvidenceReasonMissing. Each look is one audit entry.
    """
    found = work.evidence.by_id(evidence_id)
    if found is None:
        raise EvidenceUnknown
    if found.kind in STILLS and _is_at_this_call(work, actor, found.call_id):
        written = _on_one_line(reason)
    else:
        written = require_reason(actor, reason)
    work.audit.add(
        audit.Entry(
            now, actor, f"evidence:{found.kind.value}:seen", f"call/{found.call_id}", reason=written,
            details={"evidence": str(evidence_id)},
        )
    )  # fmt: skip
    return found


def require_reason(actor: roles.Actor, reason: str) -> str:
    """Who looks at evidence outside a call of their own says why; the words as they are kept.

    Raises NotAllowed, EvidenceReasonMissing.
    """
    roles.require(actor, roles.Permission.VIEW_EVIDENCE)
    written = _on_one_line(reason)
    if len(written) < 3:
        raise EvidenceReasonMissing
    return written


def _on_one_line(reason: str) -> str:
    return " ".join(reason.split())[:500]


def to_check(work: Work, *, actor: roles.Actor, call_id: int, reason: str) -> list[Evidence]:
    """Whose files are compared with their digests, without showing them.

    Raises CallUnknown, NotAllowed, EvidenceReasonMissing.
    """
    require_reason(actor, reason)
    records.call(work, call_id)
    return work.evidence.of_call(call_id)


def files_checked(
    work: Work, *, actor: roles.Actor, call_id: int, reason: str, found: Mapping[int, str], now: datetime
) -> None:
    """One entry for all files of the call: what came of each. `found` is by evidence. Raises as `to_check`."""
    written = require_reason(actor, reason)
    states = sorted(set(found.values()))
    work.audit.add(
        audit.Entry(
            now, actor, "evidence:files:checked", f"call/{call_id}", to_state=", ".join(states),
            reason=written, details={str(evidence_id): state for evidence_id, state in found.items()},
        )
    )  # fmt: skip


def _is_at_this_call(work: Work, actor: roles.Actor, call_id: int) -> bool:
    desk = work.desks.by_id(actor.staff_id or 0)
    if desk is None or desk.state not in (DeskState.IN_CALL, DeskState.WRAP_UP):
        return False
    return desk.call_id == call_id and actor.role is roles.Role.CALL_AGENT


def listed(work: Work, *, actor: roles.Actor, call_id: int) -> list[Evidence]:
    """What there is, without looking at it. Raises NotAllowed."""
    if not _is_at_this_call(work, actor, call_id):
        roles.require(actor, roles.Permission.VIEW_EVIDENCE)
    return work.evidence.of_call(call_id)


def is_sealable(work: Work, call: Call) -> bool:
    """The call and its wrap-up are over, and every file is closed."""
    desk = work.desks.by_id(call.agent_id) if call.agent_id is not None else None
    if desk is not None and desk.state is DeskState.WRAP_UP and desk.call_id == call.call_id:
        return False
    closed = all(item.closed for item in work.evidence.of_call(call.call_id))
    return call.state is CallState.ENDED and call.sealed_at is None and closed


def seal(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> bytes:
    """Over files, checklist and decision at once: whoever changes one of them later is found out.

    HMAC-SHA-256 under a key that the database does not hold. Raises NotAllowed, CallUnknown.
    """
    roles.require_system(actor)
    found = records.call(work, call_id)
    if found.sealed_at is not None:
        # A second seal would cover what was changed since the first.
        return found.seal
    sealed = work.code_seal.seal(manifest(work, found), f"call/{call_id}")
    work.calls.save(replace(found, sealed_at=now, seal=sealed), expected=found)
    work.audit.add(
        audit.Entry(now, actor, "evidence:seal:done", f"call/{call_id}", details={"seal": sealed.hex()})
    )
    return sealed


def still_sealed(work: Work, found: Call) -> bool:
    """Whether files, checklist and decision are those that were sealed."""
    return (
        bool(found.seal) and work.code_seal.seal(manifest(work, found), f"call/{found.call_id}") == found.seal
    )


def manifest(work: Work, found: Call) -> str:
    """SHA-256 over everything that the decision rests on, in one fixed order."""
    files = [
        [item.evidence_id, item.kind.value, item.name, item.sha256.hex(), item.taken_at.isoformat()]
        for item in work.evidence.of_call(found.call_id)
    ]
    lines = [
        [
            check.gate.value, check.outcome.value, check.at.isoformat(), check.by, check.evidence_id,
            sorted(check.facts.items()),
        ]
        for check in work.checks.of_call(found.call_id)
    ]  # fmt: skip
    decision = [
        found.decision.name if found.decision else "", found.decision_reason, found.decision_note,
        found.agent_id, found.iin.digits, found.phone.digits, found.policy_version,
    ]  # fmt: skip
    text = json.dumps([files, lines, decision], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
