"""Whether a picture is good enough to look at, as reasons that a person can act on.

The gates are the components of ISO/IEC 29794-5 that need only pixels and a face's box. Whether somebody passes at the
first try depends on these hints more than on the matcher. The bounds are ours, measured on a few pictures: to be
calibrated with the pictures of one's own cameras.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from video.vision.picture import Pixels
from video.vision.wire import Box, Flaw, Point, Role

# Variance of the Laplacian of the face brought to 160 px, or of the document brought to 640 px.
LEAST_FACE_SHARPNESS = 40.0
LEAST_DOCUMENT_SHARPNESS = 60.0
# Share of clipped pixels: skin does not clip, white paper may, a little.
MOST_FACE_GLARE = 0.03
MOST_DOCUMENT_GLARE = 0.04
LEAST_BRIGHTNESS = 60.0
MOST_FACE_BRIGHTNESS = 205.0
# White paper under good light is no fault.
MOST_DOCUMENT_BRIGHTNESS = 240.0
# Under 80 px the matcher misses more, under 48 px it is no use: the reference's figures for the true-accept rate.
LEAST_FACE_PX = {Role.LIVE: 80, Role.DOCUMENT: 48, Role.PORTRAIT: 80}
LEAST_DOCUMENT_SIDE_PX = 360

_FACE_SIDE_PX = 160
_DOCUMENT_SIDE_PX = 640
_CLIPPED = 250


def of_face(picture: Pixels, faces: Sequence[Box], role: Role) -> tuple[Flaw, ...]:
    """What is wrong with a picture that should show a face, the chosen face first.

    A document's still shows the holder as well, and a ghost portrait: only there may be several faces.
    """
    if not faces:
        return (Flaw.NO_FACE,)
    flaws = []
    if len(faces) > 1 and role is not Role.DOCUMENT:
        flaws.append(Flaw.SEVERAL_FACES)
    if faces[0].width < LEAST_FACE_PX[role]:
        flaws.append(Flaw.FACE_TOO_SMALL)
    grey = _grey(_inside(picture, faces[0]), _FACE_SIDE_PX)
    return (*flaws, *_flaws(grey, LEAST_FACE_SHARPNESS, MOST_FACE_GLARE, MOST_FACE_BRIGHTNESS))


def of_document(picture: Pixels, zone: Sequence[Point]) -> tuple[Flaw, ...]:
    """What is wrong with a document's still: judged around its zone where one was found, else as a whole."""
    flaws = [Flaw.PICTURE_TOO_SMALL] if min(picture.shape[:2]) < LEAST_DOCUMENT_SIDE_PX else []
    seen = _inside(picture, _bounds(zone)) if zone else picture
    grey = _grey(seen, _DOCUMENT_SIDE_PX)
    return (*flaws, *_flaws(grey, LEAST_DOCUMENT_SHARPNESS, MOST_DOCUMENT_GLARE, MOST_DOCUMENT_BRIGHTNESS))


def sharpness(picture: Pixels, face: Box) -> float:
    """For choosing among pictures of one person: the larger, the sharper."""
    return float(cv2.Laplacian(_grey(_inside(picture, face), _FACE_SIDE_PX), cv2.CV_64F).var())


def _flaws(grey: Pixels, sharpness: float, glare: float, most_brightness: float) -> list[Flaw]:
    brightness = float(grey.mean())
    gates = (
        (Flaw.BLURRED, float(cv2.Laplacian(grey, cv2.CV_64F).var()) < sharpness),
        (Flaw.GLARE, float((grey >= _CLIPPED).mean()) > glare),
        (Flaw.TOO_DARK, brightness < LEAST_BRIGHTNESS),
        (Flaw.TOO_BRIGHT, brightness > most_brightness),
    )
    return [flaw for flaw, fails in gates if fails]


def _grey(picture: Pixels, side_px: int) -> Pixels:
    """At one size, so that one bound fits every picture; never enlarged, which would only look blurred."""
    scale = min(1.0, side_px / max(picture.shape[:2]))
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(scaled, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def _inside(picture: Pixels, box: Box) -> Pixels:
    top, left = max(0, box.top), max(0, box.left)
    seen = picture[top : max(top + 1, box.top + box.height), left : max(left + 1, box.left + box.width)]
    return seen if seen.size else picture


def _bounds(zone: Sequence[Point]) -> Box:
    xs, ys = [point.x for point in zone], [point.y for point in zone]
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
