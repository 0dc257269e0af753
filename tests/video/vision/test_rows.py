import numpy as np
import pytest

from video.vision import rows
from video.vision.recognizer import Quad


def line(top: float, *, left: float = 100, width: float = 800, height: float = 30) -> Quad:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def turned(quad: Quad, degrees: float) -> Quad:
    """Clockwise around the middle of a picture, its corners again in the order in which a search gives them."""
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = (quad - 500) @ matrix + 500
    first = int(np.argmin(corners.sum(axis=1)))
    return np.roll(corners, -first, axis=0).astype(np.float32)


ZONE = [line(500), line(550)]


@pytest.mark.parametrize("degrees", [0, 7, -7, 90, 97, 83])
def test_lines_are_in_reading_order_whichever_way_the_document_is_turned(degrees: float) -> None:
    page, _ = rows.pages([turned(quad, degrees) for quad in reversed(ZONE)])
    assert page.turned_degrees == round(degrees / 90) * 90
    assert [row.pieces[0].mean(axis=0) for row in page.rows] == [
        pytest.approx(turned(quad, degrees).mean(axis=0), abs=0.5) for quad in ZONE
    ]


@pytest.mark.parametrize(("degrees", "other"), [(0, 180), (90, 270)])
def test_the_second_page_is_read_the_other_way(degrees: int, other: int) -> None:
    first, second = rows.pages([turned(quad, degrees) for quad in ZONE])
    assert (first.turned_degrees, second.turned_degrees) == (degrees, other)
    assert second.rows[0].pieces[0].mean(axis=0) == pytest.approx(
        first.rows[1].pieces[0].mean(axis=0), abs=0.5
    )


def test_pieces_of_one_line_are_one_row() -> None:
    pieces = [line(500, width=300), line(502, left=420, width=480), line(550)]
    page, _ = rows.pages(pieces)
    assert [len(row.pieces) for row in page.rows] == [2, 1]
    assert page.rows[0].outline[1] == pytest.approx([900, 502])
    assert len(page.likeliest) == 1


def test_captions_are_no_lines_of_a_zone() -> None:
    page, _ = rows.pages([line(100, width=120), line(300, width=500), *ZONE])
    assert [round(row.length) for row in page.rows] == [800, 800]


def test_a_picture_without_text_has_no_page() -> None:
    assert rows.pages([]) == []
    assert rows.pages([line(10, width=40)]) == []


def test_a_wider_strip_has_the_same_middle() -> None:
    page, _ = rows.pages(ZONE)
    wide = rows.widened(page.rows[0], 0.5)
    assert wide.mean(axis=0) == pytest.approx(ZONE[0].mean(axis=0))
    assert wide[0] == pytest.approx([85, 485])
