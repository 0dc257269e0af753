"""Connections: SQLite made durable and fair, PostgreSQL as it is."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

WRITE = "qoltanba_write"

# How long somebody waits for the database, and how often a writer looks whether another process has ended.
_PATIENCE_SECONDS = 30
_LOOK_SECONDS = 0.002
_PATIENT = f"PRAGMA busy_timeout={_PATIENCE_SECONDS * 1000}"
_PRAGMAS = (
    "PRAGMA page_size=8192",
    "PRAGMA journal_mode=WAL",
    # A power cut must not lose an acknowledged certificate; NORMAL would.
    "PRAGMA synchronous=FULL",
    _PATIENT,
    "PRAGMA cache_size=-64000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",
)


def open_engine(database_url: str, *, pool_size: int = 8) -> Engine:
    """What an error says goes into the log: it names no parameter, which may be somebody's number."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True
        )
    # `check_same_thread` is off: the pool hands a connection to one thread at a time.
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": _PATIENCE_SECONDS}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions by itself, and too late.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    # A deferred transaction that writes later fails with "database is locked" instead of waiting.
    if connection.get_execution_options().get(WRITE, False):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Waits for the writers of other processes. SQLite's own waiting sleeps longer and longer, up to 100 ms, while
    whoever comes later overtakes: of many short writes some would wait for seconds.
    """
    raw: Any = connection.connection.dbapi_connection
    until = time.monotonic() + _PATIENCE_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while _is_taken(raw) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        if not raw.in_transaction:
            # Refused as everything of this engine is refused.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(_PATIENT)


def _is_taken(raw: sqlite3.Connection) -> bool:
    """Begins, unless another process is writing."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as problem:
        # The low byte is the error, the rest its kind (recovery, snapshot).
        return problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False
