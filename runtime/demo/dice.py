"""Chance without luck: every value is a pure function of seed and place, so that a demo can be made again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_STREAM = 0xD1B54A32D192ED03


def mixed(value: int) -> int:
    """One step of splitmix64 (Steele, Lea, Flood 2014)."""
    z = (value + _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


class Dice:
    """The throws of one person, always in the same order."""

    def __init__(self, seed: int, index: int) -> None:
        self._start = mixed(index + mixed(seed))
        self._thrown = 0

    def share(self) -> float:
        """From 0 to 1, 1 excluded."""
        self._thrown += 1
        return (mixed(self._start + self._thrown * _STREAM) >> 11) / (1 << 53)

    def chance(self, of: float) -> bool:
        return self.share() < of

    def whole(self, least: int, most: int) -> int:
        """Both ends included."""
        return least + int(self.share() * (most - least + 1))

    def span(self, least: timedelta, most: timedelta) -> timedelta:
        """Whole seconds."""
        return timedelta(seconds=self.whole(int(least.total_seconds()), int(most.total_seconds())))

    def one_of(self, values: Sequence[T], *, skew: float = 1.0) -> T:
        """The first ones more often when `skew` is above 1."""
        return values[int(self.share() ** skew * len(values))]

    def weighted(self, weights: Sequence[tuple[T, float]]) -> T:
        """The weights need not sum to one."""
        left = self.share() * sum(weight for _, weight in weights)
        for value, weight in weights:
            left -= weight
            if left < 0:
                return value
        return weights[-1][0]
