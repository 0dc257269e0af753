"""Five points of a head, and of a flat picture of it, as a camera sees them: series for the moves, without pictures."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ca_core.face_attempt import Move, Shown
from video.vision import moves

EVERY_MS = 160
# Centimetres: outer and inner corners of the eyes, right to left in the picture, then the nose; z to the camera.
_HEAD = np.array([(4.5, 0, 0), (1.7, 0.2, 1.0), (-4.5, 0, 0), (-1.7, 0.2, 1.0), (0, 4.8, 4.0)], float)
_FOCAL_PX = 560.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, positive to the person's left; centimetres from the camera."""

    yaw: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    away: float = 50.0


REST = Pose()
DONE = {
    Move.TURN_LEFT: Pose(yaw=22),
    Move.TURN_RIGHT: Pose(yaw=-22),
    Move.TILT_LEFT: Pose(roll=20),
    Move.TILT_RIGHT: Pose(roll=-20),
    Move.COME_CLOSER: Pose(away=37),
}


def points(pose: Pose, *, flat: bool = False) -> list[tuple[int, int]]:
    head = _HEAD * (1, 1, 0) if flat else _HEAD
    yaw, roll, pitch = (math.radians(angle) for angle in (pose.yaw, pose.roll, pose.pitch))
    # The camera's picture is no mirror's: the person's left is to the right in it.
    turn = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    tilt = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    seen = head @ (tilt @ nod @ turn).T
    scale = _FOCAL_PX / (pose.away - seen[:, 2])
    return [(round(320 + x * k), round(220 + y * k)) for (x, y, _), k in zip(seen, scale, strict=True)]


def between(one: Pose, other: Pose, share: float) -> Pose:
    mixed = (a + (b - a) * share for a, b in zip(_values(one), _values(other), strict=True))
    return Pose(*mixed)


def _values(pose: Pose) -> tuple[float, float, float, float]:
    return pose.yaw, pose.roll, pose.pitch, pose.away


class Film:
    """Shown frame by frame, as the page would send them: prompts are noted as they come."""

    def __init__(self, *, flat: bool = False, noise: float = 0.0, seed: int = 1) -> None:
        self.shown: list[Shown] = []
        self.prompts_ms: list[int] = [0]
        self.step, self.now_ms, self.pose = 0, 0, REST
        self._flat, self._noise, self._dice = flat, noise, np.random.default_rng(seed)

    def hold(self, pose: Pose, frames: int) -> "Film":
        for _ in range(frames):
            drawn = points(pose, flat=self._flat)
            wavering = self._dice.normal(0, self._noise, (5, 2))
            seen = [(round(x + dx), round(y + dy)) for (x, y), (dx, dy) in zip(drawn, wavering, strict=True)]
            self.shown.append(moves.shown(seen, step=self.step, at_ms=self.now_ms))
            self.now_ms += EVERY_MS
        self.pose = pose
        return self

    def go(self, pose: Pose, frames: int = 3) -> "Film":
        start = self.pose
        for place in range(1, frames + 1):
            self.hold(between(start, pose, place / frames), 1)
        return self

    def prompt(self) -> "Film":
        self.step += 1
        self.prompts_ms.append(self.now_ms - EVERY_MS + 20)
        return self

    def verdict(self, asked: Sequence[Move]) -> list[str]:
        found = moves.judge(asked, self.shown, prompts_ms=self.prompts_ms, least_reaction_ms=250)
        return [flag.value for flag in found]


def obedient(asked: Sequence[Move], *, noise: float = 0.0, seed: int = 1, waits: int = 3) -> Film:
    """Somebody who does what is asked: out of the last pose, through the middle, into the next one."""
    film = Film(noise=noise, seed=seed).hold(REST, 5)
    for move in asked:
        film.prompt().hold(film.pose, waits).go(REST, 2).go(DONE[move]).hold(DONE[move], 4)
    return film


def looped(
    asked: Sequence[Move], clip: Callable[[int], Pose], *, flat: bool = False, a_step: int = 25
) -> Film:
    """Something that plays on whatever is asked; each step lasts `a_step` frames at most, as long as it is not done."""
    film = Film(flat=flat).hold(REST, 5)
    for number, move in enumerate(asked, 1):
        film.prompt()
        for _ in range(a_step):
            film.hold(clip(len(film.shown)), 1)
            held = moves.rest(film.shown)
            assert held is not None
            found = moves.progress(
                move,
                film.shown,
                held=held,
                step=number,
                prompt_ms=film.prompts_ms[number],
                least_reaction_ms=250,
            )
            if found is not moves.Progress.WAITING:
                break
    return film
