"""Finding faces and describing them, by dlib's models.

The histogram detector looks at a shrunk picture; five points and the description come from the picture as it was
sent.
"""

import cv2
import dlib
import face_recognition_models
import numpy as np

from video.vision.faces import Face
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
        colours = np.ascontiguousarray(picture[:, :, ::-1])
        scale = min(1.0, _SEARCH_SIDE_PX / max(picture.shape[:2]))
        small = cv2.resize(colours, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = [self._face(colours, place, scale) for place in self._detector(small, _UPSAMPLE)]
        return tuple(sorted(found, key=lambda face: -face.size_px))

    def _face(self, colours: Pixels, place: dlib.rectangle, scale: float) -> Face:
        edges = (place.left(), place.top(), place.right() + 1, place.bottom() + 1)
        left, top, right, bottom = (round(edge / scale) for edge in edges)
        shape = self._points(colours, dlib.rectangle(left, top, right - 1, bottom - 1))
        return Face(
            Box(left, top, right - left, bottom - top),
            tuple(Point(point.x, point.y) for point in shape.parts()),
            np.array(self._network.compute_face_descriptor(colours, shape, 0)),
        )
