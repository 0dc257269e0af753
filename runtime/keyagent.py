"""The key agent's installer: built from its sources, the same bytes from the same sources, for the portal to offer.

One file for Python: the agent's wheel, what installs it, and its libraries by name, version and digest, as our own lock
holds them. The libraries themselves come from the package index of the citizen's computer.

The agent itself runs on citizens' computers; the demo starts one here, as a process that knows nothing of ours.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from runtime.settings import Settings

SOURCES = Path(__file__).resolve().parent.parent / "portal" / "keyagent"
# 2026-01-01: the archive's dates say nothing, so that its digest speaks of its content alone.
_EPOCH = "1767225600"
_ARCHIVED = (2026, 1, 1, 0, 0, 0)
_PATIENCE_SECONDS = 120
NAME = "qoltanba-keyagent.pyz"
_LOCK = SOURCES.parent.parent / "requirements" / "run.txt"
_SHEBANG = b"#!/usr/bin/env python3\n"


class WheelNotBuilt(Exception):
    """The builder's own words, for whoever runs the system."""


def folder(configured: Settings) -> Path:
    """Where the installer lies, and it alone."""
    return configured.var_dir / "keyagent" / "installer"


def build(configured: Settings) -> Path:
    """Build it offline and put it in the place of the one before. Raises WheelNotBuilt."""
    target = folder(configured)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        wheel = _built(Path(made))
        packed = Path(made) / NAME
        _pack(packed, wheel)
        return packed.replace(target / NAME)


def _pack(packed: Path, wheel: Path) -> None:
    """A zip that Python runs (PEP 441)."""
    parts = {
        "__main__.py": (SOURCES / "installer" / "__main__.py").read_bytes(),
        wheel.name: wheel.read_bytes(),
        "requirements.txt": _libraries().encode(),
    }
    with packed.open("wb") as file:
        file.write(_SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(parts.items()):
                archive.writestr(zipfile.ZipInfo(name, _ARCHIVED), content)


def _libraries() -> str:
    """The lines of our lock for what the agent needs, directly or through another, on any system."""
    project = tomllib.loads((SOURCES / "pyproject.toml").read_text("utf-8"))["project"]
    needed: set[str] = set()
    _follow([_name(one) for one in project["dependencies"]], needed)
    entries = re.split(r"\n(?=\S)", _LOCK.read_text("utf-8").strip())
    kept = [entry for entry in entries if not entry.startswith("#") and _name(entry) in needed]
    if missing := set(map(_name, project["dependencies"])) - set(map(_name, kept)):
        raise WheelNotBuilt(f"not in {_LOCK.name}: {', '.join(sorted(missing))}")
    return "\n".join(kept) + "\n"


def _follow(names: list[str], needed: set[str]) -> None:
    for name in names:
        if name not in needed:
            needed.add(name)
            _follow(list(_required(name)), needed)


def _required(name: str) -> Iterator[str]:
    """Markers of systems and versions are left to the lock; optional extras are not needed."""
    try:
        wanted = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        # For another system than this one.
        return
    yield from (_name(one) for one in wanted if "extra ==" not in one)


def _name(requirement: str) -> str:
    """As the lock writes it (PEP 503)."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


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


def digest(installer: Path) -> str:
    """SHA-256, as the download page shows it."""
    return hashlib.sha256(installer.read_bytes()).hexdigest()


def command(configured: Settings) -> list[str]:
    """The demo's agent, from its sources, with a folder that `demo reset` throws away."""
    own = configured.var_dir / "keyagent" / "own"
    run = [sys.executable, str(SOURCES), "run", "--port", str(configured.keyagent_port)]
    return [*run, "--folder", str(own)]
