"""Lines of characters -> the lines of a zone: as many as a format has, each as long as it must be.

A zone is printed in one fixed pitch, its lines one below the other. So a line whose characters are all there is a
ruler for its neighbours: it says at which column each of theirs stands, and which column was not seen.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ca_core.documents import kazakhstan, look_alikes, mrz, states
from ca_core.documents.look_alikes import Kind
from ca_core.documents.mrz import FILLER, Span
from video.vision.recognizer import Glyph

# How many characters a line may lack or have too many before it is some other text.
_SLACK = 8
# Lines of one zone begin within so many columns of one another.
_EDGE_COLUMNS = 3.0
_SIZES = ((3, 30), (2, 44), (2, 36))
# After three fillers nothing more can follow: what was read there is a filler badly seen.
_END_OF_NAMES = FILLER * 3
_WORTH_A_THOUGHT = 0.02
_UNSEEN = 0.001


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a line and what it may hold; without masses nothing was read there, and a filler was put."""

    character: str = FILLER
    masses: tuple[tuple[str, float], ...] = ()

    def probability(self, kind: Kind, character: str) -> float:
        """How sure it is that this stands here, all shapes counted that mean it where only this kind may stand."""
        return sum(mass for symbol, mass in self.masses if look_alikes.read_as(kind, symbol) == character)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Lines of a legal size, the cells that they were made of, and how many check digits hold."""

    lines: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    holding: int
    digits: int
    first_row: int
    surplus: int

    @property
    def passes(self) -> bool:
        return self.holding == self.digits

    @property
    def is_zone(self) -> bool:
        """Whether this is a zone at all, be it misread: its state is one, or more digits hold than chance would."""
        known = states.is_known(self.lines[0][2:5].rstrip(FILLER))
        return self.holding >= (1 if known else 3)

    @property
    def alternatives(self) -> dict[tuple[int, int], str]:
        return {
            (line, column): "".join(symbol for symbol, mass in cell.masses if mass >= _WORTH_A_THOUGHT)
            for line, cells in enumerate(self.cells)
            for column, cell in enumerate(cells)
        }


def best(rows: Sequence[Sequence[Glyph]]) -> Candidate | None:
    """The likeliest zone among consecutive rows, or None. Each glyph's `place` is along the text, in pixels."""
    candidates = list(_candidates(rows))
    return max(candidates, key=_likelihood, default=None)


def _likelihood(candidate: Candidate) -> tuple[bool, float, int]:
    return (candidate.is_zone, candidate.holding / candidate.digits, -candidate.surplus)


def _candidates(rows: Sequence[Sequence[Glyph]]) -> Iterator[Candidate]:
    for height, width in _SIZES:
        for first in range(len(rows) - height + 1):
            group = rows[first : first + height]
            if all(abs(len(row) - width) <= _SLACK for row in group) and _share_an_edge(group, width):
                candidate = _candidate([_cells(row, group, width) for row in group], first)
                if candidate is not None:
                    yield candidate


def _share_an_edge(group: Sequence[Sequence[Glyph]], width: int) -> bool:
    starts = [row[0].place for row in group]
    pitch = max(row[-1].place - row[0].place for row in group) / (width - 1)
    return max(starts) - min(starts) <= _EDGE_COLUMNS * pitch


def _cells(
    row: Sequence[Glyph], group: Sequence[Sequence[Glyph]], width: int
) -> tuple[tuple[Cell, ...], int]:
    """The row's cells, and how many characters found no column of their own."""
    if len(row) == width:
        return tuple(_seen(glyph) for glyph in row), 0
    whole = [other for other in group if len(other) == width]
    if whole:
        ruler = np.mean([[glyph.place for glyph in other] for other in whole], axis=0)
    else:
        edges = [place for other in group for place in (other[0].place, other[-1].place)]
        ruler = np.linspace(min(edges), max(edges), width)
    nearest = [int(np.abs(ruler - glyph.place).argmin()) for glyph in row]
    chosen: dict[int, Glyph] = {}
    for column, glyph in zip(nearest, row, strict=True):
        if column not in chosen or chosen[column].probability < glyph.probability:
            chosen[column] = glyph
    cells = tuple(_seen(chosen[column]) if column in chosen else Cell() for column in range(width))
    return cells, len(row) - len(chosen)


def _seen(glyph: Glyph) -> Cell:
    return Cell(glyph.character, glyph.masses)


def _candidate(made: list[tuple[tuple[Cell, ...], int]], first: int) -> Candidate | None:
    cells = tuple(row for row, _ in made)
    try:
        lines = kazakhstan.typed(["".join(cell.character for cell in row) for row in cells])
        digits = mrz.digits_of(lines)
    except mrz.MrzUnreadable:
        return None
    lines = _with_legal_states(_without_tail(lines), cells)
    holding = sum(digit.holds for digit in digits)
    return Candidate(lines, cells, holding, len(digits), first, sum(surplus for _, surplus in made))


def _without_tail(lines: tuple[str, ...]) -> tuple[str, ...]:
    span = mrz.layout_of(lines).names
    names = span.of(lines).partition(_END_OF_NAMES)[0]
    return _put(lines, span, names.ljust(span.end - span.start, FILLER))


def _with_legal_states(lines: tuple[str, ...], cells: tuple[tuple[Cell, ...], ...]) -> tuple[str, ...]:
    """Where no such state exists, the likeliest that does, if its characters are among those seen."""
    for span in state_spans(lines):
        if not states.is_known(span.of(lines).rstrip(FILLER)):
            masses = _state_masses(cells[span.line][span.start : span.end])
            likeliest = max(masses, key=lambda code: masses[code])
            if masses[likeliest] >= _WORTH_A_THOUGHT:
                lines = _put(lines, span, likeliest)
    return lines


def state_spans(lines: Sequence[str]) -> tuple[Span, Span]:
    return Span(0, 2, 5), mrz.layout_of(lines).nationality


def _state_masses(cells: Sequence[Cell]) -> dict[str, float]:
    padded = (code.ljust(3, FILLER) for code in states.CODES)
    return {
        code: math.prod(
            max(_UNSEEN, cell.probability(Kind.LETTER, character))
            for cell, character in zip(cells, code, strict=True)
        )
        for code in padded
    }


def certainty(candidate: Candidate) -> float:
    """How sure the least sure character is of those that no check digit covers.

    These are the document's code, the states, the names with the filler behind them, and the sex. A state is as sure
    as it is likelier than all others that exist.
    """
    lines, cells = candidate.lines, candidate.cells
    layout = mrz.layout_of(lines)
    found = []
    for span in state_spans(lines):
        masses = _state_masses(cells[span.line][span.start : span.end])
        found.append(masses.get(span.of(lines), 0.0) / sum(masses.values()))
    line, start, end = layout.names
    # One filler after the last letter belongs to the name: an S read there would lengthen it.
    names = Span(line, start, min(end, start + len(layout.names.of(lines).rstrip(FILLER)) + 1))
    allowed = look_alikes.kinds(layout)
    for span in (Span(0, 0, 2), names, layout.sex):
        for column in range(span.start, span.end):
            cell, character = cells[span.line][column], lines[span.line][column]
            found.append(cell.probability(allowed[span.line][column], character))
    return min(found)


def uncovered(lines: Sequence[str]) -> str:
    """All that no check digit covers, for comparing two readings."""
    layout = mrz.layout_of(lines)
    spans = (Span(0, 0, 5), layout.names, layout.nationality, layout.sex)
    return "".join(span.of(lines) for span in spans)


def _put(lines: tuple[str, ...], span: Span, text: str) -> tuple[str, ...]:
    line = lines[span.line]
    changed = line[: span.start] + text + line[span.end :]
    return (*lines[: span.line], changed, *lines[span.line + 1 :])
