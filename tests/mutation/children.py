"""Work done in a process of its own: a fork, ended when it takes too long, with everything that it started."""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

# What a child says when its work raised.
BROKEN = 70


def outcome(work: Callable[[], int], *, cpu_seconds: int, wall_seconds: int, quiet: bool) -> int | None:
    """What the work returns; None when it took too long.

    Processor time is what counts, for a busy machine must kill no mutant; the clock ends what waits for ever.
    """
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        code = BROKEN
        try:
            if quiet:
                _silence()
            code = work()
        finally:
            if sys.exc_info()[1] is not None:
                sys.excepthook(*sys.exc_info())
            sys.stdout.flush()
            os._exit(code)
    return _waited(child, time.monotonic() + wall_seconds)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _waited(child: int, until: float) -> int | None:
    try:
        while time.monotonic() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
            time.sleep(0.005)
        return None
    finally:
        # Also when somebody interrupts us; and what the tests themselves started.
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
