"""What an analyst may ask, and how the answer is put together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from ca_core import figures, reporting, roles
from ca_core.audit import Entry
from ca_core.certificate import Facets
from ca_core.figures import Count, Facet, Figure, Period, Question, Sum
from ca_core.policy import Policy
from ca_core.reporting import Estimate
from ca_core.roles import NotAllowed
from ca_core.statistics import Measure
from tests import builders

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = date(2026, 11, 22)
THE_YEAR = Question()


@dataclass
class Rollups:
    """Sums that a test lays down, national ones under no facet."""

    stored: dict[Facet | None, list[Sum]] = field(default_factory=dict)
    today: list[Sum] = field(default_factory=list)
    by_reason: list[Count] = field(default_factory=list)
    estimate: Estimate | None = None
    asked_until: list[date] = field(default_factory=list)

    def sums(self, *, by: Facet | None, last: date) -> Sequence[Sum]:
        self.asked_until.append(last)
        return [one for one in self.stored.get(by, []) if one.month <= figures.month_number(last)]

    def still_to_come(self, *, by: Facet | None, now: datetime) -> Sequence[Sum]:
        return self.today if by is None else []

    def reasons(self, *, first: date | None, last: date) -> Sequence[Count]:
        return self.by_reason

    def unused(self, *, by: Facet | None, before: datetime) -> Estimate | None:
        return self.estimate

    def count_unused(self, *, now: datetime, after: timedelta) -> Sequence[tuple[Facets, int]]:
        return []

    def keep_unused(self, counted: Sequence[tuple[Facets, int]], *, as_of: datetime) -> None:
        pytest.fail("a report never writes the estimate")


@dataclass
class Log:
    entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class Work:
    reporting: Rollups = field(default_factory=Rollups)
    audit: Log = field(default_factory=Log)
    policy: Policy = field(default_factory=builders.policy)


def nation(month: int, measure: Measure, n: int, kind: int = 1) -> Sum:
    return Sum(month, measure, kind, 0, n)


def asked(
    work: Work, question: Question = THE_YEAR, actor: roles.Actor = builders.ANALYST
) -> reporting.Report:
    return reporting.report(work, actor=actor, question=question, smallest=10, now=NOW)


def test_only_who_may_view_statistics_gets_them() -> None:
    work = Work()
    for act in (
        lambda: asked(work, actor=builders.AGENT),
        lambda: reporting.by_facet(
            work, actor=builders.AGENT, question=Question(), facet=Facet.REGION, smallest=1, now=NOW
        ),
        lambda: reporting.by_month_and(
            work, actor=builders.AGENT, question=Question(), facet=Facet.REGION, smallest=1, now=NOW
        ),
        lambda: reporting.note_export(
            work, actor=builders.SUPERVISOR, question=Question(), form="csv", now=NOW
        ),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert work.audit.entries == []


def test_an_export_is_written_down() -> None:
    work = Work()
    reporting.note_export(work, actor=builders.ANALYST, question=Question(), form="xlsx", now=NOW)
    (entry,) = work.audit.entries
    assert (entry.event, entry.subject, entry.actor) == ("statistics:export:done", "xlsx", builders.ANALYST)
    assert entry.details == {"from": "2025-12-01", "to": "2026-11-22"}


def test_nothing_yet_is_zero_everywhere() -> None:
    report = asked(Work(), Question(months=None, compare=True))
    assert {number.n for number in report.numbers} == {0}
    assert report.months.rows == ()
    assert set(report.months.total) == {0}


def test_the_bridge_leads_from_certificates_to_people() -> None:
    """R12: issued - expired - revoked - held = valid; valid - extra = people with a valid certificate."""
    work = Work()
    work.reporting.stored[None] = [
        nation(202501, Measure.ISSUED, 100), nation(202601, Measure.DUE, 30), nation(202602, Measure.REVOKED, 8),
        nation(202611, Measure.HELD, 2, 1), nation(202501, Measure.HOLDER_NEW, 70, 0),
        nation(202611, Measure.COVERED, 55, 0),
    ]  # fmt: skip
    report = asked(work)
    numbers = {number.figure: number.n for number in report.numbers}
    lost = numbers[Figure.EXPIRED_EVER] + numbers[Figure.REVOKED_EVER] + numbers[Figure.HELD]
    assert numbers[Figure.ISSUED_EVER] - lost == numbers[Figure.VALID] == 60
    assert numbers[Figure.VALID] - numbers[Figure.EXTRA] == numbers[Figure.HOLDERS_VALID] == 55
    assert numbers[Figure.HOLDERS] == 70


def test_what_runs_out_later_today_is_still_valid_now() -> None:
    work = Work()
    work.reporting.stored[None] = [nation(202511, Measure.ISSUED, 5), nation(202611, Measure.DUE, 2)]
    work.reporting.today = [nation(202611, Measure.DUE, -1)]
    assert asked(work).of(Figure.VALID).n == 4
    assert asked(work, Question(until=date(2026, 10, 31))).of(Figure.VALID).n == 5


def test_flows_count_the_period_and_stocks_everything_before() -> None:
    work = Work()
    work.reporting.stored[None] = [
        nation(202501, Measure.ISSUED, 7), nation(202611, Measure.ISSUED, 2), nation(202611, Measure.ISSUED, 1, 2),
        nation(202611, Measure.ISSUED, 1, 3),
    ]  # fmt: skip
    report = asked(work, Question(months=1))
    assert (report.of(Figure.ISSUED).n, report.of(Figure.ISSUED_EVER).n) == (4, 11)
    assert (report.of(Figure.RENEWED).n, report.of(Figure.REISSUED).n) == (1, 1)


@pytest.mark.parametrize(
    ("measure", "figure"),
    [
        (Measure.DUE, Figure.EXPIRED_EVER), (Measure.REVOKED, Figure.REVOKED_EVER), (Measure.HELD, Figure.HELD),
        (Measure.HOLDER_NEW, Figure.HOLDERS), (Measure.COVERED, Figure.HOLDERS_VALID),
    ],
)  # fmt: skip
def test_a_stock_does_not_begin_with_the_period(measure: Measure, figure: Figure) -> None:
    """R12: what was so before the first day is so still."""
    work = Work()
    work.reporting.stored[None] = [nation(202501, measure, 7)]
    assert asked(work, Question(months=1)).of(figure).n == 7


@pytest.mark.parametrize(
    ("question", "period", "before"),
    [
        (Question(None, 1), Period(date(2026, 11, 1), TODAY), Period(date(2026, 10, 1), date(2026, 10, 22))),
        (Question(None, 12), Period(date(2025, 12, 1), TODAY), Period(date(2024, 12, 1), date(2025, 11, 22))),
        (
            Question(date(2026, 2, 28), 1),
            Period(date(2026, 2, 1), date(2026, 2, 28)),
            Period(date(2026, 1, 1), date(2026, 1, 31)),
        ),
        (
            Question(date(2026, 3, 30), 1),
            Period(date(2026, 3, 1), date(2026, 3, 30)),
            Period(date(2026, 2, 1), date(2026, 2, 28)),
        ),
        (Question(None, None), Period(None, TODAY), None),
        (
            Question(date(2027, 1, 31), 1),
            Period(date(2026, 11, 1), TODAY),
            Period(date(2026, 10, 1), date(2026, 10, 22)),
        ),
    ],
)  # fmt: skip
def test_a_period_is_whole_months_and_compared_with_as_many(
    question: Question, period: Period, before: Period | None
) -> None:
    """A month that is not over is compared with the same days; one that is over with a whole one."""
    assert figures.period_of(question, TODAY) == period
    assert figures.period_before(question, period) == before


def test_comparing_asks_for_the_figures_as_they_were() -> None:
    work = Work()
    work.reporting.stored[None] = [nation(202610, Measure.ISSUED, 3), nation(202611, Measure.ISSUED, 4)]
    number = asked(work, Question(months=1, compare=True)).of(Figure.ISSUED)
    assert (number.n, number.before) == (4, 3)
    assert work.reporting.asked_until == [TODAY, date(2026, 10, 22)]


def test_a_small_cell_of_a_breakdown_is_not_shown_and_the_total_is() -> None:
    work = Work()
    issued = {1: 500, 2: 12, 3: 4}
    work.reporting.stored[Facet.CHANNEL] = [
        Sum(202611, Measure.ISSUED, 1, value, n) for value, n in issued.items()
    ]
    table = reporting.by_facet(
        work, actor=builders.ANALYST, question=Question(), facet=Facet.CHANNEL, smallest=10, now=NOW
    )
    assert [row.cells[0] for row in table.rows] == [500, None, None]
    assert table.total[0] == 516


def test_months_do_not_give_a_hidden_sum_away() -> None:
    """A channel whose sum is hidden in one table is hidden month by month in the other."""
    work = Work()
    work.reporting.stored[Facet.CHANNEL] = [
        Sum(202610, Measure.ISSUED, 1, 1, 400), Sum(202610, Measure.ISSUED, 1, 2, 12),
        Sum(202611, Measure.ISSUED, 1, 1, 100), Sum(202611, Measure.ISSUED, 1, 3, 4),
    ]  # fmt: skip
    grid = reporting.by_month_and(
        work, actor=builders.ANALYST, question=Question(), facet=Facet.CHANNEL, smallest=10, now=NOW
    )
    assert grid.values == (1, 2, 3)
    assert [row.cells for row in grid.rows] == [(400, None, None), (100, None, None)]


@pytest.mark.parametrize(
    ("months", "expected"),
    [(12, {202512: (20, 0), 202611: (0, 30)}), (None, {202511: (70, 0), 202512: (20, 0), 202611: (0, 30)})],
)
def test_a_grid_is_of_what_was_issued_in_the_period(
    months: int | None, expected: dict[int, tuple[int, int]]
) -> None:
    work = Work()
    work.reporting.stored[Facet.CHANNEL] = [
        Sum(202511, Measure.ISSUED, 1, 1, 70), Sum(202512, Measure.ISSUED, 1, 1, 20),
        Sum(202511, Measure.DUE, 1, 1, 40), Sum(202610, Measure.DUE, 1, 1, 15), Sum(202611, Measure.ISSUED, 1, 2, 30),
    ]  # fmt: skip
    grid = reporting.by_month_and(
        work,
        actor=builders.ANALYST,
        question=Question(months=months),
        facet=Facet.CHANNEL,
        smallest=10,
        now=NOW,
    )
    assert {row.value: row.cells for row in grid.rows} == expected


def test_few_revoked_hide_nothing_of_what_was_issued() -> None:
    work = Work()
    work.reporting.stored[Facet.CHANNEL] = [
        Sum(202611, Measure.ISSUED, 1, 1, 500), Sum(202611, Measure.ISSUED, 1, 2, 300),
        Sum(202611, Measure.REVOKED, 1, 1, 3), Sum(202611, Measure.REVOKED, 1, 2, 40),
    ]  # fmt: skip
    grid = reporting.by_month_and(
        work, actor=builders.ANALYST, question=THE_YEAR, facet=Facet.CHANNEL, smallest=10, now=NOW
    )
    assert [row.cells for row in grid.rows] == [(500, 300)]


def test_a_person_stands_in_several_rows_and_once_in_the_total() -> None:
    """R12: the rows of people do not add up, and the total is not their sum."""
    work = Work()
    work.reporting.stored[Facet.STORAGE] = [
        Sum(202611, Measure.HOLDER_OF, 0, 1, 9), Sum(202611, Measure.HOLDER_OF, 0, 6, 8),
        Sum(202611, Measure.HOLDER_NEW, 0, 0, 11),
    ]  # fmt: skip
    table = reporting.by_facet(
        work, actor=builders.ANALYST, question=Question(), facet=Facet.STORAGE, smallest=1, now=NOW
    )
    holders = table.columns.index(Figure.HOLDERS)
    assert [row.cells[holders] for row in table.rows] == [9, 8]
    assert table.total[holders] == 11


def test_months_begin_with_the_period_or_with_the_first_that_counts() -> None:
    work = Work()
    work.reporting.stored[None] = [
        nation(202508, Measure.ISSUED, 0), nation(202509, Measure.ISSUED, 5), nation(202611, Measure.ISSUED, 2),
    ]  # fmt: skip
    year, ever = (asked(work, Question(months=months)).months.rows for months in (12, None))
    assert [row.value for row in year] == [202512, *range(202601, 202612)]
    assert [row.value for row in ever] == [*range(202509, 202513), *range(202601, 202612)]
    issued = figures.BY_MONTH.index(Figure.ISSUED)
    assert [row.cells[issued] for row in ever if row.cells[issued]] == [5, 2]


@pytest.mark.parametrize("months", [1, None])
def test_on_its_first_day_a_month_is_there(months: int | None) -> None:
    work = Work()
    work.reporting.stored[None] = [nation(202611, Measure.ISSUED, 5)]
    rows = asked(work, Question(until=date(2026, 11, 1), months=months)).months.rows
    assert [row.value for row in rows] == [202611]


def test_people_of_several_months_have_no_sum() -> None:
    """R12: whoever took a certificate in May and another in June is one person."""
    work = Work()
    work.reporting.stored[None] = [
        nation(202610, Measure.ISSUED, 3), nation(202611, Measure.ISSUED, 4),
        nation(202610, Measure.HOLDER_IN_MONTH, 3, 0), nation(202611, Measure.HOLDER_IN_MONTH, 4, 0),
    ]  # fmt: skip
    months = asked(work).months
    people, issued = months.columns.index(Figure.HOLDERS_IN_MONTH), months.columns.index(Figure.ISSUED)
    assert [row.cells[people] for row in months.rows[-2:]] == [3, 4]
    assert (months.total[people], months.total[issued]) == (None, 7)


def test_no_estimate_is_not_zero_unused() -> None:
    work = Work()
    assert asked(work).unused_as_of is None
    work.reporting.estimate = Estimate(NOW, (Count(0, 17),))
    assert (asked(work).unused_as_of, asked(work).of(Figure.UNUSED).n) == (NOW, 17)


def test_where_nothing_is_unused_there_is_no_row() -> None:
    work = Work(Rollups(estimate=Estimate(NOW, (Count(1, 0), Count(2, 17)))))
    table = reporting.by_facet(
        work, actor=builders.ANALYST, question=Question(), facet=Facet.CHANNEL, smallest=1, now=NOW
    )
    unused = table.columns.index(Figure.UNUSED)
    assert [(row.value, row.cells[unused]) for row in table.rows] == [(2, 17)]


def test_reasons_are_suppressed_like_any_breakdown() -> None:
    work = Work()
    work.reporting.by_reason = [Count(0, 80), Count(1, 3), Count(4, 20)]
    assert [count.n for count in asked(work).reasons] == [80, None, None]


def test_all_there_ever_was_is_written_down_as_such() -> None:
    work = Work()
    reporting.note_export(work, actor=builders.ANALYST, question=Question(months=None), form="csv", now=NOW)
    assert work.audit.entries[0].details["from"] == "beginning"


def test_figures_are_of_now_or_of_the_end_of_their_last_day() -> None:
    assert reporting.as_of(Question(), NOW) == NOW
    october = reporting.as_of(Question(until=date(2026, 10, 31)), NOW)
    # Almaty is five hours ahead.
    assert october <= datetime(2026, 10, 31, 19, tzinfo=UTC)
    assert october >= datetime(2026, 10, 31, 18, 59, 59, tzinfo=UTC)


def test_an_estimate_is_compared_with_nothing() -> None:
    """It is of one instant, and there is none of a year ago."""
    work = Work(Rollups(estimate=Estimate(NOW, (Count(1, 7),))))
    numbers = {number.figure: number for number in asked(work, Question(compare=True)).numbers}
    assert numbers[Figure.UNUSED].before is None
    assert numbers[Figure.ISSUED].before is not None


def test_figures_of_people_are_those_of_holders() -> None:
    """R12: people are never called certificates; every screen asks here."""
    assert {figure for figure in Figure if figure.value.startswith("holders")} == figures.PEOPLE
