"""The one look-up that relying parties cause by the thousand: how a serial stands, by its unique index, no more.

Each thread keeps one connection of its own, outside transactions: every look sees what was committed before it.
"""

import threading
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState
from ca_core.revocation.status import Facts

_COLUMNS = "state, reason, held_at, revoked_at"


class Standings:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._opened: list[PoolProxiedConnection] = []
        self._is_sqlite = engine.dialect.name == "sqlite"
        place = "?" if self._is_sqlite else "%s"
        self._query = f"SELECT {_COLUMNS} FROM certificate WHERE serial = {place}"  # noqa: S608 - constants

    def of(self, serial: Serial) -> Facts | None:
        """None for a serial that is not on record. A connection that was lost is opened again, once."""
        try:
            row = self._ask(serial)
        except self._engine.dialect.loaded_dbapi.Error as error:
            self._forget()
            try:
                row = self._ask(serial)
            except self._engine.dialect.loaded_dbapi.Error:
                raise DBAPIError.instance(
                    self._query, None, error, self._engine.dialect.loaded_dbapi.Error
                ) from error
        if row is None:
            return None
        state, reason, held_at, revoked_at = row
        return Facts(CertificateState(state), reason, self._instant(held_at), self._instant(revoked_at))

    def _ask(self, serial: Serial) -> Any:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._engine.raw_connection()
            with self._lock:
                self._opened.append(connection)
            if not self._is_sqlite:
                connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]  # just opened
        cursor = connection.cursor()
        try:
            cursor.execute(self._query, (serial.octets,))
            return cursor.fetchone()
        finally:
            cursor.close()

    def _forget(self) -> None:
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            self._mine.connection = None
            with self._lock:
                self._opened.remove(connection)
            connection.invalidate()

    def close(self) -> None:
        """Gives every thread's connection back; nobody asks any more."""
        with self._lock:
            while self._opened:
                self._opened.pop().close()

    def _instant(self, value: Any) -> datetime | None:
        if value is None:
            return None
        return datetime.fromtimestamp(value, UTC) if self._is_sqlite else value.astimezone(UTC)
