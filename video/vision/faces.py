"""Faces in a still: found, measured, described by 128 numbers, compared by their distance.

The distance is evidence with a known error, never a decision: thresholds are policy, and people decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from video.vision.wire import Box, Point

Embedding = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a face is, its two eyes' corners and nose; not described."""

    box: Box
    landmarks: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """Where it is in the picture, its two eyes' corners and nose, and what it is compared by."""

    box: Box
    landmarks: tuple[Point, ...]
    embedding: Embedding

    @property
    def size_px(self) -> int:
        return self.box.width

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box.left + self.box.width / 2, self.box.top + self.box.height / 2)


def distance(one: Face, other: Face) -> float:
    """Euclidean: 0 for the same picture; under 0.6 the two are more likely one person than two."""
    return float(np.linalg.norm(one.embedding - other.embedding))


def portrait_of(faces: Sequence[Face], zone: Sequence[Point]) -> Face | None:
    """The document's portrait: above the machine-readable zone and within its width; else the largest face.

    A person who holds the document up is in the picture too, often larger than the portrait. The zone's first two
    corners are its upper edge, and a document is at most about as high as the zone is wide.
    """
    on_document = [face for face in faces if _stands_on(face, zone)] if len(zone) == 4 else []
    return max(on_document or faces, key=lambda face: face.size_px, default=None)


def _stands_on(face: Face, zone: Sequence[Point]) -> bool:
    start, end = np.array(zone[0], float), np.array(zone[1], float)
    width = float(np.linalg.norm(end - start))
    along = (end - start) / max(width, 1.0)
    above = np.array([along[1], -along[0]])
    offset = np.array(face.centre) - start
    return 0 <= float(offset @ along) <= width and 0 < float(offset @ above) <= 0.8 * width
