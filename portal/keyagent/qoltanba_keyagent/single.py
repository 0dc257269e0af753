"""One agent over one folder: a second one would take the first one's unfinished files for leftovers of a crash."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


# On Windows nobody else reads a byte that is locked.
_AFTER_THE_LOCK = 1


class AlreadyRunning(Exception):
    """Another process of this account works with the folder."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The system itself lets go of the lock when this process ends, however it ends. Raises AlreadyRunning."""
    descriptor = os.open(folder / "running", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, _AFTER_THE_LOCK, os.SEEK_SET)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def process(folder: Path) -> int | None:
    """The process that works with the folder now; nothing where there is none, or none that can be named yet."""
    try:
        descriptor = os.open(folder / "running", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        _lock(descriptor)
    except AlreadyRunning:
        os.lseek(descriptor, _AFTER_THE_LOCK, os.SEEK_SET)
        written = os.read(descriptor, 32)
        return int(written) if written.isdigit() else None
    finally:
        os.close(descriptor)
    return None


def _lock(descriptor: int) -> None:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyRunning from error
