"""Sessions of owners: the fake and the real thing keep the same promises, on both databases (F8)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_core.owner_session import OwnerSession
from data import engine as engines
from data.work import Store
from tests import builders, fakes
from tests.core.x509.authorities import NOW
from tests.servers import databases

Open = Callable[[], AbstractContextManager[Any]]
SESSION = OwnerSession(b"digest", builders.iin(), "sms_code", NOW, NOW)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    if request.param == "fake":
        yield fakes.House(builders.policy(), NOW).work
        return
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        store = Store(engine, code_seal=fakes.CodeSeal())
        yield lambda: store.write(policy=builders.policy(), now=NOW)
        engine.dispose()


def test_a_session_is_found_again_as_stored_until_it_is_ended(work: Open) -> None:
    with work() as opened:
        opened.owner_sessions.add(SESSION)
    with work() as opened:
        assert opened.owner_sessions.by_digest(b"digest") == SESSION
        assert opened.owner_sessions.by_digest(b"other") is None
        opened.owner_sessions.touch(b"digest", at=NOW + timedelta(minutes=1))
        assert opened.owner_sessions.by_digest(b"digest").seen_at == NOW + timedelta(minutes=1)
        opened.owner_sessions.end(b"digest")
        assert opened.owner_sessions.by_digest(b"digest") is None


def test_sessions_that_are_over_are_forgotten_with_their_nonces(work: Open) -> None:
    """R14: idle for too long, or begun too long ago."""
    second = timedelta(seconds=1)
    idle = replace(SESSION, token_digest=b"idle", started_at=NOW + 9 * second, seen_at=NOW + 9 * second)
    old = replace(SESSION, token_digest=b"old", seen_at=NOW + 60 * second)
    with work() as opened:
        opened.owner_sessions.add(idle)
        opened.owner_sessions.add(old)
        opened.owner_sessions.spend_nonce(b"n", expires_at=NOW + second, now=NOW)
        now = NOW + 2 * second
        assert opened.owner_sessions.forget(started_by=NOW - second, seen_by=NOW + 8 * second, now=now) == 0
    with work() as opened:
        assert opened.owner_sessions.by_digest(b"old") == old
        assert opened.owner_sessions.forget(started_by=NOW, seen_by=NOW, now=now) == 1
        assert opened.owner_sessions.by_digest(b"old") is None
        assert opened.owner_sessions.by_digest(b"idle") == idle
        # Forgotten: it would be refused as used until its time otherwise.
        assert opened.owner_sessions.spend_nonce(b"n", expires_at=NOW + second, now=NOW)
    with work() as opened:
        gone = opened.owner_sessions.forget(started_by=NOW, seen_by=NOW + 9 * second, now=now)
        assert (gone, opened.owner_sessions.by_digest(b"idle")) == (1, None)


def test_a_nonce_is_spent_once_and_forgotten_after_its_time(work: Open) -> None:
    until = NOW + timedelta(minutes=2)
    with work() as opened:
        assert opened.owner_sessions.spend_nonce(b"n", expires_at=until, now=NOW)
    with work() as opened:
        assert not opened.owner_sessions.spend_nonce(b"n", expires_at=until, now=until)
        later = until + timedelta(seconds=1)
        assert opened.owner_sessions.spend_nonce(b"n", expires_at=later, now=later)
