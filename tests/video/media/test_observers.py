"""Observers of a call through either engine: they see and hear both parties, and nobody sees or hears them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.video.media.parties import BLACK, BLUE, CALL, GREEN, RED, Kind, Party, Room, room, talking, until
from video import engine
from video.engine import EventKind, Role
from video.media import relay, rtp
from video.media.translator import TranslatorEngine
from video.media.translator_rtcp import Reports
from video.media.translator_streams import Downlink, Lane

OBSERVER = 31
WHITE = (230, 230, 230)


@asynccontextmanager
async def observed(made: Room, party: Role, observer: int = OBSERVER) -> AsyncIterator[Party]:
    """A page that sends a picture and a tone of its own, which must reach nobody."""
    one = Party(WHITE, 1320)
    await one.join(lambda offer: made.engine.observe(CALL, observer, party, offer))
    try:
        yield one
    finally:
        await one.close()


async def _offer() -> str:
    party = Party(WHITE, 1320)
    try:
        return await party.offer()
    finally:
        await party.close()


def test_an_observer_sees_and_hears_both_and_is_not_seen_or_heard(kind: Kind) -> None:
    async def journey() -> None:
        async with (
            talking(kind) as (made, citizen, agent),
            observed(made, Role.CITIZEN) as left,
            observed(made, Role.AGENT) as right,
        ):
            await until(lambda: left.shows(RED) and right.shows(BLUE))
            await until(lambda: abs(left.hears() - 440) <= 6 and abs(right.hears() - 880) <= 6)
            await until(lambda: abs(agent.hears() - 440) <= 6 and abs(citizen.hears() - 880) <= 6)
            assert agent.shows(RED)
            assert citizen.shows(BLUE)
            stats = await made.engine.stats(CALL)
            assert stats.observers == (OBSERVER,)
            assert len(stats.legs) == 2
            joined = made.told(EventKind.OBSERVER_JOINED)
            assert [(event.role, event.facts) for event in joined] == [(None, {"observer": OBSERVER})]
            await made.engine.unobserve(CALL, OBSERVER)
            seen = left.pictures, right.pictures
            await asyncio.sleep(0.5)
            assert left.pictures <= seen[0] + 1
            assert right.pictures <= seen[1] + 1
            assert len(made.told(EventKind.OBSERVER_LEFT)) == 1
            assert agent.shows(RED), "the parties notice nothing"
            assert (await made.engine.stats(CALL)).observers == ()
            await made.engine.unobserve(CALL, OBSERVER)
            assert len(made.told(EventKind.OBSERVER_LEFT)) == 1

    asyncio.run(journey())


def test_an_observer_is_held_with_the_parties_and_follows_one_that_joins_again(kind: Kind) -> None:
    """Nobody sees on hold what is not recorded."""

    async def journey() -> None:
        async with talking(kind) as (made, _, agent), observed(made, Role.CITIZEN) as watching:
            await until(lambda: watching.shows(RED))
            await made.engine.hold(CALL, True)
            await until(lambda: watching.shows(BLACK) and watching.hears() == 0)
            await made.engine.hold(CALL, False)
            await until(lambda: watching.shows(RED))
            await made.engine.leave(CALL, Role.CITIZEN)
            await until(lambda: watching.shows(BLACK))
            again = Party(GREEN, 660)
            await again.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
            await until(lambda: watching.shows(GREEN) and abs(watching.hears() - 660) <= 6)
            await until(lambda: agent.shows(GREEN))
            await again.close()

    asyncio.run(journey())


def test_an_observer_who_asks_again_has_one_leg(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, _, _), observed(made, Role.CITIZEN) as before:
            await until(lambda: before.shows(RED))
            async with observed(made, Role.CITIZEN) as after:
                await until(lambda: after.shows(RED))
                seen = before.pictures
                await asyncio.sleep(0.5)
                assert before.pictures <= seen + 1
                assert len(made.told(EventKind.OBSERVER_JOINED)) == 1
            # Its page was closed: it is noticed by its connection.
            await until(lambda: bool(made.told(EventKind.OBSERVER_LEFT)))

    asyncio.run(journey())


def test_no_more_observe_than_a_call_allows_and_none_without_a_call(kind: Kind) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            offer = await _offer()
            with pytest.raises(engine.CallNotKnown):
                await made.engine.observe(CALL, OBSERVER, Role.CITIZEN, offer)
            await made.engine.create_call(CALL)
            with pytest.raises(engine.OfferNotUnderstood):
                await made.engine.observe(CALL, OBSERVER, Role.CITIZEN, "v=0")
            assert (await made.engine.stats(CALL)).observers == ()
            for number in range(relay.OBSERVERS_AT_MOST):
                await made.engine.observe(CALL, 1 + number, Role.CITIZEN, offer)
            with pytest.raises(engine.ObserversBusy):
                await made.engine.observe(CALL, OBSERVER, Role.AGENT, offer)
            await made.engine.observe(CALL, 1, Role.AGENT, offer)
            await made.engine.close(CALL)
            assert len(made.told(EventKind.OBSERVER_LEFT)) == relay.OBSERVERS_AT_MOST

    asyncio.run(journey())


def test_one_that_never_connects_is_forgotten(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "CONNECT_SECONDS", 0.5)

    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            await made.engine.observe(CALL, OBSERVER, Role.CITIZEN, await _offer())
            await until(lambda: bool(made.told(EventKind.OBSERVER_LEFT)), seconds=3)

    asyncio.run(journey())


class _Wire:
    def __init__(self) -> None:
        self.rtcp: list[bytes] = []

    def send_rtcp(self, compound: bytes) -> bool:
        self.rtcp.append(compound)
        return True


def test_what_an_observers_browser_estimates_reaches_no_party() -> None:
    async def journey() -> None:
        async with talking(TranslatorEngine) as (made, _, _), observed(made, Role.CITIZEN) as watching:
            await until(lambda: watching.shows(RED))
            seat: Any = made.engine._calls[CALL].observers[OBSERVER][Role.CITIZEN]
            down = seat.downlinks["video"]
            estimate = b"\x8f\xce\0\5\0\0\0\1" + bytes(4) + b"REMB\x01\x02\x03\x04" + down.ssrc
            sent: list[bytes] = []
            down.source.wire.send_rtcp = sent.append
            seat.on_rtcp(estimate)
            assert sent == []

    asyncio.run(journey())


def test_the_line_of_an_observer_changes_nothing_for_the_parties() -> None:
    """A supervisor on a poor line must not make the caller's browser send a worse picture (REMB, reports)."""
    down = Downlink(Lane("video", "1", 96, 97), 7, 8, _Wire())  # type: ignore[arg-type]
    asked: list[str] = []

    class Source:
        ssrc = b"SRC1"

        def request_keyframe(self) -> None:
            asked.append("keyframe")

    down.source = Source()  # type: ignore[assignment]
    report = b"\x81\xc9\0\7\0\0\0\1" + down.ssrc + bytes(20)
    estimate = b"\x8f\xce\0\5\0\0\0\1" + bytes(4) + b"REMB\x01\x02\x03\x04" + down.ssrc
    loss = b"\x81\xce\0\2\0\0\0\1" + down.ssrc
    entry = b"\x84\xce\0\4\0\0\0\1" + bytes(4) + down.ssrc + rtp.LONG.pack(1 << 24)
    party = Reports({}, {down.ssrc: down}, lambda uplink, at, seconds: None)
    assert len(list(party.take(report + estimate + loss))) == 3
    observer = Reports({}, {down.ssrc: down}, lambda uplink, at, seconds: None, is_observer=True)
    assert list(observer.take(report + estimate)) == []
    assert asked == []
    assert list(observer.take(loss + entry)) == []
    assert asked == ["keyframe", "keyframe"]
