"""A short shift in real processes, each of which is killed once: no lock error, nothing lost, nothing twice."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MEASURED_SECONDS = 30
PROCESSES = ("jobs", "portal", "calls", "media", "vision", "console")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_acknowledged_under_load_is_there_once_whatever_was_killed() -> None:
    """Speed is shown and decides nothing here: `qoltanba bench shift` without `--unmeasured` judges it."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "runtime.cli", "bench", "shift", "--unmeasured"),
            *("--seconds", str(MEASURED_SECONDS), "--agents", "5", "--moderators", "5", "--callers", "4"),
        ],
        cwd=PROJECT,
        timeout=580,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("lock errors: 0;") for line in lines), done.stdout
    killed = {
        line.removeprefix("killed: ").partition(",")[0] for line in lines if line.startswith("killed: ")
    }
    assert killed == set(PROCESSES)
    assert lines[-1] == "the bars hold"
