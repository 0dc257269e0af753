"""Commands for the job runner: stored with the change that asks, claimed once, retried with a pause."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ca_core.ports import Command
from data.schema import command as table

WAITING, DONE, DEAD = "waiting", "done", "dead"


@dataclass(frozen=True, slots=True)
class Ordered:
    command_id: int
    kind: str
    subject: str
    attempts: int
    state: str
    problem: str


class Commands:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, command: Command, *, now: datetime) -> None:
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        self._connection.execute(
            dialect.insert(table)
            .values(
                kind=command.kind.value,
                subject=command.subject,
                idempotency_key=command.idempotency_key,
                state=WAITING,
                asked_at=now,
                attempts=0,
                next_try_at=command.due_at or now,
                problem="",
            )
            .on_conflict_do_nothing(index_elements=["idempotency_key"])
        )

    def due(self, now: datetime, limit: int) -> list[Ordered]:
        """There is one job runner: it reads what is due and marks it when done."""
        query = (
            select(table)
            .where(table.c.state == WAITING, table.c.next_try_at <= now)
            .order_by(table.c.next_try_at, table.c.command_id)
            .limit(limit)
        )
        return [
            Ordered(row.command_id, row.kind, row.subject, row.attempts, row.state, row.problem)
            for row in self._connection.execute(query)
        ]

    def done(self, command_id: int, at: datetime) -> None:
        self._connection.execute(
            update(table).where(table.c.command_id == command_id).values(state=DONE, done_at=at)
        )

    def failed(self, command_id: int, *, problem: str, next_try_at: datetime | None) -> None:
        """`next_try_at` None gives up: the command is dead and shown to those who run the system."""
        values: dict[str, object] = {"attempts": table.c.attempts + 1, "problem": problem}
        values |= {"state": DEAD} if next_try_at is None else {"next_try_at": next_try_at}
        self._connection.execute(update(table).where(table.c.command_id == command_id).values(values))

    def latest(self, subject: str) -> Ordered | None:
        query = select(table).where(table.c.subject == subject).order_by(table.c.command_id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Ordered(row.command_id, row.kind, row.subject, row.attempts, row.state, row.problem)

    def count_dead(self) -> int:
        return int(self._connection.scalar(select(func.count()).where(table.c.state == DEAD)) or 0)

    def retry_dead(self, now: datetime) -> int:
        done = self._connection.execute(
            update(table).where(table.c.state == DEAD).values(state=WAITING, next_try_at=now, attempts=0)
        )
        return done.rowcount
