"""The key agent's wheel: built from its sources, the same bytes from the same sources, for the portal to offer.

The agent itself runs on citizens' computers; the demo starts one here, as a process that knows nothing of ours.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from runtime.settings import Settings

SOURCES = Path(__file__).resolve().parent.parent / "portal" / "keyagent"
# 2026-01-01: the archive's dates say nothing, so that its digest speaks of its content alone.
_EPOCH = "1767225600"
_PATIENCE_SECONDS = 120


class WheelNotBuilt(Exception):
    """The builder's own words, for whoever runs the system."""


def folder(configured: Settings) -> Path:
    """Where the wheel lies, and it alone."""
    return configured.var_dir / "keyagent" / "wheel"


def build(configured: Settings) -> Path:
    """Build the wheel offline and put it in the place of the one before. Raises WheelNotBuilt."""
    target = folder(configured)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        built = _built(Path(made))
        placed = target / built.name
        built.replace(placed)
    for old in target.glob("*.whl"):
        if old != placed:
            old.unlink()
    return placed


def _built(into: Path) -> Path:
    command = [sys.executable, "-m", "flit_core.wheel", str(SOURCES), "--outdir", str(into)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS,
        env={"SOURCE_DATE_EPOCH": _EPOCH},
    )  # fmt: skip
    found = list(into.glob("*.whl"))
    if done.returncode or len(found) != 1:
        raise WheelNotBuilt(done.stderr.strip())
    return found[0]


def digest(wheel: Path) -> str:
    """SHA-256, as the download page shows it."""
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def command(configured: Settings) -> list[str]:
    """The demo's agent, from its sources, with a folder that `demo reset` throws away."""
    own = configured.var_dir / "keyagent" / "own"
    run = [sys.executable, str(SOURCES), "run", "--port", str(configured.keyagent_port)]
    return [*run, "--folder", str(own)]
