"""Folders for what is half done. What a killed process left in one is removed before the next is made: it is as secret
as what it was to become, and nobody would ever look for it.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_HELD = ".held"
# Between the making of a folder and its being held.
_YOUNG_SECONDS = 60


@contextlib.contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """One's own (0700), gone at the end. Raises OSError."""
    for left in parent.glob(f"{prefix}*"):
        if _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=prefix) as made, _held(Path(made)):
        yield Path(made)


@contextlib.contextmanager
def _held(made: Path) -> Iterator[None]:
    """The lock ends with the process, however that ends."""
    descriptor = os.open(made / _HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_abandoned(left: Path) -> bool:
    try:
        descriptor = os.open(left / _HELD, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        with contextlib.suppress(OSError):
            return time.time() - left.stat().st_mtime > _YOUNG_SECONDS
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
