"""A side that is lost is told to the other within 5 s, with its cause, and may come back for a minute (F2)."""

import sqlite3
import threading
import time

import pytest

from ca_core.call import EndCause, EvidenceKind, Leg
from ca_core.lifecycle import CallState
from tests.video.gateway.conftest import WORKERS, Caller, Page, World, join, talk
from video.engine import Role
from video.evidence import Writer
from video.gateway import lines, media_events, sealing
from video.gateway.workers import LEASE_SECONDS


@pytest.fixture
def pair(world: World) -> tuple[Caller, Page, Page]:
    """A call in which both sides are."""
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    return caller, citizen, desk


def lost(page: Page, why: str) -> bool:
    told = page.in_call("reconnecting")["call"]
    return bool(told["lost_why"] == why and told["until"])


def test_hang_up_by_the_citizen_is_told_with_its_cause(pair: tuple[Caller, Page, Page]) -> None:
    _, citizen, desk = pair
    citizen.send("leave")
    assert desk.in_call("ended")["call"]["cause"] == "caller_hung_up"
    assert desk.state("wrap_up")["wrap_up_until"]


def test_a_closed_page_of_the_citizen_is_told_within_5_seconds(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, citizen, desk = pair
    began = time.monotonic()
    citizen.close()
    assert lost(desk, "page_closed")
    assert time.monotonic() - began < 5
    assert desk.now["call"]["lost"] == "citizen"
    agent_id = caller.stored.agent_id
    again = caller.open(line=False)
    join(again)
    again.state("active")
    desk.in_call("active")
    assert caller.stored.agent_id == agent_id


def test_a_new_page_that_says_nothing_of_its_line_is_asked_when_the_old_line_falls_silent(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, _, desk = pair
    again = caller.open()
    again.quiet(0.3)
    world.worker.silence(caller.call_id, Role.CITIZEN)
    join(again)
    desk.in_call("active")


def test_a_closed_page_whose_media_stop_is_told_at_once(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, citizen, desk = pair
    began = time.monotonic()
    citizen.close()
    world.worker.fail(caller.call_id, Role.CITIZEN)
    assert lost(desk, "page_closed")
    assert time.monotonic() - began < 2


def test_a_closed_page_of_the_agent_is_told_to_the_citizen(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    talk(citizen, desk)
    desk.close()
    assert citizen.state("reconnecting")["lost"] == "agent"
    again = agent.open(line=False)
    join(again)
    citizen.state("active")
    assert again.in_call("active")["call"]["call_id"] == caller.call_id


def test_who_does_not_come_back_within_a_minute_has_lost_the_call(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, citizen, desk = pair
    citizen.close()
    lost(desk, "page_closed")
    world.clock.forward(61)
    assert desk.in_call("ended")["call"]["cause"] == "lost"
    desk.state("wrap_up")
    assert caller.stored.cause is EndCause.LOST


def test_a_reloaded_page_brings_the_same_call_back(world: World, pair: tuple[Caller, Page, Page]) -> None:
    """It says that it has no line: it is asked to join at once, and reads again what was said."""
    caller, citizen, desk = pair
    desk.send("say", text="Сәлеметсіз бе")
    citizen.of("said")
    again = caller.open(line=False)
    assert citizen.end() == 4409
    # In either order.
    join(again)
    assert any(told.get("text") == "Сәлеметсіз бе" for told in again.told) or again.of("said")
    again.state("active")
    assert again.now["phrase"] == citizen.now["phrase"]
    assert world.worker.made[caller.call_id].joins == 3


def test_a_page_whose_line_stands_is_not_asked_to_build_another(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    """Only the socket broke: the leg that flows is left alone."""
    caller, citizen, _ = pair
    citizen.close()
    again = caller.open(line=True)
    again.state("active")
    again.quiet(1.0)
    assert not [told for told in again.told if told["type"] == "join"]
    assert world.worker.made[caller.call_id].joins == 2


def test_a_silent_line_is_told_and_comes_back_by_itself(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, citizen, desk = pair
    world.worker.silence(caller.call_id, Role.CITIZEN)
    assert lost(desk, "silent")
    assert desk.now["call"]["line"] == "none"
    world.worker.resume(caller.call_id, Role.CITIZEN)
    desk.in_call("active")
    assert not [told for told in citizen.told if told["type"] == "join"][1:]


def test_a_failed_line_is_built_anew(world: World, pair: tuple[Caller, Page, Page]) -> None:
    caller, citizen, desk = pair
    world.worker.fail(caller.call_id, Role.AGENT)
    assert citizen.state("reconnecting")["lost"] == "agent"
    join(desk)
    citizen.state("active")


def test_a_dead_worker_loses_no_call(world: World, pair: tuple[Caller, Page, Page]) -> None:
    """Its lease ends after 3 s: both pages are told, and join again on another worker; it records anew."""
    caller, citizen, desk = pair
    began = time.monotonic()
    world.worker.die()
    assert lost(desk, "worker_gone")
    assert time.monotonic() - began < 5
    for page in (citizen, desk):
        join(page)
    citizen.state("active")
    other = world.workers[WORKERS[1]]
    world.wait(lambda: ("record", caller.call_id) in other.orders)
    assert caller.stored.worker == WORKERS[1]
    world.wait(lambda: films(world, caller) == 2)


def test_a_worker_whose_process_ended_is_not_waited_for(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    """The host refuses the connection: that is known at once, and its lease is over."""
    caller, citizen, desk = pair
    # A gateway that has just begun gives every worker time to say what it carries.
    time.sleep(LEASE_SECONDS)
    began = time.monotonic()
    world.worker.end()
    assert lost(desk, "worker_gone")
    for page in (citizen, desk):
        join(page)
    citizen.state("active")
    assert time.monotonic() - began < LEASE_SECONDS - 0.5
    assert caller.stored.worker == WORKERS[1]


def films(world: World, caller: Caller) -> int:
    with world.service.look() as work:
        kinds = [item.kind for item in work.evidence.of_call(caller.call_id)]
    return kinds.count(EvidenceKind.RECORDING)


def test_a_worker_that_is_started_anew_at_once_gets_its_calls_again(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    """Quicker than its lease: its heartbeat names another run, and it knows no call."""
    _, citizen, desk = pair
    world.worker.die()
    world.worker.rise()
    assert lost(desk, "worker_gone")
    for page in (citizen, desk):
        join(page)
    citizen.state("active")


def test_the_gateway_starts_anew_in_a_call_and_nothing_is_torn_down(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, _, _ = pair
    assert world.gateway is not None
    orders = list(world.worker.orders)
    world.gateway.kill()
    assert caller.stored.state is CallState.ACTIVE
    world.start()
    agent_id = caller.stored.agent_id
    again = caller.open(line=True)
    again.state("active")
    again.quiet(3.0)
    assert again.now["state"] == "active"
    assert caller.stored.agent_id == agent_id
    assert not [told for told in again.told if told["type"] == "join"]
    assert world.worker.orders == orders


def test_a_worker_that_the_new_gateway_has_not_heard_yet_is_not_gone(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    """It has one lease to say what it carries: the call goes on as if nothing had been."""
    caller, _, _ = pair
    assert world.gateway is not None
    orders = list(world.worker.orders)
    world.gateway.kill()
    world.worker.is_alive = False
    world.start()
    again = caller.open(line=True)
    again.quiet(1.5)
    world.worker.is_alive = True
    again.quiet(3.0)
    assert {told["state"] for told in again.told if told["type"] == "call"} == {"active"}
    assert world.worker.orders == orders


def test_a_worker_that_died_with_the_gateway_is_gone_after_a_lease(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, _, _ = pair
    assert world.gateway is not None
    world.gateway.kill()
    world.worker.die()
    world.start()
    again = caller.open(line=False)
    assert again.state("reconnecting")["lost"] == "agent"
    assert caller.stored.lost_why == "worker_gone"


def test_callers_in_the_queue_keep_their_order_over_a_restart(world: World) -> None:
    callers = [world.caller() for _ in range(2)]
    pages = [caller.open() for caller in callers]
    pages[1].until(lambda told: told["position"] == 2)
    assert world.gateway is not None
    world.gateway.stop()
    world.start()
    again = [caller.open() for caller in reversed(callers)]
    assert again[0].until(lambda told: told["position"] == 2)
    assert again[1].until(lambda told: told["position"] == 1)


def test_a_locked_database_delays_and_loses_nothing(world: World) -> None:
    """Somebody writes for three seconds: the answer waits, the call is not lost."""
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    desk.until(lambda told: told["offer"] is not None)
    desk.send("accept", call_id=caller.call_id)
    citizen.state("ringing")
    path = world.service.settings.database_url.removeprefix("sqlite:///")
    locked = threading.Event()

    def write_long() -> None:
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            locked.set()
            time.sleep(3)
            other.execute("COMMIT")
        other.close()

    writer = threading.Thread(target=write_long)
    writer.start()
    locked.wait(5)
    citizen.send("answer")
    citizen.quiet(1.0)
    assert citizen.now["state"] == "ringing"
    citizen.state("connecting")
    for page in (citizen, desk):
        join(page)
    citizen.state("active")
    writer.join()


def test_hold_is_carried_out_and_lasts_five_minutes_at_most(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, citizen, desk = pair
    desk.send("hold")
    citizen.state("held")
    world.wait(lambda: world.worker.made[caller.call_id].is_held)
    desk.send("resume")
    citizen.state("active")
    world.wait(lambda: not world.worker.made[caller.call_id].is_held)
    desk.send("hold")
    citizen.state("held")
    world.clock.forward(301)
    assert citizen.state("ended")["cause"] == "held_too_long"


def test_a_recording_that_fails_is_told_and_the_call_goes_on(
    world: World, pair: tuple[Caller, Page, Page]
) -> None:
    caller, _, desk = pair
    desk.until(lambda told: told["call"]["recording"])
    world.worker.fail_recording(caller.call_id, "ENOSPC")
    told = desk.until(lambda told: told["call"]["recording_problem"] == "ENOSPC")
    assert not told["call"]["recording"]
    assert told["call"]["state"] == "active"


def test_a_recording_that_failed_is_begun_again_after_a_pause(
    world: World, pair: tuple[Caller, Page, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next part of it; the problem is over once it runs."""
    monkeypatch.setattr(lines, "RECORD_AGAIN_SECONDS", 1.5)
    caller, _, desk = pair
    desk.until(lambda told: told["call"]["recording"])
    began = time.monotonic()
    world.worker.fail_recording(caller.call_id, "ENOSPC")
    desk.until(lambda told: told["call"]["recording_problem"] == "ENOSPC")
    told = desk.until(lambda told: told["call"]["recording"])
    assert told["call"]["recording_problem"] == ""
    assert time.monotonic() - began > 1.4
    assert world.worker.orders.count(("record", caller.call_id)) == 2
    world.wait(lambda: films(world, caller) == 2)


def test_files_of_a_killed_worker_are_measured_and_the_call_is_sealed(
    world: World, pair: tuple[Caller, Page, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No closing event was told: the file is read as far as it goes, and one that nobody told of is found."""
    monkeypatch.setattr(sealing, "_QUIET_SECONDS", 0.0)
    caller, citizen, desk = pair
    world.wait(lambda: films(world, caller) == 1)
    known, unknown = world.worker.made[caller.call_id].film, f"{caller.call_id}-9.mkv.sealed"
    for name in (known, unknown):
        writer = Writer(world.options.evidence_dir / name, world.options.evidence_secret, "call-recording")
        writer.write(b"a cluster")
        writer.flush()
        writer.abandon()
    for worker in world.workers.values():
        worker.die()
    desk.in_call("reconnecting")
    citizen.send("leave")
    desk.state("wrap_up")
    desk.send("finish_wrap_up")
    world.clock.forward(20)
    world.wait(lambda: caller.stored.sealed_at is not None)
    with world.service.look() as work:
        pieces = {item.name: item for item in work.evidence.of_call(caller.call_id)}
    assert {known, unknown} <= set(pieces)
    assert all(piece.closed for piece in pieces.values())
    assert pieces[known].size_bytes == len(b"a cluster")
    assert caller.stored.lost_leg is Leg.AGENT


def test_files_that_cannot_be_read_stop_the_sealing_of_their_own_call_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is tried again later; nothing is sealed in the place of what may be read then."""
    monkeypatch.setattr(sealing, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(sealing, "_AT_ONCE", 1)
    broken, other = world.caller(), world.caller()
    for caller in (broken, other):
        page = caller.open()
        page.state("queued")
        name = f"{caller.call_id}-1.mkv.sealed"
        with world.service.work() as work:
            media_events.began(work, call_id=caller.call_id, name=name, at=world.service.now())
        page.send("leave")
        page.end()
    # A folder in the place of a file is there and cannot be read.
    unreadable = world.options.evidence_dir / f"{broken.call_id}-1.mkv.sealed"
    unreadable.mkdir()
    world.clock.forward(20)
    world.wait(lambda: other.stored.sealed_at is not None)
    assert broken.stored.sealed_at is None
    unreadable.rmdir()
    world.clock.forward(31)
    world.wait(lambda: broken.stored.sealed_at is not None)
