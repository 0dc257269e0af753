"""Models are loaded once for all tests: they take a second and half a gigabyte."""

import pytest

from video.vision.face_matcher import FaceMatcher
from video.vision.mrz_reader import MrzReader
from video.vision.recognizer import Recognizer


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.fixture(scope="session")
def reader(recognizer: Recognizer) -> MrzReader:
    return MrzReader(recognizer)


@pytest.fixture(scope="session")
def matcher() -> FaceMatcher:
    return FaceMatcher()
