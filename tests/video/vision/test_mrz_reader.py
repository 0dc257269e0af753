"""Reading is judged by two counts: how much is exact, and that nothing wrong is accepted."""

from datetime import date

import cv2
import numpy as np
import pytest

from tests.video.vision import samples, specimens
from tests.video.vision.samples import Sample
from video.vision import picture
from video.vision.mrz_reader import MrzReader
from video.vision.picture import Pixels
from video.vision.wire import Doubt, Outcome, Reading

TODAY = date(2026, 6, 1)
# Read in the other tests; turned it would cost as much as all others.
LARGE = ("pe_100_pass-lux.jpg",)
OURS = ("N01234567", "KAZ", "870312", "M", "340605", "870312300016")


def read(reader: MrzReader, pixels: Pixels) -> Reading:
    return reader.read(pixels, today=TODAY)


@pytest.fixture(scope="module")
def still() -> specimens.Specimen:
    """A passport of Kazakhstan held up well."""
    lines = ("P<KAZULGIYEV<<DAUREN".ljust(44, "<"), specimens.passport_line(*OURS))
    return specimens.Specimen(lines, specimens.shown(lines, seed=4, level=specimens.EASY))


@pytest.mark.parametrize("sample", samples.samples(), ids=lambda sample: sample.name)
def test_real_specimens_are_read_exactly(reader: MrzReader, sample: Sample) -> None:
    """Ten pictures of 250 to 1600 px: every character right."""
    assert read(reader, picture.decode(sample.data)).lines == sample.lines


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_document_on_its_side_is_read(reader: MrzReader, still: specimens.Specimen, degrees: int) -> None:
    reading = read(reader, picture.turned(still.picture, -degrees))
    assert (reading.lines, reading.turned_degrees) == (still.lines, degrees)


@pytest.mark.slow
def test_nothing_wrong_is_accepted_of_real_specimens_upside_down(reader: MrzReader) -> None:
    accepted = 0
    for sample in samples.samples():
        if sample.name in LARGE:
            continue
        reading = read(reader, picture.turned(picture.decode(sample.data), 180))
        if reading.is_accepted:
            accepted += 1
            assert reading.lines == sample.lines, sample.name
            assert reading.upside_down
    assert accepted >= 6


@pytest.mark.slow
@pytest.mark.parametrize(
    "level", [specimens.EASY, specimens.HARD, specimens.SMALL], ids=["easy", "hard", "small"]
)
def test_specimens_before_a_camera_are_read(reader: MrzReader, level: specimens.Level) -> None:
    """Perspective, turn, blur, glare, JPEG, at 1280 and at 640 px: one of six may be missed, none may be wrong."""
    exact = 0
    for seed in range(6):
        made = specimens.specimen(7000 + seed, level)
        reading = read(reader, made.picture)
        assert reading.lines == made.lines or not reading.is_accepted
        exact += reading.lines == made.lines
    assert exact >= 5


def test_a_zone_has_its_place_and_its_turn(reader: MrzReader, still: specimens.Specimen) -> None:
    reading = read(reader, np.ascontiguousarray(np.rot90(still.picture, 2)))
    assert reading.outcome is Outcome.READ
    assert reading.lines == still.lines
    assert reading.upside_down
    height, width = still.picture.shape[:2]
    assert len(reading.box) == 4
    assert all(0 <= point.x <= width and 0 <= point.y < height / 2 for point in reading.box)
    # Its first corner is where the reading begins: below on the right, for the zone is upside down.
    assert reading.box[0].x > reading.box[1].x
    assert reading.took_ms > 0


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_nothing_has_no_zone(reader: MrzReader, level: int) -> None:
    reading = read(reader, np.full((360, 640, 3), level, np.uint8))
    assert (reading.outcome, reading.lines, reading.box) == (Outcome.NO_ZONE, (), ())


def test_text_that_is_no_zone_is_not_taken_for_one(reader: MrzReader) -> None:
    page = np.full((720, 1280, 3), 235, np.uint8)
    for n, text in enumerate(
        (
            "AGREEMENT ON THE USE OF A REGISTRATION",
            "CERTIFICATE BETWEEN THE AUTHORITY AND",
            "ITS SUBSCRIBER, 1 JUNE 2026, No 4417 20",
        )
    ):
        cv2.putText(page, text, (40, 200 + 60 * n), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 2)
    assert read(reader, page).outcome is Outcome.NO_ZONE


def test_a_zone_half_covered_is_not_accepted(reader: MrzReader, still: specimens.Specimen) -> None:
    covered = still.picture.copy()
    covered[:, : covered.shape[1] // 2] = 90
    assert not read(reader, covered).is_accepted


def test_a_wrong_digit_on_the_document_is_seen_and_shown(reader: MrzReader) -> None:
    """The lines are given as they stand there, for a person to look at."""
    lines = ("P<KAZULGIYEV<<DAUREN".ljust(44, "<"), specimens.passport_line(*OURS))
    wrong = (lines[0], lines[1][:-1] + str((int(lines[1][-1]) + 5) % 10))
    reading = read(reader, specimens.shown(wrong, seed=3, level=specimens.EASY))
    assert not reading.is_accepted
    assert Doubt.CHECK_DIGIT in reading.doubts


def test_a_document_of_kazakhstan_with_anothers_iin_is_doubtful(reader: MrzReader) -> None:
    """All check digits of the document hold; the IIN's birth date is not the document's."""
    first = "P<KAZULGIYEV<<DAUREN".ljust(44, "<")
    second = specimens.passport_line(*OURS[:2], "870313", *OURS[3:])
    reading = read(reader, specimens.shown((first, second), seed=5, level=specimens.EASY))
    assert reading.lines == (first, second)
    assert reading.outcome is Outcome.DOUBTFUL
    assert reading.doubts == (Doubt.FORM,)
