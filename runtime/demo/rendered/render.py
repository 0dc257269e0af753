"""`python -m runtime.demo.rendered.render`: draws the portraits, kept only where the matcher tells people apart.

Different people stand at least 0.65 apart, one person live and in the portrait at most 0.40 (Euclidean distance of
the face matcher), also where the live face is small, blurred and compressed. The looks were searched for until that
was so.
"""

import itertools
import sys
from pathlib import Path

import cv2
import numpy as np

from runtime.demo import rendered
from runtime.demo.rendered import drawing
from runtime.demo.rendered.drawing import Picture
from runtime.demo.rendered.head import Pose
from video.vision import face_matcher

APART, ALIKE = 0.65, 0.40
# What a poor call makes of a picture: the face 78 px wide, blurred, compressed.
_SCALE, _BLUR, _QUALITY = 0.25, 1.2, 60
# Nobody looks quite straight into a camera.
_AT_HOME = Pose(yaw=0.05, roll=0.02)
_PICTURES = Path(__file__).parent / "pictures"


def live_views(person: rendered.RenderedPerson) -> list[Picture]:
    """The person before the camera: as it is, and as a poor call shows it."""
    frame = drawing.camera(person.look).frame(1.0)
    blurred = cv2.GaussianBlur(frame, (0, 0), _BLUR)
    small = cv2.resize(blurred, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_AREA)
    return [frame, through_jpeg(np.asarray(small, np.uint8), _QUALITY)]


def through_jpeg(picture: Picture, quality: int) -> Picture:
    kept = cv2.imdecode(np.frombuffer(jpeg(picture, quality), np.uint8), cv2.IMREAD_COLOR)
    assert kept is not None
    return np.ascontiguousarray(kept[..., ::-1], np.uint8)


def jpeg(picture: Picture, quality: int = 84) -> bytes:
    return bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def distances() -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """The least distance of each two people over all their pictures, and the greatest of each to their own portrait."""
    matcher = face_matcher.FaceMatcher()
    seen = {}
    for person in rendered.PEOPLE:
        pictures = [drawing.portrait(person.look), *live_views(person)]
        # The matcher takes OpenCV's order of colours.
        faces = [matcher.find(np.ascontiguousarray(picture[..., ::-1])) for picture in pictures]
        if any(len(found) != 1 for found in faces):
            raise ValueError(f"{person.name}: {[len(found) for found in faces]} faces were found")
        seen[person.name] = np.array([found[0].embedding for found in faces])
    apart = {
        (one, other): float(np.linalg.norm(seen[one][:, None] - seen[other][None], axis=2).min())
        for one, other in itertools.combinations(seen, 2)
    }
    alike = {name: float(np.linalg.norm(found[1:] - found[0], axis=1).max()) for name, found in seen.items()}
    return apart, alike


def main() -> int:
    apart, alike = distances()
    for (one, other), distance in sorted(apart.items(), key=lambda pair: pair[1]):
        print(f"{one:>9} {other:<9} {distance:.3f}")
    for name, distance in alike.items():
        print(f"{name:>9} own       {distance:.3f}")
    if min(apart.values()) < APART or max(alike.values()) > ALIKE:
        print(f"not kept: different people must be {APART} apart, one person within {ALIKE}", file=sys.stderr)
        return 1
    _PICTURES.mkdir(exist_ok=True)
    for person in rendered.PEOPLE:
        (_PICTURES / f"{person.name}.jpg").write_bytes(jpeg(drawing.portrait(person.look)))
        (_PICTURES / f"{person.name}-live.jpg").write_bytes(jpeg(drawing.posed(person.look, _AT_HOME)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
