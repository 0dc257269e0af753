"""Whether a turned face is the flat picture of a face: how well one plane's motion explains what is seen.

A flat picture, however it is held, is the same picture under a projective map; a head that turns is not: the nose
moves over the cheek, one side disappears. The best such map is searched for (Evangelidis, Psarakis: Parametric Image
Alignment Using Enhanced Correlation Coefficient Maximization, 2008), and what the two pictures then have in common is
the answer. Of rendered people, turned by 20 to 32 degrees, at most 0.94 is common; of flat pictures of them held in
any way, blurred and compressed, 0.99 and more in 19 of 20. A bent print or a shining one has less in common: this
check makes a print's way harder and is no proof of life.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from video.vision.faces import Mark
from video.vision.picture import Pixels

FLAT_FROM = 0.96

_SIDE_PX = 96
_ROUGH = (3, 30, 1e-3)
_FINE = (3, 40, 1e-4)
_ROUGH_BLUR_PX, _FINE_BLUR_PX = 15, 7

Grid = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A face cut out at one size, and where its five points are in it."""

    grey: npt.NDArray[np.uint8]
    points: Grid


def in_common(straight: Pixels, held: Mark, turned: Pixels, mark: Mark) -> float:
    """1 where a plane's motion explains everything, 0 where no such motion was found."""
    one, other = _cut(straight, held), _cut(turned, mark)
    best = 0.0
    for start in _starts(one.points, other.points):
        best = max(best, _aligned(one.grey, other.grey, start))
        if best >= FLAT_FROM:
            break
    return best


def _starts(one: Grid, other: Grid) -> list[Grid]:
    """Where the search begins: by the points with shear, as found, by the points without."""
    sheared, _ = cv2.estimateAffine2D(one, other, method=cv2.LMEDS)
    plain, _ = cv2.estimateAffinePartial2D(one, other, method=cv2.LMEDS)
    # Where the points lie on one line there is no answer.
    found = (sheared, np.eye(2, 3, dtype=np.float32), plain)
    return [np.asarray(start, np.float32) for start in found if start is not None]  # type: ignore[redundant-expr]  # their stubs know no None


def _aligned(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], start: Grid) -> float:
    best = 0.0
    try:
        best, rough = cv2.findTransformECC(
            one, other, start, cv2.MOTION_AFFINE, _ROUGH, _OVAL, _ROUGH_BLUR_PX
        )
        projective = np.asarray(np.vstack([rough, [0, 0, 1]]), np.float32)
        fine, _ = cv2.findTransformECC(
            one, other, projective, cv2.MOTION_HOMOGRAPHY, _FINE, _OVAL, _FINE_BLUR_PX
        )
        best = max(best, fine)
    except cv2.error:
        # It ran away, or the two have nothing in common.
        pass
    return float(best)


def _cut(picture: Pixels, mark: Mark) -> _Cut:
    scale = _SIDE_PX / mark.box.width
    middle_x, middle_y = mark.box.left + mark.box.width / 2, mark.box.top + mark.box.height / 2
    place = np.array(
        [[scale, 0, _SIDE_PX / 2 - scale * middle_x], [0, scale, _SIDE_PX / 2 - scale * middle_y]], np.float32
    )
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    cut = cv2.warpAffine(grey, place, (_SIDE_PX, _SIDE_PX), flags=cv2.INTER_AREA)
    points = np.array(mark.landmarks, np.float32) @ place[:, :2].T + place[:, 2]
    return _Cut(cut.astype(np.uint8, copy=False), np.asarray(points, np.float32))


def _oval() -> npt.NDArray[np.uint8]:
    """The face without what is behind it."""
    down, across = np.mgrid[:_SIDE_PX, :_SIDE_PX] / _SIDE_PX - 0.5
    return np.where((across / 0.40) ** 2 + ((down - 0.02) / 0.46) ** 2 < 1, 255, 0).astype(np.uint8)


_OVAL = _oval()
