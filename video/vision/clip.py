"""The frames of a face verification: glanced at while they come, judged as a whole at the end.

What decides is one look over all frames: the moves again, one person from the first frame to the last, nothing flat,
and the best straight frames against the register's portrait. Flags and distances come out; `ca_core` decides.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ca_core.face_attempt import TURNS, Flag, Move, Shown
from video.vision import faces, flatness, header, moves, picture, quality
from video.vision.clip_wire import FRAME_LIMIT_BYTES, FRAME_LIMIT_PX, Burst, Glance, Plan, Verified
from video.vision.faces import Embedding, Face, Mark
from video.vision.moves import Rest
from video.vision.picture import Pixels
from video.vision.wire import PictureUndecodable, Role

if TYPE_CHECKING:
    from video.vision.face_matcher import FaceMatcher

# Of one person turning their head the descriptions of two frames lie up to 0.40 apart (rendered people), those of two
# people 0.63 at least.
_ANOTHER_FROM = 0.55
# However slowly a face becomes another one, this far from the straight one it is another one.
_NOBODY_FROM = 0.60
# Of each step so many besides the frames that prove its move; of those, where a move is held for long, so many.
_LOOKED_AT = 2
_PROOF_LOOKED_AT = 8
# Nobody is to know beforehand which ones.
_dice = random.SystemRandom()
# Frames as straight as this are compared with the portrait, the sharpest first.
_STRAIGHT_ENOUGH = 0.20
_BEST = 3
_WEIGHED = 8
_FLAT_LOOKS = 2
_SEVERAL = 2


def require_frame(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG within the limits, from its header alone. Raises PictureUndecodable."""
    width, height = header.size(data, "JPEG")
    if len(data) > FRAME_LIMIT_BYTES or max(width, height) > FRAME_LIMIT_PX:
        raise PictureUndecodable("size")
    return width, height


def glance(matcher: "FaceMatcher", frames: Sequence[bytes]) -> Burst:
    """Where the faces are, and what is wrong with the newest frame. Raises PictureUndecodable."""
    found = []
    pixels: Pixels | None = None
    marks: tuple[Mark, ...] = ()
    for data in frames:
        pixels = _decoded(data)
        marks = matcher.marks(pixels)
        points = marks[0].landmarks if marks else ()
        found.append(Glance(len(marks), points, marks[0].box.width if marks else 0))
    if pixels is None:
        raise PictureUndecodable("no frame")
    return Burst(tuple(found), quality.of_face(pixels, [mark.box for mark in marks], Role.LIVE))


def verify(matcher: "FaceMatcher", frames: Sequence[bytes], plan: Plan, portrait: bytes | None) -> Verified:
    """The whole. Raises PictureUndecodable."""
    film = _Film.of(matcher, frames, plan)
    registered = _largest(matcher, picture.decode(portrait)) if portrait is not None else None
    if not film.marks:
        return Verified((Flag.NO_FACE,), (), None, 0, registered.size_px if registered else 0, 0, ())
    best = film.best()
    live = best[0]
    described = [matcher.describe(_decoded(frames[at]), film.marks[at]) for at in best]
    distance = (
        statistics.median(float(np.linalg.norm(one - registered.embedding)) for one in described)
        if registered
        else None
    )
    pixels = _decoded(frames[live])
    return Verified(
        faults=film.faults(described),
        flaws=quality.of_face(pixels, [mark.box for mark in matcher.marks(pixels)], Role.LIVE),
        distance=None if distance is None else round(distance, 4),
        live_px=film.marks[live].box.width,
        portrait_px=registered.size_px if registered else 0,
        live=live,
        keys=film.keys(),
    )


@dataclass(frozen=True, slots=True)
class _Film:
    """Frames with their largest face's mark, by position; those without a face have none."""

    matcher: "FaceMatcher"
    frames: Sequence[bytes]
    plan: Plan
    marks: dict[int, Mark]
    shown: dict[int, Shown]
    crowded: int

    @classmethod
    def of(cls, matcher: "FaceMatcher", frames: Sequence[bytes], plan: Plan) -> "_Film":
        marks: dict[int, Mark] = {}
        crowded = 0
        for at, data in enumerate(frames):
            found = matcher.marks(_decoded(data))
            crowded += len(found) > 1
            if found:
                marks[at] = found[0]
        shown = {
            at: moves.shown(mark.landmarks, step=plan.frames[at][0], at_ms=plan.frames[at][1])
            for at, mark in marks.items()
        }
        return cls(matcher, frames, plan, marks, shown, crowded)

    @property
    def series(self) -> list[Shown]:
        return list(self.shown.values())

    @property
    def rest(self) -> Rest | None:
        return moves.rest(self.series)

    def pixels(self, at: int) -> Pixels:
        return _decoded(self.frames[at])

    def best(self) -> list[int]:
        """The sharpest of the straightest frames; where nobody held still, the sharpest of the first ones."""
        held = self.rest
        places = list(self.shown)
        if held is not None:
            by_straightness = sorted(places, key=lambda at: moves.straightness(self.shown[at], held))
            straight = [
                at for at in by_straightness if moves.straightness(self.shown[at], held) <= _STRAIGHT_ENOUGH
            ]
            places = straight or by_straightness[:1]
        weighed = places[:_WEIGHED]
        sharpest: Callable[[int], float] = lambda at: -quality.sharpness(self.pixels(at), self.marks[at].box)  # noqa: E731
        return sorted(weighed, key=sharpest)[:_BEST]

    def faults(self, described: Sequence[Embedding]) -> tuple[Flag, ...]:
        """What speaks against one living person who did what was asked."""
        found = list(
            moves.judge(
                self.plan.moves,
                self.series,
                prompts_ms=self.plan.prompts_ms,
                least_reaction_ms=self.plan.least_reaction_ms,
            )
        )
        if self.crowded >= _SEVERAL:
            found.append(Flag.SEVERAL_FACES)
        if self._changes(described[0]):
            found.append(Flag.ANOTHER_FACE)
        if self._is_flat():
            found.append(Flag.FLAT_PICTURE)
        return tuple(found)

    def keys(self) -> tuple[int, ...]:
        """One frame a move: the last one that shows it."""
        held = self.rest
        if held is None:
            return ()
        found = [
            (self._proof(step, asked, held) or self._showing(step, asked, held))[-1:]
            for step, asked in enumerate(self.plan.moves, 1)
        ]
        return tuple(at for places in found for at in places)

    def _proof(self, step: int, asked: Move, held: Rest) -> list[int]:
        """Positions of the frames by which the step's move counts."""
        times = {one.at_ms for one in moves.proof(asked, self.series, held=held, step=step)}
        return [at for at, one in self.shown.items() if one.step == step and one.at_ms in times]

    def _showing(self, step: int, asked: Move, held: Rest) -> list[int]:
        """Positions of the step's frames that show its move."""
        series = self.series
        if not any(one.step == step for one in series) or not any(one.step < step for one in series):
            return []
        kept = {one.at_ms for one in moves.held_frames(asked, series, held=held, step=step)}
        return [at for at, one in self.shown.items() if one.step == step and one.at_ms in kept]

    def _changes(self, straight: Embedding) -> bool:
        """Somebody else takes over, or lends the moves to a picture of the first: a frame like neither the straight
        one nor the one before it. Looked at are the frames that prove the moves, and by chance others of each step.
        """
        before = straight
        for at in self._looked_at():
            now = self.matcher.describe(self.pixels(at), self.marks[at])
            off, step = (float(np.linalg.norm(now - one)) for one in (straight, before))
            if min(off, step) > _ANOTHER_FROM or off > _NOBODY_FROM:
                return True
            before = now
        return False

    def _looked_at(self) -> list[int]:
        """In their order."""
        held = self.rest
        proofs = [
            self._proof(step, asked, held) if held is not None else []
            for step, asked in enumerate(self.plan.moves, 1)
        ]
        proving = {at for places in proofs for at in _drawn(places, _PROOF_LOOKED_AT)}
        others = [
            [at for at, one in self.shown.items() if one.step == step and at not in proving]
            for step in range(len(self.plan.moves) + 1)
        ]
        return sorted(proving.union(*(_drawn(places, _LOOKED_AT) for places in others)))

    def _is_flat(self) -> bool:
        """One plane explains a turn, in each frame that is looked at."""
        held = self.rest
        if held is None:
            return False
        straight = min(self.shown, key=lambda at: moves.straightness(self.shown[at], held))
        for step, asked in enumerate(self.plan.moves, 1):
            showing = self._proof(step, asked, held) or self._showing(step, asked, held)
            places = showing[-_FLAT_LOOKS:] if asked in TURNS else []
            looks = [
                flatness.in_common(
                    self.pixels(straight), self.marks[straight], self.pixels(at), self.marks[at]
                )
                for at in places
            ]
            if looks and max(looks) >= flatness.FLAT_FROM:
                return True
        return False


def _drawn(places: Sequence[int], count: int) -> list[int]:
    return _dice.sample(places, min(count, len(places)))


def _largest(matcher: "FaceMatcher", pixels: Pixels) -> Face | None:
    return faces.portrait_of(matcher.find(pixels), ())


def _decoded(data: bytes) -> Pixels:
    require_frame(data)
    return picture.decode(data)
