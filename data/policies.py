"""Every policy version that was ever in force, with its text."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from data.schema import policy_version as table


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    version: str
    source: str
    in_force_since: datetime


class Policies:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, *, version: str, source: str, sha256: bytes, now: datetime) -> None:
        """A version that is known already keeps its first text and date."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        self._connection.execute(
            dialect.insert(table)
            .values(version=version, source=source, sha256=sha256, in_force_since=now)
            .on_conflict_do_nothing(index_elements=["version"])
        )

    def all(self) -> list[KeptPolicy]:
        query = select(table).order_by(table.c.in_force_since)
        return [KeptPolicy(r.version, r.source, r.in_force_since) for r in self._connection.execute(query)]
