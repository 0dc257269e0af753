"""What client and server of the vision service say to each other, in JSON and back.

No face's embedding is among it: embeddings stay in the process that made them (R14).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ca_core.documents.mrz import Position

Json = dict[str, Any]
"""An object as the json module reads and writes it: it goes no further than this module's callers."""


SIZE_LIMIT_BYTES = 8 * 1024 * 1024
"""Of one picture as it is sent."""


class PictureUndecodable(Exception):
    """Not a JPEG or PNG within the limits."""


class CheckIsOff(Exception):
    """This check's model package is not installed here."""


class Point(NamedTuple):
    x: int
    y: int


class Outcome(StrEnum):
    """READ alone counts as read. A doubtful or repaired zone is for a person to compare with the picture."""

    READ = "read"
    DOUBTFUL = "doubtful"
    REPAIRED = "repaired"
    UNREADABLE = "unreadable"
    NO_ZONE = "no_zone"


class Doubt(StrEnum):
    """Why a reading is not accepted."""

    CHECK_DIGIT = "check_digit"
    DISAGREEMENT = "disagreement"
    UNSURE_CHARACTER = "unsure_character"
    FORM = "form"


class Flaw(StrEnum):
    """Why a picture is not good enough; each has a hint in the wording of the doors."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"
    PICTURE_TOO_SMALL = "picture_too_small"
    BLURRED = "blurred"
    GLARE = "glare"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"


class Role(StrEnum):
    """Whose picture it is: of the person now, of the document held up, of the register."""

    LIVE = "live"
    DOCUMENT = "document"
    PORTRAIT = "portrait"


class Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's machine-readable zone as seen in one still; `box` is its outline in the picture."""

    outcome: Outcome
    lines: tuple[str, ...] = ()
    repaired: tuple[Position, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    box: tuple[Point, ...] = ()
    turned_degrees: int = 0
    flaws: tuple[Flaw, ...] = ()
    took_ms: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.outcome is Outcome.READ

    @property
    def upside_down(self) -> bool:
        return self.turned_degrees == 180


@dataclass(frozen=True, slots=True)
class SeenFace:
    """Where a face is and how wide it is in the picture as it was sent."""

    box: Box
    size_px: int


@dataclass(frozen=True, slots=True)
class Faces:
    """What one picture shows: the chosen face first."""

    role: Role
    faces: tuple[SeenFace, ...]
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Distances between the chosen faces, None where a side has none; how good each picture was."""

    live_document: float | None
    live_portrait: float | None
    document_portrait: float | None
    sides: tuple[Faces, ...]

    def side(self, role: Role) -> Faces | None:
        return next((side for side in self.sides if side.role is role), None)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which checks are on: a missing model package turns one off, and the service runs."""

    documents: bool
    faces: bool

    @property
    def is_complete(self) -> bool:
        return self.documents and self.faces


def reading_to_json(reading: Reading) -> Json:
    return {
        "outcome": reading.outcome,
        "lines": list(reading.lines),
        "repaired": [[p.line, p.column, p.read, p.repaired] for p in reading.repaired],
        "doubts": list(reading.doubts),
        "box": [list(point) for point in reading.box],
        "turned_degrees": reading.turned_degrees,
        "flaws": list(reading.flaws),
        "took_ms": reading.took_ms,
    }


def reading_from_json(said: Json) -> Reading:
    """Raises KeyError, TypeError or ValueError where the other side did not say what was agreed."""
    return Reading(
        outcome=Outcome(said["outcome"]),
        lines=tuple(str(line) for line in said["lines"]),
        repaired=tuple(Position(*position) for position in said["repaired"]),
        doubts=tuple(Doubt(doubt) for doubt in said["doubts"]),
        box=tuple(Point(*point) for point in said["box"]),
        turned_degrees=int(said["turned_degrees"]),
        flaws=tuple(Flaw(flaw) for flaw in said["flaws"]),
        took_ms=int(said["took_ms"]),
    )


def faces_to_json(faces: Faces) -> Json:
    return {
        "role": faces.role,
        "faces": [{"box": list(face.box), "size_px": face.size_px} for face in faces.faces],
        "flaws": list(faces.flaws),
    }


def faces_from_json(said: Json) -> Faces:
    """Raises as `reading_from_json`."""
    return Faces(
        role=Role(said["role"]),
        faces=tuple(SeenFace(Box(*face["box"]), int(face["size_px"])) for face in said["faces"]),
        flaws=tuple(Flaw(flaw) for flaw in said["flaws"]),
    )


def comparison_to_json(comparison: Comparison) -> Json:
    return {
        "live_document": comparison.live_document,
        "live_portrait": comparison.live_portrait,
        "document_portrait": comparison.document_portrait,
        "sides": [faces_to_json(side) for side in comparison.sides],
    }


def comparison_from_json(said: Json) -> Comparison:
    """Raises as `reading_from_json`."""
    return Comparison(
        live_document=_distance(said["live_document"]),
        live_portrait=_distance(said["live_portrait"]),
        document_portrait=_distance(said["document_portrait"]),
        sides=tuple(faces_from_json(side) for side in said["sides"]),
    )


def readiness_to_json(readiness: Readiness) -> Json:
    return {"documents": readiness.documents, "faces": readiness.faces}


def readiness_from_json(said: Json) -> Readiness:
    """Raises as `reading_from_json`."""
    return Readiness(documents=said["documents"] is True, faces=said["faces"] is True)


def _distance(said: Any) -> float | None:
    return None if said is None else float(said)
