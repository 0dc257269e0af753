"""Every sentence of the dialogs in three languages, and a sentence for everything that is refused."""

import re
from importlib import resources
from string import Formatter

import pytest

from qoltanba_keyagent import passwords, refusals, words

SPOKEN = words.load()
LATIN = re.compile(r"Qoltanba|IIN|XML|SHA-256|USB|p12|pfx|https?://\S+|\{\w+\}")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_same_keys_and_placeholders_in_every_language(language: str) -> None:
    ours, english = SPOKEN[language].entries, SPOKEN["en"].entries
    assert ours.keys() ^ english.keys() == set()
    assert [key for key in ours if placeholders(ours[key]) != placeholders(english[key])] == []
    assert [key for key, sentence in ours.items() if not sentence.strip()] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_refusal_and_every_fault_is_worded(language: str) -> None:
    wanted = {f"told.{kind.code}" for kind in refusals.Refused.__subclasses__()}
    wanted |= {f"fault.{fault}" for fault in passwords.Fault}
    assert wanted - SPOKEN[language].entries.keys() == set()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_word_that_a_page_uses_is_there(language: str) -> None:
    folder = resources.files("qoltanba_keyagent").joinpath("templates")
    pages = [page.read_text(encoding="utf-8") for page in folder.iterdir()]
    used = {key for page in pages for key in re.findall(r'\bt\("([\w.]+)"[,)]', page)}
    assert len(used) > 50
    assert used - SPOKEN[language].entries.keys() == set()


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_latin_words_are_left(language: str) -> None:
    entries = SPOKEN[language].entries
    left = {key: text for key, text in entries.items() if re.search(r"[A-Za-z]{2,}", LATIN.sub("", text))}
    assert left == {}


def test_kazakh_is_kazakh() -> None:
    russian, kazakh = SPOKEN["ru"].entries, SPOKEN["kk"].entries
    assert [key for key, text in kazakh.items() if text == russian[key] and len(text.split()) > 2] == []
    long = [text for text in kazakh.values() if len(text) > 50]
    assert [text for text in long if not re.search(r"[әғқңөұүһі]", text.lower())] == []


def test_english_has_no_cyrillic() -> None:
    assert [text for text in SPOKEN["en"].entries.values() if re.search(r"[Ѐ-ӿ]", text)] == []
