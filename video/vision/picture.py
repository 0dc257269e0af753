"""From the bytes of a still to its pixels: only JPEG and PNG, and never more than the limits."""

import cv2
import numpy as np
import numpy.typing as npt

from video.vision import header
from video.vision.wire import SIZE_LIMIT_BYTES, Box, PictureUndecodable, Point

Pixels = npt.NDArray[np.uint8]

PIXEL_LIMIT = 40_000_000
_LEAST_SIDE_PX = 32


def decode(data: bytes) -> Pixels:
    """Blue, green, red. The header is judged before a pixel is decoded. Raises PictureUndecodable."""
    width, height = header.size(data)
    if len(data) > SIZE_LIMIT_BYTES or width * height > PIXEL_LIMIT or min(width, height) < _LEAST_SIDE_PX:
        raise PictureUndecodable("size")
    # IMREAD_COLOR turns the picture as its EXIF says.
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise PictureUndecodable("damaged")
    return pixels.astype(np.uint8, copy=False)


def turned(picture: Pixels, degrees: int) -> Pixels:
    """Turned counter-clockwise by quarters: what was turned clockwise by so much stands upright."""
    return np.ascontiguousarray(np.rot90(picture, degrees // 90))


def turned_point(point: Point, size: tuple[int, int], degrees: int) -> Point:
    """Where a point of a picture of this width and height is after `turned`."""
    width, height = size
    for _ in range(degrees // 90 % 4):
        point = Point(point.y, width - 1 - point.x)
        width, height = height, width
    return point


def turned_box(box: Box, size: tuple[int, int], degrees: int) -> Box:
    """Where a box is after `turned`."""
    one = turned_point(Point(box.left, box.top), size, degrees)
    other = turned_point(Point(box.left + box.width - 1, box.top + box.height - 1), size, degrees)
    left, top = min(one.x, other.x), min(one.y, other.y)
    return Box(left, top, abs(one.x - other.x) + 1, abs(one.y - other.y) + 1)
