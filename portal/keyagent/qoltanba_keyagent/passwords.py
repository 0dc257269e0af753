"""The password of a key's file: what it must have and what it must not be (R15, R16).

The owner's number, phone and birth date come with the request and are only compared; they are never kept.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

# NCALayer asks for six; the file is often all that protects the key, so ours asks for eight.
LEAST_CHARACTERS = 8
MOST_CHARACTERS = 64
# A folder called "d" is in nearly every password: from three letters on, a name inside a password counts.
_LEAST_NAME = 3
# The seventh digit of an IIN: century and sex.
_CENTURIES = {"1": "18", "2": "18", "3": "19", "4": "19", "5": "20", "6": "20"}


class Fault(StrEnum):
    """Why a password is refused; the words are in `wording/` under `fault`."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_LOWER = "no_lower"
    NO_UPPER = "no_upper"
    NO_DIGIT = "no_digit"
    FOREIGN_CHARACTER = "foreign_character"
    LIKE_NAME = "like_name"
    LIKE_OWNER = "like_owner"


@dataclass(frozen=True, slots=True)
class Owner:
    """What others know of the owner, as the portal gives it; each may be empty.

    `certified_iin` is the one in the certificate itself: it counts whatever the site says, or leaves out.
    """

    iin: str = ""
    phone: str = ""
    birth_date: str = ""
    certified_iin: str = ""

    def __repr__(self) -> str:
        return "Owner(...)"


def faults(password: str, *, path: Path, owner: Owner) -> tuple[Fault, ...]:
    """Everything that is wrong with a password for the file at `path`, in the order in which it is shown."""
    checks = {
        Fault.TOO_SHORT: len(password) < LEAST_CHARACTERS,
        Fault.TOO_LONG: len(password) > MOST_CHARACTERS,
        Fault.NO_LOWER: not re.search(r"[a-z]", password),
        Fault.NO_UPPER: not re.search(r"[A-Z]", password),
        Fault.NO_DIGIT: not re.search(r"[0-9]", password),
        # A Cyrillic letter that looks Latin locks its owner out at the next keyboard.
        Fault.FOREIGN_CHARACTER: bool(re.search(r"[^!-~]", password)),
        Fault.LIKE_NAME: bool(password) and _is_like_a_name(password, path),
        Fault.LIKE_OWNER: bool(password) and _is_like_the_owner(password, owner),
    }
    return tuple(fault for fault, found in checks.items() if found)


def _is_like_a_name(password: str, path: Path) -> bool:
    """Equals, contains or is contained in the file's name or a folder's on its path (R16)."""
    given = password.casefold()
    names = {
        unicodedata.normalize("NFKC", name).casefold()
        for name in (*path.parts, path.stem)
        if name not in (path.anchor, "")
    }
    return any(given in name or (len(name) >= _LEAST_NAME and name in given) for name in names)


def _is_like_the_owner(password: str, owner: Owner) -> bool:
    """The owner's number, phone or birth date, with or without something around it."""
    plain = re.sub(r"[\W_]", "", password)
    return any(spelling in plain for spelling in _spellings(owner))


def _spellings(owner: Owner) -> Iterator[str]:
    for iin in filter(None, map(_digits, (owner.iin, owner.certified_iin))):
        yield iin
        if born := re.match(r"(\d{2})(\d{2})(\d{2})([1-6])", iin):
            year, month, day, century = born.groups()
            yield from _dates(f"{_CENTURIES[century]}{year}", month, day)
    # +7 701..., 8 701... and 701...: the ten digits are in each of them.
    if len(phone := _digits(owner.phone)) >= 10:
        yield phone[-10:]
    if born := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", owner.birth_date):
        yield from _dates(*born.groups())


def _dates(year: str, month: str, day: str) -> Iterator[str]:
    """12031987 and 1231987 in the usual orders; with two digits of the year only where nothing is left out."""
    for m, d in {(month, day), (month.lstrip("0"), day.lstrip("0"))}:
        yield from (f"{d}{m}{year}", f"{year}{m}{d}", f"{m}{d}{year}", f"{year}{d}{m}")
    yield from (f"{day}{month}{year[2:]}", f"{year[2:]}{month}{day}")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
