"""The agent's decision: register, refuse or escalate; one a call, none without the whole checklist (F2)."""

from collections.abc import Callable
from typing import Any

import pytest

from ca_core import records, roles
from ca_core.call import Call, Check, Decision, DeskState, Gate, Outcome
from ca_core.notices import NoticeKind
from ca_core.registration import call, checklist, decide
from ca_core.registration.decide import Reason
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

OTHER_IIN = builders.iin(number=500)


def register(here: House, actor: roles.Actor = AGENT) -> Call:
    with here.work() as work:
        return decide.register(work, actor=actor, call_id=1, now=here.now)


def refuse(
    here: House,
    reason: Reason = Reason.DOCUMENT_EXPIRED,
    *,
    final: bool = False,
    note: str = "",
    actor: roles.Actor = AGENT,
) -> Call:
    with here.work() as work:
        return decide.refuse(
            work, actor=actor, call_id=1, reason=reason, final=final, note=note, now=here.now
        )


def escalate(here: House, note: str = "the photo looks glued in", actor: roles.Actor = AGENT) -> Call:
    with here.work() as work:
        return decide.escalate(work, actor=actor, call_id=1, note=note, now=here.now)


def ready(here: House) -> None:
    """On the line, every gate passed."""
    lines.connected(here)
    builders.checks_passed(here, 1)


def told(here: House) -> list[tuple[NoticeKind, str]]:
    return [(notice.kind, notice.recipient) for notice in here.memory.notices]


def test_the_whole_checklist_registers_the_phone() -> None:
    here = lines.house()
    ready(here)
    done = register(here)
    assert (done.decision, done.decided_at) == (Decision.REGISTERED, here.now)
    assert (done.decision_reason, done.decision_note) == ("", ""), "who is registered needs no reason"
    assert here.memory.bmg[CALLER.iin].phone == builders.PHONE
    assert told(here) == [(NoticeKind.PHONE_REGISTERED, builders.PHONE.digits)]
    entry = here.memory.audit[-1]
    assert (entry.event, entry.actor, entry.to_state) == ("call:decide:registered", AGENT, "REGISTERED")
    with here.work() as work:
        assert [line.call_id for line in work.bmg.history(CALLER.iin)] == [1]


@pytest.mark.parametrize("gate", list(Gate))
@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.OPEN_AGAIN])
def test_no_gate_is_skipped(gate: Gate, outcome: Outcome) -> None:
    here = lines.house()
    ready(here)
    with here.work() as work:
        work.checks.add(Check(1, gate, outcome, here.now, "somebody"))
    with pytest.raises(checklist.GatesMissing) as refused:
        register(here)
    assert refused.value.facts == {"missing": gate.value}
    assert here.memory.bmg == {}
    assert lines.now_of(here, 1).decision is None


def test_the_phone_may_have_become_anothers_at_the_last_moment() -> None:
    """R3: every gate passed, and still."""
    here = lines.house()
    ready(here)
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, builders.PHONE, here.now, "counter")
    with pytest.raises(records.PhoneOfAnother):
        register(here)
    assert CALLER.iin not in here.memory.bmg
    assert lines.now_of(here, 1).decision is None
    assert told(here) == []


@pytest.mark.parametrize("second", [register, refuse, escalate])
@pytest.mark.parametrize("first", [register, refuse, escalate])
def test_a_call_has_one_decision(first: Callable[..., Call], second: Callable[..., Call]) -> None:
    here = lines.house()
    ready(here)
    before = first(here)
    with pytest.raises(decide.AlreadyDecided) as refused:
        second(here)
    assert before.decision is not None
    assert refused.value.facts == {"decision": before.decision.name}
    assert lines.now_of(here, 1) == before


@pytest.mark.parametrize(("final", "decision"), [(False, "REFUSED_RETRY"), (True, "REFUSED_FINAL")])
def test_a_refusal_says_why_and_whether_to_try_again(final: bool, decision: str) -> None:
    here = lines.house()
    ready(here)
    done = refuse(here, Reason.DOCUMENT_DOUBTFUL, final=final, note="  edge   of the photo ")
    assert (done.decision, done.decision_reason) == (Decision[decision], "document_doubtful")
    assert done.decision_note == "edge of the photo"
    (notice,) = here.memory.notices
    assert (notice.kind, notice.recipient, notice.words) == (
        NoticeKind.REGISTRATION_REFUSED,
        builders.PHONE.digits,
        {"reason": "document_doubtful", "final": str(final)},
    )
    assert here.memory.bmg == {}


@pytest.mark.parametrize("outcome", [None, Outcome.FAILED, Outcome.OPEN_AGAIN])
def test_only_a_phone_that_was_proven_is_written_to(outcome: Outcome | None) -> None:
    """Whoever types a stranger's number sends the stranger no message of ours."""
    here = lines.house()
    lines.connected(here)
    if outcome is not None:
        with here.work() as work:
            work.checks.add(Check(1, Gate.CODE, outcome, here.now, "caller"))
    refuse(here)
    assert told(here) == []


@pytest.mark.parametrize("note", ["", "  ", "no"])
def test_another_reason_and_an_escalation_need_a_sentence(note: str) -> None:
    here = lines.house()
    ready(here)
    with pytest.raises(decide.NoteMissing):
        refuse(here, Reason.OTHER, note=note)
    with pytest.raises(decide.NoteMissing):
        escalate(here, note)
    assert lines.now_of(here, 1).decision is None
    assert refuse(here, Reason.OTHER, note=" son  ").decision_reason == "other"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OTHER])
def test_every_other_reason_speaks_for_itself(reason: Reason) -> None:
    here = lines.house()
    ready(here)
    assert refuse(here, reason).decision_reason == reason.value


def test_an_escalation_leaves_the_decision_to_a_supervisor_and_writes_to_nobody() -> None:
    here = lines.house()
    ready(here)
    done = escalate(here)
    assert (done.decision, done.decision_note) == (Decision.ESCALATED, "the photo looks glued in")
    assert told(here) == []
    assert here.memory.bmg == {}


def test_a_note_is_kept_short() -> None:
    here = lines.house()
    ready(here)
    assert len(escalate(here, "я" * 900).decision_note) == 500


def test_in_the_wrap_up_the_agent_still_refuses_or_escalates() -> None:
    """The line broke; what was seen was seen."""
    for act, decision in ((refuse, Decision.REFUSED_RETRY), (escalate, Decision.ESCALATED)):
        here = lines.house()
        ready(here)
        assert lines.hang_up(here, 1).decision is Decision.INTERRUPTED
        assert act(here).decision is decision


def test_nobody_is_registered_after_the_call() -> None:
    here = lines.house()
    ready(here)
    lines.hang_up(here, 1)
    with pytest.raises(call.NotConnected):
        register(here)


@pytest.mark.parametrize("act", [refuse, escalate])
def test_after_the_wrap_up_it_is_too_late(act: Callable[[House], Call]) -> None:
    here = lines.house()
    ready(here)
    lines.hang_up(here, 1)
    here.later(seconds=20)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.AVAILABLE
    with pytest.raises(decide.TooLate):
        act(here)
    assert lines.now_of(here, 1).decision is Decision.INTERRUPTED


def test_the_wrap_up_of_another_call_is_not_this_ones() -> None:
    here = lines.house()
    ready(here)
    lines.hang_up(here, 1)
    here.memory.desks[5] = builders.replace(lines.desk_of(here), call_id=2)
    with pytest.raises(decide.TooLate):
        refuse(here)


def test_while_the_line_is_lost_the_agent_may_refuse_but_not_register() -> None:
    here = lines.house()
    lines.lost(here)
    builders.checks_passed(here, 1)
    with pytest.raises(call.NotConnected):
        register(here)
    assert refuse(here, Reason.POOR_LINE).decision is Decision.REFUSED_RETRY


@pytest.mark.parametrize("way", [lines.accepted, lines.answered])
@pytest.mark.parametrize("act", [register, refuse, escalate])
def test_nothing_is_decided_about_a_caller_who_was_not_spoken_to(
    act: Callable[[House], Call], way: Callable[[House], Call]
) -> None:
    """They may go back to the queue, and the next agent decides."""
    here = lines.house()
    way(here)
    with pytest.raises(call.NotConnected):
        act(here)


@pytest.mark.parametrize("act", [register, refuse, escalate])
@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (SECOND_AGENT, call.NotYourCall),
        (builders.SUPERVISOR, roles.NotAllowed),
        (builders.OFFICER, roles.NotAllowed),
        (builders.GATEWAY, roles.NotAllowed),
        (roles.OWNER, roles.NotAllowed),
    ],
)
def test_the_agent_of_the_call_alone_decides(
    act: Callable[..., Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    ready(here)
    with pytest.raises(refusal):
        act(here, actor=actor)
    assert lines.now_of(here, 1).decision is None


def test_a_decision_is_kept_with_its_policy() -> None:
    here = lines.house()
    ready(here)
    register(here)
    assert here.memory.audit[-1].policy_version == here.policy.version
    assert here.memory.calls[1].policy_version == here.policy.version
