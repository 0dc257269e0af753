"""The processes of the tested house, found by their command line and their environment; ended as a crash would."""

import os
import signal
from pathlib import Path

from runtime import settings
from tests.journeys.conftest import House


def kill(house: House, *arguments: str) -> None:
    """The one process of this house that was started with these arguments ("video", "gateway")."""
    ours = f"{settings.PREFIX}VIDEO_PORT={house.service.settings.video_port}".encode()
    (found,) = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal()
        and _words(folder / "cmdline")[-len(arguments) :] == [word.encode() for word in arguments]
        and ours in _words(folder / "environ")
    ]
    os.kill(found, signal.SIGKILL)


def _words(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        # It ended meanwhile, or is nobody's to read.
        return []
