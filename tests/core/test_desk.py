"""A call agent's desk: the server is its one writer."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ca_core import roles
from ca_core.call import Desk, DeskState
from ca_core.registration import desk
from tests import builders
from tests.builders import AGENT
from tests.core import lines
from tests.fakes import House


def pause(here: House) -> Desk:
    with here.work() as work:
        return desk.pause(work, actor=AGENT, now=here.now)


def extend(here: House) -> Desk:
    with here.work() as work:
        return desk.extend_wrap_up(work, actor=AGENT, now=here.now)


def finish(here: House) -> Desk:
    with here.work() as work:
        return desk.finish_wrap_up(work, actor=AGENT, now=here.now)


def vanish(here: House) -> None:
    with here.work() as work:
        desk.vanished(work, staff_id=AGENT.staff_id or 0, now=here.now)


def test_an_agent_who_never_sat_down_is_offline() -> None:
    here = lines.house()
    with here.work() as work:
        assert desk.of(work, actor=AGENT, now=here.now).state is DeskState.OFFLINE
    assert pause(here).state is DeskState.OFFLINE
    assert here.memory.desks == {}


def test_an_agent_takes_calls_in_languages_that_we_have() -> None:
    here = lines.house()
    assert lines.ready(here, languages=("de", "en", "kk")).languages == ("kk", "en")
    assert lines.ready(here, languages=("ru",)).languages == ("ru",)
    for none in ((), ("de",)):
        with pytest.raises(desk.LanguageMissing):
            lines.ready(here, languages=none)


@pytest.mark.parametrize(
    "act",
    [
        lambda work, **who: desk.go_available(work, languages=("ru",), **who),
        desk.of,
        desk.pause,
        desk.extend_wrap_up,
        desk.finish_wrap_up,
    ],
)
def test_only_call_agents_have_a_desk(act: Callable[..., object]) -> None:
    here = lines.house()
    for actor in (builders.SUPERVISOR, builders.OFFICER, roles.OWNER):
        with pytest.raises(roles.NotAllowed), here.work() as work:
            act(work, actor=actor, now=here.now)


@pytest.mark.parametrize(
    ("way", "state"),
    [(lines.offered, "offered"), (lines.accepted, "in_call"), (lines.connected, "in_call")],
)
def test_who_has_a_call_does_not_become_available(way: Callable[[House], object], state: str) -> None:
    here = lines.house()
    way(here)
    with pytest.raises(desk.DeskBusy) as refused:
        lines.ready(here)
    assert refused.value.facts == {"state": state}


def test_who_did_not_respond_comes_back_by_saying_so() -> None:
    here = lines.house()
    lines.offered(here)
    here.later(seconds=15)
    lines.tick(here)
    assert lines.ready(here).state is DeskState.AVAILABLE


def test_a_free_agent_pauses_at_once() -> None:
    here = lines.house()
    lines.ready(here)
    assert pause(here).state is DeskState.PAUSED


def test_a_pause_in_a_call_begins_after_its_wrap_up() -> None:
    here = lines.house()
    found = lines.connected(here)
    assert pause(here).state is DeskState.IN_CALL
    lines.hang_up(here, found.call_id)
    assert lines.desk_of(here).state is DeskState.WRAP_UP
    here.later(seconds=20)
    lines.desk_tick(here)
    assert (lines.desk_of(here).state, lines.desk_of(here).pause_next) == (DeskState.PAUSED, False)


def test_a_pause_asked_for_while_it_rings_begins_when_nobody_answers() -> None:
    here = lines.house()
    lines.accepted(here)
    pause(here)
    here.later(seconds=30)
    lines.tick(here)
    place = lines.desk_of(here)
    assert (place.state, place.call_id, place.pause_next) == (DeskState.PAUSED, None, False)


def test_who_does_not_respond_is_no_less_asked_back_for_a_pause_to_come() -> None:
    here = lines.house()
    lines.accepted(here)
    pause(here)
    with here.work() as work:
        desk.freed(work, AGENT.staff_id or 0, into=DeskState.NOT_RESPONDING, now=here.now)
    assert lines.desk_of(here).state is DeskState.NOT_RESPONDING


def test_the_wrap_up_ends_with_its_time() -> None:
    here = lines.house()
    lines.ended(here)
    here.later(seconds=19)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.WRAP_UP
    here.later(seconds=1)
    lines.desk_tick(here)
    place = lines.desk_of(here)
    assert (place.state, place.call_id, place.wrap_up_until) == (DeskState.AVAILABLE, None, None)


def test_the_wrap_up_is_extended_once() -> None:
    here = lines.house()
    lines.ended(here)
    extended = extend(here)
    assert extended.wrap_up_until == here.now + timedelta(seconds=40)
    with pytest.raises(desk.NoWrapUp):
        extend(here)
    here.later(seconds=39)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.WRAP_UP


def test_the_next_wrap_up_may_be_extended_again() -> None:
    here = lines.house()
    lines.ended(here)
    extend(here)
    finish(here)
    lines.offer(here, lines.queued(here))
    found = lines.accept(here, 2)
    lines.answer(here, found.call_id)
    lines.connect(here, found.call_id)
    lines.hang_up(here, found.call_id)
    assert extend(here).wrap_up_extended


def test_the_wrap_up_is_finished_before_its_time() -> None:
    here = lines.house()
    lines.ended(here)
    done = finish(here)
    assert (done.state, done.call_id) == (DeskState.AVAILABLE, None)
    with pytest.raises(desk.NoWrapUp):
        finish(here)
    with pytest.raises(desk.NoWrapUp):
        extend(here)


def test_going_available_ends_the_wrap_up() -> None:
    here = lines.house()
    lines.ended(here)
    place = lines.ready(here)
    assert (place.state, place.call_id, place.wrap_up_until) == (DeskState.AVAILABLE, None, None)


@pytest.mark.parametrize("state", [DeskState.AVAILABLE, DeskState.PAUSED, DeskState.NOT_RESPONDING])
def test_an_agent_whose_page_stays_away_goes_offline(state: DeskState) -> None:
    here = lines.house()
    lines.ready(here)
    here.memory.desks[5] = builders.replace(lines.desk_of(here), state=state)
    vanish(here)
    here.later(seconds=9)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is state
    here.later(seconds=1)
    lines.desk_tick(here)
    assert (lines.desk_of(here).state, lines.desk_of(here).absent_since) == (DeskState.OFFLINE, None)


def test_a_page_that_is_loaded_anew_is_no_absence() -> None:
    here = lines.house()
    lines.ready(here)
    vanish(here)
    here.later(seconds=5)
    with here.work() as work:
        desk.appeared(work, staff_id=AGENT.staff_id or 0, now=here.now)
    vanish(here)
    here.later(seconds=9)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.AVAILABLE


def test_two_pages_that_vanish_count_from_the_first() -> None:
    here = lines.house()
    lines.ready(here)
    vanish(here)
    here.later(seconds=9)
    vanish(here)
    here.later(seconds=1)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.OFFLINE


@pytest.mark.parametrize("way", [lines.connected, lines.offered])
def test_an_agent_with_a_call_never_goes_offline_by_a_closed_page(way: Callable[[House], object]) -> None:
    """The call's own deadlines end it; the desk follows the call."""
    here = lines.house()
    way(here)
    before = lines.desk_of(here).state
    vanish(here)
    here.later(minutes=5)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is before


def test_who_vanished_in_the_wrap_up_is_offline_after_it() -> None:
    here = lines.house()
    lines.ended(here)
    vanish(here)
    here.later(seconds=20)
    lines.desk_tick(here)
    lines.desk_tick(here)
    assert lines.desk_of(here).state is DeskState.OFFLINE


def test_a_page_without_a_desk_appears_and_vanishes_without_a_trace() -> None:
    here = lines.house()
    vanish(here)
    with here.work() as work:
        desk.appeared(work, staff_id=AGENT.staff_id or 0, now=here.now)
    assert here.memory.desks == {}


def test_every_state_says_since_when() -> None:
    here = lines.house()
    lines.connected(here)
    for act in (
        lambda: lines.hang_up(here, 1),
        lambda: finish(here),
        lambda: lines.offer(here, lines.queued(here)),
        lambda: lines.left(here, 2),
        lambda: pause(here),
    ):
        here.later(seconds=1)
        act()
        assert lines.desk_of(here).since == here.now
    assert lines.desk_of(here).call_id is None


def test_each_state_that_an_agent_chose_is_in_the_audit_log() -> None:
    here = lines.house()
    lines.ready(here)
    pause(here)
    changes = [(e.subject, e.from_state, e.to_state) for e in here.memory.audit]
    assert changes == [("staff/5", "offline", "available"), ("staff/5", "available", "paused")]
