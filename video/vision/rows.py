"""Boxes of text -> lines of text in reading order, whichever way the document is turned."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from video.vision.recognizer import Quad

# A line of a zone is 15 times as long as it is high and more; half of one, found as two boxes, is still seen.
_LEAST_ASPECT = 3.0
_LEAST_ROW_ASPECT = 10.0
_ZONE_ASPECT = 15.0
# A line of a zone has a neighbour that begins below its beginning and is as long; in line heights, and as a share.
_NEIGHBOUR_DEPTH = 4.0
_NEIGHBOUR_START = 3.0
_NEIGHBOUR_LENGTH = 0.2
_SAME_LINE = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces of one line in reading order, in a frame of reference whose first axis runs along the text."""

    pieces: tuple[Quad, ...]
    start: float
    end: float
    depth: float
    height: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def outline(self) -> Quad:
        """One quadrilateral around all pieces."""
        first, last = self.pieces[0], self.pieces[-1]
        return np.array([first[0], last[1], last[2], first[3]], np.float32)


@dataclass(frozen=True, slots=True)
class Page:
    """The long rows of a picture, read in one direction: `along` and `down` are unit vectors in the picture."""

    rows: tuple[Row, ...]
    along: tuple[float, float]

    @property
    def likeliest(self) -> tuple[Row, ...]:
        """Those found whole and of a zone's proportions: where there is a zone, it is nearly always among them."""
        return tuple(
            row for row in self.rows if len(row.pieces) == 1 and row.length >= _ZONE_ASPECT * row.height
        )

    @property
    def turned_degrees(self) -> int:
        """By how much the document is turned clockwise, to the nearest quarter."""
        return round(math.degrees(math.atan2(self.along[1], self.along[0])) / 90) % 4 * 90


def pages(boxes: Iterable[Quad]) -> list[Page]:
    """The same rows read both ways: upright first, then with the picture turned by half."""
    long = [quad for quad in (_along_its_length(box) for box in boxes) if _aspect(quad) >= _LEAST_ASPECT]
    if not long:
        return []
    angle = _common_angle(long)
    return [_page(long, angle), _page([_turned(quad) for quad in long], angle + np.pi)]


def widened(row: Row, share: float) -> Quad:
    """The row's outline with a margin of so much of its height on every side."""
    quad = row.outline
    along = _unit(quad[1] + quad[2] - quad[0] - quad[3]) * row.height * share
    down = _unit(quad[2] + quad[3] - quad[0] - quad[1]) * row.height * share
    return np.array(
        [quad[0] - along - down, quad[1] + along - down, quad[2] + along + down, quad[3] - along + down],
        np.float32,
    )


def _page(quads: list[Quad], angle: float) -> Page:
    along = np.array([np.cos(angle), np.sin(angle)], np.float32)
    down = np.array([-along[1], along[0]], np.float32)
    singles = sorted((_single(quad, along, down) for quad in quads), key=lambda row: row.depth)
    merged: list[Row] = []
    for row in singles:
        fits = [n for n, other in enumerate(merged) if _is_same_line(other, row)]
        if fits:
            merged[fits[-1]] = _joined(merged[fits[-1]], row)
        else:
            merged.append(row)
    rows = [row for row in merged if row.length >= _LEAST_ROW_ASPECT * row.height]
    kept = tuple(row for row in rows if any(_is_neighbour(row, other) for other in rows))
    return Page(kept, (float(along[0]), float(along[1])))


def _is_neighbour(one: Row, other: Row) -> bool:
    height = max(one.height, other.height)
    return (
        one is not other
        and abs(one.depth - other.depth) < _NEIGHBOUR_DEPTH * height
        and abs(one.start - other.start) < _NEIGHBOUR_START * height
        and abs(one.length - other.length) < _NEIGHBOUR_LENGTH * max(one.length, other.length)
    )


def _single(quad: Quad, along: Quad, down: Quad) -> Row:
    places = quad @ along
    height = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    return Row((quad,), float(places.min()), float(places.max()), float((quad @ down).mean()), height)


def _is_same_line(one: Row, other: Row) -> bool:
    high, low = max(one.height, other.height), min(one.height, other.height)
    overlap = min(one.end, other.end) - max(one.start, other.start)
    return abs(one.depth - other.depth) < _SAME_LINE * low and high < 1.8 * low and overlap < high


def _joined(one: Row, other: Row) -> Row:
    first, second = sorted((one, other), key=lambda row: row.start)
    weight = one.length / (one.length + other.length)
    return replace(
        one,
        pieces=first.pieces + second.pieces,
        start=first.start,
        end=max(one.end, other.end),
        depth=one.depth * weight + other.depth * (1 - weight),
        height=max(one.height, other.height),
    )


def _along_its_length(box: Quad) -> Quad:
    """Corners so ordered that the first side is a long one, running to the right, or down."""
    side, other = box[1] - box[0], box[2] - box[1]
    quad = box if np.linalg.norm(side) >= np.linalg.norm(other) else np.roll(box, 1, axis=0)
    run = quad[1] - quad[0]
    upside_down = run[0] < 0 if abs(run[0]) > abs(run[1]) else run[1] < 0
    return _turned(quad) if upside_down else quad


def _turned(quad: Quad) -> Quad:
    return np.roll(quad, 2, axis=0)


def _aspect(quad: Quad) -> float:
    return float(np.linalg.norm(quad[1] - quad[0])) / max(1.0, float(np.linalg.norm(quad[3] - quad[0])))


def _common_angle(quads: list[Quad]) -> float:
    """The slope of the text, the longest lines counting most: the mean of doubled angles, which know no ends."""
    runs = np.array([quad[1] - quad[0] for quad in quads], np.float64)
    lengths = np.hypot(runs[:, 0], runs[:, 1])
    doubled = 2 * np.arctan2(runs[:, 1], runs[:, 0])
    weights = lengths**2
    angle = np.arctan2((weights * np.sin(doubled)).sum(), (weights * np.cos(doubled)).sum()) / 2
    # As each box was turned: to the right, or down where the text runs down.
    return float(angle + np.pi if angle < -np.pi / 4 else angle)


def _unit(vector: Quad) -> Quad:
    return (vector / max(float(np.linalg.norm(vector)), 1e-6)).astype(np.float32)
