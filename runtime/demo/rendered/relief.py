"""The face as a height over the picture: outline, eye sockets, nose, lips; and what covers what."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.demo.rendered.look import Look

Grid = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """What changes within a call: eyes 0 closed to 1 open, mouth 0 closed to 1 wide open."""

    eyes: float = 1.0
    mouth: float = 0.0


CALM = Expression()


@dataclass(frozen=True, slots=True)
class Canvas:
    """The face's own coordinates on a picture; `unit` is pixels for one."""

    width: int
    height: int
    unit: float
    x: Grid
    y: Grid

    @classmethod
    def of(cls, width: int, height: int, *, unit: float, center: tuple[float, float]) -> "Canvas":
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        return cls(
            width,
            height,
            unit,
            (x - np.float32(center[0])) / np.float32(unit),
            (y - np.float32(center[1])) / np.float32(unit),
        )

    def blurred(self, grid: Grid, radius: float) -> Grid:
        return cv2.GaussianBlur(grid, (0, 0), max(0.3, radius * self.unit)).astype(np.float32)

    def edge(self, distance: Grid, softness: float = 0.0) -> Grid:
        """1 where the distance is positive, with an edge a pixel and a half (or `softness`) wide."""
        return np.clip(distance / max(1.5 / self.unit, softness) + 0.5, 0, 1).astype(np.float32)


def bell(value: Grid, spread: float) -> Grid:
    return np.exp(-0.5 * np.square(value / spread))


def waves(canvas: Canvas, amounts: tuple[float, ...]) -> Grid:
    """A smooth field from a dozen numbers, alike left and right."""
    field = np.zeros_like(canvas.x)
    for place, amount in enumerate(amounts):
        across, down = place % 3, place // 3
        field += (
            np.float32(amount)
            * np.cos(canvas.x * np.float32(across * 2.6))
            * np.cos((canvas.y + 1) * np.float32((down + 0.5) * 1.5))
        )
    return field


def half_width(canvas: Canvas, look: Look) -> Grid:
    """From the middle line to the edge of the face at every height."""
    chin = look["chin_y"]
    heights = [-1.2, -0.9, -0.45, 0.0, 0.35, 0.62, chin - 0.16, chin + 0.2]
    widths = [
        look["skull"] * 0.9, look["skull"], look["temple"], look["cheek"],
        look["cheek"] * 0.35 + look["jaw"] * 0.62, look["jaw"], look["chin"] + 0.10, look["chin"] + 0.02,
    ]  # fmt: skip
    fine = np.linspace(-1.6, 1.4, 600)
    rough = np.interp(fine, heights, widths)
    kernel = np.hanning(41)
    smooth = np.convolve(np.pad(rough, 20, mode="edge"), kernel / kernel.sum(), mode="valid")
    # Crown and chin close like arcs.
    smooth *= np.clip(1 - np.clip((fine - chin + 0.26) / 0.26, 0, 1) ** 2.2, 0, 1) ** 0.5
    smooth *= np.clip(1 - np.clip((-0.9 - fine) / 0.5, 0, 1) ** 2.2, 0, 1) ** 0.5
    return np.interp(canvas.y, fine, smooth).astype(np.float32) - np.float32(0.01)


def lids(canvas: Canvas, look: Look, expression: Expression, side: int) -> tuple[Grid, Grid, Grid]:
    """Along one eye: place from corner to corner (-1 inner, 1 outer), height of the upper and the lower lid."""
    along = (canvas.x * side - look["eye_x"]) / look["eye_width"]
    inside = np.clip(1 - along * along, 0, 1)
    level = look["eye_y"] - look["eye_tilt"] * along
    opening = np.float32(look["eye_height"])
    lower = level + opening * 0.62 * inside**0.9
    upper = level - opening * (1.25 * expression.eyes - 0.55 * (1 - expression.eyes)) * (inside**0.7) * (
        1 - 0.12 * along
    )
    return along, upper, lower


def heights(canvas: Canvas, look: Look, expression: Expression) -> Grid:
    """Height towards the viewer, 0 at the outline."""
    x, y = canvas.x, canvas.y
    width = half_width(canvas, look)
    across = np.clip(1 - np.abs(x / np.maximum(width, 1e-3)) ** 2.3, 0, 1)
    down = np.clip(1 - np.abs((y + 0.1) / 1.32) ** 3, 0, 1)
    z = look["depth"] * across**0.6 * (0.35 + 0.65 * down)
    z += 0.035 * waves(canvas, look.relief) * across
    z += _eyes(canvas, look, expression) + _nose(canvas, look) + _mouth(canvas, look, expression)
    z += look["cheek_bone"] * (bell(np.abs(x) - 0.46, 0.14) * bell(y - 0.13, 0.11))
    z -= look["cheek_hollow"] * (bell(np.abs(x) - 0.44, 0.12) * bell(y - 0.50, 0.16))
    z += look["chin_ball"] * bell(x, 0.17) * bell(y - look["chin_y"] + 0.15, 0.09)
    z -= 0.05 * look["cleft"] * bell(x, 0.022) * bell(y - look["chin_y"] + 0.12, 0.06)
    return np.asarray(z, np.float32)


def _eyes(canvas: Canvas, look: Look, expression: Expression) -> Grid:
    x, y = canvas.x, canvas.y
    z = np.zeros_like(x)
    for side in (-1, 1):
        near = x * side - look["eye_x"]
        z -= look["socket"] * bell(near + 0.02, 0.17) * bell(y - look["eye_y"] + 0.02, 0.10)
        ball = np.clip(1 - (near / (look["eye_width"] * 1.25)) ** 2 - ((y - look["eye_y"]) / 0.14) ** 2, 0, 1)
        z += 0.085 * np.sqrt(ball)
        brow = y - look["eye_y"] + look["brow_y"]
        z += look["brow_ridge"] * bell(near + 0.03, 0.20) * bell(brow - 0.02, 0.065)
        z -= (
            0.05
            * look["bags"]
            * bell(near, 0.14)
            * bell(y - look["eye_y"] - 0.135 + 0.25 * near * near, 0.018)
        )
        along, upper, _ = lids(canvas, look, expression, side)
        within = canvas.edge(1.05 - np.abs(along), 0.1)
        z -= 0.03 * look["crease"] * bell(y - upper + look["crease_y"], 0.014) * within
        z += 0.018 * bell(y - upper + 0.018, 0.014) * within
    return z


def _nose(canvas: Canvas, look: Look) -> Grid:
    x, y = canvas.x - np.float32(look["nose_skew"]) * bell(canvas.y - look["nose_y"], 0.3), canvas.y
    tip = look["nose_y"] - 0.06
    root = look["eye_y"] - 0.08
    along = np.clip((y - root) / (tip - root), 0, 1)
    fall = np.clip(1 - (y - tip) / 0.11, 0, 1)
    profile = np.where(
        y < tip,
        look["nose_root"] + (look["nose_height"] - look["nose_root"]) * along**1.25,
        look["nose_height"] * fall * fall * (3 - 2 * fall),
    )
    profile *= np.clip((y - root + 0.12) / 0.12, 0, 1)
    spread = look["nose_bridge"] * (1 - along) + look["nose_tip"] * along
    z = profile * np.exp(-0.5 * np.square(x / spread))
    for side in (-1, 1):
        z += (
            0.10
            * bell(x - side * look["nose_width"] * 0.72, look["nose_width"] * 0.30)
            * bell(y - look["nose_y"] + 0.035, 0.045)
        )
        groove = x * side - look["nose_width"] * 1.05 - np.clip(y - look["nose_y"], 0, 1) * 0.55
        z -= (
            0.055
            * look["fold"]
            * np.exp(-0.5 * np.square(groove / 0.03))
            * bell(y - look["nose_y"] - 0.12, 0.13)
        )
    return z


def _mouth(canvas: Canvas, look: Look, expression: Expression) -> Grid:
    x = (canvas.x - look["mouth_skew"]) / look["mouth_width"]
    y = canvas.y - look["mouth_y"] - look["mouth_curve"] * (1 - x * x)
    inside = np.clip(1 - x * x, 0, 1)
    drop = 0.16 * expression.mouth * inside
    z = 0.05 * np.sqrt(inside) * bell(y + look["lip_upper"] * 0.5, look["lip_upper"] * 0.55)
    z += 0.065 * np.sqrt(inside) * bell(y - drop - look["lip_lower"] * 0.5, look["lip_lower"] * 0.5)
    z -= 0.04 * bell(y, 0.014) * canvas.edge(1.08 - np.abs(x), 0.15)
    z -= 0.03 * bell(x, 0.6) * bell(y - drop - look["lip_lower"] - 0.05, 0.03)
    z -= 0.03 * bell(canvas.x, 0.025) * bell(canvas.y - (look["nose_y"] + look["mouth_y"]) / 2, 0.07)
    z += 0.05 * bell(x, 0.8) * bell(y, 0.14)
    return z
