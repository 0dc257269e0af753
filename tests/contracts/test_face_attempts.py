"""One suite on the fake and on both databases: what the video verification assumes of a unit of work is true."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_core.application import Application
from ca_core.face_attempt import Challenge, Frame, Move, Shown
from ca_core.records import ChangedMeanwhile
from data import engine as engines
from data.work import Store
from tests import builders, fakes, flagged
from tests.core.x509 import authorities
from tests.servers import databases

NOW = authorities.NOW
Open = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens units of work: on the fakes, on SQLite, on PostgreSQL."""
    if request.param == "fake":
        yield fakes.House(builders.policy(), NOW).work
        return
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        store = Store(engine, code_seal=fakes.CodeSeal())
        yield lambda: store.write(policy=builders.policy(), now=NOW)
        engine.dispose()


def applied(work: Open, number: int = 1) -> Application:
    known = builders.person(iin=builders.iin(number=number * 50))
    with work() as opened:
        application = flagged.in_review(opened.subscribers.add(known, phone=None, email=""), NOW)
        opened.applications.add(application)
    return application


def challenge(application: Application, **different: Any) -> Challenge:
    default = Challenge(
        token_digest=b"\x07" * 32,
        number=application.number,
        page_digest=b"\x08" * 32,
        moves=(Move.TURN_LEFT, Move.TILT_RIGHT),
        drawn_at=NOW,
        expires_at=NOW + timedelta(seconds=90),
        folder="a folder",
    )
    return replace(default, **different)


def test_attempts_are_found_again_as_stored_oldest_first(work: Open) -> None:
    application, other = applied(work), applied(work, 2)
    made = [flagged.attempt(application.number, NOW, distance=distance) for distance in (0.1535, None)]
    with work() as opened:
        numbers = [opened.face_attempts.add(one) for one in made]
        opened.face_attempts.add(flagged.attempt(other.number, NOW))
    stored = [replace(one, attempt_id=number) for one, number in zip(made, numbers, strict=True)]
    with work() as opened:
        assert opened.face_attempts.of_application(application.number) == stored
        assert opened.face_attempts.by_id(numbers[1]) == stored[1]
        assert opened.face_attempts.by_id(999) is None


def test_challenge_is_found_again_as_stored(work: Open) -> None:
    application = applied(work)
    full = challenge(
        application,
        step=2,
        prompts_ms=(0, 1400),
        frames=(Frame(0, 100, flagged.picture("faces/a/0")), Frame(1, 1500, flagged.picture("faces/a/1"))),
        shown=(Shown(0, 100, 0.01, 0.61, -1.5, 101.25, 320.5, 210.75),),
        judging_since=NOW,
    )
    with work() as opened:
        opened.face_challenges.add(full)
    with work() as opened:
        assert opened.face_challenges.by_digest(full.token_digest) == full
        assert opened.face_challenges.living_of(application.number) == full
        assert opened.face_challenges.by_digest(b"another") is None


def test_an_application_has_one_living_challenge(work: Open) -> None:
    first, second = challenge(applied(work)), b"\x09" * 32
    with work() as opened:
        opened.face_challenges.add(first)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.face_challenges.add(replace(first, token_digest=second))
    with work() as opened:
        opened.face_challenges.save(replace(first, ended_at=NOW), expected=first)
        opened.face_challenges.add(replace(first, token_digest=second))
        found = opened.face_challenges.living_of(first.number)
    assert found.token_digest == second


def test_of_two_who_change_it_one_is_told(work: Open) -> None:
    first = challenge(applied(work))
    with work() as opened:
        opened.face_challenges.add(first)
    with work() as opened:
        changed = opened.face_challenges.save(replace(first, step=1), expected=first)
    assert changed.version == first.version + 1
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.face_challenges.save(replace(first, step=2), expected=first)
    with work() as opened:
        assert opened.face_challenges.by_digest(first.token_digest) == changed


def test_of_two_who_judge_at_once_one_does(work: Open) -> None:
    first = challenge(applied(work))
    with work() as opened:
        opened.face_challenges.add(first)
    begin, outcomes = threading.Barrier(2), []

    def claim() -> None:
        begin.wait(10)
        try:
            with work() as opened:
                opened.face_challenges.save(replace(first, judging_since=NOW), expected=first)
            outcomes.append("mine")
        except ChangedMeanwhile:
            outcomes.append("late")

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["late", "mine"]


def test_abandoned_are_those_that_ran_out_and_did_not_end(work: Open) -> None:
    applications = [applied(work, number) for number in (1, 2, 3)]
    kept = [
        challenge(one, token_digest=bytes([place]) * 32, expires_at=NOW + timedelta(seconds=90 - place))
        for place, one in enumerate(applications)
    ]
    with work() as opened:
        for one in kept:
            opened.face_challenges.add(one)
        opened.face_challenges.save(replace(kept[2], ended_at=NOW), expected=kept[2])

    def abandoned(seconds: int, limit: int = 9) -> list[bytes]:
        with work() as opened:
            found = opened.face_challenges.abandoned(before=NOW + timedelta(seconds=seconds), limit=limit)
        return [one.token_digest[:1] for one in found]

    assert abandoned(89) == []
    assert abandoned(91) == [b"\x01", b"\x00"]
    assert abandoned(91, limit=1) == [b"\x01"]


def test_what_a_person_tried_and_drew_elsewhere_is_counted(work: Open) -> None:
    """By the person, and not by the application; another person's do not count."""
    mine, another = applied(work), applied(work, 2)
    with work() as opened:
        owner = opened.subscribers.by_id(mine.subscriber_id)
        other = flagged.in_review(owner, NOW)
        opened.applications.add(other)
        for number, at in ((mine.number, NOW), (other.number, NOW), (another.number, NOW)):
            opened.face_attempts.add(flagged.attempt(number, at))
        opened.face_challenges.add(challenge(other))
        opened.face_challenges.add(challenge(another, token_digest=b"\x09" * 32))
    with work() as opened:
        before, now = NOW - timedelta(seconds=1), NOW
        found = opened.face_attempts.elsewhere(mine.number, since=before)
        assert [one.number for one in found] == [other.number]
        assert opened.face_attempts.elsewhere(mine.number, since=now) == []
        assert opened.face_challenges.drawn_for_person(mine.number, since=before) == 1
        assert opened.face_challenges.drawn_for_person(mine.number, since=now) == 0


def test_what_is_over_is_found_by_its_age_and_erased(work: Open) -> None:
    application = applied(work)
    ended = challenge(application, ended_at=NOW)
    with work() as opened:
        opened.face_challenges.add(ended)
        opened.face_challenges.add(challenge(application, token_digest=b"\x09" * 32))
    with work() as opened:
        assert opened.face_challenges.over(before=NOW, limit=9) == []
        assert opened.face_challenges.over(before=NOW + timedelta(seconds=1), limit=9) == [ended]
        opened.face_challenges.erase(ended)
    with work() as opened:
        assert opened.face_challenges.by_digest(ended.token_digest) is None
        assert opened.face_challenges.living_of(application.number) is not None
