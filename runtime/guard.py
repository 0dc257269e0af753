"""The guard: a process that ends the supervisor's children when the supervisor can no longer do so itself.

It reads a pipe that only the supervisor can write to. `+4711` and `-4711` say which process groups live; the
end of the pipe means that the supervisor is gone, in good order or by SIGKILL. It works on every POSIX
system and reaches grandchildren, which the parent-death signal of Linux does not. It runs as a bare file:
standard library only.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import IO


class Guard:
    """The supervisor's end of the pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def watch(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def _tell(self, message: str) -> None:
        # A guard that somebody ended cannot be told anything; the supervisor still does its own part.
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(message.encode())
            self._pipe.flush()


@contextlib.contextmanager
def standing(*, grace: timedelta) -> Iterator[Guard]:
    """A guard as long as the block lasts; grace is what SIGTERM gives a child before SIGKILL."""
    command = [sys.executable, "-I", "-S", __file__, str(grace.total_seconds())]
    # A session of its own: Ctrl-C and the closing of the terminal are not for the guard.
    with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True) as process:
        assert process.stdin is not None
        yield Guard(process.stdin)


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal a process group; one that has gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _stand(grace_seconds: float) -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while any(_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    _stand(float(sys.argv[1]))
