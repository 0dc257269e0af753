"""The rendered people are people to the face matcher: each near to themselves, all far from one another."""

import io

import numpy as np
import pytest
from PIL import Image

from runtime.demo import rendered
from runtime.demo.rendered import drawing, render
from video.vision.face_matcher import FaceMatcher

LARGEST_PORTRAIT_BYTES = 25_000


@pytest.fixture(scope="module")
def measured() -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    return render.distances()


def matrix(measured: tuple[dict[tuple[str, str], float], dict[str, float]]) -> str:
    """For the reader of a failure: everybody against everybody, and against their own portrait."""
    apart, alike = measured
    pairs = [f"{one} {other} {distance:.3f}" for (one, other), distance in apart.items()]
    return "\n".join([*pairs, *(f"{name} own {distance:.3f}" for name, distance in alike.items())])


@pytest.mark.slow
def test_two_rendered_people_are_two_to_the_matcher(
    measured: tuple[dict[tuple[str, str], float], dict[str, float]],
) -> None:
    """Portraits and live pictures, good and poor: at least 0.65 between any two."""
    assert min(measured[0].values()) >= render.APART, matrix(measured)


@pytest.mark.slow
def test_a_rendered_person_is_their_own_portrait(
    measured: tuple[dict[tuple[str, str], float], dict[str, float]],
) -> None:
    """Another light, a slight turn, a face of 80 px, blurred and compressed: at most 0.40."""
    assert max(measured[1].values()) <= render.ALIKE, matrix(measured)


@pytest.mark.slow
def test_the_portrait_in_the_tree_is_the_person_before_the_camera() -> None:
    """Whoever changes how heads are drawn draws the portraits again."""
    matcher = FaceMatcher()
    for who in rendered.PEOPLE:
        kept = np.asarray(Image.open(io.BytesIO(who.portrait())), np.uint8)
        drawn = drawing.portrait(who.look)
        assert float(np.abs(kept.astype(int) - drawn.astype(int)).mean()) < 4, who.name
        assert len(matcher.find(np.ascontiguousarray(kept[..., ::-1]))) == 1


def test_at_least_four_people_of_both_sexes_can_call() -> None:
    people = [one.person for one in rendered.PEOPLE]
    assert len(people) >= 4
    assert len({person.sex for person in people}) == 2
    assert (
        len({person.iin for person in people}) == len({one.phone for one in rendered.PEOPLE}) == len(people)
    )
    assert all(1985 <= person.born_on.year <= 2000 for person in people)
    assert {person.language for person in people} == {"kk", "ru"}


def test_a_persons_look_and_entry_are_of_one_sex() -> None:
    assert all(one.look.sex is one.person.sex for one in rendered.PEOPLE)


def test_portraits_are_small() -> None:
    """The register keeps them in rows, and the tree keeps them at all."""
    assert all(len(one.portrait()) < LARGEST_PORTRAIT_BYTES for one in rendered.PEOPLE)


def test_the_person_before_the_camera_moves_and_blinks() -> None:
    """Frames differ, or a still picture could stand for a person; the eyes close for a moment."""
    camera = drawing.camera(rendered.PEOPLE[0].look)
    frames = [camera.frame(at) for at in (0.05, 1.0, 1.4)]
    assert all(frame.shape == (drawing.HEIGHT_PX, drawing.WIDTH_PX, 3) for frame in frames)
    assert not np.array_equal(frames[1], frames[2])
    assert not np.array_equal(camera.open_eyes, camera.closed_eyes)
