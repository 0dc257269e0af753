"""The frames of a face verification as they rest: sealed files, judged by their headers before they are taken.

Each has its own bound in bytes and pixels; nothing is decoded here (R14: names are random, and what no attempt kept
is erased).
"""

import contextlib
import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ca_core.errors import Refusal
from ca_core.face_attempt import Challenge, StoredPicture
from ca_core.registration.challenge import FramesUnfit
from runtime import settings
from runtime.service import Service
from video import evidence as sealed
from video.vision import header
from video.vision.clip_wire import FRAME_LIMIT_BYTES, FRAME_LIMIT_PX
from video.vision.wire import PictureUndecodable

BURST_AT_MOST = 6
"""Frames."""

_FOLDER = "faces"
_LEAST_SIDE_PX = 200


class FaceCheckUnavailable(Refusal):
    """Nobody looks at pictures at the moment, or nothing can be kept: the same may work in a minute."""

    code = "face.check_unavailable"


@dataclass(frozen=True, slots=True)
class Sent:
    """One frame as the page sent it, and when by the page's clock."""

    at_ms: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Sending:
    """A burst: its step, when the page showed the step's prompt, and the frames, oldest first."""

    step: int
    prompt_ms: int
    burst: tuple[Sent, ...]

    @property
    def times_ms(self) -> list[int]:
        return [one.at_ms for one in self.burst]


def sizes(burst: Sequence[Sent]) -> list[tuple[int, int]]:
    """Width and height of each, from the headers alone. Raises FramesUnfit."""
    if not 0 < len(burst) <= BURST_AT_MOST or any(len(one.jpeg) > FRAME_LIMIT_BYTES for one in burst):
        raise FramesUnfit
    try:
        found = [header.size(one.jpeg, "JPEG") for one in burst]
    except PictureUndecodable as problem:
        raise FramesUnfit from problem
    if any(min(size) < _LEAST_SIDE_PX or max(size) > FRAME_LIMIT_PX for size in found):
        raise FramesUnfit
    return found


def keep(
    service: Service, found: Challenge, burst: Sequence[Sent], sizes: Sequence[tuple[int, int]]
) -> list[StoredPicture]:
    folder = service.settings.evidence_dir / _FOLDER / found.folder
    secret = settings.evidence_secret(service.settings)
    kept: list[StoredPicture] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for sent, (width, height) in zip(burst, sizes, strict=True):
            name = f"{_FOLDER}/{found.folder}/{secrets.token_hex(12)}.jpg"
            digest = sealed.keep(service.settings.evidence_dir / name, secret, "face", sent.jpeg)
            kept.append(StoredPicture(name, bytes.fromhex(digest), width, height))
    except (OSError, sealed.EvidenceNotKept) as problem:
        erase(service, kept)
        raise FaceCheckUnavailable from problem
    return kept


def content(service: Service, stored: StoredPicture) -> bytes:
    """The JPEG of a picture that is evidence. Raises FaceCheckUnavailable where it is missing or was changed."""
    try:
        jpeg = sealed.whole(
            service.settings.evidence_dir / stored.name, settings.evidence_secret(service.settings)
        )
    except (OSError, Refusal) as problem:
        raise FaceCheckUnavailable from problem
    if hashlib.sha256(jpeg).digest() != stored.sha256:
        raise FaceCheckUnavailable
    return jpeg


def erase(service: Service, pictures: Iterable[StoredPicture]) -> None:
    for stored in pictures:
        (service.settings.evidence_dir / stored.name).unlink(missing_ok=True)


def erase_all_but(service: Service, found: Challenge, kept: Collection[str]) -> None:
    """Also what a killed process wrote and nobody noted."""
    folder = service.settings.evidence_dir / _FOLDER / found.folder
    for path in folder.glob("*"):
        if f"{_FOLDER}/{found.folder}/{path.name}" not in kept:
            path.unlink(missing_ok=True)
    # Refused as long as evidence is in it.
    with contextlib.suppress(OSError):
        folder.rmdir()
