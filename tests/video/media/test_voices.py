"""An observer who speaks, through either engine: heard by the audience alone, beside the other party, and recorded."""

import asyncio
import itertools
from pathlib import Path

import pytest

from tests.video.media import films
from tests.video.media.parties import CALL, Kind, Party, Room, room, talking, until
from tests.video.media.test_observers import OBSERVER, WHITE, observed
from video import engine
from video.engine import EventKind, RecordingOrder, Role
from video.media import relay

AGENT_ALONE, BOTH = frozenset({Role.AGENT}), frozenset(Role)
VOICE_HZ = 1320


def _voice(hertz: int = VOICE_HZ) -> Party:
    return Party(WHITE, hertz, video=False)


async def _speak(made: Room, audience: frozenset[Role], hertz: int = VOICE_HZ) -> Party:
    return await _voice(hertz).join(lambda offer: made.engine.speak(CALL, OBSERVER, audience, offer))


async def _ear(made: Room, party: Role) -> Party:
    return await _voice(200).join(lambda offer: made.engine.hear(CALL, party, offer))


async def _offer() -> str:
    party = _voice()
    try:
        return await party.offer()
    finally:
        await party.close()


def near(party: Party, hertz: int) -> bool:
    return abs(party.hears() - hertz) <= 6


def test_a_whisper_is_heard_by_the_agent_alone(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent), observed(made, Role.CITIZEN):
            voice = await _speak(made, AGENT_ALONE)
            ear = await _ear(made, Role.AGENT)
            await until(lambda: near(ear, VOICE_HZ))
            assert [event.role for event in made.told(EventKind.OBSERVER_HEARD)] == [Role.AGENT]
            with pytest.raises(engine.NobodySpeaks):
                await made.engine.hear(CALL, Role.CITIZEN, await _offer())
            await until(lambda: near(citizen, 880) and near(agent, 440))
            assert (await made.engine.stats(CALL)).speaker == OBSERVER
            spoke = made.told(EventKind.OBSERVER_SPEAKS)
            assert [event.facts for event in spoke] == [{"observer": OBSERVER, "audience": "agent"}]
            await made.engine.fall_quiet(CALL, OBSERVER)
            await until(lambda: not _still_hears(ear))
            assert len(made.told(EventKind.OBSERVER_QUIET)) == 1
            assert (await made.engine.stats(CALL)).speaker is None
            with pytest.raises(engine.NobodySpeaks):
                await made.engine.hear(CALL, Role.AGENT, await _offer())
            assert len((await made.engine.stats(CALL)).legs) == 2, "the parties notice nothing"
            await voice.close()
            await ear.close()

    asyncio.run(journey())


def _still_hears(ear: Party) -> bool:
    before = len(ear._sound)
    ear._sound.clear()
    return before > 0


def test_who_joins_is_heard_by_both_and_whispers_again(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, _, _), observed(made, Role.CITIZEN):
            joined = await _speak(made, BOTH)
            ears = [await _ear(made, role) for role in Role]
            await until(lambda: all(near(ear, VOICE_HZ) for ear in ears))
            assert made.told(EventKind.OBSERVER_SPEAKS)[0].facts["audience"] == "both"
            whispered = await _speak(made, AGENT_ALONE, 1760)
            with pytest.raises(engine.NobodySpeaks):
                await made.engine.hear(CALL, Role.CITIZEN, await _offer())
            ear = await _ear(made, Role.AGENT)
            await until(lambda: near(ear, 1760))
            await until(lambda: not any(_still_hears(old) for old in ears))
            for each in (joined, whispered, *ears, ear):
                await each.close()

    asyncio.run(journey())


def test_nobody_is_heard_on_hold(kind: Kind) -> None:
    """Nothing is said on hold that is not recorded."""

    async def journey() -> None:
        async with talking(kind) as (made, _, _), observed(made, Role.CITIZEN):
            voice = await _speak(made, AGENT_ALONE)
            ear = await _ear(made, Role.AGENT)
            await until(lambda: near(ear, VOICE_HZ))
            await made.engine.hold(CALL, True)
            await until(lambda: ear.hears() == 0)
            later = await _ear(made, Role.AGENT)
            await asyncio.sleep(0.7)
            assert later.hears() == 0
            await made.engine.hold(CALL, False)
            await until(lambda: near(later, VOICE_HZ))
            for each in (voice, ear, later):
                await each.close()

    asyncio.run(journey())


def test_one_speaks_at_a_time_and_only_who_observes(kind: Kind) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            offer = await _offer()
            with pytest.raises(engine.CallNotKnown):
                await made.engine.speak(CALL, OBSERVER, BOTH, offer)
            await made.engine.create_call(CALL)
            with pytest.raises(engine.LegNotKnown):
                await made.engine.speak(CALL, OBSERVER, BOTH, offer)
            with pytest.raises(engine.NobodySpeaks):
                await made.engine.hear(CALL, Role.AGENT, offer)
            for observer in (OBSERVER, OBSERVER + 1):
                await made.engine.observe(CALL, observer, Role.CITIZEN, offer)
            with pytest.raises(engine.OfferNotUnderstood):
                await made.engine.speak(CALL, OBSERVER, BOTH, "v=0")
            await made.engine.speak(CALL, OBSERVER, BOTH, offer)
            with pytest.raises(engine.VoiceTaken):
                await made.engine.speak(CALL, OBSERVER + 1, BOTH, offer)
            await made.engine.fall_quiet(CALL, OBSERVER + 1)
            assert (await made.engine.stats(CALL)).speaker == OBSERVER, "only the speaker falls quiet"
            await made.engine.unobserve(CALL, OBSERVER)
            assert (await made.engine.stats(CALL)).speaker is None, "who observes no more is heard no more"
            await made.engine.speak(CALL, OBSERVER + 1, BOTH, offer)
            await made.engine.close(CALL)
            assert len(made.told(EventKind.OBSERVER_QUIET)) == 2

    asyncio.run(journey())


def test_a_voice_whose_page_is_gone_ends(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, _, _), observed(made, Role.CITIZEN):
            voice = await _speak(made, AGENT_ALONE)
            ear = await _ear(made, Role.AGENT)
            await until(lambda: near(ear, VOICE_HZ))
            await ear.close()
            await until(lambda: bool(made.told(EventKind.OBSERVER_UNHEARD)))
            assert not made.told(EventKind.OBSERVER_QUIET), "who hears may go"
            await voice.close()
            await until(lambda: bool(made.told(EventKind.OBSERVER_QUIET)))
            monkeypatch.setattr(relay, "CONNECT_SECONDS", 0.5)
            await made.engine.speak(CALL, OBSERVER, AGENT_ALONE, await _offer())
            await until(lambda: len(made.told(EventKind.OBSERVER_QUIET)) == 2, seconds=3)

    asyncio.run(journey())


def test_what_was_said_is_recorded_apart(kind: Kind, tmp_path: Path) -> None:
    """Whispers too: what an agent was told belongs to the evidence. A recording that begins meanwhile has it as well,
    and what is said on hold is neither heard nor kept."""

    async def journey() -> None:
        async with talking(kind) as (made, _, _), observed(made, Role.CITIZEN):
            before = await _speak(made, AGENT_ALONE)
            ear = await _ear(made, Role.AGENT)
            await until(lambda: near(ear, VOICE_HZ))
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path, films.SECRET))
            await asyncio.sleep(1)
            await made.engine.fall_quiet(CALL, OBSERVER)
            await made.engine.hold(CALL, True)
            held = await _speak(made, BOTH, 2640)
            await until(lambda: held.connection.connectionState == "connected")
            await asyncio.sleep(0.7)
            await made.engine.fall_quiet(CALL, OBSERVER)
            await made.engine.hold(CALL, False)
            after = await _speak(made, BOTH)
            again = await _ear(made, Role.AGENT)
            await until(lambda: near(again, VOICE_HZ))
            await asyncio.sleep(1)
            for each in (before, held, after, ear, again):
                await each.close()

    asyncio.run(journey())
    said = films.film(tmp_path / f"{CALL}-1.mkv.sealed").streams["observer-audio"]
    assert abs(said.hertz - VOICE_HZ) <= 4
    gaps = [later - earlier for earlier, later in itertools.pairwise(said.times)]
    assert 0.7 < max(gaps) < 6
    assert sum(gap > 0.5 for gap in gaps) == 1
    kinds = [line["kind"] for line in films.log(tmp_path / f"{CALL}-1.log.sealed")]
    assert kinds.count("observer_speaks") == 2, "of those since the recording began"
    assert kinds.count("observer_quiet") == 3
