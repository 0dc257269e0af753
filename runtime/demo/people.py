"""Fictitious people of the state register: valid IINs that nobody has twice, names, documents, phones, e-mail.

A person is a pure function of the seed and an index; some indices give nobody.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ca_core.identifiers import Iin, Phone, iin_check_digit
from ca_core.subscriber import DocumentKind, Person
from runtime.demo import names
from runtime.demo.dice import Dice, mixed

# Births of seventy years, both sexes, four digits of counter: the space that IINs are drawn from.
_BIRTH_DAYS = 25_567
_COUNTERS = 10_000
_SPACE = _BIRTH_DAYS * 2 * _COUNTERS
_STEP = 314_159_269
_YOUNGEST_YEARS = 18
# IINs have no century digit for later births.
_LAST_CENTURY = 2100

# Codes outside the large mobile networks, so that a demo number is hardly anybody's.
_PHONE_CODES = ("760", "761", "762", "763", "764")
_PHONES = len(_PHONE_CODES) * 10**7
_PHONE_STEP = 2_654_435_761

# RFC 2606, 2: names that never resolve.
_MAIL_HOSTS = (("mail.example", 55), ("post.example", 25), ("inbox.example", 15), ("office.example", 5))

# Share of the population by region number.
REGIONS = (
    (1, 30), (2, 38), (3, 46), (4, 75), (5, 35), (6, 34), (7, 61), (8, 35), (9, 57), (10, 41),
    (11, 42), (12, 39), (13, 38), (14, 27), (15, 106), (16, 11), (17, 36), (18, 75), (19, 115), (20, 62),
)  # fmt: skip
# How likely somebody of an age (up to so many years) takes part: remote signatures are a habit of the working age.
_HABIT = ((25, 0.75), (40, 1.0), (50, 0.8), (60, 0.55), (70, 0.35), (200, 0.2))


@dataclass(frozen=True, slots=True)
class Citizen:
    """An entry of the register, with what the person would say of themselves."""

    index: int
    person: Person
    phone: Phone
    email: str


def citizens(seed: int, *, until: date) -> Iterator[Citizen]:
    """All of them, in a fixed order; the caller takes as many as it needs."""
    if math.gcd(_STEP, _SPACE) != 1 or math.gcd(_PHONE_STEP, _PHONES) != 1:
        raise ArithmeticError("the steps must visit every place once")
    first_year = min(until.year - _YOUNGEST_YEARS - 70, _LAST_CENTURY - 71)
    start = mixed(seed) % _SPACE
    for index in range(_SPACE):
        place = (index * _STEP + start) % _SPACE
        iin = _iin(place, first_year)
        if iin is None:
            continue
        dice = Dice(seed, index)
        years = (until - iin.birth_date).days / 365.25
        if dice.chance(next(habit for most, habit in _HABIT if years < most)):
            yield _citizen(dice, index, iin, until)


def _iin(place: int, first_year: int) -> Iin | None:
    day, rest = divmod(place, 2 * _COUNTERS)
    sex, counter = divmod(rest, _COUNTERS)
    born = date(first_year, 1, 1) + timedelta(days=day)
    century = {18: 1, 19: 3, 20: 5}[born.year // 100] + sex
    body = f"{born:%y%m%d}{century}{counter:04d}"
    check = iin_check_digit(body)
    return None if check is None else Iin(f"{body}{check}")


def _citizen(dice: Dice, index: int, iin: Iin, until: date) -> Citizen:
    name = names.of(dice, iin.sex)
    # A residence permit is for those who are no citizens.
    kind = dice.weighted(
        ((DocumentKind.ID_CARD, 82), (DocumentKind.PASSPORT, 15), (DocumentKind.RESIDENCE_PERMIT, 3))
    )
    person = Person(
        iin=iin,
        surname=name.surname,
        given_name=name.given_name,
        patronymic=name.patronymic,
        surname_latin=names.latin(name.surname),
        given_name_latin=names.latin(name.given_name),
        born_on=iin.birth_date,
        sex=iin.sex,
        region=dice.weighted(REGIONS),
        language=name.language,
        document_kind=kind,
        document_number=f"N{dice.whole(0, 99_999_999):08d}",
        document_expires_on=until + timedelta(days=dice.whole(40, 3600)),
    )
    return Citizen(index, person, _phone(index), _email(dice, person, index))


def _phone(index: int) -> Phone:
    code, rest = divmod(index * _PHONE_STEP % _PHONES, 10**7)
    return Phone(f"7{_PHONE_CODES[code]}{rest:07d}")


def _email(dice: Dice, person: Person, index: int) -> str:
    if dice.chance(0.12):
        return ""
    return f"{person.surname_latin.lower()}.{index % 100_000:05d}@{dice.weighted(_MAIL_HOSTS)}"
