"""The rollups equal a recount from raw rows, to the unit, at every instant (R12), on both databases."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ca_core import figures, reporting, statistics
from ca_core.certificate import Certificate
from ca_core.figures import Facet, Figure, Question
from ca_core.records import ChangedMeanwhile
from ca_core.statistics import Figures
from data import rollups
from data.schema import stat_day, stat_month, subscriber_stat
from tests import builders
from tests.data import histories
from tests.data.histories import Lives

BUSY_DAYS = 150
STOCK = {
    Figure.ISSUED_EVER: "issued", Figure.EXPIRED_EVER: "expired", Figure.REVOKED_EVER: "revoked",
    Figure.HELD: "held", Figure.VALID: "valid", Figure.HOLDERS: "holders", Figure.HOLDERS_VALID: "holders_valid",
    Figure.REISSUED: "reissued", Figure.RENEWED: "renewed", Figure.LOST: "reported_lost",
}  # fmt: skip
Rows = dict[str, set[tuple[object, ...]]]


def stored(engine: sa.Engine) -> Rows:
    """Every rollup row that counts something."""
    with engine.connect() as connection:
        found = {}
        for table in (stat_day, stat_month, subscriber_stat):
            query = sa.select(table)
            found[table.name] = {
                tuple(row)
                for row in connection.execute(query.where(table.c.n != 0) if "n" in table.c else query)
            }
        return found


def shown(lives: Lives, question: Question) -> dict[str, int]:
    with lives.store.read(policy=lives.policy, now=lives.now) as work:
        report = reporting.report(work, actor=builders.ANALYST, question=question, smallest=1, now=lives.now)
    return {name: report.of(figure).n for figure, name in STOCK.items()}


def as_dict(counted: Figures) -> dict[str, int]:
    return {name: getattr(counted, name) for name in STOCK.values()}


def as_they_stood(engine: sa.Engine, day: date) -> list[Certificate]:
    holds, before = histories.holds_of(engine), statistics.start_of_day(day + timedelta(days=1))
    stood = (
        statistics.as_it_stood(one, holds.get(one.certificate_id, ()), before=before)
        for one in histories.certificates_of(engine)
    )
    return [one for one in stood if one is not None]


@pytest.fixture
def lives(engine: sa.Engine) -> Lives:
    return Lives(engine, seed=2026)


def live(lives: Lives, days: int = BUSY_DAYS, each: Callable[[], None] = lambda: None) -> None:
    for number, _ in enumerate(lives.busy_days(days)):
        if number % 10 == 7:
            each()


def test_figures_of_now_equal_a_recount_of_raw_rows(lives: Lives, engine: sa.Engine) -> None:
    """Also between the midnight and the second of today at which a certificate runs out."""

    def compare() -> None:
        lives.now += timedelta(hours=5)
        raw = statistics.recount(histories.certificates_of(engine), at=lives.now)
        assert shown(lives, Question(months=None)) == as_dict(raw)
        lives.now -= timedelta(hours=5)

    live(lives, each=compare)


def test_figures_of_a_past_day_equal_the_records_as_they_stood(lives: Lives, engine: sa.Engine) -> None:
    live(lives)
    today = statistics.local_day(lives.now)
    for back in (1, 2, 3, 17, 45, 100, 233, 400, 590):
        day = today - timedelta(days=back)
        midnight = statistics.start_of_day(day + timedelta(days=1))
        raw = statistics.recount(as_they_stood(engine, day), at=midnight)
        assert shown(lives, Question(until=day, months=None)) == as_dict(raw), day


def test_figures_under_each_facet_equal_a_recount(lives: Lives, engine: sa.Engine) -> None:
    live(lives)
    day = statistics.local_day(lives.now) - timedelta(days=21)
    stood, midnight = as_they_stood(engine, day), statistics.start_of_day(day + timedelta(days=1))
    question = Question(until=day, months=None)
    for facet in Facet:
        with lives.store.read(policy=lives.policy, now=lives.now) as work:
            table = reporting.by_facet(
                work, actor=builders.ANALYST, question=question, facet=facet, smallest=1, now=lives.now
            )
        for row in table.rows:
            of_value = [one for one in stood if int(getattr(one.facets, facet.value)) == row.value]
            raw = statistics.recount(of_value, at=midnight)
            cells = dict(zip(table.columns, row.cells, strict=True))
            expected = (raw.issued, raw.renewed, raw.reissued, raw.revoked, raw.expired, raw.reported_lost)
            flows = (
                Figure.ISSUED,
                Figure.RENEWED,
                Figure.REISSUED,
                Figure.REVOKED,
                Figure.EXPIRED,
                Figure.LOST,
            )
            assert tuple(cells[figure] for figure in flows) == expected
            assert (cells[Figure.VALID], cells[Figure.HELD]) == (raw.valid, raw.held)
            assert cells[Figure.HOLDERS] == raw.holders


def test_months_add_up_and_their_people_are_counted_once(lives: Lives, engine: sa.Engine) -> None:
    live(lives)
    with lives.store.read(policy=lives.policy, now=lives.now) as work:
        report = reporting.report(
            work, actor=builders.ANALYST, question=Question(months=None), smallest=1, now=lives.now
        )
    raw = histories.certificates_of(engine)
    people = report.months.columns.index(Figure.HOLDERS_IN_MONTH)
    for row in report.months.rows:
        month = [
            c
            for c in raw
            if c.issued_at and figures.month_number(statistics.local_day(c.issued_at)) == row.value
        ]
        assert row.cells[0] == len(month)
        assert row.cells[people] == len({c.subscriber_id for c in month})
    assert sum(row.cells[0] or 0 for row in report.months.rows) == report.months.total[0]


def test_a_rebuild_from_raw_rows_changes_nothing(lives: Lives, engine: sa.Engine) -> None:
    live(lives)
    before = stored(engine)
    with lives.store.write(policy=lives.policy, now=lives.now) as work:
        counted = rollups.rebuild(work.connection)
    assert counted == len(histories.certificates_of(engine))
    assert stored(engine) == before


def test_a_rebuild_finds_what_was_damaged(lives: Lives, engine: sa.Engine) -> None:
    live(lives, days=60)
    before = stored(engine)
    with engine.begin() as connection:
        connection.execute(sa.delete(stat_day))
        connection.execute(sa.update(stat_month).values(n=7))
        connection.execute(sa.update(subscriber_stat).values(cover_until=None))
    with lives.store.write(policy=lives.policy, now=lives.now) as work:
        rollups.rebuild(work.connection)
    assert stored(engine) == before


def _issue_and_fail(lives: Lives) -> None:
    with lives.store.write(policy=lives.policy, now=lives.now) as work:
        lives.issue(work)
        raise RuntimeError


def _many_at_once(lives: Lives, steps: int) -> None:
    for step in range(steps):
        # Two writers may choose the same certificate: one of them is told so.
        with (
            contextlib.suppress(ChangedMeanwhile),
            lives.store.write(policy=lives.policy, now=lives.now) as work,
        ):
            (lives.revoke if step % 3 == 2 else lives.issue)(work)


def test_writers_at_the_same_time_neither_lose_a_count_nor_wait_in_a_circle(
    engine: sa.Engine,
) -> None:
    lives = Lives(engine, seed=5, people=3)
    while len(stored(engine)["subscriber_stat"]) < 3:
        with lives.store.write(policy=lives.policy, now=lives.now) as work:
            lives.issue(work)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(_many_at_once, lives, 15) for _ in range(4)]:
            done.result(timeout=60)
    before = stored(engine)
    with lives.store.write(policy=lives.policy, now=lives.now) as work:
        rollups.rebuild(work.connection)
    assert stored(engine) == before


def test_a_refused_operation_moves_no_figure(lives: Lives, engine: sa.Engine) -> None:
    live(lives, days=5)
    before = stored(engine)
    with pytest.raises(RuntimeError):
        _issue_and_fail(lives)
    assert stored(engine) == before
