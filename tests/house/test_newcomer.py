"""A newcomer's afternoon: the ordinary additions touch three files at most, apart from tests (docs/additions.md).

What must be touched is counted: the files that name every member of a list. Wording files of the three
languages are one, and so is a page that a command writes anew.
"""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import pytest

from ca_core import review
from ca_core.certificate import StorageKind
from ca_core.registration import decide, terms
from runtime.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("ca_core", "data", "video", "runtime", "console", "portal")
ENDINGS = {".py", ".toml", ".html", ".js"}
LANGUAGE = re.compile(r"\b(ru|kk|en)\.toml$")


def sources() -> dict[str, str]:
    """Every text of the rooms by its name; the three languages of one wording together."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in (PROJECT / room).rglob("*"):
            if path.suffix in ENDINGS and "versions" not in path.parts:
                name = LANGUAGE.sub("*.toml", path.relative_to(PROJECT).as_posix())
                found[name] = found.get(name, "") + path.read_text("utf-8")
    return found


def listing(members: Iterable[Enum]) -> set[str]:
    """The files that name all of them, as code or as keys of the wording."""
    named = [re.compile(rf"(?:\b|_)({one.name}|{one.name.lower()})\b") for one in members]
    return {name for name, text in sources().items() if all(word.search(text) for word in named)}


@pytest.mark.parametrize(
    ("members", "touched"),
    [
        pytest.param(
            decide.Reason,
            {"ca_core/registration/decide.py", "console/wording/calls.*.toml", "runtime/messages/*.toml"},
            id="a reason not to register a phone",
        ),
        pytest.param(
            review.Reason,
            {"ca_core/review.py", "console/wording/review_desk.*.toml", "runtime/messages/*.toml"},
            id="a moderator's reason",
        ),
        pytest.param(
            StorageKind, {"ca_core/certificate.py", "runtime/messages/*.toml"}, id="a kind of storage"
        ),
        pytest.param(
            terms.STORAGES,
            {"ca_core/certificate.py", "ca_core/registration/terms.py", "runtime/messages/*.toml"},
            id="a kind of storage that is offered on the way",
        ),
    ],
)
def test_an_addition_touches_three_files_at_most(members: Iterable[Enum], touched: set[str]) -> None:
    demo = {name for name in listing(members) if name.startswith("runtime/demo/")}
    assert listing(members) - demo == touched
    assert len(touched) <= 3


def test_a_moderators_reason_can_be_chosen() -> None:
    """One that stands in neither list is worded for nobody."""
    assert {*review.REJECTING, *review.FOR_A_NEW_PHOTO} == set(review.Reason)


def test_a_setting_is_written_in_one_file() -> None:
    """The page of docs is made from it; whoever uses the setting is the third."""
    fields = [re.compile(rf"\b{name}: ") for name in Settings.__dataclass_fields__]
    naming = [name for name, text in sources().items() if all(field.search(text) for field in fields)]
    assert naming == ["runtime/settings.py"]


@pytest.mark.parametrize("code", ["renew.already_used", "sms_code.too_many"])
def test_the_words_of_a_refusal_stand_in_one_file_a_door(code: str) -> None:
    subject, _, name = code.partition(".")
    written = re.compile(rf'^(?:\[refusal\.{subject}\.{name}\]|"{subject}\.{name}" = )', re.MULTILINE)
    found = {where for where, text in sources().items() if written.search(text)}
    assert found <= {"console/wording/refusals.*.toml", "portal/wording/*.toml"}
    assert "console/wording/refusals.*.toml" in found
