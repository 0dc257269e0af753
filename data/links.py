"""Links of messages by which an owner says "it was not me": digests, never the secret itself (R14)."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ca_core.identifiers import Serial
from ca_core.ports import StoredLink
from data.schema import not_me_link as table


class NotMeLinks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, link: StoredLink) -> None:
        self._connection.execute(
            insert(table).values(
                token_digest=link.token_digest, serial=link.serial.octets, expires_at=link.expires_at
            )
        )

    def by_digest(self, token_digest: bytes) -> StoredLink | None:
        query = select(table).where(table.c.token_digest == token_digest)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return StoredLink(bytes(row.token_digest), Serial(bytes(row.serial)), row.expires_at, row.used_at)

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        done = self._connection.execute(
            update(table)
            .where(table.c.token_digest == token_digest, table.c.used_at.is_(None))
            .values(used_at=now)
        )
        return done.rowcount == 1
