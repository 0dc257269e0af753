"""The portal's words in Russian, Kazakh and English, and how it writes numbers, days and times."""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from string import Formatter
from typing import Any, TypeGuard

from babel import Locale
from babel.dates import get_month_names

from ca_core.errors import Refusal
from ca_core.statistics import ALMATY
from runtime import notice_texts

LANGUAGES = ("ru", "kk", "en")
_MONTHS = get_month_names("abbreviated", locale="en")
# Narrow and never broken over two lines.
_THIN_SPACE = "\u202f"


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal in words: what happened, what to do next."""

    code: str
    text: str
    next: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as people of Kazakhstan write it; `utc` for those elsewhere, `iso` for machines."""

    text: str
    utc: str
    iso: str


class Words:
    """One language."""

    def __init__(self, language: str, entries: dict[str, str]) -> None:
        self.language = language
        self.entries = entries

    def t(self, key: str, **values: object) -> str:
        """The words under a dotted key; a key that is missing is a bug and raises KeyError.

        Where the words follow a number (CLDR's one, few, many, other), the number that they show chooses them.
        """
        text = self.entries[key] if key in self.entries else self._counted(key, values)
        return text.format(**{name: _shown(value) for name, value in values.items()}) if values else text

    def _counted(self, key: str, values: dict[str, object]) -> str:
        other = self.entries[f"{key}.other"]
        named = (values[name] for _, name, _, _ in Formatter().parse(other) if name)
        category = Locale(self.language).plural_form(next(value for value in named if _is_count(value)))
        return self.entries.get(f"{key}.{category}", other)

    def under(self, prefix: str) -> str:
        """Every entry below a dotted prefix as JSON, for a script of the page."""
        start = f"{prefix}."
        found = {key.removeprefix(start): text for key, text in self.entries.items() if key.startswith(start)}
        return json.dumps(found, ensure_ascii=False)

    def told(self, refusal: Refusal) -> Told:
        return self.of_code(f"refusal.{refusal.code}", refusal.code)

    def of_status(self, status_code: int) -> Told:
        """What is said where nothing was refused by name: a wrong address, too many questions."""
        name = f"http.{status_code}" if f"http.{status_code}.text" in self.entries else "http.500"
        return self.of_code(name, f"portal.{status_code}")

    def of_code(self, key: str, code: str) -> Told:
        return Told(code, self.entries[f"{key}.text"], self.entries[f"{key}.next"])

    def moment(self, at: datetime) -> Moment:
        """22.11.2026 14:05 in Almaty, 22 Nov 2026 14:05 in English."""
        return Moment(
            text=self._written(at.astimezone(ALMATY)),
            utc=f"{self._written(at.astimezone(UTC))} UTC",
            iso=at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        )

    def _written(self, at: datetime) -> str:
        if self.language == "en":
            return f"{at.day} {_MONTHS[at.month]} {at.year} {at:%H:%M}"
        return f"{at:%d.%m.%Y %H:%M}"


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> object:
    """20312 -> 20 312, with a thin space, in every language."""
    return f"{value:,}".replace(",", _THIN_SPACE) if _is_count(value) else value


def load() -> dict[str, Words]:
    return {language: Words(language, _entries(language)) for language in LANGUAGES}


def _entries(language: str) -> dict[str, str]:
    text = resources.files("portal").joinpath("wording", f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text), "")) | notice_texts.alike(language)


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    """Keys joined by dots: [refusal."renew.closed"] text becomes refusal.renew.closed.text."""
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return found
