"""`install`, `open`, `stop`, `uninstall`: what a person does once, without knowing what a terminal is for."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from qoltanba_keyagent import files, single, startup, tls, trust
from qoltanba_keyagent.waiting import Shelf

_PATIENCE_SECONDS = 20
_PAUSE_SECONDS = 0.1
_OWN_FOLDERS = ("program", "tls", "waiting")
_OWN_FILES = ("secret", "sites.json", "recent.json", "log", "running")


def install(folder: Path, *, home: Path, port: int, now: datetime, options: list[str], at_once: bool) -> bool:
    """Entries for the next start, trust where the browsers let us, and the first start. Whether it runs now."""
    startup.enter(home, *options)
    tls.context(folder, now=now)
    trust.install(folder, home=home)
    stop(folder)
    return at_once and start(folder, port=port, options=options)


def start(folder: Path, *, port: int, options: list[str]) -> bool:
    """On its own, whatever becomes of who started it. Whether it answers."""
    log = files.private_folder(folder) / "log"
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        subprocess.Popen(
            startup.command("run", *options),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    return _comes_true(lambda: answers(port) and single.process(folder) is not None)


def open_page(folder: Path, *, port: int, options: list[str]) -> bool:
    """The agent's own page, with the agent started where it does not run."""
    if single.process(folder) is None and not start(folder, port=port, options=options):
        return False
    webbrowser.open(f"http://127.0.0.1:{port}/")
    return True


def stop(folder: Path) -> None:
    """The agent that works with this folder, if there is one."""
    process = single.process(folder)
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        _comes_true(lambda: single.process(folder) is None)


def keys_that_wait(folder: Path) -> int:
    """Uninstalled with the agent they would be lost, and their applications useless."""
    return sum(not one.is_receipt for one in Shelf(folder).all())


def uninstall(folder: Path, *, home: Path) -> None:
    """All that is the agent's own; the owner's key files stay where they are."""
    startup.leave(home)
    stop(folder)
    trust.remove(folder, home=home)
    for name in _OWN_FOLDERS:
        # Windows keeps the files of a running Python, this one's; the installer removes them afterwards.
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in _OWN_FILES:
        (folder / name).unlink(missing_ok=True)
    # Whatever else somebody put there is theirs.
    with contextlib.suppress(OSError):
        folder.rmdir()


def answers(port: int) -> bool:
    """Whether an agent of ours is there: NCALayer on the same port says something else."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return bool(answer.read(16) == b"ready")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _comes_true(question: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True
