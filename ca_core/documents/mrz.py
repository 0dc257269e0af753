"""The machine-readable zone of an identity document (ICAO Doc 9303, parts 3 to 7): its fields and check digits.

Check digits cover the document's number, the dates and the optional data. Names, sex, nationality and the issuing
state are covered by none; and a digit tells nothing of two characters whose values differ by ten (S and 8, L and 1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ca_core.documents import states
from ca_core.errors import Refusal

FILLER = "<"
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")

_WEIGHTS = (7, 3, 1)


class MrzUnreadable(Refusal):
    """No machine-readable zone: the fact `what` names the rule that does not hold."""

    code = "mrz.unreadable"


class CheckDigitWrong(Refusal):
    """The fact `fields` names those whose check digit does not hold."""

    code = "mrz.check_digit_wrong"


class Format(StrEnum):
    """Sizes of documents: ID cards, passports (TD3) and visas."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"


class Checked(StrEnum):
    """The fields that a check digit covers."""

    NUMBER = "document_number"
    BIRTH = "born_on"
    EXPIRY = "expires_on"
    OPTIONAL = "optional_data"
    COMPOSITE = "composite"


class Span(NamedTuple):
    """Columns of one line, the last one excluded; all counted from 0."""

    line: int
    start: int
    end: int

    def of(self, lines: Sequence[str]) -> str:
        return lines[self.line][self.start : self.end]


class Check(NamedTuple):
    """A check digit's place and what it covers."""

    field: Checked
    covers: tuple[Span, ...]
    digit: Span


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of one format stand."""

    format: Format
    height: int
    width: int
    names: Span
    number: Span
    nationality: Span
    birth: Span
    sex: Span
    expiry: Span
    optional: tuple[Span, ...]
    checks: tuple[Check, ...]


def _check(field: Checked, line: int, start: int, end: int) -> Check:
    return Check(field, (Span(line, start, end),), Span(line, end, end + 1))


_TWO_LINES = (
    _check(Checked.NUMBER, 1, 0, 9),
    _check(Checked.BIRTH, 1, 13, 19),
    _check(Checked.EXPIRY, 1, 21, 27),
)


def _two_lines(form: Format, width: int, optional_end: int, checks: tuple[Check, ...]) -> Layout:
    return Layout(
        form, 2, width, names=Span(0, 5, width), number=Span(1, 0, 9), nationality=Span(1, 10, 13),
        birth=Span(1, 13, 19), sex=Span(1, 20, 21), expiry=Span(1, 21, 27),
        optional=(Span(1, 28, optional_end),), checks=_TWO_LINES + checks,
    )  # fmt: skip


def _composite(end: int) -> Check:
    return Check(
        Checked.COMPOSITE, (Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, end)), Span(1, end, end + 1)
    )


LAYOUTS: dict[Format, Layout] = {
    Format.TD1: Layout(
        Format.TD1, 3, 30, names=Span(2, 0, 30), number=Span(0, 5, 14), nationality=Span(1, 15, 18),
        birth=Span(1, 0, 6), sex=Span(1, 7, 8), expiry=Span(1, 8, 14),
        optional=(Span(0, 15, 30), Span(1, 18, 29)),
        checks=(
            _check(Checked.NUMBER, 0, 5, 14),
            _check(Checked.BIRTH, 1, 0, 6),
            _check(Checked.EXPIRY, 1, 8, 14),
            Check(
                Checked.COMPOSITE,
                (Span(0, 5, 30), Span(1, 0, 7), Span(1, 8, 15), Span(1, 18, 29)),
                Span(1, 29, 30),
            ),
        ),
    ),
    Format.TD2: _two_lines(Format.TD2, 36, 35, (_composite(35),)),
    Format.TD3: _two_lines(Format.TD3, 44, 42, (_check(Checked.OPTIONAL, 1, 28, 42), _composite(43))),
    # Doc 9303-7: a visa has no composite check digit.
    Format.MRV_A: _two_lines(Format.MRV_A, 44, 44, ()),
    Format.MRV_B: _two_lines(Format.MRV_B, 36, 36, ()),
}  # fmt: skip

_FORMATS = {
    (3, 30): (("A", Format.TD1), ("C", Format.TD1), ("I", Format.TD1)),
    (2, 36): (("A", Format.TD2), ("C", Format.TD2), ("I", Format.TD2), ("V", Format.MRV_B)),
    (2, 44): (("P", Format.TD3), ("V", Format.MRV_A)),
}


@dataclass(frozen=True, slots=True)
class Position:
    """A character that was put in another's place because a check digit asked for it; counted from 0."""

    line: int
    column: int
    read: str
    repaired: str


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """What a check digit should be and what stands there."""

    field: Checked
    expected: str
    read: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Mrz:
    """A machine-readable zone, field by field. A date is None where the document does not give a whole, real one."""

    format: Format
    lines: tuple[str, ...]
    document_code: str
    issuing_state: str
    document_number: str
    nationality: str
    born_on: date | None
    sex: str
    expires_on: date | None
    surname: str
    given_names: str
    optional_data: tuple[str, ...]
    digits: tuple[CheckDigit, ...]
    repaired: tuple[Position, ...] = ()


def check_digit(text: str) -> str:
    """Doc 9303-3, 4.9: weights 7, 3, 1; A is 10 to Z 35; the filler is 0."""
    return str(sum(_value(c) * _WEIGHTS[n % 3] for n, c in enumerate(text)) % 10)


def _value(character: str) -> int:
    if character == FILLER:
        return 0
    return int(character) if character.isdigit() else ord(character) - ord("A") + 10


def layout_of(lines: Sequence[str]) -> Layout:
    """The format that these lines have by their number, length and first letter. Raises MrzUnreadable."""
    size = (len(lines), len(lines[0])) if lines else (0, 0)
    if size not in _FORMATS or any(len(line) != size[1] for line in lines):
        raise MrzUnreadable(what="size")
    if not all(ALPHABET.issuperset(line) for line in lines):
        raise MrzUnreadable(what="alphabet")
    for letter, form in _FORMATS[size]:
        if lines[0][0] == letter:
            return LAYOUTS[form]
    raise MrzUnreadable(what="document_code")


def digits_of(lines: Sequence[str]) -> tuple[CheckDigit, ...]:
    """Every check digit, holding or not. Raises MrzUnreadable."""
    layout = layout_of(lines)
    return tuple(_digit(lines, layout, check) for check in layout.checks)


def _digit(lines: Sequence[str], layout: Layout, check: Check) -> CheckDigit:
    covered, read = "".join(span.of(lines) for span in check.covers), check.digit.of(lines)
    if check.field is Checked.NUMBER:
        covered, read = _number(lines, layout)
    expected = check_digit(covered)
    # Doc 9303-4, 4.2.2.2: with no personal number its check digit may be a filler.
    empty = check.field is Checked.OPTIONAL and read == FILLER and set(covered) == {FILLER}
    return CheckDigit(check.field, expected, read, empty or read == expected)


def _number(lines: Sequence[str], layout: Layout) -> tuple[str, str]:
    """The document's number and its check digit.

    Doc 9303-5, 4.2.2.1 note j (and 9303-6): a number of more than nine characters goes on in the optional data, where
    its check digit follows it, and a filler stands in the digit's own place.
    """
    number, digit = layout.number.of(lines), layout.checks[0].digit.of(lines)
    if digit == FILLER and layout.format in (Format.TD1, Format.TD2):
        rest = layout.optional[0].of(lines).partition(FILLER)[0]
        if len(rest) > 1:
            return number + rest[:-1], rest[-1]
    return number, digit


def parse(lines: Sequence[str], *, today: date, repaired: tuple[Position, ...] = ()) -> Mrz:
    """The fields of a zone; whether its check digits hold is `verify`'s to say. Raises MrzUnreadable."""
    layout = layout_of(lines)
    state, nationality = lines[0][2:5].rstrip(FILLER), layout.nationality.of(lines).rstrip(FILLER)
    if not states.is_known(state):
        raise MrzUnreadable(what="issuing_state")
    if not states.is_known(nationality):
        raise MrzUnreadable(what="nationality")
    surname, given_names = _names(layout.names.of(lines))
    return Mrz(
        format=layout.format,
        lines=tuple(lines),
        document_code=lines[0][:2].rstrip(FILLER),
        issuing_state=state,
        document_number=_number(lines, layout)[0].rstrip(FILLER),
        nationality=nationality,
        born_on=_born(layout.birth.of(lines), today),
        sex=_sex(layout.sex.of(lines)),
        expires_on=_expires(layout.expiry.of(lines), today),
        surname=surname,
        given_names=given_names,
        optional_data=tuple(span.of(lines).rstrip(FILLER) for span in layout.optional),
        digits=digits_of(lines),
        repaired=repaired,
    )


def verify(zone: Mrz) -> None:
    """Every check digit holds. Raises CheckDigitWrong."""
    wrong = tuple(digit.field for digit in zone.digits if not digit.holds)
    if wrong:
        raise CheckDigitWrong(fields=wrong)


def _names(field: str) -> tuple[str, str]:
    if not re.fullmatch(r"[A-Z][A-Z<]*", field):
        raise MrzUnreadable(what="names")
    surname, _, given_names = field.rstrip(FILLER).partition(FILLER * 2)
    return surname.replace(FILLER, " "), given_names.replace(FILLER, " ").strip()


def _sex(character: str) -> str:
    if character not in "MF<":
        raise MrzUnreadable(what="sex")
    return "X" if character == FILLER else character


def _born(digits: str, today: date) -> date | None:
    """The latest such day that is not in the future."""
    days = [day for day in _days(digits, today) if day <= today]
    return max(days, default=None)


def _expires(digits: str, today: date) -> date | None:
    """The such day nearest to today: documents are valid for ten years, some for thirty."""
    return min(_days(digits, today), key=lambda day: abs(day - today), default=None)


def _days(digits: str, today: date) -> list[date]:
    if not re.fullmatch(r"[0-9]{6}", digits):
        return []
    century = today.year - today.year % 100
    years = (century + part + int(digits[:2]) for part in (-100, 0, 100))
    days = (_day(year, int(digits[2:4]), int(digits[4:])) for year in years)
    return [day for day in days if day is not None]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
