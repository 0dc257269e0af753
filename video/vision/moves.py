"""Whether a face did what it was asked to: a series of five points a frame against the moves of a challenge.

Pure: neither pictures nor models, so that it is tested on recorded series. What it stops is a print, a screen that
shows one, and a clip that knows nothing of the prompts. It is no presentation-attack detection of ISO/IEC 30107-3: a
forged camera passes whoever can answer the prompts in its picture.

A turn cannot be shown by anything flat: a flat picture that is turned becomes narrower and its nose stays between its
eyes. Held askew the nose seems to wander a little; that is what `_MOST_NARROWING` and `_TURN_ROLL_DEGREES` bound, and
what `flatness` looks at in the pixels. Tilting and coming closer could be shown by a print; they are there so that
nobody knows what will be asked.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from ca_core.face_attempt import Flag, Move, Shown

Points = Sequence[tuple[int, int]]

# Measured from the face held straight, in the distance of the outer corners of the eyes, some 9 cm; the nose stands
# some 4 cm before them. The five-point model answers a turn with about half of what geometry would: of rendered heads
# turned by 26 degrees it shows 0.10 to 0.15, and from picture to picture it wavers by 0.03. To be calibrated with
# pictures of one's own cameras.
_TURN = 0.09
_TILT_DEGREES = 14.0
_CLOSER = 1.22
# A head's own turn narrows the eyes' distance, and so lengthens the nose's way down in these units.
_LEAST_NARROWING, _MOST_NARROWING = 0.78, 1.32
_TURN_ROLL_DEGREES = 12.0
# Straight ahead, and still, before anything is asked.
_STRAIGHT = 0.10
_LEVEL_DEGREES = 15.0
_STILL = 0.06
_LEAST_STILL_FRAMES = 3
# A move counts when it is held for so many pictures and so long.
_HELD_FRAMES = 3
_HELD_MS = 250
_WRONG_FRAMES = 2
# Within a third of a second a head moves less than the distance of its eyes.
_NEXT_MS = 350
_MOST_JUMP = 1.0
_MOST_GROWTH = 1.4


class Progress(StrEnum):
    """Of the move that is asked for. EARLY: it began sooner than a person reacts."""

    WAITING = "waiting"
    DONE = "done"
    WRONG = "wrong"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Rest:
    """The face held straight: what every move is measured from."""

    turn: float
    drop: float
    roll_degrees: float
    eyes_px: float


def shown(points: Points, *, step: int, at_ms: int) -> Shown:
    """Five points in numbers: four corners of the eyes, then the nose, as the five-point model gives them.

    The picture is the camera's, not a mirror's: the person's left is to the right in it.
    """
    corners = sorted(points[:4])
    (left_x, left_y), (right_x, right_y) = corners[0], corners[3]
    across_x, across_y = right_x - left_x, right_y - left_y
    apart = max(1.0, math.hypot(across_x, across_y))
    middle_x = sum(x for x, _ in corners) / 4
    middle_y = sum(y for _, y in corners) / 4
    nose_x, nose_y = points[4][0] - middle_x, points[4][1] - middle_y
    return Shown(
        step=step,
        at_ms=at_ms,
        turn=(nose_x * across_x + nose_y * across_y) / apart**2,
        drop=(nose_y * across_x - nose_x * across_y) / apart**2,
        roll_degrees=math.degrees(math.atan2(across_y, across_x)),
        eyes_px=apart,
        centre_x=middle_x,
        centre_y=middle_y,
    )


def rest(series: Sequence[Shown]) -> Rest | None:
    """From the newest pictures before the first move; None while the face is not straight and still in them."""
    newest = [one for one in series if one.step == 0][-_LEAST_STILL_FRAMES:]
    if len(newest) < _LEAST_STILL_FRAMES:
        return None
    found = Rest(
        turn=statistics.median(one.turn for one in newest),
        drop=statistics.median(one.drop for one in newest),
        roll_degrees=statistics.median(one.roll_degrees for one in newest),
        eyes_px=statistics.median(one.eyes_px for one in newest),
    )
    straight = abs(found.turn) <= _STRAIGHT and abs(found.roll_degrees) <= _LEVEL_DEGREES
    still = max(one.turn for one in newest) - min(one.turn for one in newest) <= _STILL
    return found if straight and still and found.drop > 0 else None


def progress(
    asked: Move, series: Sequence[Shown], *, held: Rest, step: int, prompt_ms: int, least_reaction_ms: int
) -> Progress:
    """How far the move of this step is. What was shown before the prompt must end before it counts again."""
    found, run = _followed(asked, series, held=held, step=step)
    if found is Progress.DONE and run[0].at_ms - prompt_ms < least_reaction_ms:
        return Progress.EARLY
    return found


def proof(asked: Move, series: Sequence[Shown], *, held: Rest, step: int) -> list[Shown]:
    """The pictures, one after another, by which the move of this step counts as made; none where it does not."""
    found, run = _followed(asked, series, held=held, step=step)
    return run if found is Progress.DONE else []


def _followed(asked: Move, series: Sequence[Shown], *, held: Rest, step: int) -> tuple[Progress, list[Shown]]:
    earlier = [one for one in series if one.step < step]
    if not earlier:
        return Progress.WAITING, []
    near_px = _near_px(series, step)
    lingering = _moves(earlier[-1], held, near_px)
    run: list[Shown] = []
    wrong = 0
    for one in (one for one in series if one.step == step):
        moves = _moves(one, held, near_px)
        lingering &= moves
        fresh = moves - lingering
        if asked not in fresh:
            run = []
            wrong = wrong + 1 if fresh - {Move.COME_CLOSER} else 0
        else:
            run, wrong = [*run, one], 0
        if len(run) >= _HELD_FRAMES and one.at_ms - run[0].at_ms >= _HELD_MS:
            return Progress.DONE, run
        if wrong >= _WRONG_FRAMES:
            return Progress.WRONG, []
    return Progress.WAITING, []


def judge(
    moves: Sequence[Move], series: Sequence[Shown], *, prompts_ms: Sequence[int], least_reaction_ms: int
) -> tuple[Flag, ...]:
    """What is wrong with the whole series: nothing, or the first move that failed, and a cut in the picture."""
    jumped = (Flag.PICTURE_JUMPED,) if jumps(series) else ()
    held = rest(series)
    if held is None:
        return (Flag.NOT_STILL, *jumped)
    for step, asked in enumerate(moves, 1):
        if step >= len(prompts_ms):
            return (Flag.MOVE_MISSING, *jumped)
        found = progress(
            asked,
            series,
            held=held,
            step=step,
            prompt_ms=prompts_ms[step],
            least_reaction_ms=least_reaction_ms,
        )
        if found is not Progress.DONE:
            return (FLAGS[found], *jumped)
    return jumped


FLAGS = {
    Progress.WAITING: Flag.MOVE_MISSING,
    Progress.WRONG: Flag.WRONG_MOVE,
    Progress.EARLY: Flag.TOO_EARLY,
}


def jumps(series: Sequence[Shown]) -> bool:
    """A cut: between two pictures that follow each other closely the face is somewhere else, or another size."""
    for one, other in pairwise(series):
        if other.at_ms - one.at_ms > _NEXT_MS:
            continue
        way = math.hypot(other.centre_x - one.centre_x, other.centre_y - one.centre_y)
        growth = max(one.eyes_px, other.eyes_px) / min(one.eyes_px, other.eyes_px)
        if way > _MOST_JUMP * one.eyes_px or growth > _MOST_GROWTH:
            return True
    return False


def straightness(one: Shown, held: Rest) -> float:
    """0 for the face as it was held at the beginning; the larger, the less it looks that way."""
    return (
        abs(one.turn - held.turn)
        + abs(one.drop / held.drop - 1)
        + abs(one.roll_degrees - held.roll_degrees) / 90
    )


def held_frames(asked: Move, series: Sequence[Shown], *, held: Rest, step: int) -> list[Shown]:
    """Those of the step's pictures that show its move."""
    near_px = _near_px(series, step)
    return [one for one in series if one.step == step and asked in _moves(one, held, near_px)]


def _near_px(series: Sequence[Shown], step: int) -> float:
    """How near the face was before the prompt: people drift."""
    return statistics.median(
        one.eyes_px for one in [one for one in series if one.step < step][-_LEAST_STILL_FRAMES:]
    )


def _moves(one: Shown, held: Rest, near_px: float) -> set[Move]:
    found = set()
    roll, turned = one.roll_degrees - held.roll_degrees, one.turn - held.turn
    solid = abs(roll) <= _TURN_ROLL_DEGREES and _LEAST_NARROWING <= one.drop / held.drop <= _MOST_NARROWING
    if solid and abs(turned) >= _TURN:
        found.add(Move.TURN_LEFT if turned > 0 else Move.TURN_RIGHT)
    if abs(roll) >= _TILT_DEGREES:
        found.add(Move.TILT_LEFT if roll > 0 else Move.TILT_RIGHT)
    if one.eyes_px >= _CLOSER * near_px:
        found.add(Move.COME_CLOSER)
    return found
