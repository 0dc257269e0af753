"""Rows that only ever grow, gathered in a unit of work and inserted together just before it commits."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, insert


class Pending:
    """What is gathered is not yet to be read in the same unit of work."""

    def __init__(self, connection: Connection, table: Table) -> None:
        self._connection = connection
        self._insert = insert(table)
        self._rows: list[Mapping[str, object]] = []

    def add(self, row: Mapping[str, object]) -> None:
        self._rows.append(row)

    def flush(self) -> None:
        if self._rows:
            self._connection.execute(self._insert, self._rows)
            self._rows = []
