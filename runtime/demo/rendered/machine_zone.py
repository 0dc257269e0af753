"""Writes the machine-readable zone of a specimen document (ICAO Doc 9303, parts 4 and 5)."""

from datetime import date

from ca_core.documents import mrz
from ca_core.documents.mrz import FILLER
from ca_core.subscriber import Person

STATE = "KAZ"


def passport(person: Person, *, state: str = STATE) -> tuple[str, str]:
    """TD3: the IIN stands in the personal number."""
    number, birth, expiry = person.document_number, _day(person.born_on), _day(person.document_expires_on)
    personal = person.iin.digits.ljust(14, FILLER)
    checked = [field + mrz.check_digit(field) for field in (number.ljust(9, FILLER), birth, expiry, personal)]
    composite = mrz.check_digit(checked[0] + checked[1] + checked[2] + checked[3])
    second = checked[0] + state + checked[1] + person.sex.value + checked[2] + checked[3] + composite
    return f"P{FILLER}{state}{_names(person, 39)}", second


def id_card(person: Person, *, number: str, state: str = STATE) -> tuple[str, str, str]:
    """TD1: the IIN stands in the optional data of the first line; `number` has nine digits."""
    birth, expiry = _day(person.born_on), _day(person.document_expires_on)
    first = f"ID{state}" + number + mrz.check_digit(number) + person.iin.digits.ljust(15, FILLER)
    second = birth + mrz.check_digit(birth) + person.sex.value + expiry + mrz.check_digit(expiry) + state
    second += FILLER * 11
    composite = mrz.check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    return first, second + composite, _names(person, 30)


def _day(day: date) -> str:
    return f"{day:%y%m%d}"


def _names(person: Person, width: int) -> str:
    surname, given = (
        name.replace(" ", FILLER).replace("-", FILLER)
        for name in (person.surname_latin, person.given_name_latin)
    )
    return f"{surname}{FILLER * 2}{given}"[:width].ljust(width, FILLER)
