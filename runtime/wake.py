"""Being woken when the database changes: LISTEN on PostgreSQL, one watcher of `data_version` a process on SQLite.

Nobody polls per open page: waiters sleep on one condition and look once after each change.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)

CHANNEL = "qoltanba"
_SQLITE_LOOK_SECONDS = 0.02
_RECONNECT_SECONDS = 1.0
# LISTEN is a hint that can be lost with its connection; waiters look again after this long.
_SAFETY_SECONDS = 2.0

T = TypeVar("T")


class Watcher:
    """One thread a process that notices changes by others and by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._version = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_RECONNECT_SECONDS)

    def announce(self) -> None:
        """Tells other processes that something was committed. SQLite's watcher sees it by itself."""
        if self._engine.dialect.name == "postgresql":
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql(f"NOTIFY {CHANNEL}")
                    connection.commit()
            except DBAPIError as error:
                # What was announced is committed; who waits looks again by itself.
                log.warning("change not announced", extra={"problem": type(error).__name__})
        self._bump()

    @property
    def version(self) -> int:
        return self._version

    def wait_for_change(self, seen: int, timeout_seconds: float) -> int:
        """The new version, or the old one when nothing changed in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen or self._stopped.is_set(), timeout_seconds)
            return self._version

    def wait_until(self, look: Callable[[], T | None], timeout_seconds: float) -> T | None:
        """Calls `look` now and after each change until it finds something; None when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            seen = self._version
            found = look()
            left = deadline - time.monotonic()
            if found is not None or left <= 0 or self._stopped.is_set():
                return found
            self.wait_for_change(seen, min(left, _SAFETY_SECONDS))

    def _bump(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def _run(self) -> None:
        look = self._listen if self._engine.dialect.name == "postgresql" else self._watch_file
        while not self._stopped.is_set():
            try:
                look()
            except (psycopg.Error, sqlite3.Error, DBAPIError, OSError) as error:
                if not self._stopped.is_set():
                    log.warning("watcher lost the database", extra={"problem": type(error).__name__})
                self._stopped.wait(_RECONNECT_SECONDS)

    def _watch_file(self) -> None:
        with self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is None:
                return
            before = None
            while not self._stopped.wait(_SQLITE_LOOK_SECONDS):
                now = raw.execute("PRAGMA data_version").fetchone()[0]
                if now != before:
                    before = now
                    self._bump()

    def _listen(self) -> None:
        url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._bump()
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=0.5, stop_after=1):
                    self._bump()
