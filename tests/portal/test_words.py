"""The portal's wording: complete in three languages, and every refusal of this door has its words."""

import re
from pathlib import Path

import pytest

from ca_core.revocation import check
from ca_core.revocation.reasons import Reason
from portal import refusals, words

PORTAL = Path(words.__file__).parent
SPOKEN = words.load()


CATEGORY = re.compile(r"\.(one|few|many|other)$")


def keys(language: str) -> set[str]:
    """The forms of a sentence that follows a number are one entry."""
    return {CATEGORY.sub("", key) for key in SPOKEN[language].entries}


def test_every_language_has_the_same_words_and_places() -> None:
    english = {CATEGORY.sub("", key): places(text) for key, text in SPOKEN["en"].entries.items()}
    for language, spoken in SPOKEN.items():
        assert keys(language) == english.keys(), language
        for key, text in spoken.entries.items():
            assert text.strip()
            assert places(text) == english[CATEGORY.sub("", key)], (language, key)


@pytest.mark.parametrize(("language", "categories"), [("ru", "few many one other"), ("en", "one other")])
def test_words_that_follow_a_number_have_all_their_forms(language: str, categories: str) -> None:
    """CLDR: Russian has four categories, English two; Kazakh nouns do not change after a number."""
    counted = {key.removesuffix(".other") for key in SPOKEN[language].entries if key.endswith(".other")}
    counted = {key for key in counted if f"{key}.one" in SPOKEN[language].entries}
    assert len(counted) >= 5
    for key in counted:
        forms = {one.rpartition(".")[2] for one in SPOKEN[language].entries if one.startswith(f"{key}.")}
        assert " ".join(sorted(forms)) == categories, key


@pytest.mark.parametrize(
    ("language", "hours", "ending"),
    [("ru", 1, "1 час."), ("ru", 72, "72 часа."), ("ru", 11, "11 часов."), ("en", 1, "1 hour at most.")],
)
def test_a_number_chooses_its_words(language: str, hours: int, ending: str) -> None:
    assert SPOKEN[language].t("not_me.stops", hours=hours).endswith(ending)


def test_thousands_are_parted_by_a_thin_space() -> None:
    assert "1\u202f825 дней" in SPOKEN["ru"].t("practice.kept", kept_days=1825)


def places(text: str) -> list[str]:
    return sorted(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_refusal_of_this_door_has_words_and_a_next_step(language: str) -> None:
    spoken = SPOKEN[language]
    worded = {
        key.removeprefix("refusal.").removesuffix(".text")
        for key in spoken.entries
        if key.startswith("refusal.") and key.endswith(".text")
    }
    assert worded == set(refusals.STATUS)
    for code in refusals.HTTP:
        assert spoken.of_status(code).code == f"portal.{code}"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_verdict_and_reason_has_words(language: str) -> None:
    spoken = SPOKEN[language]
    for verdict in check.Verdict:
        assert spoken.t(f"verdict.{verdict.value}.word")
        assert spoken.t(f"verdict.{verdict.value}.meaning")
    for reason in Reason:
        assert spoken.t(f"reason.{reason.name.lower()}")


def test_templates_use_words_that_exist() -> None:
    used = {
        key
        for template in (PORTAL / "templates").glob("*.html")
        for key in re.findall(r't\("([a-z_0-9.]+)"[,)]', template.read_text("utf-8"))
    }
    assert len(used) > 40
    assert used <= keys("en")


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_russian_and_kazakh_are_written_in_their_own_letters(language: str) -> None:
    for key, text in SPOKEN[language].entries.items():
        if key not in ("site.name", "phone.email"):
            assert re.search("[а-яәғқңөұүһі]", text.lower()), key


def test_nobody_is_asked_for_a_pin_a_password_or_a_card_number() -> None:
    """R13 stands at the foot of every page, and no field asks for any of them."""
    layout = (PORTAL / "templates" / "layout.html").read_text("utf-8")
    assert 't("site.never")' in layout
    for template in (PORTAL / "templates").glob("*.html"):
        assert 'type="password"' not in template.read_text("utf-8")
