"""The installer that the portal offers: one file, which needs nothing but Python.

`python3 qoltanba-keyagent.pyz` puts the program in an environment of its own, in this account's own folder, and lets
it start with the computer; `uninstall` takes all of that away again. The libraries come from Python's package index,
each held to the digest that the authority tested.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

OLDEST = (3, 11)
HERE = Path(__file__).parent


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A console of Windows may lack letters of ours.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # In the oldest syntax: an older Python must get as far as this sentence.
    if sys.version_info < OLDEST:
        sys.exit(
            "Нужен Python 3.11 или новее. Python 3.11 немесе жаңасы керек. Python 3.11 or newer is needed."
        )
    arguments = sys.argv[1:] or ["install"]
    if arguments[0] not in ("install", "uninstall"):
        sys.exit(f"{sys.argv[0]} [install | uninstall] [--port N] [--no-start]")
    programs = own_folder(Path.home()) / "program"
    if arguments[0] == "uninstall":
        sys.exit(uninstall(programs, arguments[1:]))
    sys.exit(install(programs, arguments[1:]))


def own_folder(home: Path) -> Path:
    """As the program itself has it; see its `cli`."""
    if sys.platform == "darwin":
        return home / "Library/Application Support/qoltanba-keyagent"
    if sys.platform == "win32":
        return home / "AppData/Local/qoltanba-keyagent"
    return home / ".local/share/qoltanba-keyagent"


def install(programs: Path, options: list[str]) -> int:
    """A whole new program beside the one that may be there; only when it stands does it take the other's place."""
    programs.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="p", dir=programs))
    failed = fill(made) or subprocess.call([python_of(made), "-m", "qoltanba_keyagent", "install", *options])
    for other in programs.iterdir():
        if (other == made) == bool(failed):
            shutil.rmtree(other, ignore_errors=True)
    return failed


def fill(place: Path) -> int:
    """0, or 1 after telling why."""
    print(f"Python {sys.version.split()[0]}: {place}", flush=True)
    # Debian and Ubuntu have it in a package of its own.
    if importlib.util.find_spec("ensurepip") is None:
        print("Сначала: · Алдымен: · First:  sudo apt install python3-venv", file=sys.stderr)
        return 1
    venv.create(place, with_pip=True)
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(HERE) as archive:
            archive.extractall(unpacked)
        (wheel,) = Path(unpacked).glob("*.whl")
        pip = [python_of(place), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        for step in (
            ["--require-hashes", "--only-binary", ":all:", "-r", str(Path(unpacked) / "requirements.txt")],
            ["--no-deps", "--no-index", str(wheel)],
        ):
            if subprocess.call([*pip, *step]):
                return 1
    return 0


def uninstall(programs: Path, options: list[str]) -> int:
    for program in sorted(programs.glob("p*")):
        failed = subprocess.call([python_of(program), "-m", "qoltanba_keyagent", "uninstall", *options])
        if failed:
            return failed
    # Windows keeps the files of a running Python: by now none of them runs.
    shutil.rmtree(programs, ignore_errors=True)
    return 0


def python_of(place: Path) -> str:
    return str(place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


if __name__ == "__main__":
    main()
