"""Between which numbers a person's look may lie, how one is drawn at random, and how it is moved a little."""

import numpy as np

from ca_core.identifiers import Sex
from runtime.demo.rendered.look import Look

# name: (least, most). Where men and women differ, the second table has the men's.
_BOUNDS: dict[str, tuple[float, float]] = {
    # the outline, as half widths
    "temple": (0.60, 0.76), "cheek": (0.64, 0.80), "jaw": (0.46, 0.68), "chin": (0.20, 0.38),
    "chin_y": (0.92, 1.10), "skull": (0.62, 0.76), "depth": (0.55, 0.85),
    # eyes
    "eye_x": (0.28, 0.37), "eye_y": (-0.22, -0.10), "eye_width": (0.125, 0.185), "eye_height": (0.045, 0.095),
    "eye_tilt": (-0.03, 0.04), "crease": (0.0, 1.0), "crease_y": (0.03, 0.075), "iris": (0.055, 0.072),
    "iris_light": (0.0, 1.0), "iris_blue": (0.0, 1.0), "lash": (0.3, 1.0),
    "socket": (0.02, 0.16), "shadow_red": (-0.12, 0.08), "shadow": (0.0, 0.6), "bags": (0.0, 0.35),
    # brows
    "brow_y": (0.13, 0.24), "brow_thick": (0.02, 0.05), "brow_arch": (-0.01, 0.06), "brow_tilt": (-0.05, 0.05),
    "brow_inner": (0.07, 0.18), "brow_outer": (0.48, 0.60), "brow_dark": (0.5, 1.0), "brow_ridge": (0.0, 0.10),
    # nose
    "nose_y": (0.28, 0.42), "nose_width": (0.12, 0.24), "nose_bridge": (0.04, 0.11), "nose_height": (0.20, 0.45),
    "nose_tip": (0.06, 0.13), "nose_root": (0.0, 0.16), "nose_skew": (-0.03, 0.03), "nostril": (0.3, 1.0),
    # mouth
    "mouth_y": (0.54, 0.68), "mouth_width": (0.18, 0.32), "lip_upper": (0.025, 0.085), "lip_lower": (0.04, 0.11),
    "mouth_curve": (-0.004, 0.035), "bow": (0.0, 0.03), "lip_red": (0.0, 0.8), "lip_dark": (0.0, 0.5),
    "mouth_skew": (-0.02, 0.02),
    # the rest of the relief
    "cheek_bone": (0.0, 0.14), "cheek_hollow": (0.0, 0.14), "chin_ball": (0.0, 0.12), "fold": (0.0, 0.9),
    "cleft": (0.0, 0.6),
    # skin
    "skin_light": (0.66, 0.95), "skin_warm": (0.0, 1.0), "blush": (0.0, 0.7), "blush_y": (0.15, 0.45),
    "blotch": (0.0, 0.5), "freckles": (0.0, 0.8), "shine": (0.05, 0.35), "wrinkles": (0.0, 0.5),
    # hair
    "hair_line": (-0.92, -0.55), "hair_curve": (-0.2, 0.9), "hair_part": (-0.5, 0.5), "hair_volume": (0.04, 0.34),
    "hair_light": (0.0, 0.5), "hair_red": (0.0, 0.8), "hair_side": (0.0, 0.16), "hair_long": (0.6, 1.9),
    "hair_wave": (0.0, 0.05), "fringe": (0.0, 0.5), "fringe_lean": (-0.3, 0.3),
    # beard and glasses
    "moustache": (0.0, 0.0), "goatee": (0.0, 0.0), "whiskers": (0.0, 0.0), "stubble": (0.0, 0.0),
    "glasses": (0.0, 1.0), "glass_size": (0.15, 0.24), "glass_round": (2.0, 6.0), "glass_thick": (0.008, 0.03),
    "glass_light": (0.02, 0.25),
    # clothes
    "cloth_red": (0.10, 0.50), "cloth_green": (0.10, 0.45), "cloth_blue": (0.12, 0.50),
}  # fmt: skip
_MEN: dict[str, tuple[float, float]] = {
    "jaw": (0.52, 0.72), "chin": (0.24, 0.42), "brow_thick": (0.03, 0.065), "brow_ridge": (0.03, 0.16),
    "brow_y": (0.11, 0.19), "lip_red": (0.0, 0.35), "shadow": (0.0, 0.2), "lash": (0.1, 0.6), "hair_long": (0.0, 0.0),
    "hair_side": (0.0, 0.08), "hair_line": (-1.02, -0.70), "hair_light": (0.0, 0.3), "hair_red": (0.0, 0.4),
    "hair_volume": (0.02, 0.24), "fringe": (0.0, 0.25),
    "moustache": (0.0, 1.0), "goatee": (0.0, 1.0), "whiskers": (0.0, 1.0), "stubble": (0.0, 0.6),
    "blush": (0.0, 0.4), "nose_width": (0.14, 0.26), "skin_light": (0.58, 0.90), "bags": (0.0, 0.6),
}  # fmt: skip
# Of relief and tint.
_WAVES = 12


def _of(sex: Sex) -> dict[str, tuple[float, float]]:
    return {**_BOUNDS, **_MEN} if sex is Sex.MALE else _BOUNDS


def drawn(dice: np.random.Generator, sex: Sex) -> Look:
    """Anybody."""
    values = {name: float(dice.uniform(*limits)) for name, limits in _of(sex).items()}
    return Look(sex, int(dice.integers(1 << 30)), values, _waves(dice), _waves(dice))


def changed(dice: np.random.Generator, look: Look, *, share: float, step: float) -> Look:
    """A neighbour: a share of the numbers moved by about `step` of their span."""
    values = dict(look.values)
    for name, (least, most) in _of(look.sex).items():
        if dice.random() < share:
            values[name] = float(np.clip(values[name] + dice.normal(0, step) * (most - least), least, most))
    moved = [
        tuple(
            float(np.clip(v + dice.normal(0, step * 2), -1.5, 1.5)) if dice.random() < share else v
            for v in wave
        )
        for wave in (look.relief, look.tint)
    ]
    grain = int(dice.integers(1 << 30)) if dice.random() < share / 2 else look.grain
    return Look(look.sex, grain, values, moved[0], moved[1])


def _waves(dice: np.random.Generator) -> tuple[float, ...]:
    return tuple(float(v) for v in np.clip(dice.normal(0, 0.5, _WAVES), -1.5, 1.5))
