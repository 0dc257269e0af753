"""The processes of the tested house, found by their command line and their environment; ended as a crash would."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from runtime import settings
from tests.journeys.conftest import House


def kill(house: House, *arguments: str) -> None:
    """The one process of this house that was started with these arguments ("video", "gateway")."""
    os.kill(_number(house, arguments), signal.SIGKILL)


@contextlib.contextmanager
def frozen(house: House, *arguments: str) -> Iterator[None]:
    """The process hears and says nothing, as behind a network that is away."""
    number = _number(house, arguments)
    os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(number, signal.SIGCONT)


def _number(house: House, arguments: tuple[str, ...]) -> int:
    ours = f"{settings.PREFIX}VIDEO_PORT={house.service.settings.video_port}".encode()
    (found,) = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal()
        and _words(folder / "cmdline")[-len(arguments) :] == [word.encode() for word in arguments]
        and ours in _words(folder / "environ")
    ]
    return found


def _words(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        # It ended meanwhile, or is nobody's to read.
        return []
