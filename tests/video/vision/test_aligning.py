"""Two faces are shown with their eyes in the same places, however the pictures were taken."""

import io

import numpy as np
import pytest
from PIL import Image

from runtime.demo import rendered
from video.vision import aligning, picture
from video.vision.face_matcher import FaceMatcher
from video.vision.picture import Pixels

WHO = rendered.PEOPLE[0]


def taken(*, degrees: float, scale: float) -> Pixels:
    """The portrait as a camera held askew and nearer or farther would take it."""
    portrait = Image.open(io.BytesIO(WHO.portrait())).convert("RGB")
    held = portrait.rotate(degrees, expand=True, fillcolor=(120, 120, 120), resample=Image.Resampling.BICUBIC)
    sized = held.resize((round(held.width * scale), round(held.height * scale)), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(sized)[:, :, ::-1])


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (9, 1.4), (-12, 0.8)])
def test_eyes_stand_where_every_aligned_face_has_them(
    matcher: FaceMatcher, degrees: float, scale: float
) -> None:
    pixels = taken(degrees=degrees, scale=scale)
    shown = aligning.aligned(pixels, matcher.find(pixels)[0])
    assert shown.shape == (aligning.HEIGHT_PX, aligning.WIDTH_PX, 3)
    points = np.array(matcher.find(shown)[0].landmarks, float)
    middles = sorted([points[0:2].mean(axis=0), points[2:4].mean(axis=0)], key=lambda middle: middle[0])
    assert np.allclose(middles, [aligning.LEFT_EYE, aligning.RIGHT_EYE], atol=12)


def test_aligned_picture_is_a_jpeg(matcher: FaceMatcher) -> None:
    pixels = picture.decode(WHO.portrait())
    encoded = aligning.as_jpeg(aligning.aligned(pixels, matcher.find(pixels)[0]))
    assert picture.decode(encoded).shape == (aligning.HEIGHT_PX, aligning.WIDTH_PX, 3)
