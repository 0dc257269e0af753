"""Each language for itself: Kazakh is no copy of Russian, one word for one thing, no sorting by code points."""

import re
import tomllib
from pathlib import Path

import pytest

from console import words as console_words

PROJECT = Path(__file__).resolve().parents[2]
WORDINGS = {
    "console": "console/wording",
    "portal": "portal/wording",
    "key agent": "portal/keyagent/qoltanba_keyagent/wording",
    "messages": "runtime/messages",
}
# What holds no Cyrillic is a name, a number or a sign.
NO_WORDS = re.compile(r"^[^Ѐ-ӿ]*$")
# Words that Kazakh borrowed as they are, names of cities and languages, units.
IN_BOTH = frozenset(
    """
    абай алматы астана шымкент рус қаз қолтаңба аудитор модератор оператор супервизор
    терминал машина диск код логин микрофон камера объект смс сертификат статистика файл
    чат аутентификация консоль портал телефон смарт-карта сим-карта usb-токен байт секунд
    """.split()  # noqa: SIM905
)
UNITS = {"кбит/с", "{n} мс", "{n} с", "… Б", "… КБ", "… МБ"}
# «сан» is an amount; the signs of a number are «цифр».
AMOUNT_FOR_DIGIT = re.compile(
    r"бақылау сан|сан-сан|\bсаннан\b|(?:\d|алты|екі|бір) сан\b|әріп (?:пен|не) сан\b|әрпі, сан\b",
    re.IGNORECASE,
)
# Said otherwise elsewhere: бейнеқоңырау, қойынды, тасымалдағыш, өтініш беруші, тізілім, есептік жазба, пәрмен, СМС.
SECOND_WORDS = re.compile(
    r"видеоқоңырау|бетбелгі|тасығыш|өтінім беруші|тіркелім|тіркелгі(?!з)|команда|\bsms\b", re.IGNORECASE
)
# «БМГ» is the Russian abbreviation of what is «МАБ» in Kazakh.
RUSSIAN_ABBREVIATIONS = re.compile(r"\b(?:БМГ|ЭЦП|ИИН|ЦОН|НУЦ)")


def entries(folder: str, language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((PROJECT / folder).glob(f"*{language}.toml")):
        for key, entry in console_words.flatten(tomllib.loads(path.read_text("utf-8"))).items():
            found[f"{path.name.removesuffix(f'{language}.toml')}{key}"] = str(entry)
    return found


@pytest.mark.parametrize("folder", WORDINGS.values(), ids=WORDINGS.keys())
def test_kazakh_is_no_copy_of_russian(folder: str) -> None:
    russian, kazakh = entries(folder, "ru"), entries(folder, "kk")
    assert len(kazakh) > 50
    same = {key: text for key, text in kazakh.items() if russian.get(key) == text}
    copied = {key: text for key, text in same.items() if text.lower() not in IN_BOTH and text not in UNITS}
    assert {key: text for key, text in copied.items() if not NO_WORDS.match(text)} == {}


@pytest.mark.parametrize("folder", WORDINGS.values(), ids=WORDINGS.keys())
def test_kazakh_has_one_word_for_a_thing(folder: str) -> None:
    kazakh = entries(folder, "kk")
    assert {key: text for key, text in kazakh.items() if AMOUNT_FOR_DIGIT.search(text)} == {}
    assert {key: text for key, text in kazakh.items() if RUSSIAN_ABBREVIATIONS.search(text)} == {}
    assert {key: text for key, text in kazakh.items() if SECOND_WORDS.search(text)} == {}


def test_no_list_is_ordered_by_a_name_in_the_database() -> None:
    """SQLite and PostgreSQL would order names by code points or by the machine's locale (decision 0009)."""
    by_name = re.compile(r"order_by\([^)]*\b(?:surname|given_name|patronymic|login)\b")
    found = [
        path.name for path in (PROJECT / "data").rglob("*.py") if by_name.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_native_date_picker_is_drawn() -> None:
    """It speaks the browser's language and orders day and month as the machine does, not as the page says."""
    native = re.compile(r"\b(?:date|time|datetime)_input\(|type=\"(?:date|time|datetime-local|month|week)\"")
    doors = [path for door in ("console", "portal") for path in (PROJECT / door).rglob("*.*")]
    drawn = [path for path in doors if path.suffix in (".py", ".html", ".js")]
    assert [path.name for path in drawn if native.search(path.read_text("utf-8"))] == []
