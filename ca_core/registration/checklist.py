"""The checklist is the form: its gates in order, what is missing, and the agent's plain answers (F2).

A gate is what the newest check of it says. Nothing here trusts the screen: a registration asks `missing`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from ca_core import roles
from ca_core.call import Call, Check, Gate, Outcome
from ca_core.errors import Refusal
from ca_core.ports import Work
from ca_core.registration import call as calls


class GatesMissing(Refusal):
    """The checklist is not complete. Facts: missing."""

    code = "checklist.missing"


class AnswersMissing(Refusal):
    """Each question about pressure needs its answer. Facts: missing."""

    code = "checklist.answers_missing"


class FeaturesTooFew(Refusal):
    """Not enough security features were seen. Facts: seen, needed."""

    code = "checklist.features_too_few"


class Question(StrEnum):
    """Asked so that a bystander cannot read the answer from a yes or no."""

    PURPOSE = "purpose"
    WHO_ASKED = "who_asked"
    WHO_IS_THERE = "who_is_there"
    ON_THE_PHONE = "on_the_phone"


class Answer(StrEnum):
    """What the agent understood; anything but CLEAR and HELPER keeps the gate shut."""

    CLEAR = "clear"
    # A lawful helper: of an old, deaf or disabled person (D4).
    HELPER = "helper"
    DOUBTFUL = "doubtful"


class Feature(StrEnum):
    """Groups of security features of a document, ticked when seen."""

    OPTICALLY_VARIABLE = "optically_variable"
    GHOST_IMAGE = "ghost_image"
    MICROPRINT = "microprint"
    PHOTO_EDGE = "photo_edge"


def newest(checks: Sequence[Check]) -> dict[Gate, Check]:
    """What counts of each gate; checks come oldest first."""
    return {check.gate: check for check in checks}


def missing(checks: Sequence[Check], *, besides: Collection[Gate] = ()) -> tuple[Gate, ...]:
    """In the order of the checklist; `besides` those that are not asked for."""
    latest = newest(checks)
    passed = {gate for gate, check in latest.items() if check.outcome is Outcome.PASSED}
    return tuple(gate for gate in Gate if gate not in passed and gate not in besides)


def require_complete(checks: Sequence[Check], *, besides: Collection[Gate] = ()) -> None:
    """Raises GatesMissing."""
    open_gates = missing(checks, besides=besides)
    if open_gates:
        raise GatesMissing(missing=", ".join(gate.value for gate in open_gates))


def of_call(work: Work, *, actor: roles.Actor, call_id: int) -> list[Check]:
    """The agent's own call. Raises NotAllowed, CallUnknown, NotYourCall."""
    calls.mine(work, actor=actor, call_id=call_id)
    return work.checks.of_call(call_id)


def greeted(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> None:
    """Greeting, name and number said, purpose of the call explained. Raises as `call.on_the_line`."""
    calls.on_the_line(work, actor=actor, call_id=call_id)
    note(work, actor=actor, call_id=call_id, gate=Gate.GREETING, outcome=Outcome.PASSED, now=now)


def pressure(
    work: Work, *, actor: roles.Actor, call_id: int, answers: dict[Question, Answer], now: datetime
) -> Outcome:
    """Is somebody doing this for you, or making you (R13)? Raises AnswersMissing and as `call.on_the_line`."""
    calls.on_the_line(work, actor=actor, call_id=call_id)
    unanswered = [question for question in Question if question not in answers]
    if unanswered:
        raise AnswersMissing(missing=", ".join(question.value for question in unanswered))
    doubtful = any(answer is Answer.DOUBTFUL for answer in answers.values())
    outcome = Outcome.FAILED if doubtful else Outcome.PASSED
    facts = {question.value: answer.value for question, answer in answers.items()}
    note(work, actor=actor, call_id=call_id, gate=Gate.PRESSURE, outcome=outcome, facts=facts, now=now)
    return outcome


def features(
    work: Work, *, actor: roles.Actor, call_id: int, seen: Sequence[Feature], now: datetime
) -> Outcome:
    """The agent ticks what is seen while the document is tilted. Raises FeaturesTooFew, as `call.on_the_line`."""
    calls.on_the_line(work, actor=actor, call_id=call_id)
    needed = work.policy.calls.features_of_four
    ticked = sorted({feature.value for feature in seen})
    if len(ticked) < needed:
        raise FeaturesTooFew(seen=len(ticked), needed=needed)
    facts = {"seen": ", ".join(ticked)}
    note(work, actor=actor, call_id=call_id, gate=Gate.FEATURES, outcome=Outcome.PASSED, facts=facts, now=now)
    return Outcome.PASSED


def open_again(
    work: Work, *, actor: roles.Actor, found: Call, gates: Sequence[Gate], why: str, now: datetime
) -> None:
    """What was passed and stands on something that changed is to be done anew."""
    latest = newest(work.checks.of_call(found.call_id))
    for gate in gates:
        if gate in latest and latest[gate].outcome is not Outcome.OPEN_AGAIN:
            note(
                work, actor=actor, call_id=found.call_id, gate=gate, outcome=Outcome.OPEN_AGAIN,
                facts={"why": why}, now=now,
            )  # fmt: skip


def note(
    work: Work,
    *,
    actor: roles.Actor,
    call_id: int,
    gate: Gate,
    outcome: Outcome,
    now: datetime,
    facts: dict[str, str] | None = None,
    evidence_id: int | None = None,
) -> None:
    """One line of the checklist's history; the operations of this room alone write it."""
    work.checks.add(Check(call_id, gate, outcome, now, actor.name, facts or {}, evidence_id))
