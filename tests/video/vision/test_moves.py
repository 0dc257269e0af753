"""Moves of a challenge in series of five points: who does what was asked passes, a picture and a clip do not."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from ca_core.face_attempt import TURNS, Move
from tests.video.vision import heads
from tests.video.vision.heads import DONE, REST, Film, Pose
from video.vision import moves

CHALLENGES = [one for one in permutations(Move, 3) if set(one) & set(TURNS)]
ONE = (Move.TURN_LEFT, Move.TILT_RIGHT, Move.COME_CLOSER)


@pytest.mark.parametrize("asked", CHALLENGES, ids="-".join)
def test_who_does_what_is_asked_passes(asked: tuple[Move, ...]) -> None:
    assert heads.obedient(asked).verdict(asked) == []


def test_nineteen_of_twenty_pass_though_the_points_waver() -> None:
    """The points of a good detector waver by a pixel."""
    films = [heads.obedient(asked, noise=1.0, seed=seed) for seed, asked in enumerate(CHALLENGES * 2)]
    passed = [film.verdict(asked) == [] for film, asked in zip(films, CHALLENGES * 2, strict=True)]
    assert np.mean(passed) >= 0.95


@pytest.mark.parametrize("asked", CHALLENGES, ids="-".join)
def test_a_still_picture_passes_nothing(asked: tuple[Move, ...]) -> None:
    assert heads.looped(asked, lambda _: REST, flat=True).verdict(asked) == ["move_missing"]


@pytest.mark.parametrize("asked", [one for one in CHALLENGES if one[0] in TURNS], ids="-".join)
def test_a_waved_picture_does_not_turn(asked: tuple[Move, ...]) -> None:
    """Turned to and fro, nodded, tilted a little, moved: its nose stays where it is between its eyes."""

    def waved(at: int) -> Pose:
        return Pose(yaw=45 * np.sin(at / 5), pitch=20 * np.sin(at / 7), roll=8 * np.sin(at / 6), away=50)

    verdict = heads.looped(asked, waved, flat=True, a_step=60).verdict(asked)
    assert verdict[0] in ("move_missing", "wrong_move")


def test_what_a_waved_picture_shows_of_a_turn_is_less_than_a_turn() -> None:
    """Held in any way at all, by five points alone a flat picture is taken for a turned head once in thirty."""
    dice = np.random.default_rng(4)
    held = moves.rest([moves.shown(heads.points(REST, flat=True), step=0, at_ms=at) for at in range(3)])
    assert held is not None
    before = moves.shown(heads.points(REST, flat=True), step=0, at_ms=0)
    found = 0
    for _ in range(3000):
        pose = Pose(*(dice.uniform(-1, 1, 3) * (50, 30, 20)), 50)
        shown = moves.shown(heads.points(pose, flat=True), step=1, at_ms=1)
        found += bool(moves.held_frames(Move.TURN_LEFT, [before, shown], held=held, step=1))
    assert found / 3000 < 0.04


def test_a_clip_that_plays_all_moves_in_a_circle_passes_only_where_it_happens_to_fit() -> None:
    """Known: a clip whose moves come in the order of the prompts is not told from a person by its moves."""
    order = (Move.TURN_LEFT, Move.TILT_LEFT, Move.TURN_RIGHT, Move.TILT_RIGHT)
    passing = [
        one for one in CHALLENGES if heads.looped(one, lambda at: _circle(order, at)).verdict(one) == []
    ]
    fitting = {(order + order)[place : place + 3] for place in range(4)}
    assert set(passing) <= fitting
    assert len(passing) <= 4


def _circle(order: tuple[Move, ...], at: int) -> Pose:
    place, within = divmod(at - 5, 8)
    move = DONE[order[place % len(order)]]
    return heads.between(REST, move, min(1.0, within / 2)) if within < 6 else REST


def test_a_move_made_before_a_person_could_react_is_a_replay() -> None:
    film = Film().hold(REST, 5).prompt().hold(DONE[Move.TURN_LEFT], 6)
    assert film.verdict(ONE) == ["too_early"]


def test_what_was_shown_before_the_prompt_does_not_count() -> None:
    """The prompt finds the head turned already: it has to come back first."""
    asked = (Move.TILT_LEFT, Move.TURN_LEFT)
    film = Film().hold(REST, 5).prompt().hold(REST, 3).go(DONE[Move.TILT_LEFT]).hold(DONE[Move.TILT_LEFT], 4)
    film.go(REST).go(DONE[Move.TURN_LEFT]).prompt().hold(DONE[Move.TURN_LEFT], 8)
    assert film.verdict(asked) == ["move_missing"]
    film.go(REST).go(DONE[Move.TURN_LEFT]).hold(DONE[Move.TURN_LEFT], 4)
    assert film.verdict(asked) == []


def test_another_move_than_the_asked_one_fails_at_once() -> None:
    film = (
        Film().hold(REST, 5).prompt().hold(REST, 3).go(DONE[Move.TURN_RIGHT]).hold(DONE[Move.TURN_RIGHT], 3)
    )
    assert film.verdict(ONE) == ["wrong_move"]


def test_who_came_closer_by_themselves_did_nothing_wrong() -> None:
    film = Film().hold(REST, 5).prompt().hold(REST, 2).go(Pose(away=38)).go(Pose(yaw=22, away=38))
    film.hold(Pose(yaw=22, away=38), 4)
    assert film.verdict((Move.TURN_LEFT,)) == []


def test_a_glimpse_is_no_move() -> None:
    film = Film().hold(REST, 5).prompt().hold(REST, 3).hold(Pose(yaw=22), 2).hold(REST, 5)
    assert film.verdict((Move.TURN_LEFT,)) == ["move_missing"]


@pytest.mark.parametrize("pose", [Pose(yaw=25), Pose(roll=25)])
def test_the_beginning_is_straight(pose: Pose) -> None:
    assert Film().hold(pose, 5).prompt().hold(REST, 5).verdict(ONE) == ["not_still"]


def test_nothing_is_judged_without_three_frames_at_rest() -> None:
    assert Film().hold(REST, 2).verdict(ONE) == ["not_still"]
    assert Film().verdict(ONE) == ["not_still"]


def test_a_cut_in_the_picture_is_seen() -> None:
    """Another clip begins: from one frame to the next the face is elsewhere."""
    film = heads.obedient(ONE)
    cut = [replace(one, centre_x=one.centre_x + 200) if one.at_ms > 2000 else one for one in film.shown]
    assert moves.jumps(cut)
    assert not moves.jumps(film.shown)
    apart = [replace(one, at_ms=one.at_ms * 4) for one in cut]
    assert not moves.jumps(apart), "after a pause a face may be anywhere"


def test_left_is_the_persons_left() -> None:
    """Where the picture is a mirror's, every turn is the wrong one."""
    film = heads.obedient((Move.TURN_LEFT,))
    mirrored = Film()
    mirrored.prompts_ms = film.prompts_ms
    mirrored.shown = [replace(one, turn=-one.turn, roll_degrees=-one.roll_degrees) for one in film.shown]
    assert mirrored.verdict((Move.TURN_LEFT,)) == ["wrong_move"]
