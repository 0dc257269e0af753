"""Two faces at the same size with their eyes in the same places, so that people can compare what differs."""

import cv2
import numpy as np

from video.vision.faces import Face
from video.vision.picture import Pixels

WIDTH_PX, HEIGHT_PX = 480, 600
# The middle of each eye, of the one on the left of the picture first; a quarter of the width apart, as on an
# identity photo (ISO/IEC 19794-5).
LEFT_EYE, RIGHT_EYE = (180.0, 282.0), (300.0, 282.0)
_BESIDE = (214, 216, 220)
_JPEG_QUALITY = 92


def aligned(picture: Pixels, face: Face) -> Pixels:
    """The picture moved, turned and scaled, never bent; what lies beyond its edge is grey."""
    middles = sorted(_middle(face, corners) for corners in ((0, 1), (2, 3)))
    (left_x, left_y), (right_x, right_y) = middles
    # A similarity as one complex number: what takes the line between the eyes to where it belongs.
    wanted = complex(*RIGHT_EYE) - complex(*LEFT_EYE)
    turn = wanted / (complex(right_x, right_y) - complex(left_x, left_y))
    shift = complex(*LEFT_EYE) - turn * complex(left_x, left_y)
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    smooth = cv2.INTER_AREA if abs(turn) < 1 else cv2.INTER_CUBIC
    moved = cv2.warpAffine(picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=smooth, borderValue=_BESIDE)
    return moved.astype(np.uint8, copy=False)


def _middle(face: Face, corners: tuple[int, int]) -> tuple[float, float]:
    """Of an eye, whose two corners are landmarks."""
    one, other = (face.landmarks[corner] for corner in corners)
    return ((one.x + other.x) / 2, (one.y + other.y) / 2)


def as_jpeg(picture: Pixels) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()
