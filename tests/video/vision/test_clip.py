"""All frames of a verification at once: rendered people who do what is asked, and what must not pass."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ca_core.face_attempt import Flag, Move
from runtime.demo import rendered
from tests import posing
from tests.video.vision import samples
from video.vision import clip
from video.vision.clip_wire import FRAME_LIMIT_BYTES, Plan, Verified
from video.vision.face_matcher import FaceMatcher
from video.vision.wire import Flaw, PictureUndecodable

pytestmark = pytest.mark.slow

WHO, OTHER = "marina", "bolat"
ASKED = (Move.TURN_LEFT, Move.TILT_RIGHT, Move.COME_CLOSER)


def portrait(name: str) -> bytes:
    who = rendered.by_name(name)
    assert who is not None
    return who.portrait()


def verify(matcher: FaceMatcher, film: posing.Film, of: str = WHO) -> Verified:
    return clip.verify(matcher, film.frames, film.plan, portrait(of))


@pytest.mark.parametrize(
    ("name", "asked"),
    [(WHO, ASKED), (WHO, (Move.TURN_RIGHT, Move.TILT_LEFT, Move.TURN_LEFT)), (OTHER, ASKED)],
)
def test_who_does_what_is_asked_is_found_to_be_the_one_of_the_portrait(
    matcher: FaceMatcher, name: str, asked: tuple[Move, ...]
) -> None:
    found = verify(matcher, posing.film(name, *asked), of=name)
    assert (found.faults, found.flaws) == ((), ())
    assert found.distance is not None
    assert found.distance < 0.45
    assert min(found.live_px, found.portrait_px) >= 80
    assert len(found.keys) == 3


def test_the_live_picture_is_straight_and_each_move_has_its_own(matcher: FaceMatcher) -> None:
    film = posing.film(WHO, *ASKED)
    found = verify(matcher, film)
    assert film.frames[found.live] == posing.frame(WHO)
    assert [film.frames[at] for at in found.keys] == [posing.frame(WHO, move) for move in ASKED]


def test_somebody_else_is_far_from_the_portrait(matcher: FaceMatcher) -> None:
    found = verify(matcher, posing.film(OTHER, *ASKED))
    assert found.faults == ()
    assert found.distance is not None
    assert found.distance > 0.60


def test_somebody_who_takes_over_is_noticed(matcher: FaceMatcher) -> None:
    """One holds still for the comparison, another one does the moves."""
    film, taken_over = posing.film(WHO, *ASKED), posing.film(OTHER, *ASKED)
    film.frames[5:] = taken_over.frames[5:]
    assert Flag.ANOTHER_FACE in verify(matcher, film).faults


def test_nobody_lends_their_moves_to_a_picture_of_another(matcher: FaceMatcher) -> None:
    """A photo of one in every fourth frame, and wherever the face is held straight; another one moves in between."""
    photo = posing.frame(WHO)
    film = posing.Film(ASKED)
    film.add(0, [photo] * 5)
    for step, (move, before) in enumerate(zip(ASKED, (None, *ASKED), strict=False), 1):
        film.add(step, [*posing.performed(OTHER, move, before), *[posing.frame(OTHER, move)] * 7])
    film.frames[::4] = [photo] * len(film.frames[::4])
    found = verify(matcher, film)
    assert found.distance is not None
    assert found.distance < 0.45
    assert Flag.ANOTHER_FACE in found.faults


def test_a_flat_picture_that_is_waved_is_not_taken_for_a_turned_head(matcher: FaceMatcher) -> None:
    film = posing.film(WHO, Move.TURN_LEFT)
    angles = [0.0] * 5 + [0.75 * np.sin(at / 2) for at in range(len(film.frames) - 5)]
    film.frames[:] = [posing.waved(WHO, round(float(angle), 2)) for angle in angles]
    found = verify(matcher, film)
    assert set(found.faults) & {Flag.MOVE_MISSING, Flag.WRONG_MOVE, Flag.FLAT_PICTURE}


@pytest.mark.parametrize("yaw", [-0.5, 0.6])
def test_one_plane_explains_a_flat_picture_and_not_a_turned_head(matcher: FaceMatcher, yaw: float) -> None:
    from video.vision import flatness, picture

    def seen(data: bytes) -> tuple[picture.Pixels, clip.Mark]:
        pixels = picture.decode(data)
        return pixels, matcher.marks(pixels)[0]

    straight = seen(posing.frame(WHO))
    assert flatness.in_common(*straight, *seen(posing.waved(WHO, yaw))) >= flatness.FLAT_FROM
    turn = Move.TURN_LEFT if yaw > 0 else Move.TURN_RIGHT
    assert flatness.in_common(*straight, *seen(posing.frame(WHO, turn))) < flatness.FLAT_FROM


def test_nobody_there_is_said(matcher: FaceMatcher) -> None:
    wall = posing.render.jpeg(np.full((480, 640, 3), 120, np.uint8))
    found = clip.verify(
        matcher, [wall] * 3, Plan(ASKED, (0,), 250, ((0, 0), (0, 160), (0, 320))), portrait(WHO)
    )
    assert (found.faults, found.distance, found.live_px) == ((Flag.NO_FACE,), None, 0)
    assert found.portrait_px > 0


def test_without_a_portrait_there_is_no_distance(matcher: FaceMatcher) -> None:
    film = posing.film(WHO, Move.TURN_LEFT)
    found = clip.verify(matcher, film.frames, film.plan, None)
    assert (found.distance, found.portrait_px, found.faults) == (None, 0, ())


def test_a_dark_picture_is_a_flaw_of_the_newest_frame(matcher: FaceMatcher) -> None:
    assert Flaw.TOO_DARK in clip.glance(matcher, [posing.frame(WHO), posing.darkened(WHO)]).flaws
    assert clip.glance(matcher, [posing.darkened(WHO), posing.frame(WHO)]).flaws == ()


def test_two_people_are_two(matcher: FaceMatcher) -> None:
    both = np.concatenate([posing.picture(WHO)[:, 120:520], posing.picture(OTHER)[:, 120:520]], axis=1)
    (seen,) = clip.glance(matcher, [posing.render.jpeg(both)]).frames
    assert seen.faces == 2


def bomb(side: int) -> bytes:
    """A few hundred bytes that say they are a picture of this side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def jpeg_bomb(side: int) -> bytes:
    """The header of a small JPEG, rewritten to claim this side."""
    written = io.BytesIO()
    Image.new("RGB", (64, 64)).save(written, "JPEG")
    data = bytearray(written.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1a\x45\xdf\xa3" + b"\0" * 100,
        posing.frame(WHO)[:200],
        samples.sample("pe_100_pass-fin.png").data,
        bomb(30_000),
        jpeg_bomb(60_000),
        posing.frame(WHO) + b"\0" * FRAME_LIMIT_BYTES,
    ],
    ids=["nothing", "a film", "a cut header", "no jpeg", "a png bomb", "a jpeg bomb", "too many bytes"],
)
def test_what_is_no_frame_is_refused_by_its_header(matcher: FaceMatcher, data: bytes) -> None:
    with pytest.raises(PictureUndecodable):
        clip.glance(matcher, [data])
    with pytest.raises(PictureUndecodable):
        clip.require_frame(data)
