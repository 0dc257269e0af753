"""What the console says: every sentence stands in `wording/` in three languages, found by its key.

`t("home.issued")` speaks the language of the page; `say("ru", ...)` one that is named. A missing key is
never replaced by another language's words: the key itself is shown, and `on_missing` hears of it.
"""

import functools
import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from string import Formatter

from babel import Locale

from ca_core.errors import Refusal
from console import language as languages
from console.widgets import format as formats
from runtime import notice_texts

log = logging.getLogger(__name__)

# A sentence, or one sentence a plural category (CLDR: one, few, many, other).
Entry = str | Mapping[str, str]
_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})


def _log_missing(key: str, language: str) -> None:
    log.error("wording missing", extra={"wording": key, "language": language})


# Tests put something here that raises.
on_missing: Callable[[str, str], None] = _log_missing


@dataclass(frozen=True, slots=True)
class Worded:
    """A refusal for people: what happened, and what to do next."""

    code: str
    text: str
    next: str


@functools.cache
def entries(language: str) -> dict[str, Entry]:
    """Every entry of one language, by dotted key: what all doors say alike, then our `<language>.toml` files."""
    found: dict[str, Entry] = dict(notice_texts.alike(language))
    for name in files(language):
        found |= of_file(name)
    return found


def files(language: str) -> list[str]:
    """Names of the files of one language; a house test sees to it that none words another's keys."""
    folder = resources.files("console").joinpath("wording")
    return sorted(f.name for f in folder.iterdir() if f".{f.name}".endswith(f".{language}.toml"))


def of_file(name: str) -> dict[str, Entry]:
    text = resources.files("console").joinpath("wording", name).read_text("utf-8")
    return flatten(tomllib.loads(text))


def flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, Entry]:
    """Dotted keys; a table of plural categories is one entry."""
    flat: dict[str, Entry] = {}
    for key, value in table.items():
        if isinstance(value, Mapping) and not _is_plural(value):
            flat |= flatten(value, f"{prefix}{key}.")
        elif isinstance(value, Mapping):
            flat[prefix + key] = {str(k): str(v) for k, v in value.items()}
        else:
            flat[prefix + key] = str(value)
    return flat


def _is_plural(table: Mapping[str, object]) -> bool:
    return "other" in table and table.keys() <= _CATEGORIES


def t(key: str, **facts: object) -> str:
    """The sentence under `key` in the language of the page. A plural entry is chosen by `n`, else by what it shows."""
    return say(languages.current(), key, **facts)


def under(prefix: str) -> dict[str, str]:
    """All that stands under `prefix`, in the language of the page and without it: the words of a component."""
    keys = entries(languages.current())
    return {key.removeprefix(prefix): t(key) for key in keys if key.startswith(prefix)}


def has(key: str) -> bool:
    return key in entries(languages.current())


def say(language: str, key: str, **facts: object) -> str:
    """The same in a language that is named. Facts are shown by their type: numbers, dates, spans of time."""
    entry = entries(language).get(key)
    if entry is None:
        on_missing(key, language)
        return key
    text = entry if isinstance(entry, str) else _plural(entry, language, facts)
    return _filled(text, key, language, facts) if facts else text


def _filled(text: str, key: str, language: str, facts: Mapping[str, object]) -> str:
    shown = {name: formats.anything(value, language=language) for name, value in facts.items()}
    try:
        return text.format_map(shown)
    except KeyError as missing:
        on_missing(f"{key} {{{missing.args[0]}}}", language)
        return text


def _plural(entry: Mapping[str, str], language: str, facts: Mapping[str, object]) -> str:
    shown = ("n", *(name for _, name, _, _ in Formatter().parse(entry["other"]) if name))
    count = next((n for n in map(facts.get, shown) if isinstance(n, int | float)), 0)
    return entry.get(Locale(language).plural_form(count), entry["other"])


def refusal(refused: Refusal, *, language: str | None = None) -> Worded:
    """Its words and what to do next; the code stays with them, small (style: each door owns this table)."""
    chosen = language or languages.current()
    key = f"refusal.{refused.code}"
    return Worded(
        refused.code,
        say(chosen, f"{key}.text", **refused.facts),
        say(chosen, f"{key}.next", **refused.facts),
    )


def region(number: int) -> str:
    """Regions have numbers; their names stand in the wording only."""
    return t(f"region.{number}")
