"""What must be done so that database and media agree: pure, case by case."""

from dataclasses import replace
from datetime import UTC, datetime

from ca_core.call import Call, Leg
from ca_core.lifecycle import CallState
from tests import builders
from video.engine import CallStats, LegStats, Role
from video.gateway import lines, media_events
from video.gateway.lines import CameBack, Close, Connected, Hold, Join, Line, Lost, Place, Record, Why

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WORKER = "http://worker.test:1"
LIVE = {WORKER}


def call(state: CallState, **different: object) -> Call:
    """One that an agent took and the citizen answered."""
    facts = {"accepted_at": NOW, "answered_at": NOW, "agent_id": 7, "worker": WORKER, **different}
    if state is not CallState.RINGING:
        facts.setdefault("connected_at", NOW)
    return replace(builders.call(NOW), state=state, **facts)


def line(*up: Leg, **different: object) -> Line:
    """Made on the worker, both pages here, these sides' media flowing, recording."""
    made = Line(1, worker=WORKER, is_made=True, is_recording=True)
    for number, (leg, end) in enumerate(made.ends.items(), start=1):
        end.came(number, 0.0, has_line=None)
        end.is_up = leg in up
    for name, value in different.items():
        setattr(made, name, value)
    return made


def test_nothing_is_done_before_an_agent_accepts() -> None:
    waiting = replace(call(CallState.RINGING), accepted_at=None, answered_at=None, worker="")
    assert lines.plan(waiting, Line(1), live=LIVE, now=0) == []


def test_an_accepted_call_is_placed_and_nobody_is_asked_to_join_before_the_answer() -> None:
    ringing = call(CallState.RINGING, answered_at=None, worker="")
    assert lines.plan(ringing, Line(1), live=LIVE, now=0) == [Place()]
    assert lines.plan(ringing, Line(1), live=(), now=0) == []
    assert lines.plan(replace(ringing, worker=WORKER), line(), live=LIVE, now=0) == []


def test_both_are_asked_to_join_once_and_again_when_nothing_came() -> None:
    here = line()
    asked = [Join(Leg.CITIZEN), Join(Leg.AGENT)]
    ringing = call(CallState.RINGING)
    assert lines.plan(ringing, here, live=LIVE, now=0) == asked
    for end in here.ends.values():
        end.asked_at = 0.0
    assert lines.plan(ringing, here, live=LIVE, now=7.9) == []
    assert lines.plan(ringing, here, live=LIVE, now=8.0) == asked


def test_connected_when_both_flow_and_then_recorded() -> None:
    both = line(*Leg, is_recording=False)
    assert lines.plan(call(CallState.RINGING), both, live=LIVE, now=0) == [Connected()]
    assert lines.plan(call(CallState.ACTIVE), both, live=LIVE, now=0) == [Record()]
    assert lines.plan(call(CallState.ACTIVE), line(*Leg), live=LIVE, now=0) == []


def test_a_recording_that_failed_is_begun_again_after_ten_seconds() -> None:
    failed = line(*Leg)
    failed.recording_failed(100.0)
    active = call(CallState.ACTIVE)
    assert lines.plan(active, failed, live=LIVE, now=109.9) == []
    assert lines.plan(active, failed, live=LIVE, now=110) == [Record()]


def test_a_new_gateway_waits_for_what_the_workers_say() -> None:
    """A call that has a worker is left alone for a lease; one that has none is placed at once."""
    active, unheard = call(CallState.ACTIVE), Line(1)
    assert lines.plan(active, unheard, live=(), now=0, is_settled=False) == []
    assert lines.plan(active, unheard, live=LIVE, now=0, is_settled=False) == []
    ringing = call(CallState.RINGING, answered_at=None, worker="")
    assert lines.plan(ringing, Line(1), live=LIVE, now=0, is_settled=False) == [Place()]


def test_hold_follows_what_is_stored() -> None:
    assert lines.plan(call(CallState.HELD), line(*Leg), live=LIVE, now=0) == [Hold(True)]
    assert lines.plan(call(CallState.ACTIVE), line(*Leg, is_held=True), live=LIVE, now=0) == [Hold(False)]


def test_a_silent_line_is_lost_and_its_page_is_not_asked_at_once() -> None:
    quiet = line(*Leg)
    quiet.ends[Leg.AGENT].joined_at = 5.0
    quiet.ends[Leg.AGENT].fell(Why.SILENT, 10.0)
    active = call(CallState.ACTIVE)
    assert lines.plan(active, quiet, live=LIVE, now=10) == [Lost(Leg.AGENT, Why.SILENT)]
    assert lines.plan(active, quiet, live=LIVE, now=14) == [Join(Leg.AGENT), Lost(Leg.AGENT, Why.SILENT)]


def test_a_closed_page_is_lost_after_two_seconds_or_when_its_media_stop() -> None:
    closed = line(*Leg)
    closed.ends[Leg.CITIZEN].went(10.0)
    active = call(CallState.ACTIVE)
    assert lines.plan(active, closed, live=LIVE, now=11.9) == []
    assert lines.plan(active, closed, live=LIVE, now=12) == [Lost(Leg.CITIZEN, Why.PAGE_CLOSED)]
    closed.ends[Leg.CITIZEN].fell(Why.SILENT, 11.0)
    assert lines.plan(active, closed, live=LIVE, now=11) == [Lost(Leg.CITIZEN, Why.PAGE_CLOSED)]


def test_it_came_back_when_both_flow_and_both_pages_are_here() -> None:
    lost = call(CallState.RECONNECTING)
    away = line(*Leg)
    away.ends[Leg.AGENT].went(0.0)
    assert lines.plan(lost, away, live=LIVE, now=9) == []
    assert lines.plan(lost, line(*Leg), live=LIVE, now=9) == [CameBack()]


def test_the_calls_of_a_dead_worker_are_lost_and_placed_anew() -> None:
    active = call(CallState.ACTIVE)
    gone = Lost(Leg.AGENT, Why.WORKER_GONE)
    assert lines.plan(active, line(*Leg), live=(), now=0) == [gone]
    assert lines.plan(active, line(*Leg), live={"http://worker.test:2"}, now=0) == [gone, Place()]
    assert lines.plan(call(CallState.RECONNECTING), line(), live=LIVE - {WORKER}, now=0) == []


def test_what_is_left_over_on_another_worker_is_closed() -> None:
    moved = line(*Leg, worker="http://worker.test:2")
    assert lines.plan(call(CallState.ACTIVE), moved, live=LIVE, now=0) == [Close()]


def test_an_ended_call_is_closed() -> None:
    assert lines.plan(call(CallState.ENDED), line(*Leg), live=LIVE, now=0) == [Close()]


def test_what_a_worker_says_counts() -> None:
    """After a start of the gateway: the legs that flow are left alone, those that do not are not."""

    def leg(role: Role, ago: float | None, loss: float = 0.0) -> LegStats:
        return LegStats(role, "connected", 1, 1, 1, 15.0, None, None, loss, None, 0.1, ago)

    known = Line(1)
    stats = CallStats(1, True, True, (leg(Role.CITIZEN, 0.2, loss=0.05), leg(Role.AGENT, 3.0)))
    media_events.found(known, stats, 1.0)
    assert (known.is_made, known.is_held, known.is_recording) == (True, True, True)
    assert [end.is_up for end in known.ends.values()] == [True, False]
    assert known.ends[Leg.CITIZEN].quality == "fair"
    media_events.found(known, CallStats(1, False, False, ()), 2.0)
    assert not known.ends[Leg.CITIZEN].is_up


def test_the_quality_of_a_line_in_a_word() -> None:
    def quality(loss: float | None, rtt: float | None, ago: float | None = 0.1) -> str:
        return media_events.quality(
            LegStats(Role.CITIZEN, "connected", 1, 1, 1, 15.0, None, None, loss, None, rtt, ago)
        )

    assert quality(None, None) == "good"
    assert quality(0.03, 0.1) == "fair"
    assert quality(0.0, 0.3) == "fair"
    assert quality(0.10, 0.1) == "poor"
    assert quality(0.0, 0.8) == "poor"
    assert quality(0.0, 0.1, None) == "none"
