"""The published figures (R12): what an analyst may ask, answered from the rollups, never from people's rows.

The country's totals are always shown, by month too; a cell of a breakdown below the threshold never is, nor one
that would give it away.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from ca_core import audit, figures, roles, statistics
from ca_core.certificate import Facets
from ca_core.figures import Count, Facet, Figure, Period, Question, Sum
from ca_core.policy import Policy
from ca_core.ports import AuditLog
from ca_core.statistics import Measure


@dataclass(frozen=True, slots=True)
class Estimate:
    """Unused certificates, and when that was estimated."""

    as_of: datetime
    counts: tuple[Count, ...]


class Reports(Protocol):
    """The read side of the rollups."""

    def sums(self, *, by: Facet | None, last: date) -> Sequence[Sum]:
        """Everything up to the end of a day. With a facet, people are counted under its values too."""
        ...

    def still_to_come(self, *, by: Facet | None, now: datetime) -> Sequence[Sum]:
        """What stands on today but happens after `now`, to be added to `sums`: certificates that run out today."""
        ...

    def reasons(self, *, first: date | None, last: date) -> Sequence[Count]: ...
    def unused(self, *, by: Facet | None, before: datetime) -> Estimate | None: ...
    def count_unused(self, *, now: datetime, after: timedelta) -> Sequence[tuple[Facets, int]]: ...
    def keep_unused(self, counted: Sequence[tuple[Facets, int]], *, as_of: datetime) -> None: ...


class Work(Protocol):
    """What reporting needs of a unit of work."""

    @property
    def reporting(self) -> Reports: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def policy(self) -> Policy: ...


@dataclass(frozen=True, slots=True)
class Number:
    """One figure, and the same for the period before where that was asked for."""

    figure: Figure
    n: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is a facet's value or a month as 202611; a cell that is None is not shown."""

    value: int
    cells: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Figure, ...]
    rows: tuple[Row, ...]
    total: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The country's figures. `unused_as_of` is None where nothing was estimated yet."""

    as_of: datetime
    period: Period
    before: Period | None
    numbers: tuple[Number, ...]
    months: Table
    reasons: tuple[Count, ...]
    unused_as_of: datetime | None

    def of(self, figure: Figure) -> Number:
        return next(number for number in self.numbers if number.figure is figure)


@dataclass(frozen=True, slots=True)
class Grid:
    """Certificates issued by month and by the values of one facet."""

    values: tuple[int, ...]
    rows: tuple[Row, ...]


def _sums(work: Work, question: Question, facet: Facet | None, now: datetime) -> list[Sum]:
    today = statistics.local_day(now)
    last = figures.period_of(question, today).last
    found = list(work.reporting.sums(by=facet, last=last))
    return found + list(work.reporting.still_to_come(by=facet, now=now)) if last == today else found


def as_of(question: Question, now: datetime) -> datetime:
    """Now, or the last second of a day that is over."""
    today = statistics.local_day(now)
    last = figures.period_of(question, today).last
    return now if last == today else statistics.end_of_day(last)


def _unused(work: Work, question: Question, facet: Facet | None, now: datetime) -> Estimate | None:
    return work.reporting.unused(by=facet, before=as_of(question, now))


def report(work: Work, *, actor: roles.Actor, question: Question, smallest: int, now: datetime) -> Report:
    """The country's figures with their months and reasons. Raises NotAllowed."""
    roles.require(actor, roles.Permission.VIEW_STATISTICS)
    period = figures.period_of(question, statistics.local_day(now))
    before = figures.period_before(question, period) if question.compare else None
    sums = _sums(work, question, None, now)
    current = figures.Ledger(sums, period)
    earlier = figures.Ledger(work.reporting.sums(by=None, last=before.last), before) if before else None
    estimate = _unused(work, question, None, now)
    if estimate is not None:
        current.set(Figure.UNUSED, (), sum(count.n or 0 for count in estimate.counts))
    reasons = list(work.reporting.reasons(first=period.first, last=period.last))
    return Report(
        as_of=as_of(question, now),
        period=period,
        before=before,
        numbers=tuple(_number(figure, current, earlier) for figure in Figure),
        months=_months(sums, period),
        reasons=_shown_counts(reasons, smallest),
        unused_as_of=estimate.as_of if estimate else None,
    )


def _number(figure: Figure, current: figures.Ledger, earlier: figures.Ledger | None) -> Number:
    comparable = earlier is not None and figure is not Figure.UNUSED
    return Number(figure, current.of(figure), earlier.of(figure) if earlier and comparable else None)


def _shown_counts(counts: Sequence[Count], smallest: int) -> tuple[Count, ...]:
    cells = {count.value: count.n or 0 for count in counts}
    gone = statistics.hidden(cells, lines=[list(cells)], smallest=smallest)
    return tuple(Count(value, None if value in gone else n) for value, n in sorted(cells.items()))


def _months(sums: Sequence[Sum], period: Period) -> Table:
    """Flows of each month and stocks at its end."""
    numbers = {one.month for one in sums if one.n}
    if not numbers:
        return Table(figures.BY_MONTH, (), (0,) * len(figures.BY_MONTH))
    first = period.first or date(min(numbers) // 100, min(numbers) % 100, 1)
    rows, month = [], first
    ordered = sorted(sums, key=lambda one: one.month)
    while month <= period.last:
        upto = [one for one in ordered if one.month <= figures.month_number(month)]
        ledger = figures.Ledger(upto, Period(month, period.last))
        rows.append(Row(figures.month_number(month), tuple(ledger.of(figure) for figure in figures.BY_MONTH)))
        month = figures.first_of_month(month, months_back=-1)
    whole = figures.Ledger(ordered, period)
    # People of several months are not the sum of each month's people.
    total = [None if figure is Figure.HOLDERS_IN_MONTH else whole.of(figure) for figure in figures.BY_MONTH]
    return Table(figures.BY_MONTH, tuple(rows), tuple(total))


def by_facet(
    work: Work, *, actor: roles.Actor, question: Question, facet: Facet, smallest: int, now: datetime
) -> Table:
    """Every figure under each value of one facet. Raises NotAllowed."""
    roles.require(actor, roles.Permission.VIEW_STATISTICS)
    period = figures.period_of(question, statistics.local_day(now))
    ledger = figures.Ledger(_sums(work, question, facet, now), period)
    estimate = _unused(work, question, facet, now)
    if estimate is not None:
        ledger.set(Figure.UNUSED, estimate.counts, sum(count.n or 0 for count in estimate.counts))
    gone = _hidden_by_facet(ledger, period, smallest)
    rows = [
        Row(
            value,
            tuple(
                None if (figure, value) in gone else ledger.of(figure, value) for figure in figures.BY_FACET
            ),
        )
        for value in ledger.values()
    ]
    return Table(figures.BY_FACET, tuple(rows), tuple(ledger.of(figure) for figure in figures.BY_FACET))


def _hidden_by_facet(ledger: figures.Ledger, period: Period, smallest: int) -> frozenset[tuple[Figure, int]]:
    """The totals are public: a column's cells give each other away, save people's, who stand under several values."""
    values = ledger.values()
    columns = [figure for figure in figures.BY_FACET if figure is not Figure.HOLDERS]
    cells = {(figure, value): ledger.of(figure, value) for figure in figures.BY_FACET for value in values}
    lines: list[list[tuple[Figure, int]]] = [[(figure, value) for value in values] for figure in columns]
    if period.first is None:
        lines += [[(figure, value) for figure in figures.LINKED] for value in values]
    return statistics.hidden(cells, lines=lines, smallest=smallest)


def by_month_and(
    work: Work, *, actor: roles.Actor, question: Question, facet: Facet, smallest: int, now: datetime
) -> Grid:
    """Certificates issued in each month of the period under each value of one facet. Raises NotAllowed."""
    roles.require(actor, roles.Permission.VIEW_STATISTICS)
    period = figures.period_of(question, statistics.local_day(now))
    sums = _sums(work, question, facet, now)
    ledger = figures.Ledger(sums, period)
    cells: Counter[tuple[int, int]] = Counter()
    for one in sums:
        if one.measure is Measure.ISSUED and one.month >= period.first_month:
            cells[one.month, one.value] += one.n
    months, values = sorted({month for month, _ in cells}), ledger.values()
    # A column whose sum is not shown elsewhere must not be found by adding up its months.
    unseen = {
        value for figure, value in _hidden_by_facet(ledger, period, smallest) if figure is Figure.ISSUED
    }
    grid = {(month, value): cells[month, value] for month in months for value in values}
    lines = [[(month, value) for value in values] for month in months]
    lines += [[(month, value) for month in months] for value in values]
    covered = {key for key in grid if key[1] in unseen}
    gone = statistics.hidden(grid, lines=lines, smallest=smallest, already=covered)
    rows = [Row(m, tuple(None if (m, v) in gone else grid[m, v] for v in values)) for m in months]
    return Grid(tuple(values), tuple(rows))


def note_export(work: Work, *, actor: roles.Actor, question: Question, form: str, now: datetime) -> None:
    """Writes down who took which figures out of the house. Raises NotAllowed."""
    roles.require(actor, roles.Permission.EXPORT_STATISTICS)
    period = figures.period_of(question, statistics.local_day(now))
    work.audit.add(
        audit.Entry(
            now, actor, "statistics:export:done", form, policy_version=work.policy.version,
            details={"from": str(period.first or "beginning"), "to": str(period.last)},
        )
    )  # fmt: skip
