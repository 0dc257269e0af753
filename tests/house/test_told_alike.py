"""What the console says the citizen will read is what the portal and the message say: each is written once."""

import pytest

from ca_core import review
from ca_core.certificate import StorageKind
from ca_core.registration import decide
from console import words as console_words
from portal import words as portal_words
from runtime import notice_texts

KEYS = (
    *(f"decide_reason.{reason.value}" for reason in decide.Reason),
    *(f"review_reason.{reason.value}" for reason in review.Reason),
    *(f"storage.{kind.name.lower()}" for kind in StorageKind),
)


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
def test_every_door_says_it_in_the_same_words(language: str) -> None:
    read, alike = portal_words.load()[language], notice_texts.alike(language)
    for key in KEYS:
        assert console_words.say(language, key) == read.t(key) == alike[key]


@pytest.mark.parametrize("language", notice_texts.LANGUAGES)
def test_no_door_words_again_what_all_say_alike(language: str) -> None:
    own = {key for name in console_words.files(language) for key in console_words.of_file(name)}
    assert own & notice_texts.alike(language).keys() == set()
