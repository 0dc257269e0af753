"""Pictures of a rendered person: the register's portrait, and live frames before a camera."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.demo.rendered import head, turning
from runtime.demo.rendered.head import Light, Pose
from runtime.demo.rendered.look import Look
from runtime.demo.rendered.relief import Canvas, Expression

Picture = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 1280, 720
PORTRAIT_PX = (360, 480)
POSED_PX = (640, 480)

_PAPER = np.array([0.82, 0.85, 0.88], np.float32)
_STRAIGHT = Pose()
_ROOM_LIGHT = Light(x=0.4, y=-0.3, z=0.75, warm=0.5, around=0.52, strength=0.82)
# A blink each three seconds or so; the lips move as if somebody spoke.
_BLINK_EVERY_SECONDS, _BLINK_SECONDS = 3.1, 0.16
_SYLLABLE_SECONDS = 0.45


def portrait(look: Look) -> Picture:
    """As a photographer of documents takes it: straight, plain paper behind, red-green-blue."""
    width, height = PORTRAIT_PX
    canvas = Canvas.of(width, height, unit=130, center=(width / 2, height / 2))
    taken = head.on(head.render(canvas, look), _PAPER)
    return marked(np.ascontiguousarray(taken), size=0.5)


def marked(picture: Picture, *, size: float) -> Picture:
    """Says at its lower edge that nobody is like that."""
    at = (10, picture.shape[0] - 12)
    return np.asarray(
        cv2.putText(picture, "SPECIMEN", at, cv2.FONT_HERSHEY_SIMPLEX, size, (90, 20, 20), 1, cv2.LINE_AA),
        np.uint8,
    )


@dataclass(frozen=True, slots=True)
class Camera:
    """Layers drawn once; a frame is one of them, moved a little."""

    open_eyes: Picture
    closed_eyes: Picture
    open_mouth: Picture

    def frame(self, at_seconds: float) -> Picture:
        """1280x720, red-green-blue, at an instant of the call."""
        layer = self.open_eyes
        if at_seconds % _BLINK_EVERY_SECONDS < _BLINK_SECONDS:
            layer = self.closed_eyes
        elif int(at_seconds / _SYLLABLE_SECONDS) % 2:
            layer = self.open_mouth
        return swayed(layer, at_seconds)


def swayed(picture: Picture, at_seconds: float) -> Picture:
    """Nobody sits quite still."""
    moved = np.array([[1, 0, 5 * np.sin(at_seconds * 0.9)], [0, 1, 3 * np.sin(at_seconds * 1.3)]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, moved, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def camera(look: Look) -> Camera:
    """Draws the layers: a second or two."""
    return Camera(
        open_eyes=_seated(look, Expression()),
        closed_eyes=_seated(look, Expression(eyes=0.0)),
        open_mouth=_seated(look, Expression(mouth=0.3)),
    )


def _seated(look: Look, expression: Expression) -> Picture:
    canvas = Canvas.of(WIDTH_PX, HEIGHT_PX, unit=215, center=(WIDTH_PX / 2, HEIGHT_PX * 0.46))
    drawn = head.render(
        canvas, look, light=_ROOM_LIGHT, pose=Pose(yaw=0.05, roll=0.02), expression=expression
    )
    return marked(np.ascontiguousarray(head.on(drawn, _room())), size=0.8)


def posed(look: Look, pose: Pose = _STRAIGHT, *, nearer: float = 1.0) -> Picture:
    """640x480 before a camera: turned, tilted or nearer, as the verification of a face asks for."""
    width, height = POSED_PX
    canvas = Canvas.of(width, height, unit=118 * nearer, center=(width / 2, height * 0.47))
    drawn = head.render(canvas, look, light=_ROOM_LIGHT, pose=pose, turn=turning.turned)
    room = np.asarray(cv2.resize(_room(), POSED_PX, interpolation=cv2.INTER_AREA), np.float32)
    return marked(np.ascontiguousarray(head.on(drawn, room)), size=0.5)


@functools.cache
def _room() -> NDArray[np.float32]:
    """A wall that is lighter above, and a shelf."""
    rows = np.linspace(0.62, 0.40, HEIGHT_PX, dtype=np.float32)[:, None, None]
    wall = np.broadcast_to(rows, (HEIGHT_PX, WIDTH_PX, 1)) * np.array([0.98, 0.96, 0.90], np.float32)
    room = np.ascontiguousarray(wall, np.float32)
    room[150:170, 60:330] = (0.35, 0.26, 0.20)
    room[90:150, 90:120] = (0.30, 0.42, 0.50)
    room[100:150, 130:170] = (0.55, 0.30, 0.28)
    return room
