"""A supervisor settles what an agent escalated: once, on sealed evidence, a second person, with a note (F2)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ca_core import records, roles
from ca_core.call import Check, Decision, Gate, Outcome, Settlement
from ca_core.identifiers import Phone
from ca_core.lifecycle import CallState
from ca_core.notices import NoticeKind
from ca_core.registration import checklist, decide, evidence, settle
from ca_core.registration.decide import Reason
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests.builders import AGENT, GATEWAY, SUPERVISOR
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

NOTE = "the photo was compared on the recording"
OTHER_PHONE = Phone.parse("+7 702 765 43 21")
OTHER_IIN = builders.iin(number=500)
JUDGED = [Gate.READING, Gate.FEATURES, Gate.FACE]
PROVEN = [gate for gate in Gate if gate not in JUDGED]

Act = Callable[..., Settlement]


def register(here: House, *, actor: roles.Actor = SUPERVISOR, note: str = NOTE) -> Settlement:
    with here.work() as work:
        return settle.register(work, actor=actor, call_id=1, note=note, now=here.now)


def refuse(
    here: House,
    *,
    actor: roles.Actor = SUPERVISOR,
    note: str = NOTE,
    reason: Reason = Reason.FACE_NOT_CONFIRMED,
    final: bool = False,
) -> Settlement:
    with here.work() as work:
        return settle.refuse(
            work, actor=actor, call_id=1, reason=reason, final=final, note=note, now=here.now
        )


BOTH = pytest.mark.parametrize("act", [register, refuse])


def escalated(*failed: Gate) -> House:
    """Escalated by the agent with these gates not passed, hung up and sealed; the register knows the face."""
    here = lines.house()
    lines.connected(here)
    builders.checks_passed(here, 1)
    with here.work() as work:
        for gate in failed:
            work.checks.add(Check(1, gate, Outcome.FAILED, here.now, AGENT.name))
    with here.work() as work:
        decide.escalate(work, actor=AGENT, call_id=1, note="is it the same face?", now=here.now)
    lines.hang_up(here, 1)
    here.later(seconds=20)
    lines.desk_tick(here)
    seal(here)
    here.memory.portraits[CALLER.iin] = b"jpeg"
    return here


def seal(here: House) -> None:
    with here.work() as work:
        evidence.seal(work, actor=GATEWAY, call_id=1, now=here.now)


def change(here: House, **columns: object) -> None:
    here.memory.calls[1] = replace(here.memory.calls[1], **columns)  # type: ignore[arg-type]  # named columns


def told(here: House) -> list[tuple[NoticeKind, str]]:
    return [(notice.kind, notice.recipient) for notice in here.memory.notices]


def require_nothing_settled(here: House) -> None:
    assert here.memory.settlements == {}
    assert here.memory.bmg == {}
    assert told(here) == []


def test_a_supervisor_registers_and_the_agents_decision_stays_as_it_was_sealed() -> None:
    here = escalated(Gate.FACE)
    before = lines.now_of(here, 1)
    done = register(here)
    assert done == Settlement(
        1, Decision.REGISTERED, "", NOTE, SUPERVISOR.staff_id or 0, "Marat B.", here.now
    )
    assert here.memory.settlements == {1: done}
    assert lines.now_of(here, 1) == before
    with here.work() as work:
        assert evidence.still_sealed(work, before)
        assert [line.call_id for line in work.bmg.history(CALLER.iin)] == [1]
    assert here.memory.bmg[CALLER.iin].phone == builders.PHONE
    assert told(here) == [(NoticeKind.PHONE_REGISTERED, builders.PHONE.digits)]
    entry = here.memory.audit[-1]
    assert (entry.event, entry.actor, entry.from_state, entry.to_state, entry.policy_version) == (
        "call:settle:registered", SUPERVISOR, "ESCALATED", "REGISTERED", here.policy.version,
    )  # fmt: skip


@pytest.mark.parametrize(("final", "decision"), [(False, "REFUSED_RETRY"), (True, "REFUSED_FINAL")])
def test_a_supervisor_refuses_with_the_same_message_as_an_agent(final: bool, decision: str) -> None:
    here = escalated(Gate.FACE)
    done = refuse(here, final=final, note="  looks   like a print ")
    assert (done.decision, done.reason, done.note) == (
        Decision[decision], "face_not_confirmed", "looks like a print",
    )  # fmt: skip
    (notice,) = here.memory.notices
    assert (notice.kind, notice.words) == (
        NoticeKind.REGISTRATION_REFUSED,
        {"reason": "face_not_confirmed", "final": str(final)},
    )
    assert here.memory.bmg == {}
    entry = here.memory.audit[-1]
    assert (entry.event, entry.reason) == (f"call:settle:{decision.lower()}", "face_not_confirmed")


def test_a_phone_that_was_not_proven_is_not_written_to() -> None:
    here = escalated(Gate.CODE)
    refuse(here)
    assert told(here) == []


@pytest.mark.parametrize("gate", JUDGED)
def test_the_supervisors_judgement_stands_in_for_what_stills_show(gate: Gate) -> None:
    assert register(escalated(gate)).decision is Decision.REGISTERED


@pytest.mark.parametrize("gate", PROVEN)
def test_what_only_the_live_call_proves_must_have_been_proven(gate: Gate) -> None:
    here = escalated(gate, Gate.FACE)
    with pytest.raises(checklist.GatesMissing) as refused:
        register(here)
    assert refused.value.facts == {"missing": gate.value}
    require_nothing_settled(here)
    assert refuse(here).decision is Decision.REFUSED_RETRY


@BOTH
@pytest.mark.parametrize("note", ["", "   ", "ok"])
def test_a_person_decided_against_a_missing_check_and_says_why(act: Act, note: str) -> None:
    here = escalated(Gate.FACE)
    with pytest.raises(decide.NoteMissing):
        act(here, note=note)
    require_nothing_settled(here)


def test_a_reason_that_only_a_talk_explains_is_none_here() -> None:
    """The agent explained nothing: the decision was left to somebody else."""
    here = escalated(Gate.FACE)
    with pytest.raises(settle.ReasonTellsNothing):
        refuse(here, reason=Reason.OTHER)
    require_nothing_settled(here)


@BOTH
@pytest.mark.parametrize(
    "decision", [None, Decision.REGISTERED, Decision.REFUSED_RETRY, Decision.INTERRUPTED]
)
def test_only_what_was_escalated_is_settled(act: Act, decision: Decision | None) -> None:
    here = escalated(Gate.FACE)
    change(here, decision=decision)
    with pytest.raises(settle.NotEscalated):
        act(here)
    require_nothing_settled(here)


@BOTH
@pytest.mark.parametrize("columns", [{"sealed_at": None, "seal": b""}, {"state": CallState.ACTIVE}])
def test_nothing_is_settled_before_the_evidence_is_sealed(act: Act, columns: dict[str, object]) -> None:
    here = escalated(Gate.FACE)
    change(here, **columns)
    with pytest.raises(settle.NotSealedYet):
        act(here)
    require_nothing_settled(here)


@BOTH
def test_nothing_is_settled_on_evidence_that_was_changed(act: Act) -> None:
    here = escalated(Gate.CODE)
    with here.work() as work:
        work.checks.add(Check(1, Gate.CODE, Outcome.PASSED, here.now, "somebody"))
    with pytest.raises(settle.SealBroken):
        act(here)
    require_nothing_settled(here)


@BOTH
def test_who_escalated_does_not_settle(act: Act) -> None:
    """Also when the agent became a supervisor since."""
    here = escalated(Gate.FACE)
    with pytest.raises(settle.OwnCall):
        act(here, actor=replace(SUPERVISOR, staff_id=AGENT.staff_id))
    require_nothing_settled(here)


def test_three_days_later_a_call_registers_nobody_and_may_be_refused() -> None:
    here = escalated(Gate.FACE)
    decided_at = lines.now_of(here, 1).decided_at
    assert decided_at is not None
    here.now = decided_at + timedelta(hours=72, seconds=1)
    with pytest.raises(settle.TooOld):
        register(here)
    require_nothing_settled(here)
    assert refuse(here).decision is Decision.REFUSED_RETRY


def test_at_the_end_of_three_days_a_call_still_registers() -> None:
    here = escalated(Gate.FACE)
    decided_at = lines.now_of(here, 1).decided_at
    assert decided_at is not None
    here.now = decided_at + timedelta(hours=72)
    assert register(here).decision is Decision.REGISTERED


def test_the_phone_may_have_become_anothers_since() -> None:
    """R3."""
    here = escalated(Gate.FACE)
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, builders.PHONE, here.now, "counter")
    with pytest.raises(records.PhoneOfAnother), here.work() as work:
        settle.require_registrable(work, actor=SUPERVISOR, call_id=1, now=here.now)
    with pytest.raises(records.PhoneOfAnother):
        register(here)
    assert here.memory.settlements == {}
    assert CALLER.iin not in here.memory.bmg


def test_a_registration_that_came_after_the_call_is_not_undone_by_it() -> None:
    """The citizen called again and registered another phone."""
    here = escalated(Gate.FACE)
    since = MobileRegistration(CALLER.iin, OTHER_PHONE, here.now, "agent")
    here.memory.bmg[CALLER.iin] = since
    with pytest.raises(settle.RegisteredSince):
        register(here)
    assert here.memory.bmg[CALLER.iin] == since


def test_a_registration_from_before_the_call_is_replaced() -> None:
    here = escalated(Gate.FACE)
    before = here.now - timedelta(days=90)
    here.memory.bmg[CALLER.iin] = MobileRegistration(CALLER.iin, OTHER_PHONE, before, "counter")
    register(here)
    assert here.memory.bmg[CALLER.iin].phone == builders.PHONE
    assert [kind for kind, _ in told(here)] == [NoticeKind.PHONE_REGISTERED, NoticeKind.PHONE_REPLACED]


@pytest.mark.parametrize("lacking", ["persons", "portraits"])
def test_who_is_not_in_the_state_register_with_a_portrait_is_not_registered(lacking: str) -> None:
    here = escalated(Gate.FACE)
    getattr(here.memory, lacking).clear()
    with pytest.raises(settle.NotInRegister):
        register(here)
    require_nothing_settled(here)


@BOTH
def test_a_call_that_does_not_exist_is_not_settled(act: Act) -> None:
    here = lines.house()
    with pytest.raises(records.CallUnknown):
        act(here)


@BOTH
@pytest.mark.parametrize(
    "actor",
    [
        AGENT,
        builders.SECOND_AGENT,
        builders.OFFICER,
        builders.ANALYST,
        builders.AUDITOR,
        GATEWAY,
        roles.OWNER,
    ],
)
def test_a_supervisor_alone_settles(act: Act, actor: roles.Actor) -> None:
    here = escalated(Gate.FACE)
    with pytest.raises(roles.NotAllowed):
        act(here, actor=actor)
    require_nothing_settled(here)


@pytest.mark.parametrize("role", roles.Role)
def test_no_other_role_has_the_permission(role: roles.Role) -> None:
    is_granted = roles.Permission.SETTLE_CALLS in roles.GRANTS[role]
    assert is_granted is (role is roles.Role.SUPERVISOR)


@BOTH
@pytest.mark.parametrize("first", [register, refuse])
def test_a_call_is_settled_once(first: Act, act: Act) -> None:
    here = escalated(Gate.FACE)
    done = first(here)
    notices = told(here)
    with pytest.raises(settle.AlreadySettled) as refused:
        act(here, actor=replace(SUPERVISOR, name="Aigerim O.", staff_id=30))
    assert refused.value.facts == {"by": SUPERVISOR.name}
    assert here.memory.settlements == {1: done}
    assert told(here) == notices


class ReadTooEarly(dict[int, Settlement]):
    """What a supervisor sees who looked before the other's decision was written."""

    def get(self, *_: object) -> None:  # type: ignore[override]  # whoever looks sees nothing
        return None


@BOTH
def test_of_two_supervisors_at_once_the_second_is_told_and_changes_nothing(act: Act) -> None:
    here = escalated(Gate.FACE)
    first = Settlement(1, Decision.REFUSED_FINAL, "data_differs", "seen", 30, "Aigerim O.", here.now)
    here.memory.settlements = ReadTooEarly({1: first})
    with pytest.raises(records.ChangedMeanwhile):
        act(here)
    assert list(here.memory.settlements.values()) == [first]
    assert here.memory.bmg == {}
    assert told(here) == []


def test_the_registers_portrait_is_shown_for_a_reason_while_the_call_is_to_be_settled() -> None:
    here = escalated(Gate.FACE)

    def look(reason: str, actor: roles.Actor = SUPERVISOR) -> bytes | None:
        with here.work() as work:
            return settle.portrait(work, actor=actor, call_id=1, reason=reason, now=here.now)

    assert look("is it the same face?") == b"jpeg"
    assert (here.memory.audit[-1].event, here.memory.audit[-1].reason) == (
        "register:portrait:seen",
        "is it the same face?",
    )
    with pytest.raises(evidence.EvidenceReasonMissing):
        look("")
    with pytest.raises(roles.NotAllowed):
        look("is it the same face?", builders.OFFICER)
    refuse(here)
    with pytest.raises(settle.AlreadySettled):
        look("is it the same face?")
