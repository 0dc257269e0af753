"""The rollups behind the published figures, moved in the transaction that changes the certificate.

`stat_day` and `stat_month` hold the same deltas at two grains. A person's row remembers under which values of
each facet they were counted, so that "holders by channel" counts every person once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ca_core import statistics
from ca_core.certificate import Certificate
from ca_core.statistics import Delta, Mark
from data.cube import FACETS, Sums, month_number
from data.rebuild import rebuild
from data.schema import subscriber_stat

__all__ = ["Rollups", "month_number", "rebuild"]


class Rollups:
    """Deltas are gathered and written last, in one order, so that two writers never wait in a circle."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gathered = Sums()

    def apply(self, deltas: Sequence[Delta]) -> None:
        self._gathered.add(deltas)

    def flush(self) -> None:
        """Writes what was gathered; the unit of work calls it before it commits."""
        self._gathered.write(self._connection)

    def holder_was_issued(self, certificate: Certificate) -> bool:
        if certificate.issued_at is None:
            raise ValueError("only an issued certificate has a holder")
        at, person = certificate.issued_at, subscriber_stat.c.subscriber_id == certificate.subscriber_id
        # Two certificates of one person must not be counted at the same time.
        row = self._connection.execute(select(subscriber_stat).where(person).with_for_update()).one_or_none()
        day, month = statistics.local_day(at), month_number(statistics.local_day(at))
        masks, fresh = _marked(row, certificate)
        values: dict[str, object] = {**masks, "last_at": at, "last_month": month}
        self.apply(statistics.marked(day, fresh))
        if row is None or row.last_month != month:
            self.apply(statistics.in_month(day))
        if row is None:
            first = {"subscriber_id": certificate.subscriber_id, "certificates": 1, "first_at": at}
            self._connection.execute(insert(subscriber_stat).values({**first, **values}))
            return True
        more = {"certificates": subscriber_stat.c.certificates + 1}
        self._connection.execute(update(subscriber_stat).where(person).values({**more, **values}))
        return False

    def cover_until(self, subscriber_id: int) -> datetime | None:
        query = select(subscriber_stat.c.cover_until).where(subscriber_stat.c.subscriber_id == subscriber_id)
        return self._connection.scalar(query.with_for_update())

    def set_cover_until(self, subscriber_id: int, until: datetime | None) -> None:
        self._connection.execute(
            update(subscriber_stat)
            .where(subscriber_stat.c.subscriber_id == subscriber_id)
            .values(cover_until=until)
        )


def _marked(row: Any, certificate: Certificate) -> tuple[dict[str, object], list[Mark]]:
    """The person's marks with this certificate's added, and the facet values that are new for them."""
    masks: dict[str, object] = {}
    fresh: list[Mark] = []
    for column, facet in FACETS:
        value = int(getattr(certificate.facets, facet))
        mask = int(getattr(row, column)) if row is not None else 0
        if not mask >> value & 1:
            fresh.append(Mark(facet, value))
        masks[column] = mask | 1 << value
    return masks, fresh
