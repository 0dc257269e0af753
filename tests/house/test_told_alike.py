"""What the console says the citizen will read is what the portal writes, word for word."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ca_core import review
from ca_core.registration.decide import Reason

PROJECT = Path(__file__).resolve().parents[2]


def _wording(name: str) -> dict[str, Any]:
    return tomllib.loads((PROJECT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_the_agent_is_shown_the_very_words_that_the_citizen_reads(language: str) -> None:
    shown = _wording(f"console/wording/calls.{language}.toml")["calls"]["citizen"]
    read = _wording(f"portal/wording/{language}.toml")["decide_reason"]

    assert shown == read
    assert set(read) == {reason.value for reason in Reason}


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_the_message_says_of_a_photo_what_the_page_says(language: str) -> None:
    told = _wording(f"runtime/messages/{language}.toml")["review"]
    read = _wording(f"portal/wording/{language}.toml")["review_reason"]

    assert told == read
    assert set(read) == {reason.value for reason in review.Reason}
