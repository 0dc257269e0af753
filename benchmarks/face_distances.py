"""How far faces lie from one another: of one person, and of two, beside the bands of the policy.

    python -m benchmarks.face_distances [--json]

Sets: the rendered people of the demo before a camera (straight, in a poor call, in every move of the verification)
against the portraits of the register; the portraits of the ten real specimen documents of the tests against one
another, and each against itself as a poor call would show it. In a set without peers 0 of n in the wrong band bounds
the rate at 3/n (rule of three, 95 %): these sets are small, rendered heads are no people, and a worse copy of a photo
is not another photo. They show that the bands are where the policy says, and nothing of anybody's error rate.
"""

import itertools
import json
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from benchmarks import report
from ca_core.face_attempt import Band, Move
from ca_core.policy import Policy
from ca_core.registration import face
from ca_core.registration.face import Measured
from runtime import procedures
from runtime.demo import rendered
from runtime.demo.rendered import render
from tests import posing
from tests.video.vision import samples
from video.vision import faces, picture
from video.vision.face_matcher import FaceMatcher
from video.vision.faces import Face
from video.vision.picture import Pixels

# A face in a poor call is so wide, and compressed so much.
_POOR_FACE_PX, _POOR_QUALITY = 80, 50


@dataclass(frozen=True, slots=True)
class Row:
    """One set under one policy. `bound` is what 0 of n says of the rate, or None where there were some."""

    policy: str
    figure: str
    pairs: int
    least: float
    median: float
    most: float
    bands: dict[str, int]
    bound_percent: float | None


def main() -> None:
    chosen = report.arguments(__doc__)
    sets = list(_sets(FaceMatcher()))
    for preset in procedures.PRESETS:
        policy = procedures.load(preset)
        rules = policy.calls
        if not chosen.json:
            print(
                f"{policy.version}: same below {rules.face_same_below}, other above {rules.face_other_above}"
            )
        for name, wrong, measured in sets:
            _show(_row(policy, name, wrong, measured), as_json=chosen.json)


def _row(policy: Policy, name: str, wrong: Band, measured: Sequence[Measured]) -> Row:
    found = Counter(face.band(one, policy).value for one in measured)
    distances = [one.distance for one in measured if one.distance is not None]
    return Row(
        policy=policy.version,
        figure=name,
        pairs=len(measured),
        least=round(min(distances), 3),
        median=round(statistics.median(distances), 3),
        most=round(max(distances), 3),
        bands={band.value: found[band.value] for band in Band},
        bound_percent=None if found[wrong.value] else round(300 / len(measured), 1),
    )


def _show(row: Row, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(row)), flush=True)
        return
    bands = ", ".join(f"{band} {count}" for band, count in row.bands.items() if count)
    bound = "" if row.bound_percent is None else f"; none wrong: rate under {row.bound_percent} %"
    spread = f"{row.least:.3f} {row.median:.3f} {row.most:.3f}"
    print(f"  {row.figure:<44} {row.pairs:>4} pairs  {spread}  {bands}{bound}", flush=True)


def _sets(matcher: FaceMatcher) -> Iterator[tuple[str, Band, list[Measured]]]:
    """Each with the band that would be wrong for it."""
    portraits = {one.name: _largest(matcher, picture.decode(one.portrait())) for one in rendered.PEOPLE}
    live = {one.name: _views(matcher, one) for one in rendered.PEOPLE}
    for name, known in portraits.items():
        yield f"{name}, own", Band.OTHER, [_between(known, view) for view in live[name]]
    yield (
        "rendered, two people",
        Band.SAME,
        [
            _between(portraits[one], view)
            for one, other in itertools.permutations(portraits, 2)
            for view in live[other]
        ],
    )
    photos = [picture.decode(sample.data) for sample in samples.samples()]
    seen = [(photo, matcher.find(photo)) for photo in photos]
    holders = [(photo, max(found, key=lambda one: one.size_px)) for photo, found in seen if found]
    yield (
        "real documents, two people",
        Band.SAME,
        [_between(one, other) for (_, one), (_, other) in itertools.combinations(holders, 2)],
    )
    again = [(one, _largest(matcher, _poor(photo, one))) for photo, one in holders]
    yield "real documents, a poor copy", Band.OTHER, [_between(one, copy) for one, copy in again]


def _views(matcher: FaceMatcher, person: rendered.RenderedPerson) -> list[Face | None]:
    # The renderer's order of colours is red, green, blue; the matcher's is the other one.
    pictures = [np.ascontiguousarray(view[..., ::-1]) for view in render.live_views(person)]
    posed = [picture.decode(posing.frame(person.name, move)) for move in (None, *Move)]
    return [_largest(matcher, one) for one in (*pictures, *posed)]


def _poor(photo: Pixels, holder: Face) -> Pixels:
    scale = min(1.0, _POOR_FACE_PX / holder.size_px)
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    kept = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _POOR_QUALITY])[1]
    return picture.decode(kept.tobytes())


def _largest(matcher: FaceMatcher, pixels: Pixels) -> Face | None:
    return faces.portrait_of(matcher.find(pixels), ())


def _between(one: Face | None, other: Face | None) -> Measured:
    if one is None or other is None:
        return Measured("portrait", None, 0)
    return Measured("portrait", faces.distance(one, other), min(one.size_px, other.size_px))


if __name__ == "__main__":
    main()
