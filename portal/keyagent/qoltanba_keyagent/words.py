"""The dialogs' words in Russian, Kazakh and English."""

import tomllib
from datetime import datetime
from importlib import resources

LANGUAGES = ("ru", "kk", "en")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# NCALayer's clients write the country's code for the language's.
_ALSO = {"kz": "kk"}


class Words:
    """One language."""

    def __init__(self, language: str, entries: dict[str, str]) -> None:
        self.language = language
        self.entries = entries

    def t(self, key: str, **values: str | int) -> str:
        """The words under a dotted key; a missing key is a bug and raises KeyError."""
        return self.entries[key].format(**values) if values else self.entries[key]

    def day(self, instant: str) -> str:
        """22.11.2026, in English 22 Nov 2026, where this computer is."""
        on = datetime.fromisoformat(instant).astimezone()
        return f"{on.day} {_MONTHS[on.month - 1]} {on.year}" if self.language == "en" else f"{on:%d.%m.%Y}"


def load() -> dict[str, Words]:
    return {language: Words(language, _entries(language)) for language in LANGUAGES}


def known(language: object, otherwise: str) -> str:
    """The language that was named, as far as we speak it."""
    if not isinstance(language, str):
        return otherwise
    asked = language.strip().lower()[:2]
    asked = _ALSO.get(asked, asked)
    return asked if asked in LANGUAGES else otherwise


def _entries(language: str) -> dict[str, str]:
    text = resources.files("qoltanba_keyagent").joinpath("wording", f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return found
