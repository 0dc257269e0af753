"""Published certificate revocation lists: what was published when, with which number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from data.schema import crl as table


@dataclass(frozen=True, slots=True)
class PublishedList:
    issuer: str
    number: int
    this_update: datetime
    next_update: datetime
    entries: int
    size_bytes: int
    sha256: bytes


class Lists:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, issuer: str) -> PublishedList | None:
        query = select(table).where(table.c.issuer == issuer).order_by(table.c.number.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return PublishedList(
            row.issuer,
            row.number,
            row.this_update,
            row.next_update,
            row.entries,
            row.size_bytes,
            bytes(row.sha256),
        )

    def next_number(self, issuer: str) -> int:
        """RFC 5280, 5.2.3: monotonically increasing."""
        query = select(func.max(table.c.number)).where(table.c.issuer == issuer)
        return int(self._connection.scalar(query) or 0) + 1

    def add(self, published: PublishedList) -> None:
        self._connection.execute(
            insert(table).values(
                issuer=published.issuer,
                number=published.number,
                this_update=published.this_update,
                next_update=published.next_update,
                entries=published.entries,
                size_bytes=published.size_bytes,
                sha256=published.sha256,
            )
        )
