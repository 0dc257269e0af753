"""Published figures read from the rollups, against the same figures by GROUP BY over the raw certificates.

    python -m benchmarks.statistics [--runs 15] [--json]

Reads the configured database (`make run` fills one) and changes nothing. Both answers must be equal, or it stops.
The rollup grows with days and breakdowns, the raw table with certificates: the ratio improves with size.
"""

import statistics as numbers
import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy import Connection, text

from benchmarks import report
from ca_core import reporting, roles
from ca_core.certificate import Kind
from ca_core.figures import Facet, Figure, Question
from ca_core.lifecycle import CertificateState
from data.work import Work
from runtime import settings, wiring
from runtime.service import Service

_ANALYST = roles.Actor("benchmark", roles.Role.ANALYST, roles.Door.CONSOLE)
_EVER = Question(months=None)
# Since March 2024 Kazakhstan is UTC+5 all year; the demo begins later.
_MONTH = {
    "sqlite": "cast(strftime('%Y%m', issued_at + 18000, 'unixepoch') as integer)",
    "postgresql": "cast(to_char(issued_at at time zone 'Asia/Almaty', 'YYYYMM') as integer)",
}
_NOW = {"sqlite": "unixepoch()", "postgresql": "now()"}

Answer = dict[object, int]


def main() -> None:
    chosen = report.arguments(__doc__, runs=15)
    service = wiring.make_service(settings.load())
    try:
        report.show(_rows(service, chosen.runs), as_json=chosen.json)
    finally:
        service.close()


def _rows(service: Service, runs: int) -> list[report.Row]:
    with service.look() as work:
        questions: list[tuple[str, Callable[[], Answer], Callable[[], Answer]]] = [
            ("issued, month x channel", lambda: _grid(work, service), lambda: _grid_raw(work.connection)),
            ("country: issued, valid, holders, with a valid one", lambda: _country(work, service),
             lambda: _country_raw(work.connection)),
            ("every figure by region", lambda: _regions(work, service), lambda: _regions_raw(work.connection)),
        ]  # fmt: skip
        return [_row(name, ours, raw, runs) for name, ours, raw in questions]


def _row(name: str, ours: Callable[[], Answer], raw: Callable[[], Answer], runs: int) -> report.Row:
    if ours() != raw():
        raise SystemExit(f"{name}: the rollup differs from the raw rows")
    spent: dict[Callable[[], Answer], list[float]] = {ours: [], raw: []}
    # By turns, so that whatever else the machine does meets both alike.
    for _ in range(runs):
        for ask, times in spent.items():
            begun = time.perf_counter()
            ask()
            times.append((time.perf_counter() - begun) * 1000)
    return report.Row(
        name, "ms", numbers.median(spent[ours]), "raw GROUP BY", numbers.median(spent[raw]), "lower", runs
    )


def _grid(work: Work, service: Service) -> Answer:
    grid = reporting.by_month_and(
        work, actor=_ANALYST, question=_EVER, facet=Facet.CHANNEL, smallest=1, now=service.now()
    )
    cells = (
        (row.value, value, n) for row in grid.rows for value, n in zip(grid.values, row.cells, strict=True)
    )
    return {(month, value): n for month, value, n in cells if n}


def _grid_raw(connection: Connection) -> Answer:
    month = _MONTH[connection.dialect.name]
    query = text(
        f"select {month}, channel, count(*) from certificate where issued_at is not null group by 1, 2"
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _country(work: Work, service: Service) -> Answer:
    found = reporting.report(work, actor=_ANALYST, question=_EVER, smallest=1, now=service.now())
    wanted = (Figure.ISSUED_EVER, Figure.VALID, Figure.HOLDERS, Figure.HOLDERS_VALID)
    return {figure: found.of(figure).n for figure in wanted}


def _valid(connection: Connection) -> str:
    states = f"{int(CertificateState.ISSUED)}, {int(CertificateState.ACCEPTED)}"
    return f"state in ({states}) and not_after >= {_NOW[connection.dialect.name]}"


def _country_raw(connection: Connection) -> Answer:
    valid = _valid(connection)
    row = connection.execute(
        text(
            f"select count(*), count(case when {valid} then 1 end), count(distinct subscriber_id),"
            f" count(distinct case when {valid} then subscriber_id end) from certificate where issued_at is not null"
        )
    ).one()
    return dict(
        zip((Figure.ISSUED_EVER, Figure.VALID, Figure.HOLDERS, Figure.HOLDERS_VALID), row, strict=True)
    )


def _regions(work: Work, service: Service) -> Answer:
    table = reporting.by_facet(
        work, actor=_ANALYST, question=_EVER, facet=Facet.REGION, smallest=1, now=service.now()
    )
    wanted = (Figure.ISSUED, Figure.REISSUED, Figure.REVOKED, Figure.VALID, Figure.HOLDERS)
    places = [(figure, table.columns.index(figure)) for figure in wanted]
    return {(row.value, figure): row.cells[place] or 0 for row in table.rows for figure, place in places}


def _regions_raw(connection: Connection) -> Answer:
    query = text(
        f"select region, count(*), count(case when kind = {int(Kind.REISSUE)} then 1 end),"
        f" count(case when state = {int(CertificateState.REVOKED)} then 1 end),"
        f" count(case when {_valid(connection)} then 1 end), count(distinct subscriber_id)"
        " from certificate where issued_at is not null group by region"
    )
    found: Counter[object] = Counter()
    wanted = (Figure.ISSUED, Figure.REISSUED, Figure.REVOKED, Figure.VALID, Figure.HOLDERS)
    for region, *counts in connection.execute(query):
        found.update({(region, figure): n for figure, n in zip(wanted, counts, strict=True)})
    return dict(found)


if __name__ == "__main__":
    main()
