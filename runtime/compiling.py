"""The inner loop of a media worker as machine code: mypyc compiles the modules that see every packet.

They stay the Python that they are, and are tested as such; nothing depends on their being compiled. What was compiled
lies in the environment under the digest of sources and Python, so that nothing is loaded that is not of these sources.
"""

import hashlib
import importlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

# Of the recording too: while calls are recorded, each packet goes through all of them.
MODULES: Final = (
    "line",
    "matroska",
    "rtp",
    "timeline",
    "translator_frames",
    "translator_seams",
    "translator_streams",
)
_PROJECT: Final = Path(__file__).resolve().parent.parent
_PACKAGE: Final = "video.media"
_AT_MOST_SECONDS: Final = 600


class NotCompiled(Exception):
    """What the compiler said; media workers run interpreted until it is mended."""

    def __str__(self) -> str:
        needs = "mypyc, setuptools, a C compiler and Python's headers are needed; media workers run interpreted without"
        return f"not compiled ({needs}): {self.args[0]}"


def folder() -> Path:
    """Where the compiled modules of these sources are, or would be."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()}".encode())
    for source in _sources():
        digest.update(source.read_bytes())
    return Path(sys.prefix) / "share" / "qoltanba" / f"compiled-{digest.hexdigest()[:16]}"


def use(place: Path | None = None) -> bool:
    """Called before those modules are imported: whether they will be the compiled ones."""
    place = place or folder()
    modules = place.joinpath(*_PACKAGE.split("."))
    if not modules.is_dir():
        return False
    package = importlib.import_module(_PACKAGE)
    package.__path__.insert(0, str(modules))
    # They share one library, which lies beside the package.
    sys.path.append(str(place))
    return True


def build(place: Path | None = None) -> Path:
    """Compile, some half a minute; earlier ones are taken away. Raises NotCompiled."""
    place = place or folder()
    with tempfile.TemporaryDirectory(prefix="qoltanba-") as made:
        into = Path(made) / "out"
        done = subprocess.run(
            [sys.executable, "-m", "runtime.compiling", str(into)],
            cwd=_PROJECT, capture_output=True, text=True, check=False, timeout=_AT_MOST_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise NotCompiled((done.stderr or done.stdout).strip()[-300:])
        # Whole or not at all: half of them would not fit the other half.
        new = place.with_name(f"new-{place.name}")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(into, new)
        for old in place.parent.glob("compiled-*"):
            shutil.rmtree(old)
        new.rename(place)
    return place


def _sources() -> list[Path]:
    return [_PROJECT.joinpath(*_PACKAGE.split("."), f"{name}.py") for name in MODULES]


def _compile(into: Path) -> None:
    """In a process of its own, whose folder is the project's: both libraries speak to whoever runs them."""
    # They are there where the tests' requirements are; setuptools comes first, for mypyc looks whether it is there.
    setuptools: Any = importlib.import_module("setuptools")
    from mypyc.build import mypycify  # noqa: PLC0415

    sources = [str(source.relative_to(_PROJECT)) for source in _sources()]
    between = into.parent
    extensions = mypycify(sources, opt_level="3", debug_level="0", target_dir=str(between / "c"))
    distribution = setuptools.Distribution({"name": "qoltanba-inner-loop", "ext_modules": extensions})
    command = distribution.get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(into), str(between / "o")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    _compile(Path(sys.argv[1]))
