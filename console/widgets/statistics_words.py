"""The words of the published figures in one named language: exports are made outside the page that asked for them."""

from dataclasses import dataclass
from datetime import date, timedelta

from ca_core.certificate import AgeBand, Channel, Kind, Method, StorageKind
from ca_core.figures import DEFINED, Facet, Figure, Period
from ca_core.revocation.reasons import Reason
from console import words
from console.widgets import format as formats

_VALUES = {
    Facet.CHANNEL: Channel,
    Facet.STORAGE: StorageKind,
    Facet.METHOD: Method,
    Facet.AGE_BAND: AgeBand,
    Facet.KIND: Kind,
}


@dataclass(frozen=True, slots=True)
class Labels:
    language: str

    def say(self, key: str, **facts: object) -> str:
        return words.say(self.language, f"statistics.{key}", **facts)

    def figure(self, figure: Figure) -> str:
        return self.say(f"label.{figure.value}")

    def definition(self, figure: Figure) -> str:
        return self.say(f"definition.{figure.value}")

    def help(self, figure: Figure) -> str:
        """The definition and its number, as every heading carries it."""
        return f"{self.definition(figure)} [{DEFINED[figure]}]"

    def value(self, facet: Facet, value: int) -> str:
        if facet is Facet.REGION:
            return words.say(self.language, f"region.{value}")
        name = _VALUES[facet](value).name.lower()
        return words.say(self.language, f"{facet.value}.{name}")

    def reason(self, value: int) -> str:
        return words.say(self.language, f"reason.{Reason(value).name.lower()}")

    def period(self, period: Period) -> tuple[str, str]:
        first = self.day(period.first) if period.first else self.say("from_beginning")
        return first, self.day(period.last)

    def day(self, day: date) -> str:
        return formats.day(day, language=self.language)

    def month(self, number: int) -> str:
        """Short, for the axis of a chart."""
        return formats.month(number // 100, number % 100, language=self.language)


def month(number: int) -> str:
    """202611 -> 2026-11: sorts as it reads, in every language."""
    return f"{number // 100}-{number % 100:02}"


def month_end(first: date) -> date:
    """The last day of the month that begins here."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
