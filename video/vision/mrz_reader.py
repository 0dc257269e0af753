"""Reading a still's machine-readable zone, and never saying more than was seen.

The whole picture is searched for lines of text, in one pass, whichever way it is turned. The zone's lines are then
read twice, from strips cut differently. Accepted is a reading whose check digits hold without a repair, whose form is
legal, and which both passes agree on to the letter: names are covered by no check digit, so agreement and the
recogniser's own certainty stand for one.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from ca_core.documents import kazakhstan, look_alikes, mrz
from ca_core.documents.mrz import Format
from video.vision import assembly, recognizer, rows
from video.vision.assembly import Candidate
from video.vision.picture import Pixels
from video.vision.recognizer import Glyph, Quad, Recognizer
from video.vision.rows import Page, Row
from video.vision.wire import Doubt, Outcome, Point, Reading

# How sure the least sure character must be that no check digit covers, in one pass at least. Blurred until people
# could not read them, specimens were misread at up to 0.94 (a Q for an O).
LEAST_CERTAINTY = 0.95
# With so much after two passes a third would add nothing.
ENOUGH_CERTAINTY = 0.97
# Smaller print is read three times whatever two passes say: a D of seven pixels may be an O twice.
SMALL_PITCH_PX = 9.0
# Margins of the further passes, as shares of the line's height.
_MARGINS = (0.12, 0.22)
# No country's card has such a code, but in small print a D is seen as one.
_NO_SECOND_LETTER = "OQ"
_LEGAL_NAMES = re.compile(r"[A-Z]+(<[A-Z]+)*(<<[A-Z]+(<[A-Z]+)*)?<*")


class MrzReader:
    """Reads one still after another; not to be shared between threads."""

    def __init__(self, recognizer_: Recognizer) -> None:
        self._recognizer = recognizer_

    def read(self, picture: Pixels, *, today: date) -> Reading:
        """What the zone says, or that there is none. `today` resolves years of two digits."""
        began = time.perf_counter()
        reading = self._reading(picture, today)
        return replace(reading, took_ms=round((time.perf_counter() - began) * 1000))

    def _reading(self, picture: Pixels, today: date) -> Reading:
        for page in rows.pages(self._recognizer.boxes(picture)):
            found = self._found(picture, page)
            if found is None:
                continue
            first, zone = found
            pitch = max(row.length for row in zone) / len(first.lines[0])
            enough = 3 if pitch < SMALL_PITCH_PX else 2
            chosen, certainty = self._agreed(first, self._further(picture, page, zone), enough)
            return replace(
                judged(chosen, certainty=certainty, today=today),
                box=_around(zone),
                turned_degrees=page.turned_degrees,
            )
        return Reading(Outcome.NO_ZONE)

    def _found(self, picture: Pixels, page: Page) -> tuple[Candidate, Sequence[Row]] | None:
        """The zone's first reading and its rows: looked for among the likeliest, then among all."""
        known: dict[int, list[Glyph]] = {}
        for searched in (page.likeliest, page.rows):
            for row in searched:
                if id(row) not in known:
                    known[id(row)] = self._glyphs(picture, page, row.pieces)
            first = assembly.best([known[id(row)] for row in searched])
            if first is not None and first.is_zone:
                return first, searched[first.first_row : first.first_row + len(first.lines)]
        return None

    def _agreed(self, first: Candidate, further: Iterator[Candidate], enough: int) -> tuple[Candidate, float]:
        """The lines to go by, and how sure the surest pass is that bears them out; 0 where none does."""
        passes = [first]
        for again in further:
            passes.append(again)
            if len(passes) >= enough and _certainty(again, passes) >= ENOUGH_CERTAINTY:
                break
        chosen = max(passes, key=lambda candidate: candidate.holding)
        return chosen, _certainty(chosen, passes)

    def _further(self, picture: Pixels, page: Page, zone: Sequence[Row]) -> Iterator[Candidate]:
        """The same lines from wider strips: a piece that the search cut off at an edge is whole there."""
        for margin in _MARGINS:
            wider = [self._glyphs(picture, page, (rows.widened(row, margin),)) for row in zone]
            again = assembly.best(wider)
            if again is not None and len(again.lines) == len(zone):
                yield again

    def _glyphs(self, picture: Pixels, page: Page, quads: Sequence[Quad]) -> list[Glyph]:
        """The characters of one line, their places in pixels along the text."""
        along = np.array(page.along, np.float32)
        glyphs: list[Glyph] = []
        for quad in quads:
            begin, end = float((quad[0] + quad[3]) @ along / 2), float((quad[1] + quad[2]) @ along / 2)
            glyphs += [
                replace(glyph, place=begin + glyph.place * (end - begin))
                for glyph in self._recognizer.read(recognizer.cut(picture, quad))
            ]
        return sorted(glyphs, key=lambda glyph: glyph.place)


def judged(chosen: Candidate, *, certainty: float, today: date) -> Reading:
    """What may be said of these lines: read, doubtful, repaired or unreadable, and why."""
    doubts = []
    if not certainty:
        doubts.append(Doubt.DISAGREEMENT)
    elif certainty < LEAST_CERTAINTY or chosen.surplus:
        doubts.append(Doubt.UNSURE_CHARACTER)
    repaired = look_alikes.repair(chosen.lines, chosen.alternatives)
    if repaired is None or (repaired.positions and not _is_legal(repaired.lines, today)):
        return Reading(Outcome.UNREADABLE, chosen.lines, doubts=(Doubt.CHECK_DIGIT, *doubts))
    if repaired.positions:
        return Reading(Outcome.REPAIRED, repaired.lines, repaired.positions, (Doubt.CHECK_DIGIT, *doubts))
    if not _is_legal(chosen.lines, today):
        doubts.append(Doubt.FORM)
    return Reading(Outcome.DOUBTFUL if doubts else Outcome.READ, chosen.lines, doubts=tuple(doubts))


def _certainty(chosen: Candidate, passes: Sequence[Candidate]) -> float:
    """Of the least sure character that no check digit covers, in the surest pass that says the same.

    A second pass must say the same, and none that holds together something else.
    """
    others = [candidate for candidate in passes if candidate is not chosen]
    contradicted = any(other.passes and other.lines != chosen.lines for other in others)
    agreeing = [other for other in others if _bears_out(other, chosen)]
    if contradicted or not agreeing:
        return 0.0
    return max(assembly.certainty(candidate) for candidate in (chosen, *agreeing))


def _bears_out(other: Candidate, chosen: Candidate) -> bool:
    """The same where no check digit decides; elsewhere at most one character that the digits speak against."""
    pairs = zip("".join(other.lines), "".join(chosen.lines), strict=False)
    differing = sum(one != two for one, two in pairs)
    same = assembly.uncovered(other.lines) == assembly.uncovered(chosen.lines)
    return same and differing <= (1 if chosen.passes else 0)


def _is_legal(lines: tuple[str, ...], today: date) -> bool:
    """Every rule of form that no check digit tells of: states, dates, names; for Kazakhstan number and IIN too."""
    try:
        zone = mrz.parse(lines, today=today)
    except mrz.MrzUnreadable:
        return False
    if zone.born_on is None or zone.expires_on is None:
        return False
    if zone.format in (Format.TD1, Format.TD2) and lines[0][1] in _NO_SECOND_LETTER:
        return False
    if not _LEGAL_NAMES.fullmatch(mrz.layout_of(lines).names.of(lines)):
        return False
    ours = kazakhstan.is_issued_there(zone)
    return not ours or (kazakhstan.has_its_number_form(zone) and kazakhstan.iin_agrees(zone))


def _around(zone: Sequence[Row]) -> tuple[Point, ...]:
    """One quadrilateral around all lines, its first corner where the reading begins."""
    above, below = zone[0].outline, zone[-1].outline
    return tuple(Point(round(float(x)), round(float(y))) for x, y in (above[0], above[1], below[2], below[3]))
