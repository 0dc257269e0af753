"""One process of the pool: its models, loaded once, and the jobs that it does with them.

Nothing heavy is imported before `prepare`: the server that starts the pool imports this module for the names in it,
and must start where a model package is missing.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from video.vision.wire import CheckIsOff, Comparison, Faces, Readiness, Reading, Role

if TYPE_CHECKING:
    from video.vision.clip_wire import Burst, Plan, Verified
    from video.vision.looking import Looking

log = logging.getLogger(__name__)

# A native library that hangs cannot be interrupted, only ended: the alarm's default action does, and the pool
# starts another process.
HANGS_AFTER_SECONDS = 25


@dataclass(slots=True)
class _Process:
    looking: "Looking | None" = None


_process = _Process()


def follow_parent() -> None:
    """The parent alone hears of an interrupt, and none of its processes outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def prepare() -> None:
    """Called once as a process starts. Without the libraries every check is off, and the service runs."""
    follow_parent()
    try:
        # Late: the server itself needs none of these libraries, and must start without them.
        from video.vision import looking  # noqa: PLC0415
    except ImportError as error:
        log.warning("vision is off", extra={"missing": error.name})
        return
    _process.looking = looking.load()


def checks() -> Readiness:
    """Which checks this process can do."""
    looking = _process.looking
    return Readiness(documents=False, faces=False) if looking is None else looking.readiness


def read_document(data: bytes, today: date) -> Reading:
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().read_document(data, today=today)


def find_faces(data: bytes, role: Role, today: date) -> Faces:
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().find_faces(data, role=role, today=today)


def compare(pictures: Mapping[Role, bytes], today: date) -> Comparison:
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().compare(pictures, today=today)


def align(data: bytes) -> bytes | None:
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().align(data)


def glance(frames: Sequence[bytes]) -> "Burst":
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().glance(frames)


def verify(frames: Sequence[bytes], plan: "Plan", portrait: bytes | None) -> "Verified":
    """Raises PictureUndecodable, CheckIsOff."""
    with _bounded():
        return _looking().verify(frames, plan, portrait)


def _looking() -> "Looking":
    if _process.looking is None:
        raise CheckIsOff("vision")
    return _process.looking


def _end_with_parent() -> None:
    """A pool's processes would wait for work for ever after their parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
