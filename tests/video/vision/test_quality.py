"""Each gate has a picture that trips it and no other."""

import cv2
import numpy as np
import pytest

from tests.video.vision import specimens
from video.vision import quality
from video.vision.picture import Pixels
from video.vision.wire import Box, Flaw, Point, Role

FACE = Box(200, 100, 160, 160)


def textured(brightness: int = 128, spread: int = 30) -> Pixels:
    noise = np.random.default_rng(1).normal(brightness, spread, (480, 640, 1))
    return np.repeat(np.clip(noise, 0, 249), 3, axis=2).astype(np.uint8)


def test_a_good_picture_has_no_flaw() -> None:
    for role in Role:
        assert quality.of_face(textured(), [FACE], role) == ()
    assert quality.of_document(textured(), ()) == ()


def _glaring() -> Pixels:
    seen = textured()
    seen[110:150, 210:260] = 255
    return seen


@pytest.mark.parametrize(
    ("seen", "flaw"),
    [
        (cv2.GaussianBlur(textured(), (0, 0), 5).astype(np.uint8), Flaw.BLURRED),
        (_glaring(), Flaw.GLARE),
        (textured(45, 20), Flaw.TOO_DARK),
        (textured(225, 12), Flaw.TOO_BRIGHT),
    ],
    ids=lambda value: value.value if isinstance(value, Flaw) else "",
)
def test_each_gate_of_light_and_focus(seen: Pixels, flaw: Flaw) -> None:
    assert quality.of_face(seen, [FACE], Role.LIVE) == (flaw,)


@pytest.mark.parametrize(
    ("boxes", "role", "flaws"),
    [
        ([], Role.LIVE, (Flaw.NO_FACE,)),
        ([FACE, Box(0, 0, 90, 90)], Role.LIVE, (Flaw.SEVERAL_FACES,)),
        ([FACE, Box(0, 0, 90, 90)], Role.PORTRAIT, (Flaw.SEVERAL_FACES,)),
        ([FACE, Box(0, 0, 90, 90)], Role.DOCUMENT, ()),
        ([Box(200, 100, 60, 60)], Role.LIVE, (Flaw.FACE_TOO_SMALL,)),
        ([Box(200, 100, 60, 60)], Role.DOCUMENT, ()),
        ([Box(200, 100, 40, 40)], Role.DOCUMENT, (Flaw.FACE_TOO_SMALL,)),
        ([Box(-20, -20, 160, 160)], Role.LIVE, ()),
        ([Box(900, 900, 160, 160)], Role.LIVE, ()),
    ],
)
def test_each_gate_of_faces(boxes: list[Box], role: Role, flaws: tuple[Flaw, ...]) -> None:
    assert quality.of_face(textured(), boxes, role) == flaws


def test_a_small_picture_of_a_document_is_named() -> None:
    assert quality.of_document(textured()[:200], ()) == (Flaw.PICTURE_TOO_SMALL,)


def test_a_document_is_judged_where_its_zone_is() -> None:
    seen = textured()
    seen[:300] = 255
    zone = (Point(50, 350), Point(600, 350), Point(600, 450), Point(50, 450))
    assert quality.of_document(seen, zone) == ()
    assert Flaw.GLARE in quality.of_document(seen, ())


def test_a_document_held_well_passes() -> None:
    assert quality.of_document(specimens.specimen(1, specimens.EASY).picture, ()) == ()
