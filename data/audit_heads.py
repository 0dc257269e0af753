"""Signed heads of the tree over the audit log."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from ca_core.audit_head import Head, SignedHead
from data.audit_schema import audit_head as table

# Any number that nothing else in this database locks: "audit" in octets.
_TURN = 0x6175646974


class AuditHeads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_turn(self) -> None:
        """Until this transaction ends nobody else adds a head. SQLite has one writer anyway."""
        if self._connection.dialect.name == "postgresql":
            # Not LOCK TABLE: that needs a right to change the table, which who writes heads need not have.
            self._connection.execute(select(func.pg_advisory_xact_lock(_TURN)))

    def newest(self) -> SignedHead | None:
        row = self._connection.execute(select(table).order_by(table.c.size.desc()).limit(1)).one_or_none()
        return _of_row(row) if row is not None else None

    def of_size(self, size: int) -> SignedHead | None:
        row = self._connection.execute(select(table).where(table.c.size == size)).one_or_none()
        return _of_row(row) if row is not None else None

    def covering(self, position: int) -> SignedHead | None:
        """The first one that was sealed over this position."""
        query = select(table).where(table.c.size > position).order_by(table.c.size).limit(1)
        row = self._connection.execute(query).one_or_none()
        return _of_row(row) if row is not None else None

    def between(self, after: int, up_to: int, *, limit: int) -> list[SignedHead]:
        """By size."""
        query = (
            select(table)
            .where(table.c.size > after, table.c.size <= up_to)
            .order_by(table.c.size)
            .limit(limit)
        )
        return [_of_row(row) for row in self._connection.execute(query)]

    def add(self, signed: SignedHead) -> None:
        self._connection.execute(
            insert(table).values(
                size=signed.head.size,
                root=signed.head.root,
                at=signed.head.at,
                key_id=signed.key_id,
                signature=signed.signature,
            )
        )


def _of_row(row: Row[Any]) -> SignedHead:
    return SignedHead(Head(row.size, bytes(row.root), row.at), bytes(row.key_id), bytes(row.signature))
