"""The rollups again, from the raw rows alone: after a bulk load, as a repair, and as the tests' oracle.

Shares no arithmetic with the incremental path: each certificate is a set of intervals (valid, held), each
person's cover is the union of theirs. One pass, person by person; memory does not grow with the table.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, text, true

from ca_core.lifecycle import CertificateState
from ca_core.statistics import Measure, local_day
from data.cube import FACETS, PLACE, Sums, month_number
from data.schema import certificate, certificate_event, stat_day, stat_month, subscriber_stat

_CHUNK = 5_000
_CELLS_IN_MEMORY = 200_000
_SECOND = timedelta(seconds=1)
_NO_PLACE = (0,) * len(PLACE)

Interval = tuple[datetime, datetime]


def rebuild(connection: Connection) -> int:
    """Replaces every rollup; gives back the number of certificates counted. Needs a writing transaction."""
    _keep_writers_out(connection)
    for table in (stat_day, stat_month, subscriber_stat):
        connection.execute(delete(table).where(true()))
    sums, people, counted = Sums(), [], 0
    for rows in _by_person(connection):
        counted += len(rows)
        people.append(_count_person(sums, rows))
        if len(people) >= _CHUNK:
            connection.execute(insert(subscriber_stat), people)
            people.clear()
        if len(sums.days) > _CELLS_IN_MEMORY:
            sums.write(connection)
    if people:
        connection.execute(insert(subscriber_stat), people)
    sums.write(connection)
    return counted


def _keep_writers_out(connection: Connection) -> None:
    # SQLite's writer is alone anyway. Whoever changes a certificate must pass through these tables to commit.
    if connection.dialect.name == "postgresql":
        connection.execute(text("lock table subscriber_stat, stat_day, stat_month in exclusive mode"))


def _by_person(connection: Connection) -> Iterator[list["Issued"]]:
    c = certificate.c
    query = (
        select(
            c.certificate_id, c.subscriber_id, c.kind, c.channel, c.storage, c.region, c.method, c.age_band,
            c.state, c.reason, c.not_after, c.issued_at, c.lost_reported_at, c.held_at, c.revoked_at,
        )
        .where(c.issued_at.is_not(None))
        .order_by(c.subscriber_id, c.certificate_id)
    )  # fmt: skip
    rows = _streamed(connection, query)
    holds = _Holds(connection)
    for person, group in groupby(rows, key=lambda row: row.subscriber_id):
        events = holds.of(person)
        yield [Issued(row, events.get(row.certificate_id, [])) for row in group]


def _streamed(connection: Connection, query: Select[Any]) -> Iterable[Any]:
    return connection.execute(query.execution_options(stream_results=True, yield_per=_CHUNK))


class _Holds:
    """Begin and end of holds, read beside the certificates in the same order of people."""

    def __init__(self, connection: Connection) -> None:
        c, e = certificate.c, certificate_event.c
        query = (
            select(c.subscriber_id, e.certificate_id, e.at, e.event)
            .join_from(certificate_event, certificate, e.certificate_id == c.certificate_id)
            .where(e.event.in_(("hold", "release_hold")))
            .order_by(c.subscriber_id, e.certificate_id, e.event_id)
        )
        self._groups = groupby(_streamed(connection, query), key=lambda row: int(row.subscriber_id))
        self._next = next(self._groups, None)

    def of(self, person: int) -> dict[int, list[Any]]:
        while self._next is not None and self._next[0] < person:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != person:
            return {}
        events: dict[int, list[Any]] = {}
        for row in self._next[1]:
            events.setdefault(row.certificate_id, []).append(row)
        return events


class Issued:
    """One raw certificate as intervals of time. An end is the first instant that no longer belongs to it."""

    def __init__(self, row: Any, events: Iterable[Any]) -> None:
        self.row = row
        self.place = tuple(int(getattr(row, facet)) for facet in PLACE)
        self.end: datetime = row.revoked_at or row.not_after + _SECOND
        self.held = list(self._holds(events))

    def _holds(self, events: Iterable[Any]) -> Iterator[Interval]:
        start: datetime | None = None
        for event in events:
            if event.event == "hold":
                start = event.at
            elif start is not None:
                yield start, min(event.at, self.end)
                start = None
        if start is None and self.row.state == int(CertificateState.ON_HOLD):
            start = self.row.held_at
        if start is not None:
            yield start, self.end

    def valid(self) -> Iterator[Interval]:
        start = self.row.issued_at
        for begin, end in self.held:
            if begin > start:
                yield start, begin
            start = max(start, end)
        if self.end > start:
            yield start, self.end


def _count_person(sums: Sums, certificates: list[Issued]) -> dict[str, object]:
    for one in certificates:
        _count_certificate(sums.days, one)
    _count_cover(sums.days, certificates)
    return _count_holder(sums.days, certificates)


def _count_certificate(days: Counter[tuple[date, tuple[int, ...]]], one: Issued) -> None:
    def add(day: date, measure: Measure, n: int, reason: int = -1) -> None:
        days[day, (int(measure), *one.place, reason)] += n

    row = one.row
    add(local_day(row.issued_at), Measure.ISSUED, 1)
    if row.revoked_at is not None:
        add(local_day(row.revoked_at), Measure.REVOKED, 1, row.reason)
    else:
        add(local_day(row.not_after), Measure.DUE, 1)
    if row.lost_reported_at is not None:
        add(max(local_day(row.lost_reported_at), local_day(row.issued_at)), Measure.LOST, 1)
    for start, end in one.held:
        add(local_day(start), Measure.HELD, 1)
        add(_end_day(one, end), Measure.HELD, -1)


def _end_day(one: Issued, end: datetime) -> date:
    """A natural end counts on the day of `not_after`; a revocation or a release on its own day."""
    natural = one.row.revoked_at is None and end == one.end
    return local_day(end - _SECOND if natural else end)


def _count_cover(days: Counter[tuple[date, tuple[int, ...]]], certificates: list[Issued]) -> None:
    key = (int(Measure.COVERED), *_NO_PLACE, -1)
    spans = sorted((start, end, _end_day(one, end)) for one in certificates for start, end in one.valid())
    cover: tuple[datetime, date] | None = None
    for start, end, day in spans:
        if cover is None or start >= cover[0]:
            if cover is not None:
                days[cover[1], key] -= 1
            days[local_day(start), key] += 1
            cover = (end, day)
        else:
            cover = max(cover, (end, day))
    if cover is not None:
        days[cover[1], key] -= 1


def _count_holder(
    days: Counter[tuple[date, tuple[int, ...]]], certificates: list[Issued]
) -> dict[str, object]:
    in_order = sorted(certificates, key=lambda one: (one.row.issued_at, one.row.certificate_id))
    first, last = in_order[0].row, in_order[-1].row
    days[local_day(first.issued_at), (int(Measure.HOLDER_NEW), *_NO_PLACE, -1)] += 1
    masks = dict.fromkeys((column for column, _ in FACETS), 0)
    months: set[int] = set()
    for one in in_order:
        day = local_day(one.row.issued_at)
        if month_number(day) not in months:
            months.add(month_number(day))
            days[day, (int(Measure.HOLDER_IN_MONTH), *_NO_PLACE, -1)] += 1
        for position, (column, facet) in enumerate(FACETS):
            value = int(getattr(one.row, facet))
            if not masks[column] >> value & 1:
                masks[column] |= 1 << value
                marked = tuple(value if place == position else 0 for place in range(len(PLACE)))
                days[day, (int(Measure.HOLDER_OF), *marked, -1)] += 1
    live = [
        one.row.not_after
        for one in certificates
        if one.row.state in (int(CertificateState.ISSUED), int(CertificateState.ACCEPTED))
    ]
    return {
        "subscriber_id": first.subscriber_id,
        "certificates": len(certificates),
        "first_at": first.issued_at,
        "last_at": last.issued_at,
        "cover_until": max(live, default=None),
        "last_month": month_number(local_day(last.issued_at)),
        **masks,
    }
