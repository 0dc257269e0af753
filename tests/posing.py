"""Rendered people before a camera, doing what a verification asks for: frames as JPEG, drawn once."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ca_core.face_attempt import Move
from runtime.demo import rendered
from runtime.demo.rendered import drawing, render
from runtime.demo.rendered.drawing import Picture
from runtime.demo.rendered.head import Pose
from video.vision.clip_wire import Plan

EVERY_MS = 160
LEAST_REACTION_MS = 250
WAYS = (0.35, 0.7, 1.0)
_YAW, _ROLL, _NEARER = 0.5, 0.40, 0.35
_JPEG_QUALITY = 85


def picture(name: str, move: Move | None = None, way: float = 1.0) -> Picture:
    """Red, green, blue. `way`: how far into the move."""
    who = rendered.by_name(name)
    assert who is not None
    yaw = {Move.TURN_LEFT: _YAW, Move.TURN_RIGHT: -_YAW}.get(move, 0.0) if move else 0.0
    roll = {Move.TILT_LEFT: _ROLL, Move.TILT_RIGHT: -_ROLL}.get(move, 0.0) if move else 0.0
    nearer = 1 + (_NEARER * way if move is Move.COME_CLOSER else 0)
    return drawing.posed(who.look, Pose(yaw=0.03 + yaw * way, roll=0.02 + roll * way), nearer=nearer)


@functools.cache
def frame(name: str, move: Move | None = None, way: float = 1.0) -> bytes:
    return render.jpeg(picture(name, move, way), _JPEG_QUALITY)


@functools.cache
def darkened(name: str) -> bytes:
    return render.jpeg(np.asarray(picture(name) * 0.25, np.uint8), _JPEG_QUALITY)


@functools.cache
def waved(name: str, yaw: float) -> bytes:
    """A flat picture of the person, held before the camera and turned."""
    flat = picture(name)
    height, width = flat.shape[:2]
    cos, sin, focal, away = np.cos(yaw), np.sin(yaw), 560.0, 0.8
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    paper = np.array([[1 / width, 0, -0.5], [0, 1 / width, -0.5 * height / width], [0, 0, 1]])
    held = np.array([[cos, 0, 0], [0, 1, 0], [-sin, 0, away]])
    taken = cv2.warpPerspective(flat, camera @ held @ paper, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return render.jpeg(np.asarray(taken, np.uint8), _JPEG_QUALITY)


def performed(name: str, move: Move, before: Move | None) -> list[bytes]:
    """What the camera sees in one step: out of the last pose, a moment of waiting, into the move, and held."""
    back = [frame(name, before, way) for way in (0.7, 0.35)] if before else []
    return [
        *back,
        *[frame(name)] * 2,
        *(frame(name, move, way) for way in WAYS[:-1]),
        *[frame(name, move)] * 5,
    ]


@dataclass
class Film:
    """Frames with their steps and times, and the prompts, as the page would send them."""

    moves: tuple[Move, ...]
    frames: list[bytes] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)
    prompts_ms: list[int] = field(default_factory=lambda: [0])

    def add(self, step: int, frames: Sequence[bytes]) -> None:
        if step:
            self.prompts_ms.append(self._now_ms - EVERY_MS + 20)
        for one in frames:
            self.steps.append((step, self._now_ms))
            self.frames.append(one)

    @property
    def _now_ms(self) -> int:
        return len(self.frames) * EVERY_MS

    @property
    def plan(self) -> Plan:
        return Plan(self.moves, tuple(self.prompts_ms), LEAST_REACTION_MS, tuple(self.steps))


def film(name: str, *moves: Move) -> Film:
    """The whole verification of somebody who does what is asked."""
    made = Film(moves)
    made.add(0, [frame(name)] * 5)
    for step, (move, before) in enumerate(zip(moves, (None, *moves), strict=False), 1):
        made.add(step, performed(name, move, before))
    return made


@dataclass
class Actor:
    """Somebody before the camera: what it sees next, whatever is asked."""

    name: str
    before: Move | None = None

    def act(self, move: Move | None) -> Iterator[bytes]:
        """Frames of one step, the last pose held on."""
        if move is None:
            shown = [frame(self.name)]
        else:
            shown = performed(self.name, move, self.before)
            self.before = move
        yield from shown
        while True:
            yield shown[-1]
