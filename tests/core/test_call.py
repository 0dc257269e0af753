"""The life of a video call (F2): every passage, every deadline, and what it does to the agent's desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ca_core import records, roles
from ca_core.call import Call, Check, Decision, DeskState, EndCause, Gate, Leg, OfferOutcome, Outcome
from ca_core.lifecycle import CALL, CallState, TransitionRefused
from ca_core.registration import call, deadlines, desk
from tests import builders
from tests.builders import AGENT, GATEWAY, SECOND_AGENT
from tests.core import lines
from tests.fakes import House

WAYS_TO = {
    CallState.QUEUED: lines.queued,
    CallState.RINGING: lines.offered,
    CallState.ACTIVE: lines.connected,
    CallState.RECONNECTING: lines.lost,
    CallState.HELD: lines.held,
    CallState.ENDED: lines.ended,
}


def offer(here: House, found: Call) -> Call:
    with here.work() as work:
        to = builders.desk(here.now, staff_id=SECOND_AGENT.staff_id or 0)
        work.desks.add(to)
        return call.offer(work, actor=GATEWAY, call=found, to=to, now=here.now)


def give_back(here: House, found: Call) -> Call:
    with here.work() as work:
        return call.give_back(
            work, actor=GATEWAY, call=found, outcome=OfferOutcome.NOT_ACCEPTED, now=here.now
        )


def hold(here: House, found: Call) -> Call:
    with here.work() as work:
        return call.hold(work, actor=AGENT, call_id=found.call_id, now=here.now)


def resume(here: House, found: Call) -> Call:
    with here.work() as work:
        return call.resume(work, actor=AGENT, call_id=found.call_id, now=here.now)


def lose(here: House, found: Call, leg: Leg = Leg.CITIZEN, why: str = "silent") -> Call:
    with here.work() as work:
        return call.lost(work, actor=GATEWAY, call_id=found.call_id, leg=leg, why=why, now=here.now)


def come_back(here: House, found: Call) -> Call:
    with here.work() as work:
        return call.came_back(work, actor=GATEWAY, call_id=found.call_id, now=here.now)


def end(here: House, found: Call, cause: EndCause = EndCause.LOST) -> Call:
    with here.work() as work:
        return call.end(work, actor=GATEWAY, call=found, cause=cause, now=here.now)


ACTS: dict[str, Callable[[House, Call], Call]] = {
    "offer": offer,
    "give_back": give_back,
    "connect": lambda here, found: lines.connect(here, found.call_id),
    "hold": hold,
    "resume": resume,
    "come_back": come_back,
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", WAYS_TO)
def test_each_act_starts_only_where_the_table_says(state: CallState, act: str) -> None:
    here = lines.house()
    found = lines.answered(here) if act == "connect" and state is CallState.RINGING else WAYS_TO[state](here)
    if CALL.allows(act, state):
        assert ACTS[act](here, found).state is CALL.after(act, state)
    else:
        with pytest.raises((TransitionRefused, call.NotYourCall)):
            ACTS[act](here, found)
        assert lines.now_of(here, found.call_id) == found


def test_the_whole_way_is_written_down_transition_by_transition() -> None:
    here = lines.house()
    found = lines.connected(here)
    hold(here, found)
    resume(here, found)
    lines.hang_up(here, found.call_id)
    passages = [
        (entry.event, entry.from_state, entry.to_state)
        for entry in here.memory.audit
        if entry.event.startswith("call:") and entry.subject == f"call/{found.call_id}"
    ]
    assert passages == [
        ("call:open:done", "", "QUEUED"),
        ("call:offer:done", "QUEUED", "RINGING"),
        ("call:accept:done", "", ""),
        ("call:answer:done", "", ""),
        ("call:connect:done", "RINGING", "ACTIVE"),
        ("call:hold:done", "ACTIVE", "HELD"),
        ("call:resume:done", "HELD", "ACTIVE"),
        ("call:end:done", "ACTIVE", "ENDED"),
    ]


def test_no_call_begins_before_the_caller_agreed_to_the_recording() -> None:
    here = lines.house()
    with pytest.raises(call.ConsentToRecordingMissing), here.work() as work:
        call.open_(work, wish=lines.wish(), consented=False, page_digest=lines.PAGE, now=here.now)
    assert here.memory.calls == {}


def test_the_consent_is_the_first_line_of_the_checklist() -> None:
    here = lines.house()
    found = lines.queued(here)
    assert here.memory.checks == [
        Check(found.call_id, Gate.CONSENT, Outcome.PASSED, here.now, "caller", {"version": "1"}, check_id=1)
    ]
    assert (found.consent_at, found.consent_version) == (here.now, "1")


def test_the_same_page_again_finds_its_call() -> None:
    here = lines.house()
    first = lines.queued(here)
    here.later(seconds=20)
    assert lines.queued(here) == first
    assert len(here.memory.calls) == 1


def test_a_page_whose_call_ended_begins_another() -> None:
    here = lines.house()
    first = lines.queued(here)
    lines.left(here, first.call_id)
    assert lines.queued(here).call_id != first.call_id


def test_an_iin_has_three_calls_at_a_time_at_most() -> None:
    here = lines.house()
    waiting = [lines.queued(here, page=bytes([n])) for n in range(3)]
    with pytest.raises(call.TooManyCalls) as refused:
        lines.queued(here, page=b"4")
    assert refused.value.facts == {"most": 3}
    lines.queued(here, page=b"other", iin=builders.iin(number=500))
    lines.left(here, waiting[0].call_id)
    lines.queued(here, page=b"4")


def test_attempts_of_the_last_day_are_counted() -> None:
    here = lines.house()
    lines.left(here, lines.queued(here).call_id)
    here.later(hours=23)
    second = lines.queued(here)
    lines.left(here, second.call_id)
    here.later(hours=2)
    third = lines.queued(here)
    here.later(hours=24, seconds=1)
    assert (second.attempt, third.attempt) == (2, 2)
    assert lines.queued(here, page=b"new").attempt == 1


def test_an_offer_takes_the_agent_and_is_written_down() -> None:
    here = lines.house()
    found = lines.offered(here)
    assert (found.agent_id, found.offered_at, found.accepted_at) == (AGENT.staff_id, here.now, None)
    place = lines.desk_of(here)
    assert (place.state, place.call_id) == (DeskState.OFFERED, found.call_id)
    assert [(o.staff_id, o.outcome) for o in here.memory.offers] == [(AGENT.staff_id, OfferOutcome.OPEN)]


def test_nobody_of_the_staff_picks_a_caller() -> None:
    here = lines.house()
    waiting, place = lines.queued(here), lines.ready(here)
    for actor in (AGENT, builders.SUPERVISOR, builders.OFFICER, roles.OWNER):
        with pytest.raises(roles.NotAllowed), here.work() as work:
            call.offer(work, actor=actor, call=waiting, to=place, now=here.now)


def test_of_two_offers_of_one_caller_the_second_is_refused() -> None:
    """Two dispatchers race: the record says that it changed."""
    here = lines.house()
    lines.ready(here)
    second = lines.ready(here, SECOND_AGENT)
    waiting = lines.queued(here)
    lines.offer(here, waiting)
    with pytest.raises(records.ChangedMeanwhile), here.work() as work:
        call.offer(work, actor=GATEWAY, call=waiting, to=second, now=here.now)
    assert lines.desk_of(here, SECOND_AGENT).state is DeskState.AVAILABLE


def test_of_two_callers_offered_to_one_agent_the_second_is_refused() -> None:
    here = lines.house()
    first, second = lines.queued(here), lines.queued(here, page=b"second")
    place = lines.ready(here)
    lines.offer(here, first)
    with pytest.raises(records.ChangedMeanwhile), here.work() as work:
        call.offer(work, actor=GATEWAY, call=second, to=place, now=here.now)
    assert lines.now_of(here, second.call_id).state is CallState.QUEUED


def test_the_agent_who_accepts_has_the_call() -> None:
    here = lines.house()
    found = lines.accepted(here)
    assert (found.state, found.accepted_at) == (CallState.RINGING, here.now)
    assert lines.desk_of(here).state is DeskState.IN_CALL
    assert here.memory.offers[0].outcome is OfferOutcome.ACCEPTED


def test_accepting_twice_is_once() -> None:
    here = lines.house()
    first = lines.accepted(here)
    here.later(seconds=2)
    assert lines.accept(here, first.call_id) == first
    assert builders.events(here).count("call:accept:done") == 1


def test_an_offer_to_another_agent_cannot_be_accepted() -> None:
    here = lines.house()
    found = lines.offered(here)
    lines.ready(here, SECOND_AGENT)
    with pytest.raises(call.OfferGone):
        lines.accept(here, found.call_id, SECOND_AGENT)
    lines.accept(here, found.call_id)
    with pytest.raises(call.OfferGone):
        lines.accept(here, found.call_id, SECOND_AGENT)


def test_who_takes_no_calls_accepts_none() -> None:
    here = lines.house()
    found = lines.offered(here)
    with pytest.raises(roles.NotAllowed):
        lines.accept(here, found.call_id, builders.SUPERVISOR)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        call.decline(work, actor=builders.OFFICER, call_id=found.call_id, now=here.now)


def test_an_offer_cannot_be_accepted_after_the_caller_left() -> None:
    here = lines.house()
    found = lines.offered(here)
    lines.left(here, found.call_id)
    with pytest.raises(call.OfferGone):
        lines.accept(here, found.call_id)
    assert lines.desk_of(here).state is DeskState.AVAILABLE
    assert here.memory.offers[0].outcome is OfferOutcome.WITHDRAWN


def test_an_offer_whose_time_is_over_cannot_be_accepted() -> None:
    here = lines.house()
    found = lines.offered(here)
    here.later(seconds=15)
    lines.tick(here)
    with pytest.raises(call.OfferGone):
        lines.accept(here, found.call_id)


def test_an_agent_whose_desk_has_no_offer_accepts_none() -> None:
    here = lines.house()
    found = lines.offered(here)
    here.memory.desks[5] = builders.replace(lines.desk_of(here), state=DeskState.PAUSED)
    with pytest.raises(call.OfferGone):
        lines.accept(here, found.call_id)


def test_an_unknown_call_cannot_be_accepted() -> None:
    here = lines.house()
    lines.ready(here)
    with pytest.raises(records.CallUnknown):
        lines.accept(here, 77)


def test_a_declined_caller_keeps_the_place_and_the_agent_is_asked_no_more() -> None:
    here = lines.house()
    waiting = lines.queued(here)
    here.later(minutes=3)
    lines.ready(here)
    found = lines.offer(here, waiting)
    with here.work() as work:
        back = call.decline(work, actor=AGENT, call_id=found.call_id, now=here.now)
    assert (back.state, back.queued_at) == (CallState.QUEUED, waiting.queued_at)
    assert (back.agent_id, back.offered_at, back.missed) == (None, None, 0)
    assert lines.desk_of(here).state is DeskState.NOT_RESPONDING
    assert lines.desk_of(here).call_id is None
    assert here.memory.offers[0].outcome is OfferOutcome.DECLINED


def test_an_accepted_call_is_not_declined() -> None:
    here = lines.house()
    found = lines.accepted(here)
    with pytest.raises(call.OfferGone), here.work() as work:
        call.decline(work, actor=AGENT, call_id=found.call_id, now=here.now)


def test_another_agents_offer_is_not_declined() -> None:
    here = lines.house()
    found = lines.offered(here)
    with pytest.raises(call.OfferGone), here.work() as work:
        call.decline(work, actor=SECOND_AGENT, call_id=found.call_id, now=here.now)


def test_an_offer_that_is_not_accepted_in_fifteen_seconds_goes_to_the_next() -> None:
    here = lines.house()
    found = lines.offered(here)
    here.later(seconds=14)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (back,) = lines.tick(here)
    assert (back.state, back.queued_at, back.agent_id) == (CallState.QUEUED, found.queued_at, None)
    assert lines.desk_of(here).state is DeskState.NOT_RESPONDING
    assert here.memory.offers[0].outcome is OfferOutcome.NOT_ACCEPTED


def test_the_citizen_answers_once() -> None:
    here = lines.house()
    first = lines.answered(here)
    here.later(seconds=2)
    assert lines.answer(here, first.call_id) == first
    assert first.answered_at is not None


def test_nothing_rings_before_the_agent_accepted() -> None:
    here = lines.house()
    waiting = lines.queued(here)
    with pytest.raises(call.OfferGone):
        lines.answer(here, waiting.call_id)
    lines.ready(here)
    lines.offer(here, waiting)
    with pytest.raises(call.OfferGone):
        lines.answer(here, waiting.call_id)


def test_a_call_that_ended_is_not_answered() -> None:
    here = lines.house()
    found = lines.answered(here)
    lines.hang_up(here, found.call_id)
    with pytest.raises(call.OfferGone):
        lines.answer(here, found.call_id)


def test_a_citizen_who_does_not_answer_keeps_the_place_once() -> None:
    here = lines.house()
    found = lines.accepted(here)
    here.later(seconds=29)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (back,) = lines.tick(here)
    assert (back.state, back.missed, back.queued_at) == (CallState.QUEUED, 1, found.queued_at)
    # It was not the agent's doing: free for the next caller at once.
    assert lines.desk_of(here).state is DeskState.AVAILABLE
    lines.offer(here, back)
    lines.accept(here, found.call_id)
    here.later(seconds=30)
    (gone,) = lines.tick(here)
    assert (gone.state, gone.cause, gone.decision) == (CallState.ENDED, EndCause.MISSED, None)
    assert lines.desk_of(here).state is DeskState.AVAILABLE


def test_an_agent_who_let_an_offer_pass_costs_the_caller_nothing() -> None:
    here = lines.house()
    found = lines.offered(here)
    here.later(seconds=15)
    (back,) = lines.tick(here)
    assert back.missed == 0
    lines.ready(here, SECOND_AGENT)
    lines.offer(here, back, SECOND_AGENT)
    lines.accept(here, found.call_id, SECOND_AGENT)
    here.later(seconds=30)
    (again,) = lines.tick(here)
    assert (again.state, again.missed) == (CallState.QUEUED, 1)


def test_a_line_that_does_not_come_about_in_fifteen_seconds_ends_the_call() -> None:
    here = lines.house()
    lines.answered(here)
    here.later(seconds=14)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (gone,) = lines.tick(here)
    assert (gone.cause, gone.decision) == (EndCause.NOT_CONNECTED, None)
    assert lines.desk_of(here).state is DeskState.AVAILABLE


def test_a_call_that_nobody_answered_does_not_connect() -> None:
    here = lines.house()
    found = lines.accepted(here)
    with pytest.raises(call.NotConnected):
        lines.connect(here, found.call_id)


@pytest.mark.parametrize("way", [lines.connected, lines.held, lines.lost])
def test_no_talk_is_longer_than_the_policy_allows(way: Callable[[House], Call]) -> None:
    """On hold and while a line is lost the time goes on; the rule for the undecided is that of any end."""
    here = lines.house(calls={"hold_at_most": timedelta(hours=1), "come_back": timedelta(hours=1)})
    found = way(here)
    here.later(minutes=44, seconds=59)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (gone,) = lines.tick(here)
    assert (gone.cause, gone.decision) == (EndCause.TALKED_TOO_LONG, Decision.INTERRUPTED)
    assert found.connected_at == lines.AT
    assert lines.desk_of(here).state is DeskState.WRAP_UP


def test_the_end_of_the_longest_talk_is_told_five_minutes_before() -> None:
    here = lines.house()
    found, rules = lines.connected(here), here.policy.calls
    here.later(minutes=39, seconds=59)
    assert deadlines.talk_ends_at(found, rules=rules, now=here.now) is None
    here.later(seconds=1)
    assert deadlines.talk_ends_at(found, rules=rules, now=here.now) == here.now + timedelta(minutes=5)
    over = lines.hang_up(here, found.call_id)
    assert deadlines.talk_ends_at(over, rules=rules, now=here.now) is None


def test_a_page_that_never_opened_its_socket_leaves_the_queue_after_a_minute() -> None:
    here = lines.house()
    with here.work() as work:
        call.open_(work, wish=lines.wish(), consented=True, page_digest=lines.PAGE, now=here.now)
    here.later(seconds=59)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (gone,) = lines.tick(here)
    assert (gone.cause, gone.ended_at) == (EndCause.LEFT_QUEUE, here.now)


def test_a_page_that_is_gone_keeps_the_place_for_a_minute() -> None:
    here = lines.house()
    waiting = lines.queued(here)
    with here.work() as work:
        call.page_gone(work, actor=GATEWAY, call_id=waiting.call_id, now=here.now)
    here.later(seconds=40)
    with here.work() as work:
        # Gone again before it was back: the first moment counts.
        call.page_gone(work, actor=GATEWAY, call_id=waiting.call_id, now=here.now)
    here.later(seconds=19)
    assert lines.tick(here) == []
    with here.work() as work:
        back = call.page_here(work, actor=GATEWAY, call_id=waiting.call_id, now=here.now)
    assert (back.absent_since, back.queued_at) == (None, waiting.queued_at)
    here.later(minutes=2)
    assert lines.tick(here) == []


def test_a_page_that_is_gone_twice_is_gone_since_the_first_time() -> None:
    """Whoever flickers does not hold a place for ever."""
    here = lines.house()
    waiting = lines.queued(here)
    for _ in range(2):
        with here.work() as work:
            call.page_gone(work, actor=GATEWAY, call_id=waiting.call_id, now=here.now)
        here.later(seconds=30)
    (gone,) = lines.tick(here)
    assert gone.cause is EndCause.LEFT_QUEUE


def test_nobody_waits_longer_than_an_hour() -> None:
    here = lines.house()
    lines.queued(here)
    here.later(minutes=59, seconds=59)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (gone,) = lines.tick(here)
    assert gone.cause is EndCause.WAITED_TOO_LONG


def test_a_call_is_on_hold_for_five_minutes_at_most() -> None:
    here = lines.house()
    lines.held(here)
    here.later(minutes=4, seconds=59)
    assert lines.tick(here) == []
    here.later(seconds=1)
    (gone,) = lines.tick(here)
    assert (gone.cause, gone.decision) == (EndCause.HELD_TOO_LONG, Decision.INTERRUPTED)


def test_resuming_ends_the_hold_and_its_deadline() -> None:
    here = lines.house()
    back = resume(here, lines.held(here))
    assert (back.state, back.held_at) == (CallState.ACTIVE, None)
    here.later(minutes=6)
    assert lines.tick(here) == []


@pytest.mark.parametrize("leg", list(Leg))
def test_a_lost_side_may_come_back_within_a_minute(leg: Leg) -> None:
    here = lines.house()
    gone = lose(here, lines.connected(here), leg, "worker_gone")
    assert (gone.state, gone.lost_leg, gone.lost_why) == (CallState.RECONNECTING, leg, "worker_gone")
    here.later(seconds=59)
    assert lines.tick(here) == []
    back = come_back(here, gone)
    assert (back.state, back.lost_at, back.lost_leg, back.lost_why) == (CallState.ACTIVE, None, None, "")
    assert lines.desk_of(here).state is DeskState.IN_CALL


def test_a_line_that_stays_lost_ends_the_call_and_the_agent_wraps_up() -> None:
    here = lines.house()
    lines.lost(here)
    here.later(seconds=60)
    (gone,) = lines.tick(here)
    assert (gone.cause, gone.decision) == (EndCause.LOST, Decision.INTERRUPTED)
    assert lines.desk_of(here).state is DeskState.WRAP_UP


def test_losing_what_is_lost_changes_nothing() -> None:
    """The first cause and moment stand: the minute is not begun anew."""
    here = lines.house()
    first = lines.lost(here)
    here.later(seconds=30)
    assert lose(here, first, Leg.AGENT, "silent") == first


@pytest.mark.parametrize("way", [lines.queued, lines.offered, lines.answered, lines.ended])
def test_what_has_no_line_loses_none(way: Callable[[House], Call]) -> None:
    here = lines.house()
    found = way(here)
    assert lose(here, found) == found


@pytest.mark.parametrize(("seconds", "again"), [(5, False), (6, True)])
def test_after_more_than_a_moment_away_the_face_is_looked_at_anew(seconds: int, again: bool) -> None:
    """Whoever comes back could be somebody else."""
    here = lines.house()
    found = lines.connected(here)
    builders.checks_passed(here, found.call_id)
    lose(here, found)
    here.later(seconds=seconds)
    come_back(here, found)
    assert (lines.gate(here, found.call_id, Gate.FACE) == "open_again") is again
    assert lines.gate(here, found.call_id, Gate.READING) == "passed"


def test_a_hold_that_was_lost_comes_back_as_a_hold_with_its_deadline() -> None:
    """The agent believes themselves unheard: a short loss of the line must not put them on air."""
    here = lines.house()
    held = lines.held(here)
    back = come_back(here, lose(here, held))
    assert (back.state, back.held_at) == (CallState.HELD, held.held_at)
    here.later(minutes=10)
    assert [ended.cause for ended in lines.tick(here)] == [EndCause.HELD_TOO_LONG]


@pytest.mark.parametrize(
    ("way", "cause"),
    [
        (lines.queued, EndCause.LEFT_QUEUE),
        (lines.offered, EndCause.LEFT_QUEUE),
        (lines.accepted, EndCause.CALLER_HUNG_UP),
        (lines.connected, EndCause.CALLER_HUNG_UP),
        (lines.held, EndCause.CALLER_HUNG_UP),
        (lines.lost, EndCause.CALLER_HUNG_UP),
    ],
)
def test_the_citizen_may_leave_at_any_time(way: Callable[[House], Call], cause: EndCause) -> None:
    here = lines.house()
    gone = lines.left(here, way(here).call_id)
    assert (gone.state, gone.cause, gone.ended_at) == (CallState.ENDED, cause, here.now)


def test_after_a_talk_the_agent_wraps_up_with_the_call_and_before_one_is_free() -> None:
    here = lines.house()
    gone = lines.hang_up(here, lines.connected(here).call_id)
    place = lines.desk_of(here)
    assert (gone.cause, gone.decision) == (EndCause.AGENT_HUNG_UP, Decision.INTERRUPTED)
    assert (place.state, place.call_id) == (DeskState.WRAP_UP, gone.call_id)
    assert place.wrap_up_until == here.now + builders.CALLS.wrap_up

    there = lines.house()
    early = lines.hang_up(there, lines.accepted(there).call_id)
    place = lines.desk_of(there)
    assert (early.cause, early.decision) == (EndCause.AGENT_HUNG_UP, None)
    assert (place.state, place.call_id) == (DeskState.AVAILABLE, None)


def test_a_decision_outlives_the_end() -> None:
    here = lines.house()
    found = lines.connected(here)
    with here.work() as work:
        decided = work.calls.save(builders.replace(found, decision=Decision.REGISTERED), expected=found)
    assert end(here, decided).decision is Decision.REGISTERED


def test_ended_is_ended() -> None:
    """The first cause stands."""
    here = lines.house()
    gone = lines.hang_up(here, lines.connected(here).call_id)
    here.later(seconds=3)
    assert end(here, gone) == gone
    assert lines.left(here, gone.call_id) == gone
    assert CALL.acts_from(CallState.ENDED) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda work, actor, call_id, now: call.hang_up(work, actor=actor, call_id=call_id, now=now),
        lambda work, actor, call_id, now: call.hold(work, actor=actor, call_id=call_id, now=now),
        lambda work, actor, call_id, now: call.resume(work, actor=actor, call_id=call_id, now=now),
        lambda work, actor, call_id, _now: call.on_the_line(work, actor=actor, call_id=call_id),
    ],
)
def test_another_agents_call_is_not_mine(act: Callable[..., object]) -> None:
    here = lines.house()
    found = lines.connected(here)
    with pytest.raises(call.NotYourCall), here.work() as work:
        act(work, SECOND_AGENT, found.call_id, here.now)
    for actor in (builders.SUPERVISOR, builders.OFFICER, GATEWAY, roles.OWNER):
        with pytest.raises(roles.NotAllowed), here.work() as work:
            act(work, actor, found.call_id, here.now)


def test_an_agent_without_a_number_has_no_call() -> None:
    here = lines.house()
    waiting = lines.queued(here)
    nobody = builders.replace(AGENT, staff_id=None)
    with pytest.raises(call.NotYourCall), here.work() as work:
        call.mine(work, actor=nobody, call_id=waiting.call_id)


@pytest.mark.parametrize("state", WAYS_TO)
def test_only_a_call_with_both_sides_and_not_on_hold_is_on_the_line(state: CallState) -> None:
    here = lines.house()
    found = WAYS_TO[state](here)
    with here.work() as work:
        if state is CallState.ACTIVE:
            assert call.on_the_line(work, actor=AGENT, call_id=found.call_id) == found
            return
        with pytest.raises((call.NotConnected, call.NotYourCall)):
            call.on_the_line(work, actor=AGENT, call_id=found.call_id)


def test_a_recording_that_could_not_go_on_shuts_its_gate() -> None:
    here = lines.house()
    found = lines.connected(here)
    with here.work() as work:
        begun = call.recording(work, actor=GATEWAY, call_id=found.call_id, now=here.now)
    assert lines.gate(here, found.call_id, Gate.RECORDING) == "passed"
    since = here.now
    here.later(seconds=40)
    with here.work() as work:
        broken = call.recording(work, actor=GATEWAY, call_id=found.call_id, problem="disk_full", now=here.now)
    assert lines.gate(here, found.call_id, Gate.RECORDING) == "failed"
    assert (begun.recording_since, broken.recording_since) == (since, since)
    assert broken.recording_problem == "disk_full"


def test_the_worker_of_a_call_is_known() -> None:
    here = lines.house()
    found = lines.accepted(here)
    with here.work() as work:
        placed = call.placed(work, actor=GATEWAY, call_id=found.call_id, worker="media-1", now=here.now)
        assert placed.worker == "media-1"
        assert (
            call.placed(work, actor=GATEWAY, call_id=found.call_id, worker="media-1", now=here.now) == placed
        )


@pytest.mark.parametrize(
    "act",
    [
        lambda work, **who: call.placed(work, worker="media-1", **who),
        call.connected,
        lambda work, **who: call.lost(work, leg=Leg.AGENT, why="silent", **who),
        call.came_back,
        call.page_gone,
        call.page_here,
        call.recording,
        deadlines.keep,
        lambda work, call_id, **who: desk.keep_time(work, staff_id=5, **who),
    ],
)
@pytest.mark.parametrize("actor", [AGENT, builders.SUPERVISOR, roles.OWNER])
def test_what_the_line_does_the_system_alone_says(act: Callable[..., object], actor: roles.Actor) -> None:
    here = lines.house()
    found = lines.connected(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        act(work, actor=actor, call_id=found.call_id, now=here.now)


def test_every_call_that_is_due_is_seen() -> None:
    here = lines.house()
    lines.queued(here, page=b"a")
    lines.queued(here, page=b"b", iin=builders.iin(number=500))
    here.later(minutes=60)
    assert [gone.cause for gone in lines.tick(here)] == [EndCause.WAITED_TOO_LONG] * 2
    assert lines.tick(here) == []
