"""Packages of npm that tests alone use, as their lock pins them; installed once until the lock changes."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

_KEPT = Path(__file__).resolve().parents[1] / "var" / "tests"


def installed(wanted: Path) -> Path:
    """A folder with `node_modules` for the lock in `wanted`. Of two runs at once both may install; one is kept."""
    assert shutil.which("npm"), "npm is missing: apt-get install npm, or run `make test`, which installs it"
    digest = hashlib.sha256((wanted / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = _KEPT / f"{wanted.name}-{digest}"
    if folder.exists():
        return folder
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_KEPT, prefix=f"{wanted.name}-", ignore_cleanup_errors=True) as made:
        fresh = Path(made) / "complete"
        fresh.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(wanted / name, fresh)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        try:
            fresh.rename(folder)
        except OSError:
            # The other run was sooner.
            if not folder.exists():
                raise
    return folder
