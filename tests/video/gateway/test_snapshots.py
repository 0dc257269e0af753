"""What pages are told: the whole truth, and no more than is theirs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ca_core.call import Call, Decision, Desk, DeskState, EndCause, Leg
from ca_core.lifecycle import CallState
from tests import builders
from video.gateway import snapshots
from video.gateway.lines import Line, Shown
from video.gateway.scene import Code, CodeState, Scene

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
AGENT_ID = 7


def scene(*calls: Call, desks: tuple[Desk, ...] = (), codes: dict[int, Code] | None = None) -> Scene:
    return Scene(
        now=NOW,
        rules=builders.policy().calls,
        calls=tuple(call for call in calls if call.state is not CallState.ENDED),
        ended=tuple(call for call in calls if call.state is CallState.ENDED),
        desks=desks,
        codes=codes or {},
        handling=timedelta(minutes=4),
    )


def call(number: int = 1, state: CallState = CallState.QUEUED, **different: object) -> Call:
    queued_at = NOW - timedelta(minutes=10 - number)
    known = replace(builders.call(NOW), call_id=number, state=state, queued_at=queued_at, language="kk")
    return replace(known, **different)  # type: ignore[arg-type]


def desk(state: DeskState, number: int = AGENT_ID, **different: object) -> Desk:
    return replace(Desk(number, state, ("kk",), NOW), **different)  # type: ignore[arg-type]


TAKEN = {"agent_id": AGENT_ID, "offered_at": NOW, "accepted_at": NOW, "worker": "w"}
ON_THE_LINE = {**TAKEN, "answered_at": NOW, "connected_at": NOW, "recording_since": NOW}


def test_the_position_is_the_true_one_and_the_wait_an_honest_guess() -> None:
    calls = [call(number) for number in (1, 2, 3)]
    working = (desk(DeskState.IN_CALL), desk(DeskState.AVAILABLE, 8))
    told = snapshots.of_citizen(scene(*calls, desks=working), calls[2], None)
    assert (told["position"], told["agents"], told["wait_seconds"]) == (3, 2, 480)
    nobody = snapshots.of_citizen(scene(*calls), calls[2], None)
    assert (nobody["position"], nobody["agents"], nobody["wait_seconds"]) == (3, 0, None)


def test_an_offer_to_an_agent_is_not_yet_ringing_for_the_citizen() -> None:
    offered = call(state=CallState.RINGING, agent_id=AGENT_ID, offered_at=NOW)
    told = snapshots.of_citizen(scene(offered), offered, None)
    assert (told["state"], told["position"], told["agent_number"], told["until"]) == ("queued", 1, None, None)


@pytest.mark.parametrize(
    ("different", "state", "until"),
    [
        (TAKEN, "ringing", "2026-11-22T10:00:30Z"),
        (TAKEN | {"answered_at": NOW}, "connecting", "2026-11-22T10:00:15Z"),
    ],
)
def test_ringing_and_connecting_say_until_when(different: dict[str, object], state: str, until: str) -> None:
    ringing = call(state=CallState.RINGING, **different)
    told = snapshots.of_citizen(scene(ringing), ringing, None)
    assert (told["state"], told["until"], told["agent_number"]) == (state, until, "7")
    at_desk = desk(DeskState.IN_CALL, call_id=1)
    mine = snapshots.of_agent(scene(ringing, desks=(at_desk,)), at_desk, None)["call"]
    assert (mine["state"], mine["until"]) == (state, until)  # type: ignore[index]


def test_who_is_lost_and_until_when_they_may_come_back() -> None:
    lost = call(
        state=CallState.RECONNECTING, lost_at=NOW, lost_leg=Leg.AGENT, lost_why="silent", **ON_THE_LINE
    )
    told = snapshots.of_citizen(scene(lost), lost, None)
    assert (told["lost"], told["until"]) == ("agent", "2026-11-22T10:01:00Z")


def test_a_recording_with_a_problem_is_none() -> None:
    active = call(state=CallState.ACTIVE, **ON_THE_LINE)
    assert snapshots.of_citizen(scene(active), active, None)["recording"] is True
    failed = replace(active, recording_problem="ENOSPC")
    assert snapshots.of_citizen(scene(failed), failed, None)["recording"] is False


def test_code_and_what_to_show_are_told_to_the_citizen() -> None:
    active = call(state=CallState.ACTIVE, **ON_THE_LINE)
    shown = Line(1, shown=Shown.DOCUMENT)
    told = snapshots.of_citizen(scene(active, codes={1: Code(CodeState.WRONG, 2)}), active, shown)
    assert (told["code"], told["tries_left"], told["show"]) == ("wrong", 2, "document")


def test_the_offer_tells_the_agent_no_more_than_is_needed() -> None:
    offered = call(state=CallState.RINGING, agent_id=AGENT_ID, offered_at=NOW, attempt=2)
    at_desk = desk(DeskState.OFFERED, call_id=1)
    told = snapshots.of_agent(scene(offered, desks=(at_desk,)), at_desk, None)
    assert told["offer"] == {
        "call_id": 1,
        "language": "kk",
        "waited_seconds": 540,
        "attempt": 2,
        "need": "",
        "until": "2026-11-22T10:00:15Z",
        "lasts_seconds": 15,
    }
    assert told["call"] is None


def test_nothing_of_the_caller_is_in_the_agents_snapshot() -> None:
    active = call(state=CallState.ACTIVE, **ON_THE_LINE)
    at_desk = desk(DeskState.IN_CALL, call_id=1)
    text = str(snapshots.of_agent(scene(active, desks=(at_desk,)), at_desk, Line(1)))
    assert active.iin.digits not in text
    assert active.phone.digits not in text


def test_the_queue_counts_those_who_wait_and_the_free() -> None:
    desks = (
        desk(DeskState.AVAILABLE),
        desk(DeskState.AVAILABLE, 8, absent_since=NOW),
        desk(DeskState.PAUSED, 9),
    )
    told = snapshots.of_agent(scene(call(1), call(2), desks=desks), desks[0], None)["queue"]
    assert told == {"waiting": 2, "oldest_seconds": 540, "free_agents": 1}


def test_the_last_snapshot_waits_for_the_decision_or_the_end_of_the_wrap_up() -> None:
    over = ON_THE_LINE | {"ended_at": NOW, "cause": EndCause.AGENT_HUNG_UP, "decision": Decision.INTERRUPTED}
    ended = call(state=CallState.ENDED, **over)
    wrapping = desk(DeskState.WRAP_UP, call_id=1)
    assert not snapshots.is_last(scene(ended, desks=(wrapping,)), ended)
    decided = replace(ended, decision=Decision.REFUSED_RETRY, decision_reason="poor_line", decided_at=NOW)
    assert snapshots.is_last(scene(decided, desks=(wrapping,)), decided)
    assert snapshots.is_last(scene(ended, desks=(desk(DeskState.AVAILABLE),)), ended)
    told = snapshots.of_citizen(scene(decided), decided, None)
    assert (told["decision"], told["reason"], told["cause"]) == (
        "refused_retry",
        "poor_line",
        "agent_hung_up",
    )
