import io

import numpy as np
import pytest
from PIL import Image

from video.vision import header, picture
from video.vision.wire import SIZE_LIMIT_BYTES, Box, PictureUndecodable, Point


def encoded(form: str, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 128).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    "data", [encoded("JPEG"), encoded("PNG"), encoded("PNG", mode="L"), encoded("PNG", mode="RGBA")]
)
def test_jpeg_and_png_become_three_colours(data: bytes) -> None:
    assert picture.decode(data).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        encoded("GIF", mode="P"),
        encoded("BMP"),
        encoded("JPEG")[:200],
        encoded("PNG")[:60],
        encoded("JPEG", (16, 16)),
        encoded("JPEG") + b"\0" * SIZE_LIMIT_BYTES,
    ],
    ids=["empty", "text", "gif", "bmp", "cut jpeg", "cut png", "tiny", "padded"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(PictureUndecodable):
        picture.decode(data)


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    """A file of some kilobytes may stand for gigabytes of pixels."""
    with pytest.raises(PictureUndecodable):
        picture.decode(encoded("PNG", (8000, 5001), mode="L"))


def with_scans(count: int) -> bytes:
    """A progressive JPEG one of whose scans, which changes nothing, comes again and again."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (120, 100, 90)).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    again = data.rindex(b"\xff\xda")
    end = data.rindex(b"\xff\xd9")
    had = data.count(b"\xff\xda")
    return data[:end] + data[again:end] * (count - had) + data[end:]


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    """A dozen bytes make the decoder go through the whole picture once more."""
    assert picture.decode(with_scans(header.SCANS_LIMIT)).shape == (48, 64, 3)
    for count in (header.SCANS_LIMIT + 1, 20_000):
        with pytest.raises(PictureUndecodable):
            header.size(with_scans(count), "JPEG")


def test_what_merely_looks_like_a_scan_is_none() -> None:
    """In a note, and after the end, where phones keep a film of the moment."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "JPEG", comment=b"\xff\xda" * 200)
    assert header.size(out.getvalue() + b"\xff\xda\x00\x02" * 200) == (64, 48)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 360])
def test_points_and_boxes_turn_with_their_picture(degrees: int) -> None:
    seen = np.zeros((40, 60, 3), np.uint8)
    seen[5, 7] = 255
    point = picture.turned_point(Point(7, 5), (60, 40), degrees)
    assert picture.turned(seen, degrees)[point.y, point.x].tolist() == [255, 255, 255]
    assert picture.turned_box(Box(7, 5, 1, 1), (60, 40), degrees) == Box(point.x, point.y, 1, 1)
    width, height = (60, 40) if degrees % 180 == 0 else (40, 60)
    there = picture.turned_box(Box(3, 4, 20, 10), (60, 40), degrees)
    assert picture.turned_box(there, (width, height), 360 - degrees) == Box(3, 4, 20, 10)
