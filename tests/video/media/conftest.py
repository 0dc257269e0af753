from typing import cast

import pytest

from tests.video.media.parties import Kind
from video.media.relay import RelayEngine
from video.media.translator import TranslatorEngine


@pytest.fixture(params=[RelayEngine, TranslatorEngine], ids=["relay", "translator"])
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast(Kind, request.param)
