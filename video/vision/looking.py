"""The questions that a picture, or the frames of a film, are asked, and the models that answer them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from video.vision import aligning, clip, faces, picture, quality
from video.vision.clip_wire import Burst, Plan, Verified
from video.vision.faces import Face
from video.vision.wire import CheckIsOff, Comparison, Faces, Point, Readiness, Reading, Role, SeenFace

if TYPE_CHECKING:
    from video.vision.face_matcher import FaceMatcher
    from video.vision.mrz_reader import MrzReader

log = logging.getLogger(__name__)


def load() -> "Looking":
    """With every model whose package is installed; a missing one turns its check off and is logged."""
    return Looking(_reader(), _matcher())


def _reader() -> "MrzReader | None":
    try:
        # Late: without these packages the other check still works.
        from video.vision import mrz_reader, recognizer  # noqa: PLC0415
    except ImportError as error:
        log.warning("document reading is off", extra={"missing": error.name})
        return None
    return mrz_reader.MrzReader(recognizer.Recognizer())


def _matcher() -> "FaceMatcher | None":
    try:
        from video.vision import face_matcher  # noqa: PLC0415
    except ImportError as error:
        log.warning("face comparison is off", extra={"missing": error.name})
        return None
    return face_matcher.FaceMatcher()


@dataclass(frozen=True, slots=True)
class Looking:
    """One process's eyes. Each question raises PictureUndecodable, or CheckIsOff without its model."""

    reader: "MrzReader | None"
    matcher: "FaceMatcher | None"

    @property
    def readiness(self) -> Readiness:
        return Readiness(documents=self.reader is not None, faces=self.matcher is not None)

    def read_document(self, data: bytes, *, today: date) -> Reading:
        if self.reader is None:
            raise CheckIsOff("documents")
        pixels = picture.decode(data)
        reading = self.reader.read(pixels, today=today)
        return replace(reading, flaws=quality.of_document(pixels, reading.box))

    def find_faces(self, data: bytes, *, role: Role, today: date) -> Faces:
        return self._side(data, role, today)[0]

    def compare(self, pictures: Mapping[Role, bytes], *, today: date) -> Comparison:
        sides = {role: self._side(data, role, today) for role, data in pictures.items()}

        def between(one: Role, other: Role) -> float | None:
            first, second = (sides[role][1] if role in sides else None for role in (one, other))
            return None if first is None or second is None else round(faces.distance(first, second), 4)

        return Comparison(
            live_document=between(Role.LIVE, Role.DOCUMENT),
            live_portrait=between(Role.LIVE, Role.PORTRAIT),
            document_portrait=between(Role.DOCUMENT, Role.PORTRAIT),
            sides=tuple(side for side, _ in sides.values()),
        )

    def align(self, data: bytes) -> bytes | None:
        """The largest face with its eyes in their place, as JPEG; None where no face is found."""
        matcher = self._require_matcher()
        pixels = picture.decode(data)
        found = matcher.find(pixels)
        return aligning.as_jpeg(aligning.aligned(pixels, found[0])) if found else None

    def glance(self, frames: Sequence[bytes]) -> Burst:
        return clip.glance(self._require_matcher(), frames)

    def verify(self, frames: Sequence[bytes], plan: Plan, portrait: bytes | None) -> Verified:
        return clip.verify(self._require_matcher(), frames, plan, portrait)

    def _require_matcher(self) -> "FaceMatcher":
        if self.matcher is None:
            raise CheckIsOff("faces")
        return self.matcher

    def _side(self, data: bytes, role: Role, today: date) -> tuple[Faces, Face | None]:
        """What one picture shows, and the face in it that counts; a document is looked at upright."""
        matcher = self._require_matcher()
        pixels = picture.decode(data)
        zone, degrees = self._zone(pixels, today) if role is Role.DOCUMENT else ((), 0)
        upright = picture.turned(pixels, degrees)
        found = matcher.find(upright)
        chosen = faces.portrait_of(found, zone)
        ordered = sorted(found, key=lambda face: face is not chosen)
        flaws = quality.of_face(upright, [face.box for face in ordered], role)
        size = (upright.shape[1], upright.shape[0])
        seen = (SeenFace(picture.turned_box(face.box, size, 360 - degrees), face.size_px) for face in ordered)
        return Faces(role, tuple(seen), flaws), chosen

    def _zone(self, pixels: picture.Pixels, today: date) -> tuple[tuple[Point, ...], int]:
        """Where the zone is once the document stands upright, and by how much it is turned."""
        if self.reader is None:
            return (), 0
        reading = self.reader.read(pixels, today=today)
        size, degrees = (pixels.shape[1], pixels.shape[0]), reading.turned_degrees
        return tuple(picture.turned_point(point, size, degrees) for point in reading.box), degrees
