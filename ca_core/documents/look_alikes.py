"""Characters that a reader of pictures takes for one another, and what a zone's own rules say about them.

Two things are done here, and they are not the same. `typed` turns a letter into the digit of its shape where only
digits may stand, and the reverse: the position decides, and the text counts as read. `repair` puts another character
where a check digit asks for it: that is a guess. It is reported position by position and never counts as read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ca_core.documents import mrz
from ca_core.documents.mrz import FILLER, Layout, Position, Span

_TO_DIGIT = str.maketrans("ODQUCILJZSGBTAE", "000001112568743")
_TO_LETTER = str.maketrans("012345678", "OIZEASGTB")
_TO_SEX = str.maketrans("HNWPERKC", "MMMFFF<<")
# Both ways: each character of a group is taken for any other of it.
_SHAPES = (
    "0ODQCU", "1ILJ7T", "2Z7", "5S6", "8B3S", "6GC", "4A", "<KCLEX", "MNHW", "VYU", "PRF", "VW", "KX", "9G", "3E", "39",
)  # fmt: skip
ALIKE = {
    one: frozenset(other for shape in _SHAPES if one in shape for other in shape) - {one}
    for one in mrz.ALPHABET
}

Alternatives = Mapping[tuple[int, int], str]


class Kind(StrEnum):
    """What may stand at a position; fillers stand nearly everywhere."""

    ANY = "any"
    LETTER = "letter"
    DIGIT = "digit"
    SEX = "sex"


_TABLES = {Kind.ANY: {}, Kind.LETTER: _TO_LETTER, Kind.DIGIT: _TO_DIGIT, Kind.SEX: _TO_SEX}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A zone whose check digits hold, and the characters that were not read but guessed."""

    lines: tuple[str, ...]
    positions: tuple[Position, ...]


def typed(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines with each look-alike turned into what its position allows. Raises MrzUnreadable for a wrong size.

    The first letter decides between a visa and a passport, so it is turned first: a document's code begins with a
    letter in every format.
    """
    first = lines[0][:5].translate(_TO_LETTER) + lines[0][5:] if lines else ""
    lines = (first, *lines[1:])
    return tuple(
        "".join(read_as(kind, character) for kind, character in zip(row, line, strict=True))
        for row, line in zip(kinds(mrz.layout_of(lines)), lines, strict=True)
    )


def as_digits(lines: Sequence[str], spans: Iterable[Span]) -> tuple[str, ...]:
    """The lines with the look-alikes of digits turned at these places."""
    changed = list(lines)
    for line, start, end in spans:
        text = changed[line]
        changed[line] = text[:start] + text[start:end].translate(_TO_DIGIT) + text[end:]
    return tuple(changed)


def repair(lines: Sequence[str], alternatives: Alternatives | None = None) -> Repaired | None:
    """The one substitution among look-alikes with which every check digit holds, or None.

    None where no substitution does it or several do: a tie that the composite digit does not break is unread, and so
    is a zone that would need two. `alternatives` are the reader's own second thoughts, by (line, column).
    Raises MrzUnreadable.
    """
    lines = tuple(lines)
    layout = mrz.layout_of(lines)
    if _holds(lines):
        return Repaired(lines, ())
    found = [
        (changed, position)
        for position in _substitutions(lines, layout, alternatives or {})
        if _holds(changed := _put(lines, position))
    ]
    if len(found) != 1:
        return None
    return Repaired(found[0][0], (found[0][1],))


def read_as(kind: Kind, character: str) -> str:
    """What a character of this shape is where only this kind may stand."""
    return character.translate(_TABLES[kind])


def kinds(layout: Layout) -> list[list[Kind]]:
    """What may stand at each position. A check digit may be a filler in places, so fillers are left alone."""
    found = [[Kind.ANY] * layout.width for _ in range(layout.height)]
    letters = [Span(0, 0, 5), layout.names, layout.nationality]
    digits = [layout.birth, layout.expiry, *(check.digit for check in layout.checks)]
    for kind, spans in ((Kind.LETTER, letters), (Kind.DIGIT, digits), (Kind.SEX, [layout.sex])):
        for span in spans:
            found[span.line][span.start : span.end] = [kind] * (span.end - span.start)
    return found


def _substitutions(lines: tuple[str, ...], layout: Layout, alternatives: Alternatives) -> Iterator[Position]:
    allowed = kinds(layout)
    for line, column in sorted(covered(layout)):
        read = lines[line][column]
        others = set(alternatives.get((line, column), ""))
        others |= ALIKE[read]
        for other in sorted((others & mrz.ALPHABET) - {read}):
            if _may_stand(allowed[line][column], other):
                yield Position(line, column, read, other)


def covered(layout: Layout) -> set[tuple[int, int]]:
    """Every (line, column) that a check digit covers, and the digits' own."""
    spans = [span for check in layout.checks for span in (*check.covers, check.digit)]
    return {(span.line, column) for span in spans for column in range(span.start, span.end)}


def _may_stand(kind: Kind, character: str) -> bool:
    if kind is Kind.DIGIT:
        return character.isdigit() or character == FILLER
    return kind is not Kind.LETTER or not character.isdigit()


def _put(lines: tuple[str, ...], position: Position) -> tuple[str, ...]:
    line = lines[position.line]
    changed = line[: position.column] + position.repaired + line[position.column + 1 :]
    return (*lines[: position.line], changed, *lines[position.line + 1 :])


def _holds(lines: tuple[str, ...]) -> bool:
    return all(digit.holds for digit in mrz.digits_of(lines))
