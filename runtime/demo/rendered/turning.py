"""Turning a drawn head by as much as people are asked to: each point where a real turn takes it, near ones in front."""

import cv2
import numpy as np

from runtime.demo.rendered.head import Layer, Pose
from runtime.demo.rendered.relief import Canvas, Grid

# Height of the axis through the neck, in the face's units; the turn ends below the chin, where the shoulders begin.
_AXIS = 0.1
_FROM, _OVER = 1.75, 0.75
_NECK_Y = 1.2


def turned(canvas: Canvas, layer: Layer, height: Grid, pose: Pose) -> Layer:
    """Yaw and roll; looking up and down is not drawn."""
    return _tilted(canvas, _yawed(canvas, layer, height, pose.yaw), pose.roll)


def _share(canvas: Canvas) -> Grid:
    return np.clip((_FROM - canvas.y) / _OVER, 0, 1)


def _yawed(canvas: Canvas, layer: Layer, height: Grid, yaw: float) -> Layer:
    angle = yaw * _share(canvas)
    depth = canvas.blurred(height, 0.02) - _AXIS
    arrives = canvas.x * np.cos(angle) + depth * np.sin(angle)
    # Row by row: what arrives behind a nearer point is hidden, and takes no room.
    if yaw >= 0:
        seen = np.maximum.accumulate(arrives, axis=1)
    else:
        seen = np.minimum.accumulate(arrives[:, ::-1], axis=1)[:, ::-1]
    seen = seen + np.arange(canvas.width) * 1e-7
    source = np.stack([np.interp(to, row, to) for to, row in zip(canvas.x, seen, strict=True)])
    return _taken(canvas, layer, source, canvas.y)


def _tilted(canvas: Canvas, layer: Layer, roll: float) -> Layer:
    share = _share(canvas)
    cos, sin = np.cos(roll), np.sin(roll)
    down = canvas.y - _NECK_Y
    source_x = (cos * canvas.x + sin * down) * share + canvas.x * (1 - share)
    source_y = (-sin * canvas.x + cos * down + _NECK_Y) * share + canvas.y * (1 - share)
    return _taken(canvas, layer, source_x, source_y)


def _taken(canvas: Canvas, layer: Layer, x: Grid, y: Grid) -> Layer:
    at = (
        ((x - canvas.x[0, 0]) * canvas.unit).astype(np.float32),
        ((y - canvas.y[0, 0]) * canvas.unit).astype(np.float32),
    )
    return Layer(
        np.asarray(
            cv2.remap(layer.colour, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        ),
        np.asarray(cv2.remap(layer.cover, *at, cv2.INTER_LINEAR), np.float32),
    )
