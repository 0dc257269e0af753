"""Makes `.venv` from a hash-pinned lock, once, and again when the lock, the Python or the folder changes.

Two files decide. `.venv/.building` is written first and removed last: an environment in which it is found
was interrupted and is made anew. `.venv/.stamp` says what a finished environment satisfies. An environment
with neither was made by hand: it is kept, and the lock is installed into it.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

LOCKS = ("run", "test")
SUPPORTED = ((3, 11), (3, 14))

# Found by its own folder, so that it also works where the path has blanks or is too long for a `#!` line.
_COMMAND = """\
#!/bin/sh
exec "$(dirname "$0")/python" -c '
import sys
from runtime.cli import main
sys.argv[0] = "qoltanba"
main()' "$@"
"""


class SetupFailed(Exception):
    """The environment cannot be made; the text is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a finished environment was made of."""

    folder: str
    python: str
    run: str
    test: str

    def satisfies(self, wanted: "Stamp", lock: str) -> bool:
        return (
            (self.folder, self.python, self.run) == (wanted.folder, wanted.python, wanted.run)
            and (lock == "run" or self.test == wanted.test)
        )  # fmt: skip


def prepare(*, folder: Path, lock: str, exactly: bool) -> None:
    """Leave `.venv` satisfying the lock; raises SetupFailed with one sentence for people."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        raise SetupFailed(
            f"Python {sys.version.split()[0]} is not supported: name one of 3.11 to 3.14, for example"
            " `make PYTHON=python3.12 run`."
        )
    environment = folder / ".venv"
    python = environment / "bin" / "python"
    version = _version_of(python)
    wanted = _wanted(folder, version)
    stamp = _read_stamp(environment)
    if version and stamp and stamp.satisfies(wanted, lock) and not (exactly and version != _own_version()):
        return
    started = monotonic()
    if _must_be_made(environment, version, stamp, wanted, exactly):
        _create(environment)
        wanted = _wanted(folder, _own_version())
    (environment / ".building").touch()
    _install(python, folder / "requirements" / f"{lock}.txt")
    _compile(python)
    _link_project(python, environment, folder)
    _write_stamp(environment, wanted if lock == "test" else _without_tests(wanted))
    (environment / ".building").unlink()
    _say(f"Environment ready in {monotonic() - started:.0f} s.")


def _must_be_made(environment: Path, version: str, stamp: Stamp | None, wanted: Stamp, exactly: bool) -> bool:
    supported = (
        version and SUPPORTED[0] <= tuple(int(part) for part in version.split(".")[:2]) <= SUPPORTED[1]
    )
    moved = stamp is not None and (stamp.folder, stamp.python) != (wanted.folder, wanted.python)
    other_python = exactly and version != _own_version()
    return not supported or moved or other_python or (environment / ".building").exists()


def _wanted(folder: Path, version: str) -> Stamp:
    run, test = ((folder / "requirements" / f"{lock}.txt").read_bytes() for lock in LOCKS)
    return Stamp(str(folder), version, hashlib.sha256(run).hexdigest(), hashlib.sha256(test).hexdigest())


def _without_tests(stamp: Stamp) -> Stamp:
    return Stamp(stamp.folder, stamp.python, stamp.run, "")


def _own_version() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _version_of(python: Path) -> str:
    """The version of the environment's Python, empty when there is none that runs and has pip."""
    question = (
        "import sys, importlib.util as found\n"
        "if found.find_spec('pip'): print('.'.join(map(str, sys.version_info[:3])))"
    )
    try:
        answer = subprocess.run(
            [python, "-c", question], capture_output=True, text=True, check=False, timeout=60
        )
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _create(environment: Path) -> None:
    _say(f"Making .venv with Python {_own_version()} ...")
    if environment.exists():
        shutil.rmtree(environment)
    environment.mkdir()
    (environment / ".building").touch()
    # The Python that stands behind an environment, should this one itself run in one.
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", environment], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SetupFailed(
            f"{base} cannot make an environment (on Debian install python3-venv, or name another Python:"
            f" `make PYTHON=python3.12 run`): {(made.stderr or made.stdout).strip()}"
        )


def _install(python: Path, lock: Path) -> None:
    # The lock is complete, so nothing is left to resolve; wheels only, so nothing is compiled here.
    command = [str(python), "-m", "pip", "install", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--no-compile", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command += ["-r", str(lock)]
    total = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line)
    _say(f"Installing {total} packages from requirements/{lock.name} ...")
    last: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        done = 0
        for line in pip.stdout:
            last = [*last[-7:], line.rstrip()]
            if line.startswith(("Collecting", "Processing", "Requirement already satisfied", "Ignoring")):
                done += 1
                _progress(done, total)
            elif line.startswith("Installing collected"):
                _say("  unpacking ...")
    if pip.returncode:
        raise SetupFailed("pip could not install the packages:\n  " + "\n  ".join(last))


def _compile(python: Path) -> None:
    """Compile all at once, on every core: pip does it on one, and a first start would wait for it."""
    _say("  compiling ...")
    question = (
        "import sysconfig, compileall\n"
        "compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"
    )
    # Some packages ship templates that are no valid Python: their failure to compile is none of ours.
    subprocess.run(
        [python, "-c", question], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )


def _link_project(python: Path, environment: Path, folder: Path) -> None:
    """Put the project on the environment's path and its command into `bin`, without a build."""
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True)
    (Path(answer.stdout.strip()) / "qoltanba.pth").write_text(f"{folder}\n", encoding="utf-8")
    command = environment / "bin" / "qoltanba"
    command.write_text(_COMMAND, encoding="utf-8")
    command.chmod(0o755)


def _read_stamp(environment: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads((environment / ".stamp").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_stamp(environment: Path, stamp: Stamp) -> None:
    (environment / ".stamp").write_text(json.dumps(asdict(stamp), indent=1) + "\n", encoding="utf-8")


def _progress(done: int, total: int) -> None:
    if sys.stdout.isatty():
        print(f"\r  {min(done, total)} of {total}", end="\n" if done >= total else "", flush=True)
    elif done % 20 == 0:
        _say(f"  {done} of {total}")


def _say(sentence: str) -> None:
    print(sentence, flush=True)
