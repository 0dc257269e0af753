"""Processes that die, hang or cannot see."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

import video.vision
from video.vision import looking, wire, worker
from video.vision import pool as pools
from video.vision.pool import JobLost, Overloaded, Pool
from video.vision.wire import CheckIsOff, Faces, PictureUndecodable, Readiness, Role

TODAY = date(2026, 6, 1)


def test_what_kills_twice_is_refused_and_the_pool_lives() -> None:
    async def body() -> None:
        pool = Pool(1, prepare=worker.follow_parent)
        try:
            with pytest.raises(JobLost):
                await pool.run(os._exit, 9)
            assert await pool.run(os.getppid) == os.getpid()
        finally:
            pool.close()

    asyncio.run(body())


def test_a_killed_process_is_replaced_and_its_work_done_again() -> None:
    """The caller notices nothing but the time."""

    async def body() -> None:
        pool = Pool(1, prepare=worker.follow_parent)
        try:
            victim = await pool.run(os.getpid)
            work = asyncio.create_task(pool.run(time.sleep, 0.3))
            await asyncio.sleep(0.1)
            os.kill(victim, signal.SIGKILL)
            await work
            assert await pool.run(os.getpid) != victim
        finally:
            pool.close()

    asyncio.run(body())


def test_too_slow_a_job_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "TIMEOUT_SECONDS", 3.0)

    async def body() -> None:
        pool = Pool(1, prepare=worker.follow_parent)
        try:
            await pool.warm()
            waiting = [asyncio.create_task(pool.run(time.sleep, 1.0)) for _ in range(6)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await pool.run(time.sleep, 0)
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(outcomes[-1], JobLost)
            assert outcomes[0] is None
        finally:
            pool.close()

    asyncio.run(body())


def test_a_still_waits_for_one_film_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can send films; an agent and a caller wait for the still. Also when the films' senders gave up."""
    monkeypatch.setattr(pools, "TIMEOUT_SECONDS", 1.5)

    async def body() -> None:
        pool = Pool(1, prepare=worker.follow_parent)
        try:
            await pool.warm()
            films = [asyncio.create_task(pool.run_film(time.sleep, 1.0)) for _ in range(4)]
            await asyncio.sleep(0.1)
            with pytest.raises(Overloaded):
                await pool.run_film(time.sleep, 0)
            await pool.run(os.getpid)
            # The first film's answer has more steps to go through the loop than the still's.
            assert not any(film.done() for film in films[1:])
            found = await asyncio.gather(*films, return_exceptions=True)
            assert [isinstance(one, JobLost) for one in found] == [False, True, True, True]
            # The second film still runs, and nobody waits for it: the next one has no turn yet.
            late = asyncio.create_task(pool.run_film(time.sleep, 0))
            await asyncio.sleep(0.05)
            assert not late.done()
            await pool.run(os.getpid)
            await late
        finally:
            pool.close()

    asyncio.run(body())


def test_a_pool_ends_with_the_process_that_started_it() -> None:
    """Killed without a chance to say so."""
    program = (
        "import asyncio, os, signal\n"
        "from video.vision import worker\n"
        "from video.vision.pool import Pool\n"
        "async def body():\n"
        "    pool = Pool(1, prepare=worker.follow_parent)\n"
        "    print(await pool.run(os.getpid), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(body())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=150)
    child = int(ended.stdout)
    deadline = time.monotonic() + 10
    while _is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(process_id: int) -> bool:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_without_the_libraries_every_check_is_off() -> None:
    """A process whose models were never loaded says so, and refuses."""
    assert worker.checks() == Readiness(documents=False, faces=False)
    with pytest.raises(CheckIsOff):
        worker.read_document(b"", TODAY)
    with pytest.raises(CheckIsOff):
        worker.find_faces(b"", Role.LIVE, TODAY)


def test_the_server_itself_needs_no_library_that_sees() -> None:
    heavy = "{'cv2', 'dlib', 'rapidocr', 'onnxruntime', 'numpy'}"
    program = f"import sys, video.vision.app; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


def test_a_missing_package_turns_one_check_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("face_matcher", "recognizer"):
        monkeypatch.delattr(video.vision, name, raising=False)
        monkeypatch.setitem(sys.modules, f"video.vision.{name}", None)
    blind = looking.load()
    assert blind.readiness == Readiness(documents=False, faces=False)
    with pytest.raises(CheckIsOff):
        blind.read_document(b"", today=TODAY)
    with pytest.raises(CheckIsOff):
        blind.find_faces(b"", role=Role.DOCUMENT, today=TODAY)


def test_errors_cross_from_process_to_process() -> None:
    """They are defined where both sides can import them."""
    assert {PictureUndecodable.__module__, CheckIsOff.__module__} == {wire.__name__}


def test_what_is_said_is_understood() -> None:
    faces = Faces(Role.LIVE, (wire.SeenFace(wire.Box(1, 2, 3, 4), 3),), (wire.Flaw.BLURRED, wire.Flaw.GLARE))
    comparison = wire.Comparison(0.41, None, 0.0, (faces,))
    assert wire.comparison_from_json(wire.comparison_to_json(comparison)) == comparison
    reading = wire.Reading(
        wire.Outcome.REPAIRED, ("A", "B"), (wire.Position(1, 2, "O", "0"),), (wire.Doubt.CHECK_DIGIT,),
        (wire.Point(1, 2),), 180, (wire.Flaw.GLARE,), 7,
    )  # fmt: skip
    assert wire.reading_from_json(wire.reading_to_json(reading)) == reading
    with pytest.raises((KeyError, TypeError, ValueError)):
        wire.reading_from_json({})
