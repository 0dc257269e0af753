"""Sessions of owners in their cabinet, and the nonces by which some of them were opened."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ca_core.identifiers import Iin
from ca_core.owner_session import OwnerSession
from data.owner_schema import owner_nonce
from data.owner_schema import owner_session as table


class OwnerSessions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_digest(self, token_digest: bytes) -> OwnerSession | None:
        query = select(table).where(table.c.token_digest == token_digest)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return OwnerSession(
            token_digest=bytes(row.token_digest),
            iin=Iin.of(row.iin),
            by=row.proven_by,
            started_at=row.started_at,
            seen_at=row.seen_at,
        )

    def add(self, session: OwnerSession) -> None:
        self._connection.execute(
            insert(table).values(
                token_digest=session.token_digest,
                iin=session.iin.number,
                proven_by=session.by,
                started_at=session.started_at,
                seen_at=session.seen_at,
            )
        )

    def touch(self, token_digest: bytes, *, at: datetime) -> None:
        self._connection.execute(update(table).where(table.c.token_digest == token_digest).values(seen_at=at))

    def end(self, token_digest: bytes) -> None:
        self._connection.execute(delete(table).where(table.c.token_digest == token_digest))

    def forget(self, *, started_by: datetime, seen_by: datetime, now: datetime) -> int:
        self._connection.execute(delete(owner_nonce).where(owner_nonce.c.expires_at < now))
        over = or_(table.c.started_at <= started_by, table.c.seen_at <= seen_by)
        return self._connection.execute(delete(table).where(over)).rowcount

    def spend_nonce(self, digest: bytes, *, expires_at: datetime, now: datetime) -> bool:
        self._connection.execute(delete(owner_nonce).where(owner_nonce.c.expires_at < now))
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        once = (
            dialect.insert(owner_nonce)
            .values(digest=digest, expires_at=expires_at)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(owner_nonce.c.digest)
        )
        return self._connection.execute(once).one_or_none() is not None
