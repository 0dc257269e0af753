"""The published figures: which there are, for which period they are asked, and how rollup rows add up to them (R12).

A figure is a stock at an instant or a flow within a period; periods are whole months of Asia/Almaty, the last one up
to the instant.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ca_core.certificate import Kind
from ca_core.statistics import Measure


class Facet(StrEnum):
    """What the figures can be broken down by."""

    CHANNEL = "channel"
    STORAGE = "storage"
    REGION = "region"
    METHOD = "method"
    AGE_BAND = "age_band"
    KIND = "kind"


class Figure(StrEnum):
    """Each has its definition in words; certificates and people never share one."""

    ISSUED = "issued"
    RENEWED = "renewed"
    REISSUED = "reissued"
    REVOKED = "revoked"
    EXPIRED = "expired"
    LOST = "lost"
    HOLDERS_NEW = "holders_new"
    HOLDERS_IN_MONTH = "holders_in_month"
    ISSUED_EVER = "issued_ever"
    EXPIRED_EVER = "expired_ever"
    REVOKED_EVER = "revoked_ever"
    HELD = "held"
    VALID = "valid"
    EXTRA = "extra"
    HOLDERS = "holders"
    HOLDERS_VALID = "holders_valid"
    UNUSED = "unused"


# Number of the definition in the published dictionary, and its version: a change of meaning is a new version.
DEFINED: dict[Figure, str] = {figure: f"M{n}.1" for n, figure in enumerate(Figure, start=1)}

BY_FACET = (
    Figure.ISSUED, Figure.RENEWED, Figure.REISSUED, Figure.REVOKED, Figure.EXPIRED, Figure.LOST,
    Figure.HELD, Figure.VALID, Figure.UNUSED, Figure.HOLDERS,
)  # fmt: skip
BY_MONTH = (
    Figure.ISSUED, Figure.RENEWED, Figure.REISSUED, Figure.REVOKED, Figure.EXPIRED, Figure.LOST, Figure.VALID,
    Figure.HOLDERS_IN_MONTH, Figure.HOLDERS_NEW, Figure.HOLDERS, Figure.HOLDERS_VALID,
)  # fmt: skip
# What was before the period counts in these too.
_FROM_THE_BEGINNING = frozenset(
    {
        Figure.ISSUED_EVER, Figure.EXPIRED_EVER, Figure.REVOKED_EVER, Figure.HELD, Figure.VALID, Figure.HOLDERS,
        Figure.HOLDERS_VALID,
    }
)  # fmt: skip
PEOPLE = frozenset({Figure.HOLDERS, Figure.HOLDERS_VALID, Figure.HOLDERS_NEW, Figure.HOLDERS_IN_MONTH})
# Of these any one follows from the others, where the period has no beginning.
LINKED = (Figure.ISSUED, Figure.EXPIRED, Figure.REVOKED, Figure.HELD, Figure.VALID)

_PARTS: dict[Measure, tuple[tuple[Figure, int], ...]] = {
    Measure.ISSUED: ((Figure.ISSUED, 1), (Figure.ISSUED_EVER, 1), (Figure.VALID, 1)),
    Measure.DUE: ((Figure.EXPIRED, 1), (Figure.EXPIRED_EVER, 1), (Figure.VALID, -1)),
    Measure.REVOKED: ((Figure.REVOKED, 1), (Figure.REVOKED_EVER, 1), (Figure.VALID, -1)),
    Measure.HELD: ((Figure.HELD, 1), (Figure.VALID, -1)),
    Measure.LOST: ((Figure.LOST, 1),),
    Measure.HOLDER_NEW: ((Figure.HOLDERS_NEW, 1), (Figure.HOLDERS, 1)),
    Measure.HOLDER_OF: ((Figure.HOLDERS, 1),),
    Measure.HOLDER_IN_MONTH: ((Figure.HOLDERS_IN_MONTH, 1),),
    Measure.COVERED: ((Figure.HOLDERS_VALID, 1),),
}
_KINDS = {Kind.RENEWAL: Figure.RENEWED, Kind.REISSUE: Figure.REISSUED}


@dataclass(frozen=True, slots=True)
class Question:
    """`until` is the last day (None: now). `months` counts back from its month (None: from the beginning)."""

    until: date | None = None
    months: int | None = 12
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it; no first day means from the beginning."""

    first: date | None
    last: date

    @property
    def first_month(self) -> int:
        """Its number; that of the beginning comes before every other."""
        return month_number(self.first or date.min)


@dataclass(frozen=True, slots=True)
class Sum:
    """Rollup rows added up: a month's events of one measure, of one kind and one value of the facet asked for."""

    month: int
    measure: Measure
    kind: int
    value: int
    n: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many under one value of a facet, or for one reason."""

    value: int
    n: int | None


def month_number(day: date) -> int:
    """2026-11-22 -> 202611."""
    return day.year * 100 + day.month


def first_of_month(day: date, *, months_back: int = 0) -> date:
    count = day.year * 12 + day.month - 1 - months_back
    return date(count // 12, count % 12 + 1, 1)


def period_of(question: Question, today: date) -> Period:
    """A last day that is not over yet means now."""
    last = min(question.until or today, today)
    first = first_of_month(last, months_back=question.months - 1) if question.months else None
    return Period(first, last)


def period_before(question: Question, period: Period) -> Period | None:
    """As many months, just before, up to the same day of the month; a whole month is compared with a whole one."""
    if period.first is None or question.months is None:
        return None
    month = first_of_month(period.last, months_back=question.months)
    month_end = first_of_month(month, months_back=-1) - timedelta(days=1)
    whole = (period.last + timedelta(days=1)).day == 1
    last = month_end if whole else min(month_end, month + timedelta(days=period.last.day - 1))
    return Period(first_of_month(last, months_back=question.months - 1), last)


class Ledger:
    """Figures of one period, by value of the facet; under no value: the country's."""

    def __init__(self, sums: Iterable[Sum], period: Period) -> None:
        self._counts: Counter[tuple[Figure, int | None]] = Counter()
        self._first = period.first_month
        for one in sums:
            self._add(one)

    def _add(self, one: Sum) -> None:
        parts = _PARTS[one.measure]
        if one.measure is Measure.ISSUED and one.kind in _KINDS:
            parts = (*parts, (_KINDS[Kind(one.kind)], 1))
        for figure, sign in parts:
            if figure not in _FROM_THE_BEGINNING and one.month < self._first:
                continue
            if one.value:
                self._counts[figure, one.value] += sign * one.n
            # A person stands under several values, but is one person of the country.
            if one.measure is not Measure.HOLDER_OF:
                self._counts[figure, None] += sign * one.n

    def of(self, figure: Figure, value: int | None = None) -> int:
        if figure is Figure.EXTRA:
            return self.of(Figure.VALID, value) - self.of(Figure.HOLDERS_VALID, value)
        return self._counts[figure, value]

    def set(self, figure: Figure, counts: Iterable[Count], total: int) -> None:
        self._counts[figure, None] = total
        for count in counts:
            self._counts[figure, count.value] = count.n or 0

    def values(self) -> list[int]:
        return sorted({value for (_, value), n in self._counts.items() if value and n})
