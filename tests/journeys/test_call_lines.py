"""Poor lines between real browsers and the worker: what is lost is mended or bridged, and the call goes on."""

import time
from typing import Any

import pytest

from runtime.demo import rendered
from tests.journeys import cameras, eyes, lines, talking
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(300)
CALLER = rendered.PEOPLE[1]
AGENT_NUMBER = 1  # agent2 speaks Russian
_WATCHED_MS = 8_000


def test_a_line_that_loses_packets_keeps_picture_and_sound(house: House, visit: Visits) -> None:
    """2, 5 and 10 % each way on both lines: packets come again, sound is bridged, the picture goes on."""
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER, cameras.script(CALLER) + lines.SCRIPT)
    agent = talking.at_desk(visit, AGENT_NUMBER, script=lines.SCRIPT)
    with lines.through(agent) as at_desk, lines.through(citizen) as at_home:
        talking.take_calls(agent)
        talking.connect(agent, citizen)
        for percent in (2, 5, 10):
            before = at_desk.lose(percent / 100), at_home.lose(percent / 100)
            agent.wait_for_timeout(_WATCHED_MS)
            since = [line.since(stats) for line, stats in zip((at_desk, at_home), before, strict=True)]
            for mine, theirs, name in zip(since, reversed(since), ("agent", "citizen"), strict=True):
                _require_mended(mine, theirs, f"{name}, {percent} % each way")
        talking.see_each_other(agent, citizen)
        talking.hang_up(agent)


def test_a_telephone_that_changes_its_network_keeps_the_call(house: House, visit: Visits) -> None:
    """Another address of the citizen, told by nobody: the next check of the connection carries it (RFC 8445, 7.3)."""
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER, cameras.script(CALLER) + lines.SCRIPT)
    agent = talking.at_desk(visit, AGENT_NUMBER)
    with lines.through(citizen) as at_home:
        talking.take_calls(agent)
        talking.connect(agent, citizen)
        at_home.rebind()
        began = time.monotonic()
        agent.wait_for_timeout(300)
        talking.require_moving(agent, talking.AGENT_SEES)
        talking.require_moving(citizen, talking.CITIZEN_SEES)
        took = time.monotonic() - began
        print(f"\nboth pictures went on {took:.1f} s after the change")
        assert took < 8
        talking.see_each_other(agent, citizen)
        assert eyes.peers(citizen) == ["connected"], "the same connection"
        talking.hang_up(agent)


def test_a_call_goes_through_the_relay_where_nothing_else_is_let_through(house: House, visit: Visits) -> None:
    """Both pages by TURN alone, with the credentials that the gateway hands out (RFC 8656)."""
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER, cameras.script(CALLER) + lines.RELAY_ONLY)
    agent = talking.at_desk(visit, AGENT_NUMBER, script=lines.RELAY_ONLY)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    for page in (agent, citizen):
        assert lines.own_candidate(page) == "relay"
    assert talking.loudest(agent, talking.AGENT_SEES)["decibels"] > -60
    talking.hang_up(agent)


def _require_mended(mine: dict[str, Any], theirs: dict[str, Any], where: str) -> None:
    """`mine` received what `theirs` sent. The bounds leave room for a machine that is busy with other things."""
    picture, sound = mine["inbound_video"], mine["inbound_audio"]
    bridged = sound["concealedSamples"] / sound["totalSamplesReceived"]
    print(
        f"\n{where}: {picture['framesDecoded']:.0f} of {theirs['outbound_video']['framesEncoded']:.0f} frames, frozen"
        f" {picture['totalFreezesDuration']:.1f} s, {picture['retransmittedPacketsReceived']:.0f} packets came again,"
        f" {picture['packetsLost']:.0f} late; sound lost {sound['packetsLost']:.0f}, bridged {100 * bridged:.0f} %"
    )
    assert sound["packetsLost"] > 0, "the line loses nothing"
    assert picture["nackCount"] > 0
    assert picture["retransmittedPacketsReceived"] > 0
    assert picture["framesDecoded"] > 0.6 * theirs["outbound_video"]["framesEncoded"] > 20
    assert picture["totalFreezesDuration"] < 0.5 * _WATCHED_MS / 1000
    assert bridged < 0.4
