"""The face in the call against the document's portrait and the register's: the agent decides first.

The matcher speaks in bands with its measured error, never in percent, and never decides by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca_core import audit, roles
from ca_core.call import Check, EvidenceKind, Gate, Outcome
from ca_core.errors import Refusal
from ca_core.face_attempt import Band
from ca_core.policy import Policy
from ca_core.ports import Work
from ca_core.registration import call as calls
from ca_core.registration import checklist


class FaceStillMissing(Refusal):
    """A still of the face, taken since the caller came back, and one of the document come first."""

    code = "face.still_missing"


class DecideFirst(Refusal):
    """The machine's opinion is shown after the agent's own."""

    code = "face.decide_first"


class AlreadyCompared(Refusal):
    """The machine's opinion was shown: another one of the agent's needs another still."""

    code = "face.already_compared"


class FaceReasonMissing(Refusal):
    """Against a machine in doubt the agent says why it is the same person."""

    code = "face.reason_missing"


class Opinion(StrEnum):
    SAME = "same"
    OTHER = "other"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Measured:
    """One comparison: Euclidean distance, and the smaller face's width; None where no single face was found."""

    against: str
    distance: float | None
    smaller_face_px: int


def band(measured: Measured, policy: Policy) -> Band:
    """A face too small to compare is no match and no mismatch."""
    rules = policy.calls
    if measured.distance is None or measured.smaller_face_px < rules.face_portrait_px:
        return Band.NOT_COMPARABLE
    if measured.distance > rules.face_other_above:
        return Band.OTHER
    clear = measured.distance < rules.face_same_below and measured.smaller_face_px >= rules.face_compared_px
    return Band.SAME if clear else Band.DOUBTFUL


def decide(work: Work, *, actor: roles.Actor, call_id: int, opinion: Opinion, now: datetime) -> None:
    """The agent's own opinion, before the machine's. Raises FaceStillMissing, AlreadyCompared and as
    `call.on_the_line`.
    """
    calls.on_the_line(work, actor=actor, call_id=call_id)
    last = _last(work, call_id)
    if last is not None and "bands" in last.facts:
        raise AlreadyCompared
    _require_stills(work, call_id)
    checklist.note(
        work, actor=actor, call_id=call_id, gate=Gate.FACE, outcome=Outcome.FAILED,
        facts={"opinion": opinion.value}, now=now,
    )  # fmt: skip
    work.audit.add(audit.Entry(now, actor, "face:opinion:given", f"call/{call_id}", to_state=opinion.value))


def _require_stills(work: Work, call_id: int) -> None:
    """Whoever was away may be somebody else since: a still of the face from before shows who it was then."""
    returns = [check.at for check in work.checks.of_call(call_id) if check.facts.get("why") == "away"]
    kinds = {
        item.kind
        for item in work.evidence.of_call(call_id)
        if item.kind is not EvidenceKind.FACE or not returns or item.taken_at >= returns[-1]
    }
    if not {EvidenceKind.FACE, EvidenceKind.DOCUMENT_FRONT} <= kinds:
        raise FaceStillMissing


def compared(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    measured: tuple[Measured, ...],
    stills: tuple[int, int],
    now: datetime,
) -> Outcome:
    """The machine's opinion beside the agent's. Passed when the agent says "same" and both comparisons say so
    too: with the document's portrait and with the register's.

    `stills` are the evidence of the face and of the document that were compared: the newest ones.

    Raises DecideFirst, FaceStillMissing and as `call.on_the_line`.
    """
    calls.on_the_line(work, actor=actor, call_id=call_id)
    newest = {item.kind: item.evidence_id for item in work.evidence.of_call(call_id)}
    if stills != (newest.get(EvidenceKind.FACE), newest.get(EvidenceKind.DOCUMENT_FRONT)):
        raise FaceStillMissing
    last = _last(work, call_id)
    if last is None or "opinion" not in last.facts or "bands" in last.facts:
        raise DecideFirst
    bands = {item.against: band(item, work.policy) for item in measured}
    said_same = last.facts["opinion"] == Opinion.SAME.value
    # What cannot be compared says nothing, and nothing is not "good": both must be comparable.
    clear = bool(bands) and all(found is Band.SAME for found in bands.values())
    outcome = Outcome.PASSED if said_same and clear else Outcome.FAILED
    facts = {
        "opinion": last.facts["opinion"],
        "bands": ", ".join(f"{against}={found.value}" for against, found in sorted(bands.items())),
        "stills": ", ".join(str(evidence_id) for evidence_id in stills),
        **{
            f"distance_{item.against}": f"{item.distance:.3f}"
            for item in measured
            if item.distance is not None
        },
    }
    checklist.note(work, actor=actor, call_id=call_id, gate=Gate.FACE, outcome=outcome, facts=facts, now=now)
    work.audit.add(
        audit.Entry(
            now, actor, "face:compare:done", f"call/{call_id}", to_state=outcome.value,
            policy_version=work.policy.version, details={"bands": facts["bands"]},
        )
    )  # fmt: skip
    return outcome


def insist(work: Work, *, actor: roles.Actor, call_id: int, reason: str, now: datetime) -> None:
    """In doubt, not against a clear "other": the agent looked again and says why it is the same person.

    Raises DecideFirst, FaceReasonMissing and as `call.on_the_line`.
    """
    calls.on_the_line(work, actor=actor, call_id=call_id)
    last = _last(work, call_id)
    if last is None or "bands" not in last.facts or not may_insist(last):
        raise DecideFirst
    written = " ".join(reason.split())[:500]
    if len(written) < 10:
        raise FaceReasonMissing
    facts = {**last.facts, "insisted": written}
    checklist.note(
        work, actor=actor, call_id=call_id, gate=Gate.FACE, outcome=Outcome.PASSED, facts=facts, now=now
    )
    work.audit.add(
        audit.Entry(
            now, actor, "face:insist:done", f"call/{call_id}", reason=written,
            details={"bands": facts["bands"]},
        )
    )  # fmt: skip


def may_insist(last: Check) -> bool:
    """Said "same", the machine is in doubt somewhere and sure of the contrary nowhere; one side was comparable."""
    bands = [pair.partition("=")[2] for pair in last.facts.get("bands", "").split(", ")]
    comparable = any(found in (Band.SAME.value, Band.DOUBTFUL.value) for found in bands)
    return last.facts.get("opinion") == Opinion.SAME.value and Band.OTHER.value not in bands and comparable


def _last(work: Work, call_id: int) -> Check | None:
    found = checklist.newest(work.checks.of_call(call_id)).get(Gate.FACE)
    return None if found is None or found.outcome is Outcome.OPEN_AGAIN else found
