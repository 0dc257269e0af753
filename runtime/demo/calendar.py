"""When things happen in the demo: Kazakh working days and hours, more in January, nothing after the last day."""

from bisect import bisect
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from ca_core import statistics
from runtime.demo.dice import Dice

DAYS = 730
# New year's reports and tax returns are signed from January to March; the summer is quiet.
_MONTHS = (1.75, 1.25, 1.2, 1.0, 0.95, 0.85, 0.75, 0.8, 1.0, 1.05, 1.0, 0.95)
_WEEKEND = 0.55
# Every month a little more than the one before.
_GROWTH = 1.012
_REMOTE_HOURS = ((7, 2), (8, 5), (9, 8), (10, 9), (11, 9), (12, 8), (13, 8), (14, 8), (15, 8), (16, 7), (17, 7),
                 (18, 6), (19, 6), (20, 5), (21, 4), (22, 2), (23, 1))  # fmt: skip
_COUNTER_HOURS = ((9, 8), (10, 10), (11, 10), (12, 7), (13, 5), (14, 8), (15, 9), (16, 8), (17, 6))


class Calendar:
    """Two years that end with `until`, both ends included, in Asia/Almaty."""

    def __init__(self, until: date) -> None:
        self.until = until
        self.end = statistics.end_of_day(until)
        self._first = until - timedelta(days=DAYS - 1)
        weights = [self._weight(self._first + timedelta(days=n), n) for n in range(DAYS)]
        self._sums = list(accumulate(weights))

    def some_day(self, dice: Dice) -> date:
        return self._first + timedelta(days=bisect(self._sums, dice.share() * self._sums[-1]))

    def at(self, day: date, dice: Dice, *, counter: bool = False) -> datetime:
        """An instant of that day; a counter is closed at weekends, so it is the Friday before."""
        if counter and day.weekday() > 4:
            day -= timedelta(days=day.weekday() - 4)
        hour = dice.weighted(_COUNTER_HOURS if counter else _REMOTE_HOURS)
        local = datetime(day.year, day.month, day.day, hour, tzinfo=statistics.ALMATY)
        return (local + timedelta(seconds=dice.whole(0, 3599))).astimezone(UTC)

    @staticmethod
    def _weight(day: date, number: int) -> float:
        weekend = _WEEKEND if day.weekday() > 4 else 1.0
        growth: float = _GROWTH ** (number / 30)
        return _MONTHS[day.month - 1] * weekend * growth
