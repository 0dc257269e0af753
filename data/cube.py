"""The cube of the rollups: where each delta stands in it, and how deltas add up before they are written."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection

from ca_core.statistics import Delta
from data import upsert
from data.schema import stat_day, stat_month

# Column of the person's row, facet under which people are counted.
FACETS = (
    ("kinds", "kind"),
    ("channels", "channel"),
    ("storages", "storage"),
    ("regions", "region"),
    ("methods", "method"),
    ("age_bands", "age_band"),
)
PLACE = ("kind", "channel", "storage", "region", "method", "age_band")

Key = tuple[int, ...]


def month_number(day: date) -> int:
    """2026-11-22 -> 202611."""
    return day.year * 100 + day.month


def cube_key(delta: Delta) -> Key:
    """Measure, place in the cube, reason. Zero is 'no such facet': people have none, or the marked one."""
    place: Sequence[int]
    if delta.facets is not None:
        facets = delta.facets
        place = (facets.kind, facets.channel, facets.storage, facets.region, facets.method, facets.age_band)
    elif delta.mark is not None:
        place = [delta.mark.value if delta.mark.facet == facet else 0 for facet in PLACE]
    else:
        place = (0,) * len(PLACE)
    return (int(delta.measure), *(int(value) for value in place), delta.reason)


class Sums:
    """Deltas added up by day and by month until they are written."""

    def __init__(self) -> None:
        self.days: Counter[tuple[date, Key]] = Counter()

    def add(self, deltas: Iterable[Delta]) -> None:
        for delta in deltas:
            self.days[delta.day, cube_key(delta)] += delta.n

    def write(self, connection: Connection) -> None:
        months: Counter[tuple[int, Key]] = Counter()
        for (day, key), n in self.days.items():
            months[month_number(day), key] += n
        upsert.add_counts(connection, stat_day, [_row("day", *of, n) for of, n in self.days.items() if n])
        upsert.add_counts(connection, stat_month, [_row("month", *of, n) for of, n in months.items() if n])
        self.days.clear()


def _row(grain: str, when: date | int, key: Key, n: int) -> dict[str, object]:
    return dict(zip((grain, "measure", *PLACE, "reason", "n"), (when, *key, n), strict=True))
