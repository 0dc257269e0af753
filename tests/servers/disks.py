"""File systems of their own for the tests: small ones that fill up, and ones that take nothing."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small(folder: Path, *, size: str, read_only: bool = False) -> Iterator[Path]:
    """Mounts need the superuser; elsewhere the test is skipped, and says so."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size}{',ro' if read_only else ''}"
    argv = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, timeout=10).returncode != 0:
        pytest.skip("only who may mount has a disk of its own to fill")
    try:
        yield folder
    finally:
        # Lazily: whoever still holds a file of it is the test's own loss.
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)


def fill(folder: Path, *, leave_bytes: int = 0) -> Path:
    """Takes what is free, but for so much; the file that does it."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    wanted = free.f_bavail * free.f_frsize - leave_bytes
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, wanted))
    return ballast
