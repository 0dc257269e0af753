"""Writers on SQLite: durable, never surprised by a lock, one at a time in a process and in their order."""

import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca_core import audit, roles
from data import engine as engines
from data import migrate
from data.turns import Turns
from data.work import Store, Work
from runtime.secrets import HmacSeal
from runtime.service import clock
from tests import builders

WRITER = roles.Actor("writer", None, roles.Door.JOB)
# Behaviour is waited for; nothing here is measured.
PATIENCE_SECONDS = 30.0
FULL = 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "test.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    engine = engines.open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    yield Store(engine, code_seal=HmacSeal(b"secret"))
    engine.dispose()


@contextlib.contextmanager
def writing(store: Store) -> Iterator[Work]:
    with store.write(policy=builders.policy(), now=clock()) as work:
        yield work


def note(work: Work, event: str) -> None:
    work.audit.add(audit.Entry(clock(), WRITER, event, "test"))


def noted(file: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT event FROM audit ORDER BY audit_id")]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def in_threads(count: int, act: Callable[[int], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=act, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_every_connection_commits_durably(store: Store) -> None:
    """A power cut must not lose an acknowledged certificate: every connection that the pool ever gives."""
    with writing(store):
        pass
    with contextlib.ExitStack() as opened:
        connections = [opened.enter_context(store.engine.connect()) for _ in range(12)]
        for connection in connections:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == FULL
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            # As patient after a unit of work as before it.
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_a_unit_of_work_that_writes_holds_the_place_for_writing_from_its_begin(
    store: Store, file: Path
) -> None:
    """One that read first and wrote later would fail where another process wrote between (SQLITE_BUSY_SNAPSHOT)."""
    with contextlib.closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
        with writing(store), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        with store.read(policy=builders.policy(), now=clock()):
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")


def test_a_writer_waits_for_another_process_and_then_says_that_it_is_locked(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for ever: what is stuck elsewhere is reported here, as an error of the database like any other."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.execute, ("ROLLBACK",)).start()
        with writing(store) as work:
            note(work, "patient:write:done")
        assert noted(file) == ["patient:write:done"]
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(engines, "_PATIENCE_SECONDS", 0.1)
        with pytest.raises(sa.exc.OperationalError, match="locked"), writing(store):
            pass
        other.execute("ROLLBACK")
    with writing(store) as work:
        note(work, "next:write:done")


def test_who_reads_first_and_writes_later_is_not_surprised_by_another_process(
    store: Store, file: Path
) -> None:
    """Two stores on one file are two processes to SQLite: the second waits, and both changes stand."""
    engine = engines.open_engine(f"sqlite:///{file}")
    another = Store(engine, code_seal=HmacSeal(b"secret"))
    problems: list[sa.exc.DBAPIError] = []

    def write(number: int) -> None:
        try:
            for place in range(5):
                with writing((store, another)[number % 2]) as work:
                    assert work.applications.open_before(clock(), 1) == []
                    time.sleep(0.002)
                    note(work, f"{number}:{place}:done")
        except sa.exc.DBAPIError as problem:
            problems.append(problem)

    for thread in in_threads(6, write):
        thread.join(PATIENCE_SECONDS)
    engine.dispose()
    assert problems == []
    assert sorted(noted(file)) == sorted(
        f"{number}:{place}:done" for number in range(6) for place in range(5)
    )


def test_writers_of_one_process_queue_without_a_connection(store: Store, file: Path) -> None:
    """However many write at once, one connection is theirs, and who only reads need not wait."""
    assert store.turns is not None

    def write(number: int) -> None:
        with writing(store) as work:
            note(work, f"{number}:write:done")

    with writing(store):
        threads = in_threads(40, write)
        wait_until(lambda: store.turns is not None and store.turns.waiting == 40)
        assert store.engine.pool.checkedout() == 1  # type: ignore[attr-defined]  # a QueuePool has it
        with store.read(policy=builders.policy(), now=clock()) as work:
            assert work.accounts.all() == []
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(noted(file)) == 40


def test_nobody_overtakes_those_who_wait() -> None:
    """A thread that writes without a pause comes behind whoever began to wait meanwhile."""
    turns, order = Turns(), list[str]()

    def wait(number: int) -> None:
        with turns:
            order.append(str(number))

    threads = []
    with turns:
        for number in range(3):
            threads.append(threading.Thread(target=wait, args=(number,), daemon=True))
            threads[-1].start()
            wait_until(lambda number=number: turns.waiting == number + 1)  # type: ignore[misc]
    with turns:
        order.append("again")
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert order == ["0", "1", "2", "again"]


def test_a_failed_write_gives_its_turn_to_the_next(store: Store, file: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing(store):
        raise ZeroDivisionError
    with writing(store) as work:
        note(work, "next:write:done")
    assert noted(file) == ["next:write:done"]


def test_who_is_interrupted_while_waiting_leaves_the_queue() -> None:
    """The turn that such a one would have had goes to the next; nobody waits for ever."""
    turns, came = Turns(), threading.Event()
    interrupted = _Interrupting()

    def wait(_number: int) -> None:
        with turns:
            came.set()

    with turns:
        interrupted.queue_and_leave(turns)
        assert turns.waiting == 0
        in_threads(1, wait)
        wait_until(lambda: turns.waiting == 1)
    assert came.wait(PATIENCE_SECONDS)


class _Interrupting:
    """Waits in this thread, which a signal reaches."""

    def queue_and_leave(self, turns: Turns) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            with pytest.raises(KeyboardInterrupt), turns:
                pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
