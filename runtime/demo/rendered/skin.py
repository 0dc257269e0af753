"""What colour the face has before any light falls on it: skin, eyes, lips, folds."""

import cv2
import numpy as np

from runtime.demo.rendered import relief
from runtime.demo.rendered.look import Look
from runtime.demo.rendered.relief import Canvas, Expression, Grid, bell

# height x width x 3, red green blue, 0 to 1
Colour = Grid

_PALE = np.array([0.97, 0.84, 0.76], np.float32)
_OLIVE = np.array([0.86, 0.66, 0.47], np.float32)
_BROWN = np.array([0.16, 0.08, 0.04], np.float32)
_HAZEL = np.array([0.36, 0.30, 0.12], np.float32)
_GREY_BLUE = np.array([0.30, 0.42, 0.50], np.float32)


def noise(canvas: Canvas, seed: int, size: float, *, stretch: float = 1.0) -> Grid:
    """Grain of about `size` face units, spread about 0 with deviation 1; the same at every resolution."""
    across, down = max(4, int(4 / size)), max(4, int(4 / size / stretch))
    rough = np.random.default_rng(seed).standard_normal((down, across)).astype(np.float32)
    column = (canvas.x + 2) / 4 * (across - 1)
    row = (canvas.y + 2) / 4 * (down - 1)
    return np.asarray(
        cv2.remap(rough, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32
    )


def blend(under: Colour, over: Colour, amount: Grid) -> Colour:
    return under + (np.asarray(over, np.float32) - under) * amount[..., None]


def base(look: Look) -> Colour:
    return (_PALE + (_OLIVE - _PALE) * look["skin_warm"]) * np.float32(look["skin_light"])


def face(canvas: Canvas, look: Look, expression: Expression) -> Colour:
    x, y = canvas.x, canvas.y
    colour: Colour = np.broadcast_to(base(look), (*x.shape, 3)).astype(np.float32)
    colour = colour * (
        1 + 0.10 * relief.waves(canvas, look.tint)[..., None] * np.array([0.7, 1.0, 1.1], np.float32)
    )
    blotch = noise(canvas, look.grain, 0.12) * 0.5 + noise(canvas, look.grain + 1, 0.05) * 0.4
    colour = colour * (1 + look["blotch"] * 0.10 * blotch[..., None] * np.array([0.4, 1.0, 1.0], np.float32))
    colour = colour * (1 + 0.035 * noise(canvas, look.grain + 2, 0.014)[..., None])
    ruddy = bell(np.abs(x) - 0.42, 0.17) * bell(y - look["blush_y"], 0.15) + 0.7 * bell(x, 0.13) * bell(
        y - look["nose_y"] + 0.05, 0.1
    )
    colour = colour * (1 - look["blush"] * 0.35 * ruddy[..., None] * np.array([0.1, 1.0, 0.9], np.float32))
    freckle = np.clip(noise(canvas, look.grain + 3, 0.022) - 1.1, 0, 1) * bell(y - 0.15, 0.28)
    colour = colour * (
        1 - look.on("freckles") * 0.6 * freckle[..., None] * np.array([0.5, 0.9, 1.0], np.float32)
    )
    lines = (
        bell(y + 0.55 + 0.05 * x * x, 0.008) + bell(y + 0.66 + 0.06 * x * x, 0.008) + bell(y + 0.44, 0.006)
    )
    colour = colour * (1 - look.on("wrinkles") * 0.22 * (lines * bell(x, 0.32))[..., None])
    colour = _mouth(canvas, look, expression, colour)
    colour = _nostrils(canvas, look, colour)
    for side in (-1, 1):
        colour = _eye(canvas, look, expression, colour, side)
    return colour.astype(np.float32)


def _nostrils(canvas: Canvas, look: Look, colour: Colour) -> Colour:
    for side in (-1, 1):
        near = canvas.x - look["nose_skew"] - side * look["nose_width"] * 0.42
        hole = np.exp(
            -(
                (
                    (near / (look["nose_width"] * 0.24)) ** 2
                    + ((canvas.y - look["nose_y"] - 0.012) / 0.020) ** 2
                )
                ** 1.5
            )
        )
        colour = blend(
            colour,
            base(look) * np.array([0.25, 0.16, 0.14], np.float32),
            hole.astype(np.float32) * np.float32(0.9 * look["nostril"]),
        )
    return colour


def _mouth(canvas: Canvas, look: Look, expression: Expression, colour: Colour) -> Colour:
    x = (canvas.x - look["mouth_skew"]) / look["mouth_width"]
    y = canvas.y - look["mouth_y"] - look["mouth_curve"] * (1 - x * x)
    inside = np.clip(1 - x * x, 0, 1)
    drop = 0.16 * expression.mouth * inside
    peak = look["lip_upper"] * inside**0.8 - look["bow"] * bell(x, 0.16)
    upper = canvas.edge(y + peak, 0.03) * canvas.edge(-y + 0.004)
    lower = canvas.edge(y - drop + 0.004) * canvas.edge(drop + look["lip_lower"] * inside**0.8 - y, 0.03)
    amount = np.maximum(upper, lower) * canvas.edge(1 - np.abs(x))
    natural = base(look) * np.array([0.86, 0.62, 0.60], np.float32)
    red = np.array([0.66, 0.12, 0.16], np.float32) * np.float32(0.6 + 0.4 * look["skin_light"])
    lip = (natural + (red - natural) * look["lip_red"]) * np.float32(1 - 0.4 * look["lip_dark"])
    texture = 1 + 0.10 * noise(canvas, look.grain + 4, 0.02, stretch=3.0)
    colour = blend(colour, lip * texture[..., None], amount * 0.85)
    if expression.mouth > 0:
        hole = canvas.edge(y) * canvas.edge(drop - y) * canvas.edge(1 - np.abs(x))
        teeth = canvas.edge(0.05 - y) * hole
        colour = blend(colour, np.array([0.16, 0.05, 0.05], np.float32), hole)
        colour = blend(
            colour, np.array([0.86, 0.83, 0.78], np.float32), teeth * canvas.edge(0.75 - np.abs(x), 0.2)
        )
    line = bell(y, 0.009) * canvas.edge(1.03 - np.abs(x), 0.1) * (1 - 0.6 * expression.mouth)
    return blend(
        colour, base(look) * np.array([0.30, 0.16, 0.15], np.float32), line.astype(np.float32) * 0.85
    )


def _eye(canvas: Canvas, look: Look, expression: Expression, colour: Colour, side: int) -> Colour:
    along, upper, lower = relief.lids(canvas, look, expression, side)
    x, y = canvas.x * side - look["eye_x"], canvas.y
    within = canvas.edge(1 - np.abs(along))
    tint = np.array([0.35 + look["shadow_red"], 0.25, 0.28], np.float32)
    painted = canvas.edge(upper - y, 0.02) * np.exp(-np.clip(upper - y, 0, None) / 0.07) * bell(along, 0.8)
    colour = blend(
        colour, tint * np.float32(look["skin_light"]), painted.astype(np.float32) * np.float32(look["shadow"])
    )
    colour = colour * (
        1 - 0.28 * look["bags"] * (bell(x, 0.13) * bell(y - look["eye_y"] - 0.11, 0.04))[..., None]
    )
    open_ = canvas.edge(y - upper) * canvas.edge(lower - y) * within
    white = np.array([0.90, 0.87, 0.85], np.float32) * (0.80 + 0.2 * bell(along, 0.6))[..., None]
    radius = np.hypot(x + 0.004 * side, y - look["eye_y"] + look["eye_height"] * 0.22)
    pale = _HAZEL + (_GREY_BLUE - _HAZEL) * np.float32(look["iris_blue"])
    iris = _BROWN + (pale - _BROWN) * np.float32(max(0.0, look["iris_light"] * 1.6 - 0.6))
    fibre = 0.75 + 0.5 * np.clip(radius / look["iris"], 0, 1) + 0.10 * noise(canvas, look.grain + 5, 0.012)
    ball = blend(white, iris * fibre[..., None], canvas.edge(look["iris"] - radius, 0.012))
    ball = ball * (1 - 0.6 * bell(radius - look["iris"], 0.006))[..., None]
    ball = blend(
        ball, np.array([0.02, 0.02, 0.02], np.float32), canvas.edge(look["iris"] * 0.42 - radius, 0.01)
    )
    ball = ball * (0.52 + 0.48 * np.clip((y - upper) / 0.045, 0, 1))[..., None]
    glint = np.hypot(canvas.x - side * look["eye_x"] + 0.020, y - look["eye_y"] + look["eye_height"] * 0.55)
    ball = blend(ball, np.array([1, 1, 1], np.float32), canvas.edge(0.014 - glint, 0.012))
    colour = blend(colour, ball, open_)
    lashes = canvas.edge(
        0.011 * (0.5 + look["lash"]) * (0.7 + 0.5 * along) - np.abs(y - upper), 0.012
    ) * canvas.edge(1.06 - np.abs(along))
    colour = blend(colour, np.array([0.05, 0.04, 0.04], np.float32), lashes * 0.92)
    rim = bell(y - lower, 0.008) * within
    colour = blend(
        colour, base(look) * np.array([0.50, 0.32, 0.30], np.float32), rim.astype(np.float32) * 0.55
    )
    crease = bell(y - upper + look["crease_y"], 0.008) * canvas.edge(1.0 - np.abs(along), 0.2)
    colour = blend(
        colour,
        base(look) * np.array([0.45, 0.30, 0.27], np.float32),
        crease.astype(np.float32) * np.float32(0.75 * look["crease"]),
    )
    corner = np.hypot((along + 0.94) * 0.15, y - look["eye_y"] - look["eye_tilt"])
    return blend(colour, np.array([0.66, 0.36, 0.34], np.float32), canvas.edge(0.014 - corner, 0.012) * open_)
