"""Recordings hold both parties as received, mark what is missing, and never end a call."""

import asyncio
import itertools
import os
import threading
import time
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from tests.video.media import films
from tests.video.media.parties import BLUE, GREEN, RED, Party, Room, room, until
from video import evidence
from video.engine import EncodedFrame, EventKind, RecordingOrder, Role
from video.media import recorder

CALL = 12
SIDES = ("citizen-video", "citizen-audio", "agent-video", "agent-audio")


async def joined(made: Room) -> tuple[Party, Party]:
    citizen, agent = Party(RED, 440), Party(BLUE, 880)
    await citizen.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
    await agent.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
    await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
    return citizen, agent


def test_a_recording_decodes_and_holds_both_parties(tmp_path: Path) -> None:
    """Ordered in the middle of a call, with a hold and a rejoin in it; the digests are those that were told."""

    async def journey() -> None:
        async with room() as made:
            await made.engine.create_call(CALL)
            citizen, agent = await joined(made)
            assert not made.told(EventKind.RECORDING_STARTED), "nothing is recorded before it is ordered"
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path, films.SECRET))
            await asyncio.sleep(1.5)
            await made.engine.hold(CALL, True)
            await asyncio.sleep(2.0)
            await made.engine.hold(CALL, False)
            await citizen.close()
            again = Party(GREEN, 440)
            await again.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
            await until(lambda: agent.shows(GREEN))
            await asyncio.sleep(1.0)
            await made.engine.close(CALL)
            await asyncio.gather(again.close(), agent.close())
            told = made.told(EventKind.RECORDING_CLOSED)[0].facts
            path = tmp_path / str(told["name"])
            assert sha256(b"".join(evidence.read(path, films.SECRET))).hexdigest() == told["sha256"]
            _check_film(films.film(path))
            log = tmp_path / str(told["log_name"])
            assert told["log_size_bytes"] == len(b"".join(evidence.read(log, films.SECRET)))
            _check_log(films.log(log))

    asyncio.run(journey())


def _check_film(film: films.Film) -> None:
    assert film.is_closed
    assert set(film.streams) == {*SIDES, "observer-audio"}
    assert not film.streams["observer-audio"].times, "nobody spoke but the parties"
    citizen = film.streams["citizen-video"].pictures
    assert films.is_near(citizen[0][2], RED)
    assert films.is_near(citizen[-1][2], GREEN)
    assert films.is_near(film.streams["agent-video"].pictures[-1][2], BLUE)
    assert abs(film.streams["citizen-audio"].hertz - 440) <= 4
    assert abs(film.streams["agent-audio"].hertz - 880) <= 4
    times = film.streams["agent-audio"].times
    assert max(after - before for before, after in itertools.pairwise(times)) > 0.8, "the hold is a gap"
    sound, picture = film.streams["agent-audio"].times[-1], film.streams["agent-video"].times[-1]
    assert abs(sound - picture) < 1, "a busy machine films late"


def _check_log(lines: list[dict[str, object]]) -> None:
    kinds = [line["kind"] for line in lines]
    assert (lines[0]["call_id"], lines[0]["part"]) == (CALL, 1)
    for kind in ("held", "resumed", "leg_failed", "leg_joined", "call_closed", "film_closed"):
        assert kind in kinds
    assert kinds.index("held") < kinds.index("resumed")


def test_each_start_is_a_part_of_its_own(tmp_path: Path) -> None:
    async def journey() -> None:
        order = RecordingOrder(tmp_path, films.SECRET)
        async with room() as made:
            for _ in range(2):
                await made.engine.create_call(CALL, recording=order)
                await made.engine.create_call(CALL, recording=order)
                await made.engine.close(CALL)
            assert [event.facts["part"] for event in made.told(EventKind.RECORDING_CLOSED)] == [1, 2]

    asyncio.run(journey())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{CALL}-{part}.{kind}.sealed" for part in (1, 2) for kind in ("log", "mkv")
    ]


def test_a_full_disk_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    """The device that is always full stands for the disk; the call goes on and says so, once."""

    async def journey() -> None:
        async with room() as made:
            await made.engine.create_call(CALL)
            citizen, agent = await joined(made)
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path, films.SECRET))
            await asyncio.sleep(0.6)
            _fill_up(tmp_path / f"{CALL}-1.mkv.sealed")
            await until(lambda: bool(made.told(EventKind.RECORDING_FAILED)), seconds=3)
            citizen.camera.colour = GREEN
            await until(lambda: agent.shows(GREEN))
            assert not (await made.engine.stats(CALL)).is_recording
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path, films.SECRET))
            await asyncio.sleep(0.6)
            await made.engine.close(CALL)
            await asyncio.gather(citizen.close(), agent.close())
            assert [event.facts for event in made.told(EventKind.RECORDING_FAILED)] == [
                {"part": 1, "name": f"{CALL}-1.mkv.sealed", "reason": "ENOSPC"}
            ]
            assert [event.facts["part"] for event in made.told(EventKind.RECORDING_CLOSED)] == [2]

    asyncio.run(journey())
    assert films.film(tmp_path / f"{CALL}-1.mkv.sealed").streams["agent-video"].pictures


def _fill_up(path: Path) -> None:
    """Put the full device behind every descriptor that this process has of the file."""
    full = os.open("/dev/full", os.O_WRONLY)
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.exists() and descriptor.resolve() == path.resolve():
            os.dup2(full, int(descriptor.name))
    os.close(full)


def test_a_folder_that_is_not_there_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    async def journey() -> None:
        async with room() as made:
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path / "missing", films.SECRET))
            assert made.told(EventKind.RECORDING_FAILED)[0].facts["reason"] == "ENOENT"
            assert made.engine.call_ids == (CALL,)

    asyncio.run(journey())


def test_a_party_who_sends_nothing_does_not_hold_the_other_back(tmp_path: Path) -> None:
    """Sound of one party alone: after a crash at most the last second is lost, not ten."""

    async def journey() -> None:
        scribe = recorder.Scribe()
        tape = recorder.Recording(
            scribe, RecordingOrder(tmp_path, films.SECRET), CALL, lambda kind, facts: None
        )
        loop = asyncio.get_running_loop()
        began, wall = loop.time(), time.time()
        for count in range(150):
            frame = EncodedFrame("audio", count * 960, wall + count * 0.02, True, b"\xf8\xff\xfe")
            tape.take(Role.CITIZEN, frame)
            await asyncio.sleep(max(0.0, began + count * 0.02 - loop.time()))
        await asyncio.sleep(0.3)
        crashed = films.film(tmp_path / f"{CALL}-1.mkv.sealed")
        assert not crashed.is_closed
        assert crashed.streams["citizen-audio"].times[-1] > 2.6
        await tape.close()
        await scribe.stop()

    asyncio.run(journey())


def test_ten_percent_loss_leaves_a_recording_without_broken_pictures(tmp_path: Path) -> None:
    """Lost packets are asked for again; what stays lost is left out up to the next keyframe."""

    async def journey() -> None:
        async with room() as made:
            await made.engine.create_call(CALL, recording=RecordingOrder(tmp_path, films.SECRET))
            citizen, agent = await joined(made)
            citizen.lose(0.1)
            for colour in (GREEN, RED, GREEN):
                citizen.camera.colour = colour
                await until(partial(agent.shows, colour), seconds=6)
                await asyncio.sleep(0.7)
            await made.engine.close(CALL)
            await asyncio.gather(citizen.close(), agent.close())

    asyncio.run(journey())
    pictures = films.film(tmp_path / f"{CALL}-1.mkv.sealed").streams["citizen-video"].pictures
    assert len(pictures) > 20
    assert all(films.is_near(shown, RED) or films.is_near(shown, GREEN) for _, _, shown in pictures)


def _hang(free: threading.Event) -> None:
    free.wait(5)


def test_a_disk_that_hangs_ends_the_recording_not_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_CLOSE_SECONDS", 0.3)
    told: list[tuple[EventKind, object]] = []

    async def journey() -> None:
        scribe, free = recorder.Scribe(), threading.Event()
        order = RecordingOrder(tmp_path, films.SECRET)
        tape = recorder.Recording(
            scribe, order, CALL, lambda kind, facts: told.append((kind, facts.get("reason")))
        )
        scribe.submit(lambda: _hang(free))
        await tape.close()
        free.set()
        await scribe.stop()

    asyncio.run(journey())
    assert told == [(EventKind.RECORDING_STARTED, None), (EventKind.RECORDING_FAILED, "too_slow")]
