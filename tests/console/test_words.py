"""Words and formats: numbers, dates and spans as each language writes them; a missing key is never silent."""

import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from ca_core.staff import AccountLocked
from console import words
from console.language import preferred
from console.widgets import format as formats
from tests.console.conftest import WordingMissing

NOON = datetime(2026, 11, 22, 7, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"), [("ru", "22.11.2026"), ("kk", "22.11.2026"), ("en", "22 Nov 2026")]
)
def test_dates_as_each_language_writes_them(language: str, expected: str) -> None:
    assert formats.day(date(2026, 11, 22), language=language) == expected


def test_times_are_those_of_almaty_with_utc_in_the_help() -> None:
    assert formats.instant(NOON, language="ru") == "22.11.2026 12:05"
    assert formats.utc(NOON) == "2026-11-22 07:05:09 UTC"


def test_day_is_the_day_in_almaty() -> None:
    """R12: at 20:00 UTC it is tomorrow there."""
    assert formats.local_day(datetime(2026, 11, 22, 20, tzinfo=UTC), language="ru") == "23.11.2026"


def test_thousands_are_parted_by_a_thin_space() -> None:
    assert formats.number(20312) == "20\u202f312"


@pytest.mark.parametrize(
    ("seconds", "language", "expected"),
    [
        (200, "en", "3 min 20 s"),
        (0, "en", "0 s"),
        (60, "ru", "1 мин"),
        (7500, "kk", "2 сағ 5 мин"),
        (90061, "ru", "1 дн 1 ч"),
        (-5, "en", "0 s"),
    ],
)
def test_spans_name_their_two_largest_units(seconds: int, language: str, expected: str) -> None:
    shown = formats.span(timedelta(seconds=seconds), language=language)
    assert shown.replace("\u00a0", " ") == expected


def test_serials_stand_in_groups_of_four() -> None:
    assert formats.grouped("0a1b2c3d4e") == "0A1B 2C3D 4E"


@pytest.mark.parametrize(("n", "ending"), [(1, "сеанс."), (3, "сеанса."), (5, "сеансов."), (21, "сеанс.")])
def test_plural_is_chosen_by_cldr(n: int, ending: str) -> None:
    assert words.say("ru", "my_account.done_everywhere", n=n).endswith(ending)


def test_facts_are_shown_by_their_type() -> None:
    """A refusal's instant reads as people read it."""
    worded = words.refusal(AccountLocked(until=NOON), language="ru")
    assert "12:05" in f"{worded.text} {worded.next}"
    assert worded.code == "staff.locked"


@pytest.mark.parametrize(("language", "expected"), [("ru", "0,5"), ("kk", "0,5"), ("en", "0.5")])
def test_a_fraction_has_the_sign_of_its_language(language: str, expected: str) -> None:
    assert expected in words.say(language, "passport.took", seconds=0.5)


def test_missing_key_is_reported_and_shown_as_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Never another language's words."""
    with pytest.raises(WordingMissing):
        words.say("kk", "no.such.key")
    monkeypatch.undo()
    with caplog.at_level(logging.ERROR):
        assert words.say("kk", "no.such.key") == "no.such.key"
    assert "wording missing" in caplog.text


def test_missing_fact_is_reported() -> None:
    with pytest.raises(WordingMissing):
        words.say("ru", "home.note.oldest", other=1)


@pytest.mark.parametrize(
    ("header", "language"), [("", "ru"), ("kk-KZ,ru;q=0.5", "kk"), ("fr,en;q=0.8", "en"), ("*", "ru")]
)
def test_language_the_browser_prefers(header: str, language: str) -> None:
    assert preferred(header) == language
