"""Hair of the head, brows and beard, and a pair of glasses."""

import cv2
import numpy as np

from runtime.demo.rendered import relief, skin
from runtime.demo.rendered.look import Look
from runtime.demo.rendered.relief import Canvas, Grid, bell
from runtime.demo.rendered.skin import Colour


def tone(look: Look) -> Colour:
    dark = np.array([0.09, 0.07, 0.06], np.float32)
    fair = np.array([0.80, 0.62, 0.42], np.float32)
    red = np.array([0.62, 0.24, 0.12], np.float32)
    light = fair + (red - fair) * np.float32(look["hair_red"])
    return dark + (light - dark) * np.float32(look["hair_light"] ** 1.3)


def strands(canvas: Canvas, look: Look, seed: int) -> Grid:
    """Fine light and dark stripes that run from the parting down."""
    spread = np.arctan2(canvas.x - look["hair_part"] * 0.6, canvas.y + 2.1)
    wavy = (
        spread + look["hair_wave"] * np.sin(canvas.y * 7 + spread * 3) + 0.01 * skin.noise(canvas, seed, 0.2)
    )
    dice = np.random.default_rng(look.grain + seed)
    lines = np.zeros_like(canvas.x)
    for count, strength in ((60, 0.5), (140, 0.6), (330, 0.5)):
        table = dice.standard_normal(count).astype(np.float32)
        lines += strength * np.interp(wavy, np.linspace(-3.2, 3.2, count * 4), np.tile(table, 4)).astype(
            np.float32
        )
    return lines


def _coloured(canvas: Canvas, look: Look, seed: int) -> Colour:
    stripes = strands(canvas, look, seed)
    band = bell(canvas.y + 1.02 - 0.25 * canvas.x * canvas.x, 0.13) + 0.5 * bell(canvas.y - 0.2, 0.3)
    shade = 1 + 0.22 * stripes + (0.25 + 0.6 * look["hair_light"]) * band * np.clip(0.6 + 0.4 * stripes, 0, 2)
    return (tone(look) * np.clip(shade, 0.15, 3)[..., None]).astype(np.float32)


def behind(canvas: Canvas, look: Look) -> tuple[Colour, Grid]:
    """What hangs behind the face and neck; short hair has none."""
    x, y = canvas.x, canvas.y
    down = np.clip(y + 0.45, 0, 2)
    reach = (look["skull"] + look["hair_volume"]) * (1 + 0.09 * down) + 0.03 * skin.noise(
        canvas, look.grain + 11, 0.3
    ) * down
    ends = look["hair_long"] - y + 0.1 * strands(canvas, look, 7)
    amount = canvas.edge(reach - np.abs(x), 0.02) * canvas.edge(y + 0.62) * canvas.edge(ends, 0.05)
    return _coloured(canvas, look, 8) * 0.75, amount * (1 if look["hair_long"] > 0 else 0)


def front(canvas: Canvas, look: Look) -> tuple[Colour, Grid]:
    """The crown, the fringe and what frames the face."""
    x, y = canvas.x, canvas.y
    rough = 0.02 * strands(canvas, look, 5)
    top = look["skull"] + look["hair_volume"]
    crown = np.abs(x / top) ** 2.3 + np.abs((y + 0.62) / (0.74 + look["hair_volume"])) ** 2.3
    outer = canvas.edge((1 - crown) * 0.5 + rough * 0.6, 0.02)
    line = look["hair_line"] + look["hair_curve"] * (x - look["hair_part"] * 0.4) ** 2
    line = line + look["fringe"] * (0.75 + look["fringe_lean"] * x * 2) * bell(x, 0.55)
    above = canvas.edge(line - y + rough * 1.5, 0.03)
    edge = relief.half_width(canvas, look)
    depth = look["hair_side"] + 0.03 + 0.05 * np.clip(-y, 0, 1)
    last = look["hair_long"] if look["hair_long"] > 0 else 0.02
    beside = canvas.edge(
        np.abs(x) - np.maximum(edge, look["temple"] * 0.9 * (y > 0.3)) + depth + rough, 0.03
    ) * canvas.edge(last - y + rough * 4, 0.05)
    beside *= np.maximum(outer, canvas.edge(y + 0.62)) * canvas.edge(top + 0.005 - np.abs(x) + rough, 0.02)
    amount = np.maximum(
        outer
        * np.maximum(above, canvas.edge(np.abs(x) - edge + depth + rough, 0.03) * canvas.edge(0.02 - y)),
        beside,
    )
    return _coloured(canvas, look, 5), amount.astype(np.float32)


def _stroke(
    layer: Grid, canvas: Canvas, start: tuple[float, float], end: tuple[float, float], thick: float
) -> None:
    origin = (-float(canvas.x[0, 0]) * canvas.unit, -float(canvas.y[0, 0]) * canvas.unit)
    points = [
        (round((p[0] * canvas.unit + origin[0]) * 16), round((p[1] * canvas.unit + origin[1]) * 16))
        for p in (start, end)
    ]
    cv2.line(layer, points[0], points[1], 255, max(1, round(thick * canvas.unit)), cv2.LINE_AA, 4)


def brows(canvas: Canvas, look: Look) -> Grid:
    layer = np.zeros(canvas.x.shape, np.uint8)
    dice = np.random.default_rng(look.grain + 21)
    for side in (-1, 1):
        for _ in range(170):
            t = dice.random()
            x = look["brow_inner"] + (look["brow_outer"] - look["brow_inner"]) * t
            thick = look["brow_thick"] * (1 - 0.55 * t) * (0.6 + 0.4 * min(1, t * 6))
            y = (
                look["eye_y"]
                - look["brow_y"]
                - look["brow_arch"] * np.sin(np.pi * min(1, t * 0.95) ** 1.3)
                - look["brow_tilt"] * (t - 0.4)
            )
            y += dice.uniform(-1, 1) * thick
            lean = 0.9 - 0.8 * t
            length = 0.04 + 0.02 * dice.random()
            _stroke(layer, canvas, (side * x, y), (side * (x + length * 0.8), y - length * lean * 0.6), 0.008)
    amount = layer.astype(np.float32) / 255
    return np.clip(
        canvas.blurred(amount, 0.005) * 0.7 + canvas.blurred(amount, 0.02) * 0.5, 0, 1
    ) * np.float32(look["brow_dark"])


def beard(canvas: Canvas, look: Look) -> Grid:
    """How much of the skin hair covers: moustache, chin, cheeks, stubble."""
    x, y = canvas.x, canvas.y
    edge = relief.half_width(canvas, look)
    lips = np.hypot(
        (x - look["mouth_skew"]) / (look["mouth_width"] * 1.02),
        (y - look["mouth_y"] - look["lip_lower"] * 0.25) / 0.10,
    )
    free = canvas.edge(lips - 1.0, 0.12)
    middle = (look["nose_y"] + look["mouth_y"]) / 2 + 0.02 + 0.25 * x * x
    moustache = (
        bell(y - middle, 0.05)
        * canvas.edge(look["mouth_width"] * 1.25 - np.abs(x), 0.1)
        * look.on("moustache")
    )
    goatee = (
        canvas.edge(0.27 - np.abs(x), 0.1) * canvas.edge(y - look["mouth_y"] - 0.06, 0.08) * look.on("goatee")
    )
    cheek = canvas.edge(np.abs(x) - edge + 0.26 + 0.35 * np.clip(y - 0.35, 0, 1), 0.12) * canvas.edge(
        y - 0.12, 0.2
    )
    chin = canvas.edge(y - look["mouth_y"] - 0.14, 0.08)
    whiskers = np.maximum(cheek, chin) * look.on("whiskers")
    shadow = (
        np.maximum(np.maximum(cheek, chin), bell(y - middle, 0.06) * canvas.edge(0.3 - np.abs(x), 0.1))
        * look["stubble"]
        * 0.45
    )
    grain = skin.noise(canvas, look.grain + 31, 0.012, stretch=2.5)
    thick = np.maximum(np.maximum(moustache, goatee), whiskers)
    cover = np.clip(thick * (1.25 + 0.35 * grain), 0, 1) * free
    return np.asarray(np.clip(np.maximum(cover, shadow * (0.8 + 0.5 * grain) * free), 0, 0.97), np.float32)


def glasses(canvas: Canvas, look: Look) -> Grid:
    """The frame; the lenses stay clear, or the eyes could not be compared."""
    size, power = look["glass_size"], look["glass_round"]
    y = canvas.y - look["eye_y"] - 0.03
    frame = np.zeros_like(canvas.x)
    for side in (-1, 1):
        near = canvas.x * side - max(look["eye_x"] + 0.015, size + 0.05)
        ring = (np.abs(near / size) ** power + np.abs(y / (size * 0.78)) ** power) ** (1 / power)
        frame = np.maximum(frame, canvas.edge(look["glass_thick"] - np.abs(ring - 1) * size, 0.008))
        arm = (
            canvas.edge(look["glass_thick"] * 0.8 - np.abs(y + 0.05))
            * canvas.edge(near - size)
            * canvas.edge(relief.half_width(canvas, look) - np.abs(canvas.x))
        )
        frame = np.maximum(frame, arm)
    gap = max(look["eye_x"] + 0.015, size + 0.05) - size
    bridge = canvas.edge(look["glass_thick"] - np.abs(y + 0.06 - 0.5 * canvas.x**2)) * canvas.edge(
        gap - np.abs(canvas.x)
    )
    return np.asarray(np.maximum(frame, bridge), np.float32)
