"""What client and server say to each other about the frames of a face verification, in JSON and back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ca_core.face_attempt import Flag, Move
from video.vision.wire import Flaw, Json, Point

FRAME_LIMIT_BYTES = 320 * 1024
FRAME_LIMIT_PX = 1280
FRAMES_LIMIT = 120
"""Of one verification; a side longer than the limit is refused before a pixel is decoded."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One frame: how many faces, the five points of the largest one, and its width."""

    faces: int
    points: tuple[Point, ...]
    face_px: int


@dataclass(frozen=True, slots=True)
class Burst:
    """Frames in their order; the flaws are those of the last one."""

    frames: tuple[Glance, ...]
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked, when the page showed each prompt, and for each frame its step and time."""

    moves: tuple[Move, ...]
    prompts_ms: tuple[int, ...]
    least_reaction_ms: int
    frames: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the whole shows: `faults` of moves and person, flaws of the picture, the distance to the portrait.

    The distance is the median of the three best frames; None where there is no face on a side. `live` and `keys` are
    positions of frames: the best straight one, and one a move.
    """

    faults: tuple[Flag, ...]
    flaws: tuple[Flaw, ...]
    distance: float | None
    live_px: int
    portrait_px: int
    live: int
    keys: tuple[int, ...]


def burst_to_json(burst: Burst) -> Json:
    return {
        "frames": [[one.faces, [list(point) for point in one.points], one.face_px] for one in burst.frames],
        "flaws": list(burst.flaws),
    }


def burst_from_json(said: Json) -> Burst:
    """Raises KeyError, TypeError or ValueError where the other side did not say what was agreed."""
    return Burst(
        frames=tuple(
            Glance(int(faces), tuple(Point(*point) for point in points), int(face_px))
            for faces, points, face_px in said["frames"]
        ),
        flaws=tuple(Flaw(flaw) for flaw in said["flaws"]),
    )


def plan_to_text(plan: Plan) -> str:
    return json.dumps(
        {
            "moves": list(plan.moves),
            "prompts_ms": plan.prompts_ms,
            "least_reaction_ms": plan.least_reaction_ms,
            "frames": plan.frames,
        }
    )


def plan_from_text(text: str) -> Plan:
    """Raises as `burst_from_json`."""
    said = json.loads(text)
    return Plan(
        moves=tuple(Move(move) for move in said["moves"]),
        prompts_ms=_whole(said["prompts_ms"]),
        least_reaction_ms=int(said["least_reaction_ms"]),
        frames=tuple((int(step), int(at_ms)) for step, at_ms in said["frames"]),
    )


def verified_to_json(found: Verified) -> Json:
    return {
        "faults": list(found.faults),
        "flaws": list(found.flaws),
        "distance": found.distance,
        "live_px": found.live_px,
        "portrait_px": found.portrait_px,
        "live": found.live,
        "keys": list(found.keys),
    }


def verified_from_json(said: Json) -> Verified:
    """Raises as `burst_from_json`."""
    return Verified(
        faults=tuple(Flag(fault) for fault in said["faults"]),
        flaws=tuple(Flaw(flaw) for flaw in said["flaws"]),
        distance=None if said["distance"] is None else float(said["distance"]),
        live_px=int(said["live_px"]),
        portrait_px=int(said["portrait_px"]),
        live=int(said["live"]),
        keys=_whole(said["keys"]),
    )


def _whole(numbers: Sequence[object]) -> tuple[int, ...]:
    return tuple(int(str(number)) for number in numbers)
