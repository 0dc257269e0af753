"""Finding faces and describing them, by dlib's models.

The histogram detector looks at a shrunk picture; five points and the description come from the picture as it was
sent. A film's frames are looked at for large faces only, and described only where somebody asks: a quarter of the work.
"""

import cv2
import dlib
import face_recognition_models
import numpy as np

from video.vision.faces import Embedding, Face, Mark
from video.vision.picture import Pixels
from video.vision.wire import Box, Point

_SEARCH_SIDE_PX = 640
# Doubled once, the detector sees faces of 40 px in the shrunk picture.
_UPSAMPLE = 1


class FaceMatcher:
    """Loaded once a process: about 0.3 s and 0.15 GB."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(
            face_recognition_models.pose_predictor_five_point_model_location()
        )
        self._network = dlib.face_recognition_model_v1(
            face_recognition_models.face_recognition_model_location()
        )

    def find(self, picture: Pixels) -> tuple[Face, ...]:
        """Every face looking this way, the largest first."""
        marks = self.marks(picture, upsample=_UPSAMPLE)
        return tuple(Face(mark.box, mark.landmarks, self.describe(picture, mark)) for mark in marks)

    def marks(self, picture: Pixels, *, upsample: int = 0) -> tuple[Mark, ...]:
        """Where faces are, the largest first; without `upsample` only those wider than an eighth of the picture."""
        colours = np.ascontiguousarray(picture[:, :, ::-1])
        scale = min(1.0, _SEARCH_SIDE_PX / max(picture.shape[:2]))
        small = cv2.resize(colours, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = [self._mark(colours, place, scale) for place in self._detector(small, upsample)]
        return tuple(sorted(found, key=lambda mark: -mark.box.width))

    def describe(self, picture: Pixels, mark: Mark) -> Embedding:
        """The 128 numbers of one face."""
        colours = np.ascontiguousarray(picture[:, :, ::-1])
        points = [dlib.point(*point) for point in mark.landmarks]
        shape = dlib.full_object_detection(_rectangle(mark.box), points)
        return np.array(self._network.compute_face_descriptor(colours, shape, 0))

    def _mark(self, colours: Pixels, place: dlib.rectangle, scale: float) -> Mark:
        edges = (place.left(), place.top(), place.right() + 1, place.bottom() + 1)
        left, top, right, bottom = (round(edge / scale) for edge in edges)
        box = Box(left, top, right - left, bottom - top)
        parts = self._points(colours, _rectangle(box)).parts()
        return Mark(box, tuple(Point(point.x, point.y) for point in parts))


def _rectangle(box: Box) -> dlib.rectangle:
    return dlib.rectangle(box.left, box.top, box.left + box.width - 1, box.top + box.height - 1)
