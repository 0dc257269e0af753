"""Messages: written with the change, sent by a job afterwards; secret words are wiped once delivered."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from ca_core.notices import Notice
from data.pending import Pending
from data.schema import outbox as table

WAITING, SENT, DEAD = "waiting", "sent", "dead"


@dataclass(frozen=True, slots=True)
class Waiting:
    notice_id: int
    kind: str
    medium: str
    recipient: str
    language: str
    words: dict[str, str]
    secret: bool
    attempts: int
    created_at: datetime


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = Pending(connection, table)
        self.flush = self._pending.flush

    def add(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._pending.add(
                {
                    "kind": notice.kind.value,
                    "medium": notice.medium.value,
                    "recipient": notice.recipient,
                    "subscriber_id": notice.subscriber_id,
                    "language": notice.language,
                    "words": json.dumps(notice.words, ensure_ascii=False),
                    "secret": int(notice.secret),
                    "created_at": notice.at,
                    "state": WAITING,
                    "attempts": 0,
                    "next_try_at": notice.at,
                    "problem": "",
                }
            )

    def due(self, now: datetime, limit: int) -> list[Waiting]:
        query = (
            select(table)
            .where(table.c.state == WAITING, table.c.next_try_at <= now)
            .order_by(table.c.next_try_at, table.c.notice_id)
            .limit(limit)
        )
        return [
            Waiting(
                notice_id=row.notice_id,
                kind=row.kind,
                medium=row.medium,
                recipient=row.recipient,
                language=row.language,
                words=json.loads(row.words),
                secret=bool(row.secret),
                attempts=row.attempts,
                created_at=row.created_at,
            )
            for row in self._connection.execute(query)
        ]

    def delivered(self, notice: Waiting, at: datetime) -> None:
        words = "{}" if notice.secret else json.dumps(notice.words, ensure_ascii=False)
        self._connection.execute(
            update(table)
            .where(table.c.notice_id == notice.notice_id)
            .values(state=SENT, delivered_at=at, words=words, attempts=notice.attempts + 1)
        )

    def failed(self, notice: Waiting, *, problem: str, next_try_at: datetime | None) -> None:
        """`next_try_at` None gives up: the notice is dead and shown to those who run the system."""
        values: dict[str, object] = {"attempts": notice.attempts + 1, "problem": problem}
        if next_try_at is None:
            values |= {"state": DEAD, "words": "{}"} if notice.secret else {"state": DEAD}
        else:
            values["next_try_at"] = next_try_at
        self._connection.execute(update(table).where(table.c.notice_id == notice.notice_id).values(values))

    def retry_dead(self, now: datetime) -> int:
        """Those whose words are still there: a secret was wiped when it was given up."""
        again = {"state": WAITING, "next_try_at": now, "attempts": 0}
        where = (table.c.state == DEAD, table.c.secret == 0)
        return self._connection.execute(update(table).where(*where).values(again)).rowcount

    def count_dead(self) -> int:
        query = select(func.count()).where(table.c.state == DEAD)
        return int(self._connection.scalar(query) or 0)
