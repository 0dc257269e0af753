"""Portraits of real specimen documents: six people, each in one picture."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from tests.video.vision import samples
from video.vision import faces, picture
from video.vision.face_matcher import FaceMatcher
from video.vision.faces import Face
from video.vision.picture import Pixels
from video.vision.wire import Box, Point

WITH_PORTRAITS = ("pe_100_pass-fin.png", "pe_100_pass-uto.jpg", "pe_100_visa-usa.jpg", "pe_62_pass-pol.png")


def pixels(name: str) -> Pixels:
    return picture.decode(samples.sample(name).data)


def face(left: int, top: int, width: int) -> Face:
    return Face(Box(left, top, width, width), (), np.zeros(128))


@pytest.mark.parametrize("name", WITH_PORTRAITS)
def test_a_portrait_is_found_and_measured(matcher: FaceMatcher, name: str) -> None:
    (found,) = matcher.find(pixels(name))
    assert found.size_px > 60
    assert len(found.landmarks) == 5
    assert found.embedding.shape == (128,)


def test_one_person_is_near_and_two_are_far(matcher: FaceMatcher) -> None:
    """A smaller, blurred copy of the same picture against five other people."""
    found = {name: matcher.find(pixels(name))[0] for name in WITH_PORTRAITS}
    for name in WITH_PORTRAITS:
        copy = cv2.GaussianBlur(cv2.resize(pixels(name), None, fx=0.8, fy=0.8), (0, 0), 0.8).astype(np.uint8)
        assert faces.distance(found[name], matcher.find(copy)[0]) < 0.4
    for one, other in combinations(found.values(), 2):
        assert faces.distance(one, other) > 0.6


def test_no_face_is_none(matcher: FaceMatcher) -> None:
    assert matcher.find(np.full((480, 640, 3), 128, np.uint8)) == ()


ZONE = (Point(300, 600), Point(900, 600), Point(900, 660), Point(300, 660))


def test_the_portrait_stands_above_the_zone_and_within_its_width() -> None:
    """The person who holds the document up is nearer to the camera, and larger."""
    holder, portrait, ghost = face(950, 100, 250), face(330, 400, 90), face(800, 420, 40)
    assert faces.portrait_of([holder, portrait, ghost], ZONE) is portrait


def test_what_is_below_the_zone_or_far_above_is_not_its_portrait() -> None:
    below, far = face(500, 700, 80), face(500, 10, 90)
    portrait = face(500, 500, 60)
    assert faces.portrait_of([below, far, portrait], ZONE) is portrait


def test_without_a_zone_the_largest_face_counts() -> None:
    small, large = face(0, 0, 60), face(100, 0, 90)
    assert faces.portrait_of([small, large], ()) is large
    assert faces.portrait_of([small], ZONE) is small
    assert faces.portrait_of([], ZONE) is None
