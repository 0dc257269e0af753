"""Deadlines are kept call by call: one with which something is wrong stops no other (F2)."""

import logging
import sqlite3
import time

import pytest

from ca_core.call import DeskState, EndCause
from ca_core.lifecycle import CallState
from tests.video.gateway.conftest import World, talk


def run(world: World, statement: str) -> None:
    """As somebody else's hand on the database."""
    path = world.service.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as other:
        other.execute(statement)
    other.close()


def test_a_call_that_cannot_be_ended_stops_no_other_deadline(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with its number, rests before it is tried again, and is not forgotten."""
    caplog.set_level(logging.WARNING, logger="video.gateway.apart")
    broken, other = world.caller(), world.caller()
    for page in (broken.open(), other.open()):
        page.state("queued")
    run(
        world,
        f"CREATE TRIGGER broken BEFORE UPDATE ON call WHEN old.call_id = {broken.call_id} "
        "BEGIN SELECT raise(ABORT, 'broken'); END",
    )
    world.clock.forward(3600)
    world.wait(lambda: other.stored.cause is EndCause.WAITED_TOO_LONG)
    for _ in range(3):
        world.clock.forward(1)
        time.sleep(1.2)
    assert broken.stored.state is CallState.QUEUED
    (told,) = [record for record in caplog.records if record.name == "video.gateway.apart"]
    assert vars(told)["subject"] == f"call/{broken.call_id}"
    run(world, "DROP TRIGGER broken")
    world.clock.forward(10)
    world.wait(lambda: broken.stored.cause is EndCause.WAITED_TOO_LONG)


def test_a_desk_that_cannot_be_changed_stops_no_other_deadline(world: World) -> None:
    agents = world.agent("aizhan"), world.agent("bolat")
    pages = [agent.sit() for agent in agents]
    run(
        world,
        f"CREATE TRIGGER broken BEFORE UPDATE ON agent_desk WHEN old.staff_id = {agents[0].actor.staff_id} "
        "AND new.state = 'offline' BEGIN SELECT raise(ABORT, 'broken'); END",
    )
    for page in pages:
        page.close()
    world.wait(lambda: all(agent.desk.absent_since is not None for agent in agents))
    world.clock.forward(11)
    world.wait(lambda: agents[1].desk.state is DeskState.OFFLINE)
    assert agents[0].desk.state is DeskState.AVAILABLE


def test_both_pages_are_warned_before_the_longest_talk_is_over(world: World) -> None:
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    assert citizen.now["talk_until"] is None
    assert desk.now["call"]["talk_until"] is None
    world.clock.forward(40 * 60)
    until = citizen.until(lambda told: told["talk_until"] is not None)["talk_until"]
    assert desk.until(lambda told: told["call"]["talk_until"] is not None)["call"]["talk_until"] == until
    world.clock.forward(5 * 60)
    assert citizen.state("ended")["cause"] == "talked_too_long"
    assert desk.in_call("ended")["call"]["cause"] == "talked_too_long"
    desk.state("wrap_up")
