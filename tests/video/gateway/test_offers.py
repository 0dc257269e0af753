"""Who is offered whom, through the gateway: fair, one at a time, the caller's place kept (F2)."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from ca_core.call import DeskState, EndCause, OfferOutcome
from ca_core.lifecycle import CallState
from ca_core.registration import call_back, desk
from tests.video.gateway import media
from tests.video.gateway.conftest import Page, World, talk
from video.gateway import dispatcher
from video.gateway.apart import Apart
from video.gateway.dispatcher import Present


def offered(page: Page) -> bool:
    return page.now.get("offer") is not None


def test_offers_go_to_either_agent_and_neither_chooses(world: World) -> None:
    """Twenty-four callers, two free agents: each gets some, in the callers' order, one at a time."""
    agents = {agent.actor.staff_id: agent.sit() for agent in (world.agent("aizhan"), world.agent("bolat"))}
    takers: Counter[int | None] = Counter()
    for _ in range(24):
        caller = world.caller()
        citizen = caller.open()
        citizen.quiet(0.05)
        world.wait(lambda caller=caller: caller.stored.agent_id is not None)  # type: ignore[misc]
        taker = caller.stored.agent_id
        takers[taker] += 1
        desk = agents[taker]
        assert desk.until(lambda told: told["offer"] is not None)["offer"]["call_id"] == caller.call_id
        citizen.send("leave")
        assert citizen.end() == 4410
        desk.state("available")
    # A fair coin leaves one side with fewer than three in 24 once in 28,000 runs.
    assert min(takers[staff_id] for staff_id in agents) >= 3


def test_the_longest_waiting_is_offered_first(world: World) -> None:
    callers = [world.caller() for _ in range(3)]
    pages = [caller.open() for caller in callers]
    assert pages[2].until(lambda told: told["position"] == 3)
    desk = world.agent("aizhan").sit()
    offer = desk.until(lambda told: told["offer"] is not None)["offer"]
    assert offer["call_id"] == callers[0].call_id
    assert pages[0].until(lambda told: told["agents"] == 1)["position"] == 1
    assert pages[2].until(lambda told: told["position"] == 2)["wait_seconds"] == 720


@pytest.mark.parametrize(("name", "full"), [("cpu_percent", 96.0), ("delay_ms", 12.0)])
def test_nobody_is_offered_a_call_that_no_worker_has_room_for(world: World, name: str, full: float) -> None:
    """The caller keeps the place, and is offered as soon as there is room."""
    before = {address: getattr(worker, name) for address, worker in world.workers.items()}
    for worker in world.workers.values():
        setattr(worker, name, full)
    world.wait(lambda: "qoltanba_video_media_has_room 0" in world.figures())
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    citizen.until(lambda told: told["position"] == 1)
    desk.quiet(0.5)
    assert not offered(desk)
    for address, worker in world.workers.items():
        setattr(worker, name, before[address])
    assert desk.until(lambda told: told["offer"] is not None)["offer"]["call_id"] == caller.call_id


def test_a_worker_that_comes_late_is_given_no_call_while_another_has_room(world: World) -> None:
    late, other = world.workers.values()
    late.delay_ms, late.cpu_percent, other.cpu_percent = 30.0, 1.0, 70.0
    time.sleep(2 * media.HEARTBEAT_SECONDS)
    caller = world.caller()
    talk(caller.open(), world.agent("aizhan").sit())
    assert set(other.made) == {caller.call_id}
    assert not late.made


def test_a_worker_that_drains_is_given_no_call(world: World) -> None:
    """However little it has to do; where all of them drain, nobody is offered anything."""
    first, second = world.workers.values()
    first.is_draining = True
    second.cpu_percent = 96.0
    world.wait(lambda: "qoltanba_video_media_has_room 0" in world.figures())
    second.cpu_percent = 50.0
    world.wait(lambda: "qoltanba_video_media_has_room 1" in world.figures())
    caller = world.caller()
    talk(caller.open(), world.agent("aizhan").sit())
    assert set(second.made) == {caller.call_id}
    assert not first.made


def test_only_an_agent_who_speaks_the_language_is_offered_the_caller(world: World) -> None:
    caller = world.caller(language="en")
    caller.open()
    kazakh, english = world.agent("aizhan", "kk").sit(), world.agent("bolat", "en").sit()
    english.until(lambda told: told["offer"] is not None)
    kazakh.quiet(0.3)
    assert not offered(kazakh)


def test_two_agents_cannot_take_one_caller(world: World) -> None:
    """The offer is one agent's; the other who says its number is told that it is gone."""
    caller = world.caller()
    citizen = caller.open()
    agents = [world.agent("aizhan"), world.agent("bolat")]
    pages = {agent.actor.staff_id: agent.sit() for agent in agents}
    world.wait(lambda: caller.stored.agent_id is not None)
    mine = pages.pop(caller.stored.agent_id)
    (other,) = pages.values()
    for page in (other, mine):
        page.send("accept", call_id=caller.call_id)
    assert other.refusal("accept") == "call.offer_gone"
    citizen.state("ringing")
    assert mine.in_call("ringing")["call"]["call_id"] == caller.call_id


def test_accepting_twice_is_accepting_once(world: World) -> None:
    caller = world.caller()
    citizen = caller.open()
    desk = world.agent("aizhan").sit()
    desk.until(lambda told: told["offer"] is not None)
    for _ in range(2):
        desk.send("accept", call_id=caller.call_id)
    citizen.state("ringing")
    desk.send("show", what="nonsense")
    assert desk.end() == 4400
    assert not [told for told in desk.told if told["type"] == "refused"]
    assert world.worker.orders.count(("create", caller.call_id)) == 1


def test_accepting_a_caller_who_left_is_refused(world: World) -> None:
    caller = world.caller()
    citizen = caller.open()
    desk = world.agent("aizhan").sit()
    desk.until(lambda told: told["offer"] is not None)
    citizen.send("leave")
    citizen.state("ended")
    desk.send("accept", call_id=caller.call_id)
    assert desk.refusal("accept") == "call.offer_gone"
    assert caller.stored.cause is EndCause.LEFT_QUEUE


def test_an_offer_not_taken_in_15_seconds_goes_to_the_next_and_the_place_is_kept(world: World) -> None:
    caller = world.caller()
    citizen = caller.open()
    first_in_line = caller.stored.queued_at
    sleepy = world.agent("aizhan")
    away = sleepy.sit()
    away.until(lambda told: told["offer"] is not None)
    world.clock.forward(7)
    behind = world.caller()
    behind.open()
    awake = world.agent("bolat").sit()
    assert awake.until(lambda told: told["offer"] is not None)["offer"]["call_id"] == behind.call_id
    awake.send("decline", call_id=behind.call_id)
    awake.state("not_responding")
    world.clock.forward(9)
    away.state("not_responding")
    assert caller.stored.queued_at == first_in_line
    awake.send("available", languages=["kk"])
    # The longest-waiting again, though another has come meanwhile.
    offer = awake.until(lambda told: told["offer"] is not None)["offer"]
    assert offer["call_id"] == caller.call_id
    assert citizen.now["state"] == "queued"
    with world.service.look() as work:
        outcomes = [item.outcome for item in work.calls.offers(caller.call_id)]
    assert outcomes == [OfferOutcome.NOT_ACCEPTED, OfferOutcome.OPEN]


def test_a_ringing_that_nobody_answers_twice_is_missed(world: World) -> None:
    """The place is kept once; the agent is free again each time."""
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    for round_ in (1, 2):
        desk.until(lambda told: told["offer"] is not None)
        desk.send("accept", call_id=caller.call_id)
        assert citizen.state("ringing")["until"]
        world.clock.forward(31)
        if round_ == 1:
            citizen.state("queued")
            # The newest that this page has read is still the first offer.
            desk.until(lambda told: told["offer"] is None)
    assert citizen.state("ended")["cause"] == "missed"
    desk.state("available")
    assert caller.stored.missed == 1


def test_the_citizens_answer_comes_too_late(world: World) -> None:
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    desk.until(lambda told: told["offer"] is not None)
    citizen.send("answer")
    assert citizen.refusal("answer") == "call.offer_gone"


def test_an_agent_whose_page_is_gone_is_offered_nobody(world: World) -> None:
    agent = world.agent("aizhan")
    agent.sit().close()
    world.wait(lambda: agent.desk.absent_since is not None)
    caller = world.caller()
    citizen = caller.open()
    citizen.quiet(0.5)
    assert caller.stored.state is CallState.QUEUED
    world.clock.forward(11)
    world.wait(lambda: agent.desk.state is DeskState.OFFLINE)
    assert agent.open().until(lambda told: told["state"] == "offline")


def test_after_a_crash_of_the_gateway_an_empty_desk_is_offered_nobody(world: World) -> None:
    """The desk is stored as available, for nobody was there to see its page go."""
    agent = world.agent("aizhan")
    agent.sit()
    assert world.gateway is not None
    world.gateway.stop()
    with world.service.work() as work:
        desk.appeared(work, staff_id=agent.actor.staff_id or 0, now=world.service.now())
    world.start()
    caller = world.caller()
    citizen = caller.open()
    citizen.quiet(0.7)
    assert agent.desk.absent_since is None
    assert caller.stored.state is CallState.QUEUED
    agent.open().until(lambda told: told["offer"] is not None)


def test_a_page_that_came_while_the_pages_were_counted_is_not_away(world: World) -> None:
    """Pages are counted before the database is read: who came in between is marked as away, for a moment only."""
    caller = world.caller()
    citizen = caller.open()
    citizen.state("queued")
    counted_before = Present(citizens=frozenset(), agents=frozenset(), is_settled=True, has_room=True)
    before = caller.stored.version
    dispatcher.compare(Apart(world.service), counted_before)
    # The gateway may have seen already that the page is there.
    assert caller.stored.version > before
    world.clock.forward(1)
    world.wait(lambda: caller.stored.absent_since is None)
    page = world.agent("bolat").sit()
    assert page.until(lambda told: told["offer"] is not None)["offer"]["call_id"] == caller.call_id


def test_a_caller_who_closed_the_page_keeps_the_place_for_a_minute(world: World) -> None:
    caller, behind = world.caller(), world.caller()
    citizen = caller.open()
    behind.open()
    citizen.close()
    world.wait(lambda: caller.stored.absent_since is not None)
    again = caller.open()
    assert again.until(lambda told: told["position"] == 1)
    world.wait(lambda: caller.stored.absent_since is None)
    again.close()
    world.wait(lambda: caller.stored.absent_since is not None)
    world.clock.forward(61)
    world.wait(lambda: caller.stored.state is CallState.ENDED)
    assert caller.stored.cause is EndCause.LEFT_QUEUE


def test_not_connected_in_time_is_told_with_its_cause(world: World) -> None:
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    desk.until(lambda told: told["offer"] is not None)
    desk.send("accept", call_id=caller.call_id)
    citizen.state("ringing")
    citizen.send("answer")
    assert citizen.state("connecting")["until"]
    world.clock.forward(16)
    assert citizen.state("ended")["cause"] == "not_connected"
    # Nobody was on the line: there is nothing to wrap up.
    desk.state("available")


def test_who_wanted_a_call_back_is_invited_when_an_agent_is_free(world: World) -> None:
    caller = world.caller()
    with world.service.work() as work:
        call_back.ask(work, phone=caller.stored.phone, language="kk", now=world.service.now())
    citizen = caller.open()
    citizen.send("leave")
    citizen.end()
    world.agent("aizhan").sit()

    def is_invited() -> bool:
        with world.service.look() as work:
            return not work.call_backs.waiting(5, since=world.service.now() - timedelta(hours=24))

    world.wait(is_invited)


def test_a_paused_agent_is_offered_nobody_after_the_call(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    talk(citizen, desk)
    desk.send("pause")
    desk.until(lambda told: told["pause_next"])
    citizen.send("leave")
    desk.state("wrap_up")
    desk.send("extend_wrap_up")
    desk.until(lambda told: told["wrap_up_extended"])
    desk.send("extend_wrap_up")
    assert desk.refusal("extend_wrap_up") == "desk.no_wrap_up"
    world.clock.forward(41)
    desk.state("paused")
