"""Searches for looks that the matcher tells apart: `python -m runtime.demo.rendered.search`, then `...rendered.render`.

The people there are moved a little at a time, for as long as that brings the two nearest apart and keeps each near
to their own portrait. Missing ones (`--add M`) are drawn at random first. Takes some minutes on two cores.
"""

import argparse
import itertools
import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from ca_core.identifiers import Sex
from runtime.demo.rendered import bounds, head
from runtime.demo.rendered.head import Light, Pose
from runtime.demo.rendered.look import Look
from runtime.demo.rendered.relief import Canvas, Expression
from video.vision.face_matcher import FaceMatcher

_LOOKS = Path(__file__).parent / "looks.json"
# Beyond the promise, because the search looks at smaller pictures than a call has.
_FAR_ENOUGH, _NEAR_ENOUGH = 0.74, 0.32
_PORTRAIT = Canvas.of(240, 320, unit=86.7, center=(120, 160))
_SEATED = Canvas.of(360, 320, unit=95, center=(180, 147))
_PAPER, _WALL = np.array([0.82, 0.85, 0.88], np.float32), np.array([0.49, 0.48, 0.45], np.float32)
_FACE_PX, _BLUR, _QUALITY = 78, 0.9, 60
# As a call shows the person, and two worse ones: another light, a turn, the mouth open.
_VIEWS = (
    (Light(x=0.4, y=-0.3, z=0.75, warm=0.5, around=0.52, strength=0.82), Pose(0.05, 0, 0.02), Expression()),
    (Light(x=0.5, y=-0.2, z=0.7, warm=0.8, around=0.6, strength=0.8), Pose(0.10, 0.04, 0.04), Expression(0.9, 0.15)),
    (Light(x=-0.1, y=-0.7, z=0.6, warm=-0.5, around=0.7, strength=0.7), Pose(-0.1, -0.05, -0.03), Expression(1, 0.35)),
)  # fmt: skip

Picture = npt.NDArray[np.uint8]
Candidate = tuple[Look, "Seen"]
_matchers: list[FaceMatcher] = []


@dataclass(frozen=True, slots=True)
class Seen:
    """The portrait's description first, then those of the live pictures."""

    embeddings: npt.NDArray[np.float64]

    @property
    def spread(self) -> float:
        return float(np.linalg.norm(self.embeddings[1:] - self.embeddings[0], axis=1).max())

    def apart(self, other: "Seen") -> float:
        """The nearest that any two pictures of these two people come."""
        return float(np.linalg.norm(self.embeddings[:, None] - other.embeddings[None], axis=2).min())


def _pictures(look: Look) -> Iterable[Picture]:
    yield head.on(head.render(_PORTRAIT, look), _PAPER)
    scale = _FACE_PX / (2 * _SEATED.unit * look["cheek"])
    for light, pose, expression in _VIEWS:
        layer = head.render(_SEATED, look, light=light, pose=pose, expression=expression)
        blurred = cv2.GaussianBlur(head.on(layer, _WALL), (0, 0), _BLUR)
        small = cv2.resize(blurred, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        kept = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
        yield np.asarray(cv2.imdecode(kept, cv2.IMREAD_COLOR), np.uint8)


def _measured(look: Look) -> Candidate | None:
    """None where the detector does not find exactly one face in each picture."""
    found = []
    for picture in _pictures(look):
        # The matcher takes OpenCV's order of colours.
        faces = _matchers[0].find(np.ascontiguousarray(picture[..., ::-1]))
        if len(faces) != 1:
            return None
        found.append(faces[0].embedding)
    return look, Seen(np.array(found))


def _start() -> None:
    cv2.setNumThreads(1)
    _matchers.append(FaceMatcher())


def _drawn(job: tuple[Sex, int]) -> Candidate | None:
    return _measured(bounds.drawn(np.random.default_rng(job[1]), job[0]))


def _changed(job: tuple[Look, int]) -> Candidate | None:
    look, seed = job
    share, step = ((0.08, 0.25), (0.25, 0.15), (0.5, 0.1), (0.15, 0.5))[seed % 4]
    return _measured(bounds.changed(np.random.default_rng(seed), look, share=share, step=step))


def _worth(one: Seen, others: Sequence[Seen]) -> float:
    distances = sorted(one.apart(other) for other in others)
    near = min(distances[0], _FAR_ENOUGH) + 0.15 * min(float(np.mean(distances[:3])), _FAR_ENOUGH)
    return near - 2 * max(0.0, one.spread - _NEAR_ENOUGH)


def _others(people: dict[str, Candidate], name: str) -> list[Seen]:
    return [seen for other, (_, seen) in people.items() if other != name]


def _climb(
    processes: ProcessPoolExecutor, people: dict[str, Candidate], *, seconds: float, seed: int
) -> None:
    """Two times of three the one who lies nearest to another is moved, else anybody."""
    until, dice = time.monotonic() + seconds, np.random.default_rng(seed)
    while time.monotonic() < until:
        worth = {name: _worth(seen, _others(people, name)) for name, (_, seen) in people.items()}
        name = (
            min(worth, key=lambda one: worth[one]) if dice.random() < 0.67 else str(dice.choice(list(people)))
        )
        jobs = [(people[name][0], int(draw)) for draw in dice.integers(1 << 40, size=8)]
        moved = [one for one in processes.map(_changed, jobs) if one is not None]
        best = max(moved, key=lambda one: _worth(one[1], _others(people, name)), default=people[name])
        if _worth(best[1], _others(people, name)) > worth[name]:
            people[name] = best
    print(_report(people))


def _report(people: dict[str, Candidate]) -> str:
    nearest = min(one[1].apart(other[1]) for one, other in itertools.combinations(people.values(), 2))
    widest = max(seen.spread for _, seen in people.values())
    return f"nearest two {nearest:.3f}, furthest from own portrait {widest:.3f}"


def _added(
    processes: ProcessPoolExecutor, people: dict[str, Candidate], sex: Sex, *, draws: int, seed: int
) -> None:
    pool = [
        one
        for one in processes.map(_drawn, [(sex, seed * 1000 + n) for n in range(draws)])
        if one is not None
    ]
    seen = [known for _, known in people.values()]
    people[f"person{len(people) + 1}"] = max(pool, key=lambda one: _worth(one[1], seen))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--add", choices=list(Sex), type=Sex, nargs="*", default=[])
    options.add_argument("--draws", type=int, default=80)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--into", type=Path, default=_LOOKS)
    asked = options.parse_args()
    known = _looks_of(_LOOKS)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_start) as processes:
        found = dict(zip(known, processes.map(_measured, known.values()), strict=True))
        people = {name: one for name, one in found.items() if one is not None}
        print(f"{len(people)} of {len(known)} have one face; {_report(people)}", flush=True)
        for sex in asked.add:
            _added(processes, people, sex, draws=asked.draws, seed=asked.seed)
        _climb(processes, people, seconds=asked.seconds, seed=asked.seed)
    asked.into.write_text(
        json.dumps([_table(name, look) for name, (look, _) in people.items()], indent=1) + "\n"
    )


def _looks_of(path: Path) -> dict[str, Look]:
    return {
        one["name"]: Look(
            Sex(one["sex"]), one["grain"], one["values"], tuple(one["relief"]), tuple(one["tint"])
        )
        for one in json.loads(path.read_text())
    }


def _table(name: str, look: Look) -> dict[str, object]:
    values = {key: round(value, 4) for key, value in look.values.items()}
    waves = {key: [round(v, 4) for v in wave] for key, wave in (("relief", look.relief), ("tint", look.tint))}
    return {"name": name, "sex": look.sex.value, "grain": look.grain, "values": values, **waves}


if __name__ == "__main__":
    main()
