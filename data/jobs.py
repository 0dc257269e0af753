"""How the job runner's parts went, by name."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ca_core.ca_health import Job
from data import upsert
from data.job_schema import job as table


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Job]:
        rows = self._connection.execute(select(table).order_by(table.c.name))
        return [
            Job(row.name, row.ran_at, row.next_at, row.failures, row.failed_at, row.problem) for row in rows
        ]

    def put(self, jobs: Sequence[Job]) -> None:
        rows: list[dict[str, object]] = [
            {
                "name": one.name,
                "ran_at": one.ran_at,
                "next_at": one.next_at,
                "failures": one.failures,
                "failed_at": one.failed_at,
                "problem": one.problem,
            }
            for one in jobs
        ]
        upsert.put(self._connection, table, rows)
