"""The figures of home equal a recount from raw rows, to the unit (R12), and come from few queries."""

from datetime import date

import pytest
import sqlalchemy as sa

from ca_core import overview, statistics
from ca_core.certificate import Certificate
from ca_core.overview import Figure
from tests import builders
from tests.data import histories
from tests.data.histories import Lives

QUERIES_OF_STOCK = 5


def issued_on(found: Certificate) -> date:
    assert found.issued_at is not None
    return statistics.local_day(found.issued_at)


@pytest.mark.parametrize("seed", [3, 11])
def test_stock_equals_a_recount_after_each_busy_day(engine: sa.Engine, seed: int) -> None:
    lives = Lives(engine, seed)
    for number, _ in enumerate(lives.busy_days(60)):
        if number % 6:
            continue
        found = histories.certificates_of(engine)
        counted = statistics.recount(found, at=lives.now)
        today = statistics.local_day(lives.now)
        with lives.store.read(policy=lives.policy, now=lives.now) as work:
            stock = work.overview.stock(today=today, now=lives.now)
        assert (stock.issued, stock.expired, stock.revoked, stock.on_hold, stock.valid, stock.holders) == (
            counted.issued,
            counted.expired,
            counted.revoked,
            counted.held,
            counted.valid,
            counted.holders,
        )
        assert stock.issued_today == sum(issued_on(c) == today for c in found)
        assert stock.revoked_today == sum(
            c.revoked_at is not None and statistics.local_day(c.revoked_at) == today for c in found
        )
        assert stock.issued_month == sum(
            (issued_on(c).year, issued_on(c).month) == (today.year, today.month) for c in found
        )


def test_stock_is_read_with_a_fixed_number_of_queries(engine: sa.Engine) -> None:
    """Rollups and two short index ranges; never all certificates."""
    lives = Lives(engine, 5)
    asked: list[str] = []
    with lives.store.read(policy=lives.policy, now=lives.now) as work:
        sa.event.listen(work.connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        work.overview.stock(today=statistics.local_day(lives.now), now=lives.now)
    assert len(asked) == QUERIES_OF_STOCK


def test_empty_database_has_figures_too(engine: sa.Engine) -> None:
    lives = Lives(engine, 1, people=1)
    with lives.store.read(policy=lives.policy, now=lives.now) as work:
        tiles = {t.figure: t for t in overview.home(work, actor=builders.ANALYST, now=lives.now)}
    assert tiles[Figure.VALID].n == 0
    assert Figure.CRL_AGE not in tiles
