"""The checklist is the form: gates in order, the missing ones named, nothing taken from the screen (F2)."""

from collections.abc import Callable
from typing import Any

import pytest

from ca_core import roles
from ca_core.call import Check, EvidenceKind, Gate, Outcome
from ca_core.registration import call, checklist
from ca_core.registration.checklist import Answer, Feature, Question
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.fakes import House

CLEAR = dict.fromkeys(Question, Answer.CLEAR)


def check(gate: Gate, outcome: Outcome = Outcome.PASSED) -> Check:
    return Check(1, gate, outcome, lines.AT, "agent")


def ask_about_pressure(here: House, call_id: int, answers: dict[Question, Answer]) -> Outcome:
    with here.work() as work:
        return checklist.pressure(work, actor=AGENT, call_id=call_id, answers=answers, now=here.now)


def tick_features(here: House, call_id: int, *seen: Feature) -> Outcome:
    with here.work() as work:
        return checklist.features(work, actor=AGENT, call_id=call_id, seen=seen, now=here.now)


def test_missing_gates_are_named_in_the_order_of_the_checklist() -> None:
    some = [check(Gate.SPOKEN), check(Gate.CONSENT), check(Gate.DOCUMENT)]
    missing = checklist.missing(some)
    assert missing == (
        Gate.RECORDING, Gate.GREETING, Gate.PRESSURE, Gate.READING, Gate.FEATURES, Gate.FACE, Gate.CODE,
    )  # fmt: skip
    with pytest.raises(checklist.GatesMissing) as refused:
        checklist.require_complete(some)
    assert refused.value.facts == {"missing": "recording, greeting, pressure, reading, features, face, code"}


def test_without_any_check_every_gate_is_missing() -> None:
    assert checklist.missing([]) == tuple(Gate)


def test_all_gates_passed_are_complete() -> None:
    checklist.require_complete([check(gate) for gate in Gate])


@pytest.mark.parametrize("gate", list(Gate))
def test_no_gate_may_be_left_out(gate: Gate) -> None:
    assert checklist.missing([check(other) for other in Gate if other is not gate]) == (gate,)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.OPEN_AGAIN])
def test_the_newest_check_of_a_gate_counts(outcome: Outcome) -> None:
    passed = [check(gate) for gate in Gate]
    assert checklist.missing([*passed, check(Gate.READING, outcome)]) == (Gate.READING,)
    assert checklist.missing([*passed, check(Gate.READING, outcome), check(Gate.READING)]) == ()


def test_the_greeting_is_written_down() -> None:
    here = lines.house()
    found = lines.connected(here)
    with here.work() as work:
        checklist.greeted(work, actor=AGENT, call_id=found.call_id, now=here.now)
    assert lines.gate(here, found.call_id, Gate.GREETING) == "passed"
    assert here.memory.checks[-1].by == AGENT.name


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Answer.CLEAR, Outcome.PASSED), (Answer.HELPER, Outcome.PASSED), (Answer.DOUBTFUL, Outcome.FAILED)],
)
def test_somebody_doing_this_for_the_caller_shuts_the_gate(answer: Answer, outcome: Outcome) -> None:
    """R13; a lawful helper of an old, deaf or disabled person does not."""
    here = lines.house()
    found = lines.connected(here)
    given = CLEAR | {Question.WHO_IS_THERE: answer}
    assert ask_about_pressure(here, found.call_id, given) is outcome
    assert lines.gate(here, found.call_id, Gate.PRESSURE) == outcome.value
    assert here.memory.checks[-1].facts["who_is_there"] == answer.value


@pytest.mark.parametrize("left_out", list(Question))
def test_each_question_about_pressure_needs_its_answer(left_out: Question) -> None:
    here = lines.house()
    found = lines.connected(here)
    some = {question: answer for question, answer in CLEAR.items() if question is not left_out}
    with pytest.raises(checklist.AnswersMissing) as refused:
        ask_about_pressure(here, found.call_id, some)
    assert refused.value.facts == {"missing": left_out.value}
    assert lines.gate(here, found.call_id, Gate.PRESSURE) == ""


def test_three_of_four_groups_of_security_features_are_enough() -> None:
    here = lines.house()
    found = lines.connected(here)
    three = (Feature.GHOST_IMAGE, Feature.MICROPRINT, Feature.PHOTO_EDGE)
    assert tick_features(here, found.call_id, *three) is Outcome.PASSED
    assert here.memory.checks[-1].facts == {"seen": "ghost_image, microprint, photo_edge"}


@pytest.mark.parametrize("seen", [(), (Feature.MICROPRINT,) * 3, (Feature.MICROPRINT, Feature.GHOST_IMAGE)])
def test_two_groups_are_too_few_however_often_they_are_ticked(seen: tuple[Feature, ...]) -> None:
    here = lines.house()
    found = lines.connected(here)
    with pytest.raises(checklist.FeaturesTooFew) as refused:
        tick_features(here, found.call_id, *seen)
    assert refused.value.facts == {"seen": len(set(seen)), "needed": 3}
    assert lines.gate(here, found.call_id, Gate.FEATURES) == ""


@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        (EvidenceKind.DOCUMENT_FRONT, {Gate.READING, Gate.FEATURES, Gate.FACE}),
        (EvidenceKind.DOCUMENT_BACK, {Gate.READING}),
        (EvidenceKind.FACE, {Gate.FACE}),
    ],
)
def test_a_new_still_opens_again_what_rested_on_the_earlier_one(
    kind: EvidenceKind, opened: set[Gate]
) -> None:
    here = lines.house()
    found = lines.connected(here)
    builders.checks_passed(here, found.call_id)
    lines.take_still(here, found.call_id, kind)
    missing = checklist.missing([c for c in here.memory.checks if c.call_id == found.call_id])
    assert set(missing) == opened


def test_the_first_still_opens_nothing_that_was_never_done() -> None:
    here = lines.house()
    found = lines.connected(here)
    lines.take_still(here, found.call_id)
    lines.take_still(here, found.call_id)
    done = [c.gate for c in here.memory.checks if c.call_id == found.call_id]
    assert done == [Gate.CONSENT, Gate.DOCUMENT, Gate.DOCUMENT]


def test_a_gate_is_opened_once_until_it_is_done_anew() -> None:
    here = lines.house()
    found = lines.connected(here)
    builders.checks_passed(here, found.call_id)
    for _ in range(3):
        lines.take_still(here, found.call_id, EvidenceKind.FACE)
    opened = [c for c in here.memory.checks if c.outcome is Outcome.OPEN_AGAIN]
    assert [(c.gate, c.facts) for c in opened] == [(Gate.FACE, {"why": "new_still"})]


ACTS: dict[str, Callable[..., object]] = {
    "greeted": checklist.greeted,
    "pressure": lambda work, **who: checklist.pressure(work, answers=CLEAR, **who),
    "features": lambda work, **who: checklist.features(work, seen=tuple(Feature), **who),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("way", "actor", "refusal"),
    [
        (lines.connected, SECOND_AGENT, call.NotYourCall),
        (lines.connected, builders.OFFICER, roles.NotAllowed),
        (lines.connected, builders.GATEWAY, roles.NotAllowed),
        (lines.accepted, AGENT, call.NotConnected),
        (lines.lost, AGENT, call.NotConnected),
        (lines.ended, AGENT, call.NotConnected),
    ],
)
def test_the_checklist_is_the_agents_of_this_call_while_both_are_on_the_line(
    act: str, way: Callable[[House], Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    found = way(here)
    before = list(here.memory.checks)
    with pytest.raises(refusal), here.work() as work:
        ACTS[act](work, actor=actor, call_id=found.call_id, now=here.now)
    assert here.memory.checks == before


def test_the_history_of_the_checklist_is_shown_to_the_agent_of_the_call() -> None:
    here = lines.house()
    found = lines.ended(here)
    with here.work() as work:
        assert [c.gate for c in checklist.of_call(work, actor=AGENT, call_id=found.call_id)] == [Gate.CONSENT]
        with pytest.raises(call.NotYourCall):
            checklist.of_call(work, actor=SECOND_AGENT, call_id=found.call_id)
