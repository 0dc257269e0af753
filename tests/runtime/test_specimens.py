"""Specimen documents are read as documents are, and each faulty one fails for its own reason (R1, R2)."""

import io
from datetime import date
from fractions import Fraction

import av
import numpy as np
import pytest
from av import VideoFrame

from ca_core.documents import kazakhstan, mrz
from ca_core.documents.mrz import Mrz
from runtime.demo import caller_media, rendered
from runtime.demo.caller_media import Stage
from runtime.demo.rendered import RenderedPerson, machine_zone, render, specimens
from runtime.demo.rendered.drawing import Picture
from runtime.demo.rendered.specimens import Fault
from video.vision.face_matcher import FaceMatcher
from video.vision.mrz_reader import MrzReader
from video.vision.recognizer import Recognizer
from video.vision.wire import Outcome, Reading

TODAY = date(2026, 11, 22)
WHO, OTHER = rendered.PEOPLE[:2]
# What the uplink of a poor line may carry.
BITRATE_BPS = 500_000


@pytest.fixture(scope="module")
def reader() -> MrzReader:
    return MrzReader(Recognizer())


def read(reader: MrzReader, picture: Picture) -> Reading:
    """As a still of a call: compressed, and in OpenCV's order of colours."""
    kept = render.through_jpeg(picture, 70)
    return reader.read(np.ascontiguousarray(kept[..., ::-1]), today=TODAY)


def parsed(reading: Reading) -> Mrz:
    assert reading.outcome is Outcome.READ, reading
    return mrz.parse(reading.lines, today=TODAY)


def through_vp8(picture: Picture) -> Picture:
    """One second of a still hand at 15 frames a second; the last frame as the other side decodes it."""
    film = io.BytesIO()
    with av.open(film, "w", format="webm") as written:
        stream = written.add_stream("libvpx", rate=15)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
        stream.bit_rate, stream.options = BITRATE_BPS, {"deadline": "realtime", "cpu-used": "6"}
        for count in range(15):
            frame = VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = count, Fraction(1, 15)
            written.mux(stream.encode(frame))
        written.mux(stream.encode())
    film.seek(0)
    with av.open(film) as seen:
        *_, last = seen.decode(video=0)
    return np.asarray(last.to_ndarray(format="rgb24"), np.uint8)


@pytest.mark.parametrize("who", rendered.PEOPLE, ids=lambda who: who.name)
def test_zones_have_right_check_digits_and_the_iin(who: RenderedPerson) -> None:
    """TD3 in the personal number, TD1 in the optional data of the first line (Doc 9303, parts 4 and 5)."""
    person = who.person
    for lines in (machine_zone.passport(person), machine_zone.id_card(person, number="012345678")):
        zone = mrz.parse(lines, today=TODAY)
        mrz.verify(zone)
        assert kazakhstan.has_its_number_form(zone)
        assert kazakhstan.iin_of(zone) == person.iin
        assert kazakhstan.iin_agrees(zone)
        assert (zone.surname, zone.given_names) == (person.surname_latin, person.given_name_latin)
        assert zone.expires_on == person.document_expires_on > TODAY


@pytest.mark.slow
@pytest.mark.parametrize("who", rendered.PEOPLE, ids=lambda who: who.name)
def test_a_passport_held_up_is_read_exactly_from_the_call(reader: MrzReader, who: RenderedPerson) -> None:
    """After VP8 at 500 kbit/s and JPEG 70."""
    reading = read(reader, through_vp8(specimens.held_up(who)))
    assert (reading.outcome, reading.lines) == (Outcome.READ, machine_zone.passport(who.person))


@pytest.mark.slow
def test_an_id_cards_back_is_read_exactly(reader: MrzReader) -> None:
    zone = machine_zone.id_card(WHO.person, number="012345678")
    reading = read(reader, np.asarray(specimens.id_card_back(zone), np.uint8))
    assert (reading.outcome, reading.lines) == (Outcome.READ, zone)


def test_a_wrong_digit_is_not_accepted(reader: MrzReader) -> None:
    assert not read(reader, specimens.held_up(WHO, Fault.WRONG_DIGIT)).is_accepted


def test_an_expired_passport_says_so(reader: MrzReader) -> None:
    expires_on = parsed(read(reader, specimens.held_up(WHO, Fault.EXPIRED))).expires_on
    assert expires_on is not None
    assert expires_on < TODAY


def test_a_foreign_passport_is_not_of_kazakhstan(reader: MrzReader) -> None:
    zone = parsed(read(reader, specimens.held_up(WHO, Fault.FOREIGN)))
    assert not kazakhstan.is_issued_there(zone)
    assert kazakhstan.iin_of(zone) is None


def test_a_passport_upside_down_is_turned(reader: MrzReader) -> None:
    reading = read(reader, specimens.held_up(WHO, Fault.UPSIDE_DOWN))
    assert reading.upside_down
    assert reading.lines == machine_zone.passport(WHO.person)


def test_a_half_covered_zone_is_not_accepted(reader: MrzReader) -> None:
    assert not read(reader, specimens.held_up(WHO, Fault.HALF_COVERED)).is_accepted


def test_nobody_holds_a_document(reader: MrzReader) -> None:
    assert read(reader, specimens.held_up(WHO, Fault.NONE)).outcome is Outcome.NO_ZONE


def test_another_persons_passport_is_the_other_persons(reader: MrzReader) -> None:
    zone = parsed(read(reader, specimens.held_up(WHO, Fault.ANOTHER_PERSON, other=OTHER)))
    assert kazakhstan.iin_of(zone) == OTHER.person.iin


def test_two_faces_are_two_to_the_matcher() -> None:
    picture = specimens.held_up(WHO, Fault.TWO_FACES, other=OTHER)
    assert len(FaceMatcher().find(np.ascontiguousarray(picture[..., ::-1]))) == 2


def test_the_simulated_caller_shows_what_is_asked_for() -> None:
    """Face until the agent asks for the document; a crowd stays a crowd, with a good document."""
    stage = Stage.of(WHO, Fault.TWO_FACES, other=OTHER)
    face = stage.picture(0.0)
    stage.showing = caller_media.DOCUMENT
    assert np.array_equal(stage.picture(0.0), specimens.held_up(WHO))
    stage.showing = caller_media.FACE
    assert np.array_equal(stage.picture(0.0), face)
    assert np.array_equal(face, specimens.held_up(WHO, Fault.TWO_FACES, other=OTHER))


def test_the_simulated_voice_can_be_heard_and_pauses() -> None:
    voice = caller_media.voice()
    assert 3_000 < int(np.abs(voice).max()) < 32_767
    assert int(np.abs(voice[-48_000:]).max()) == 0
