"""The portal's words in Russian, Kazakh and English, and how it writes numbers, days and times."""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from ca_core.errors import Refusal
from ca_core.statistics import ALMATY

LANGUAGES = ("ru", "kk", "en")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
        """The words under a dotted key; a key that is missing is a bug and raises KeyError."""
        return self.entries[key].format(**values) if values else self.entries[key]

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
            return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}"
        return f"{at:%d.%m.%Y %H:%M}"


def load() -> dict[str, Words]:
    return {language: Words(language, _entries(language)) for language in LANGUAGES}


def _entries(language: str) -> dict[str, str]:
    text = resources.files("portal").joinpath("wording", f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    """Keys joined by dots: [refusal."renew.closed"] text becomes refusal.renew.closed.text."""
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return found
