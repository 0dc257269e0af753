"""A lit head with shoulders, as a picture with a transparent background."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ca_core.identifiers import Sex
from runtime.demo.rendered import hair, relief, skin
from runtime.demo.rendered.look import Look
from runtime.demo.rendered.relief import Canvas, Expression, Grid
from runtime.demo.rendered.skin import Colour


@dataclass(frozen=True, slots=True)
class Light:
    """Where the light comes from (x right, y down, z to the viewer), how warm, how much comes from everywhere."""

    x: float = -0.35
    y: float = -0.45
    z: float = 0.8
    warm: float = 0.0
    around: float = 0.58
    strength: float = 0.85


@dataclass(frozen=True, slots=True)
class Pose:
    """Turn of the head in radians, small ones only: left and right, up and down, and tilt."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


_STUDIO, _STRAIGHT = Light(), Pose()


@dataclass(frozen=True, slots=True)
class Layer:
    colour: Colour
    cover: Grid


# Turns what was drawn, by its height towards the viewer.
Turn = Callable[[Canvas, Layer, Grid, Pose], Layer]


def render(
    canvas: Canvas,
    look: Look,
    *,
    light: Light = _STUDIO,
    pose: Pose = _STRAIGHT,
    expression: Expression = relief.CALM,
    turn: Turn | None = None,
) -> Layer:
    """Head, hair and shoulders. `turn`: another way of turning them than that for small angles."""
    height = relief.heights(canvas, look, expression)
    cover_face = canvas.edge(relief.half_width(canvas, look) - np.abs(canvas.x))
    colour = skin.face(canvas, look, expression)
    hairs = (
        hair.tone(look) * (0.9 + 0.35 * skin.noise(canvas, look.grain + 41, 0.012, stretch=2.0))[..., None]
    )
    dark_brow = hairs * np.float32(0.6)
    growth = hair.beard(canvas, look)
    colour = skin.blend(colour, dark_brow, hair.brows(canvas, look))
    colour = skin.blend(colour, hairs * np.float32(0.85), growth)
    lit = _shaded(canvas, look, colour, height, light)
    if look.on("glasses"):
        frame = hair.glasses(canvas, look)
        shadow = np.roll(canvas.blurred(frame, 0.02), int(canvas.unit * 0.03), axis=0)
        lit = lit * (1 - 0.35 * shadow)[..., None]
        lit = skin.blend(
            lit, np.full(3, look["glass_light"], np.float32) * np.array([1.0, 0.9, 0.8], np.float32), frame
        )
    back, cover = hair.behind(canvas, look)
    picture, cover = _over(back * _plain(light), cover, *_shoulders(canvas, look, light))
    if look["hair_long"] == 0:
        picture, cover = _over(picture, cover, *_ears(canvas, look, light))
    picture, cover = _over(picture, cover, lit, cover_face)
    crown, crown_cover = hair.front(canvas, look)
    dim = np.roll(canvas.blurred(crown_cover, 0.035), int(canvas.unit * 0.045), axis=0)
    picture = picture * (1 - 0.30 * dim * cover_face)[..., None]
    picture, cover = _over(picture, cover, crown * _rounded(canvas, look, light), crown_cover)
    return (turn or _turned)(
        canvas, Layer(picture, cover), height * cover_face + 0.25 * crown_cover * (1 - cover_face), pose
    )


def _over(under: Colour, under_cover: Grid, over: Colour, over_cover: Grid) -> tuple[Colour, Grid]:
    cover = over_cover + under_cover * (1 - over_cover)
    mixed = over * over_cover[..., None] + under * (under_cover * (1 - over_cover))[..., None]
    return (mixed / np.maximum(cover, 1e-4)[..., None]).astype(np.float32), cover.astype(np.float32)


def _tint(light: Light) -> Colour:
    return np.array([1 + 0.12 * light.warm, 1.0, 1 - 0.18 * light.warm], np.float32)


def _plain(light: Light) -> Colour:
    return _tint(light) * np.float32(light.around + 0.6 * light.strength * light.z)


def _rounded(canvas: Canvas, look: Look, light: Light) -> Colour:
    """Light on something like a ball: hair."""
    nx, ny = canvas.x / (look["skull"] + 0.4), (canvas.y + 0.5) / 1.3
    nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0.05, 1))
    fall = np.clip(nx * light.x + ny * light.y + nz * light.z, 0, 2)
    return (_tint(light) * (light.around + light.strength * fall)[..., None]).astype(np.float32)


def _shaded(canvas: Canvas, look: Look, colour: Colour, height: Grid, light: Light) -> Colour:
    fine = canvas.blurred(height, 0.006)
    down, across = np.gradient(fine * canvas.unit)
    length = np.sqrt(across * across + down * down + 1)
    nx, ny, nz = -across / length, -down / length, 1 / length
    facing = nx * light.x + ny * light.y + nz * light.z
    hollow = (
        np.clip(canvas.blurred(height, 0.10) - height, -0.06, 0.12) * 3.0
        + np.clip(canvas.blurred(height, 0.03) - height, -0.02, 0.05) * 3.5
    )
    ambient = light.around * (1 - np.clip(hollow, -0.15, 0.75)) * (0.55 + 0.45 * nz)
    # Skin lets red through: its shadow edge is softer than the green and the blue one.
    soft = np.stack([np.clip((facing + wrap) / (1 + wrap), 0, 2) for wrap in (0.34, 0.2, 0.15)], axis=-1)
    lit = (
        colour
        * (ambient[..., None] + light.strength * soft * (1 - 0.5 * np.clip(hollow, 0, 0.8))[..., None])
        * _tint(light)
    )
    half = np.array([light.x, light.y, light.z + 1], np.float32)
    half /= np.linalg.norm(half)
    gloss = np.clip(nx * half[0] + ny * half[1] + nz * half[2], 0, 1) ** 28
    grain = np.clip(1 + 0.25 * skin.noise(canvas, look.grain + 51, 0.016), 0, 2)
    return np.asarray(lit + (look["shine"] * light.strength * gloss * grain)[..., None], np.float32)


def _ears(canvas: Canvas, look: Look, light: Light) -> tuple[Colour, Grid]:
    x = np.abs(canvas.x) - look["cheek"] - 0.02
    y = canvas.y - 0.06
    shape = 1 - (x / 0.10) ** 2 - (y / 0.23) ** 2
    inner = np.clip(1 - ((x - 0.01) / 0.06) ** 2 - (y / 0.16) ** 2, 0, 1)
    colour = skin.base(look) * (0.92 - 0.35 * inner)[..., None] * np.array([1.0, 0.9, 0.86], np.float32)
    return (colour * _plain(light) * 0.85).astype(np.float32), canvas.edge(shape * 0.1)


def _shoulders(canvas: Canvas, look: Look, light: Light) -> tuple[Colour, Grid]:
    x, y = canvas.x, canvas.y
    neck = look["jaw"] * (0.68 if look.sex is Sex.MALE else 0.58) + 0.6 * np.clip(y - 1.08, 0, 1) ** 2
    column = canvas.edge(neck - np.abs(x)) * canvas.edge(y - 0.3)
    round_ = np.clip(1 - (x / np.maximum(neck, 0.1)) ** 2, 0.1, 1) ** 0.35
    under = 0.72 + 0.28 * np.clip((y - look["chin_y"] - 0.02) / 0.4, 0, 1)
    flesh = skin.base(look) * (round_ * under)[..., None] * _plain(light)
    line = (
        1.30
        + 0.05 * np.abs(x)
        + 0.42 * np.clip(np.abs(x) - 0.5, 0, 3) ** 2
        - 0.24 * np.clip(1 - np.abs(x) / 0.9, 0, 1)
    )
    line = line + 0.45 * np.clip(0.42 - np.abs(x), 0, 1)
    dress = canvas.edge(y - line, 0.01) * canvas.edge(1.75 - np.abs(x))
    cloth = np.array([look["cloth_red"], look["cloth_green"], look["cloth_blue"]], np.float32)
    weave = (
        1 + 0.04 * skin.noise(canvas, look.grain + 61, 0.02) + 0.12 * skin.noise(canvas, look.grain + 62, 0.3)
    )
    shade = np.clip(1.05 - 0.3 * np.abs(x) + 0.3 * light.x * x, 0.3, 1.4) * weave
    return _over(
        flesh.astype(np.float32), column, (cloth * shade[..., None] * _plain(light)).astype(np.float32), dress
    )


def _turned(canvas: Canvas, layer: Layer, height: Grid, pose: Pose) -> Layer:
    """Nearer points move further: enough for small turns."""
    column = canvas.x.copy()
    row = canvas.y.copy()
    smooth = canvas.blurred(height, 0.03)
    base_x = (-canvas.x[0, 0]) * canvas.unit
    base_y = (-canvas.y[0, 0]) * canvas.unit
    cos, sin = np.cos(pose.roll), np.sin(pose.roll)
    # The neck stays where it is: the turn fades out below the chin.
    fade = np.clip((1.7 - canvas.y) / 0.7, 0, 1)
    turned_x = (cos * column + sin * (row - 1.2)) * fade + column * (1 - fade)
    turned_y = (-sin * column + cos * (row - 1.2) + 1.2) * fade + row * (1 - fade)
    source_x, source_y = turned_x, turned_y
    for _ in range(3):
        depth = cv2.remap(
            smooth,
            (source_x * canvas.unit + base_x).astype(np.float32),
            (source_y * canvas.unit + base_y).astype(np.float32),
            cv2.INTER_LINEAR,
        )
        source_x = turned_x - (depth - 0.35) * np.sin(pose.yaw) * fade
        source_y = turned_y - (depth - 0.35) * np.sin(pose.pitch) * fade
    at = (
        (source_x * canvas.unit + base_x).astype(np.float32),
        (source_y * canvas.unit + base_y).astype(np.float32),
    )
    return Layer(
        np.asarray(
            cv2.remap(layer.colour, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        ),
        np.asarray(cv2.remap(layer.cover, *at, cv2.INTER_LINEAR), np.float32),
    )


def on(layer: Layer, background: Colour) -> Colour:
    """As 8-bit red, green, blue."""
    mixed = skin.blend(
        np.broadcast_to(background, layer.colour.shape).astype(np.float32), layer.colour, layer.cover
    )
    # Bright parts flatten out instead of tearing off; cameras answer to light by about this power.
    soft = np.where(mixed > 0.7, 1 - 0.3 * np.exp((0.7 - mixed) / 0.3), mixed)
    return (np.clip(soft, 0, 1) ** 0.85 * 255).astype(np.uint8)
