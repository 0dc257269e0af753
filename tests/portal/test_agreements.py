"""The texts of steps 11 and 12: in three languages, unchanged since they were first shown, and built alike."""

import hashlib
import re
from importlib import resources

import pytest

from ca_core.dossier import AgreementKind
from portal import agreements
from portal.words import LANGUAGES

# Whoever accepted a text accepted these octets: a change of a text is a new file, and a new line here.
ACCEPTED = {
    "access-2026-11-22.en.md": "95e1a0d2adc0ce7863e2dcda8b4a273485f2cde517e81393477411fdd6143a09",
    "access-2026-11-22.kk.md": "520bcddd9700ea6d22240528237ac8351c89f1b45791c99cdaacc3a750aaebb2",
    "access-2026-11-22.ru.md": "dba54c466ee13b1796f090055be1f02a8b8ec8df129cbac6cb6e900288a11ab6",
    "terms-2026-11-22.en.md": "55326a5619b2b79376d0a2e339321b63f101100ace2c4065ef3559e802f6d337",
    "terms-2026-11-22.kk.md": "ba33dd8cf5dc8d07cdad86c6fa54255d4841ba92c8d0077b1dd2abbaf657d11d",
    "terms-2026-11-22.ru.md": "37aa0c67750e926af9bd70ed1bd8721d29706b2168f4a8d9b56288b4487845c4",
}


def texts() -> dict[str, bytes]:
    folder = resources.files("portal").joinpath("agreement_texts")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".md")}


def test_no_text_changed_since_it_was_first_shown() -> None:
    assert {name: hashlib.sha256(octets).hexdigest() for name, octets in texts().items()} == ACCEPTED


@pytest.mark.parametrize("kind", list(AgreementKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_in_force_in_each_language(kind: AgreementKind, language: str) -> None:
    found = agreements.in_force(kind, language)
    assert (found.text.kind, found.text.language) == (kind, language)
    assert agreements.shown_digest(found.shown) == found.text.sha256
    assert found.blocks[0].tag == "h1"


@pytest.mark.parametrize("kind", list(AgreementKind))
def test_all_languages_say_it_in_the_same_order(kind: AgreementKind) -> None:
    built = {
        tuple((block.tag, len(block.lines)) for block in agreements.in_force(kind, language).blocks)
        for language in LANGUAGES
    }
    assert len(built) == 1


def test_kazakh_is_kazakh() -> None:
    for name, octets in texts().items():
        if name.endswith(".kk.md"):
            for line in octets.decode("utf-8").splitlines():
                assert len(line) < 40 or re.search("[әғқңөұүһі]", line.lower()), (name, line)


@pytest.mark.parametrize("typed", ["", "zz", "0" * 1000, "12 34", "ё"])
def test_what_is_no_digest_is_the_digest_of_nothing(typed: str) -> None:
    found = agreements.in_force(AgreementKind.TERMS, "ru")
    assert agreements.shown_digest(typed) != found.text.sha256
