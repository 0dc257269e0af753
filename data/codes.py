"""One-time codes at rest: seals, never digits (R4)."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from ca_core.identifiers import Phone
from ca_core.ports import StoredCode
from data.schema import sms_code as table


class Codes:
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def latest(self, *, purpose: str, subject: str) -> StoredCode | None:
        row = self._connection.execute(
            select(table)
            .where(table.c.purpose == purpose, table.c.subject == subject)
            .order_by(table.c.code_id.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return StoredCode(
            code_id=row.code_id,
            purpose=row.purpose,
            subject=row.subject,
            page=row.page,
            phone=Phone.of(row.phone),
            seal=bytes(row.seal),
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            tries_left=row.tries_left if row.used_at is None else 0,
        )

    def sent_since(self, phone: Phone, instant: datetime) -> int:
        query = select(func.count()).where(table.c.phone == phone.number, table.c.sent_at > instant)
        return int(self._connection.scalar(query) or 0)

    def last_sent_at(self, phone: Phone, *, purpose: str) -> datetime | None:
        query = select(func.max(table.c.sent_at)).where(
            table.c.phone == phone.number, table.c.purpose == purpose, table.c.used_at.is_(None)
        )
        last: datetime | None = self._connection.scalar(query)
        return last

    def add(self, code: StoredCode) -> None:
        self._connection.execute(
            insert(table).values(
                purpose=code.purpose,
                subject=code.subject,
                page=code.page,
                phone=code.phone.number,
                seal=code.seal,
                sent_at=code.sent_at,
                expires_at=code.expires_at,
                tries_left=code.tries_left,
            )
        )

    def spend(self, code_id: int) -> bool:
        done = self._connection.execute(
            update(table)
            .where(table.c.code_id == code_id, table.c.used_at.is_(None))
            .values(used_at=self._now)
        )
        return done.rowcount == 1

    def take_try(self, code_id: int) -> bool:
        done = self._connection.execute(
            update(table)
            .where(table.c.code_id == code_id, table.c.used_at.is_(None), table.c.tries_left > 0)
            .values(tries_left=table.c.tries_left - 1)
        )
        return done.rowcount == 1
