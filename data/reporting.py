"""The published figures' read side: sums over the rollups, and the few raw rows that the clock decides today."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, literal, not_, or_, select

from ca_core import figures, statistics
from ca_core.certificate import AgeBand, Channel, Facets, Kind, Method, StorageKind
from ca_core.figures import Count, Facet, Sum
from ca_core.lifecycle import CertificateState
from ca_core.reporting import Estimate
from ca_core.statistics import Measure
from data.cube import PLACE
from data.schema import certificate, certificate_use, stat_day, stat_month, stat_unused, subscriber_stat

_LIVE = (int(CertificateState.ISSUED), int(CertificateState.ACCEPTED))
_ON_HOLD = int(CertificateState.ON_HOLD)


class Reporting:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sums(self, *, by: Facet | None, last: date) -> list[Sum]:
        """Whole months from the rollup of months, the last one from that of days."""
        month = figures.month_number(last)
        months = self._grouped(stat_month, by, stat_month.c.month < month, stat_month.c.month)
        first = figures.first_of_month(last)
        days = self._grouped(stat_day, by, stat_day.c.day.between(first, last), None)
        return [_sum(row.month, row) for row in months] + [_sum(month, row) for row in days]

    def _grouped(
        self, table: Any, by: Facet | None, when: ColumnElement[bool], month: ColumnElement[int] | None
    ) -> Sequence[Any]:
        value = table.c[by.value] if by is not None else literal(0)
        # People are counted once under each facet; the marks of other facets do not belong here.
        marked = and_(table.c.measure == int(Measure.HOLDER_OF), value == 0)
        keys = [table.c.measure, table.c.kind] if month is None else [month, table.c.measure, table.c.kind]
        if by is not None:
            keys.append(value)
        query = select(*keys, value.label("value"), func.sum(table.c.n).label("n"))
        return self._connection.execute(query.where(when, not_(marked)).group_by(*keys)).all()

    def still_to_come(self, *, by: Facet | None, now: datetime) -> list[Sum]:
        month = figures.month_number(statistics.local_day(now))
        end = statistics.end_of_day(statistics.local_day(now))
        c = certificate.c
        value = c[by.value] if by is not None else literal(0)
        keys = [c.state, c.kind] if by is None else [c.state, c.kind, value]
        query = select(*keys, value.label("value"), func.count().label("n")).where(
            c.not_after.between(now, end), c.issued_at.is_not(None), c.state.in_((*_LIVE, _ON_HOLD))
        )
        found = []
        for row in self._connection.execute(query.group_by(*keys)):
            found.append(Sum(month, Measure.DUE, row.kind, row.value, -row.n))
            if row.state == _ON_HOLD:
                found.append(Sum(month, Measure.HELD, row.kind, row.value, row.n))
        covered = select(func.count()).where(subscriber_stat.c.cover_until.between(now, end))
        people = self._connection.scalar(covered) or 0
        return [*found, Sum(month, Measure.COVERED, 0, 0, people)]

    def reasons(self, *, first: date | None, last: date) -> list[Count]:
        counts: Counter[int] = Counter()
        month, day = stat_month.c, stat_day.c
        whole = [month.month < figures.month_number(last)]
        if first is not None:
            whole.append(month.month >= figures.month_number(first))
        days = day.day.between(figures.first_of_month(last), last)
        for table, when in ((stat_month, and_(*whole)), (stat_day, days)):
            query = select(table.c.reason, func.sum(table.c.n)).where(
                when, table.c.measure == int(Measure.REVOKED)
            )
            for reason, n in self._connection.execute(query.group_by(table.c.reason)):
                counts[reason] += n
        return [Count(reason, int(n)) for reason, n in sorted(counts.items()) if n]

    def unused(self, *, by: Facet | None, before: datetime) -> Estimate | None:
        """The newest estimate made by then. The row without facets only says that there was one."""
        c = stat_unused.c
        as_of = self._connection.scalar(select(func.max(c.as_of)).where(c.as_of <= before))
        if as_of is None:
            return None
        value = c[by.value] if by is not None else literal(0)
        query = select(value.label("value"), func.sum(c.n).label("n")).where(c.as_of == as_of, c.kind != 0)
        rows = self._connection.execute(query.group_by(value) if by is not None else query)
        return Estimate(as_of, tuple(Count(row.value, int(row.n or 0)) for row in rows))

    def count_unused(self, *, now: datetime, after: timedelta) -> list[tuple[Facets, int]]:
        """Valid certificates never taken over, or old enough and without a status request for so long (R12)."""
        c = certificate.c
        keys = [c[name] for name in PLACE]
        long_ago = now - after
        seen = certificate_use.c.last_seen_on
        silent = and_(c.issued_at < long_ago, or_(seen.is_(None), seen < statistics.local_day(long_ago)))
        query = (
            select(*keys, func.count().label("n"))
            .select_from(certificate)
            .outerjoin(certificate_use, certificate_use.c.certificate_id == c.certificate_id)
            .where(c.state.in_(_LIVE), c.not_after >= now, or_(c.accepted_at.is_(None), silent))
            .group_by(*keys)
        )
        return [(_facets(row), row.n) for row in self._connection.execute(query)]

    def keep_unused(self, counted: Sequence[tuple[Facets, int]], *, as_of: datetime) -> None:
        """One estimate a month is kept: the newest replaces those made in the same month."""
        month = statistics.start_of_day(figures.first_of_month(statistics.local_day(as_of)))
        self._connection.execute(delete(stat_unused).where(stat_unused.c.as_of >= month))
        rows: list[dict[str, object]] = [{"as_of": as_of, "n": 0, **dict.fromkeys(PLACE, 0)}]
        for facets, n in counted:
            rows.append({"as_of": as_of, "n": n, **{name: int(getattr(facets, name)) for name in PLACE}})
        self._connection.execute(insert(stat_unused), rows)


def _sum(month: int, row: Any) -> Sum:
    return Sum(month, Measure(row.measure), row.kind, row.value, int(row.n))


def _facets(row: Any) -> Facets:
    return Facets(
        kind=Kind(row.kind),
        channel=Channel(row.channel),
        storage=StorageKind(row.storage),
        region=row.region,
        method=Method(row.method),
        age_band=AgeBand(row.age_band),
    )
