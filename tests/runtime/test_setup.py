"""The bootstrap of `make`: one sentence when something is wrong, nothing done when nothing is to be done."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.setup import debian, environment
from runtime.setup.environment import Stamp

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an environment that satisfies its run-time lock."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "requirements").mkdir()
    # Empty locks: there is nothing to ask a registry for.
    for lock in environment.LOCKS:
        (folder / "requirements" / f"{lock}.txt").write_text("")
    environment.prepare(folder=folder, lock="run", exactly=False)
    (folder / "stamp").write_bytes((folder / ".venv" / ".stamp").read_bytes())
    return folder


@pytest.fixture
def folder(finished: Path) -> Path:
    """The same for every test, brought back to how it was finished."""
    for lock in environment.LOCKS:
        (finished / "requirements" / f"{lock}.txt").write_text("")
    (finished / ".venv" / ".stamp").write_bytes((finished / "stamp").read_bytes())
    (finished / ".venv" / ".building").unlink(missing_ok=True)
    return finished


def age(folder: Path) -> int:
    return (folder / ".venv" / "pyvenv.cfg").stat().st_ino


def test_a_finished_environment_has_the_command_and_the_project(folder: Path) -> None:
    (folder / "runtime").mkdir()
    (folder / "runtime" / "cli.py").write_text("import sys\ndef main() -> None:\n    print(sys.argv)\n")
    command = folder / ".venv" / "bin" / "qoltanba"
    answer = subprocess.run([command, "run", "--fast"], capture_output=True, text=True, cwd="/", check=True)
    assert answer.stdout.strip() == "['qoltanba', 'run', '--fast']"


def test_a_finished_environment_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    before = age(folder)
    environment.prepare(folder=folder, lock="run", exactly=True)
    assert (age(folder), capsys.readouterr().out) == (before, "")


def test_a_changed_lock_is_installed_into_the_same_environment(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "requirements" / "run.txt").write_text("# changed\n")
    before = age(folder)
    capsys.readouterr()
    environment.prepare(folder=folder, lock="run", exactly=False)
    assert age(folder) == before
    assert "Installing" in capsys.readouterr().out


def test_the_tools_of_the_tests_come_only_when_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    environment.prepare(folder=folder, lock="test", exactly=False)
    assert "test.txt" in capsys.readouterr().out
    environment.prepare(folder=folder, lock="run", exactly=False)
    assert capsys.readouterr().out == ""


def test_an_interrupted_environment_is_made_anew(folder: Path) -> None:
    (folder / ".venv" / "left-over").touch()
    (folder / ".venv" / ".building").touch()
    (folder / "requirements" / "run.txt").write_text("# changed\n")
    environment.prepare(folder=folder, lock="run", exactly=False)
    assert not (folder / ".venv" / "left-over").exists()
    assert not (folder / ".venv" / ".building").exists()


def test_an_environment_that_was_moved_is_made_anew(folder: Path) -> None:
    """Its scripts still name the old folder."""
    (folder / ".venv" / ".stamp").write_text(
        (folder / "stamp").read_text().replace(str(folder), "/another/folder")
    )
    (folder / ".venv" / "left-over").touch()
    environment.prepare(folder=folder, lock="run", exactly=False)
    assert not (folder / ".venv" / "left-over").exists()


def test_a_lock_that_cannot_be_installed_is_one_message(folder: Path) -> None:
    (folder / "requirements" / "run.txt").write_text("no-such-package==1 --hash=sha256:" + "0" * 63 + "\n")
    with pytest.raises(environment.SetupFailed, match="pip could not install"):
        environment.prepare(folder=folder, lock="run", exactly=False)
    assert (folder / ".venv" / ".building").exists()


def test_the_test_lock_satisfies_running_too() -> None:
    both, run = Stamp("f", "3.11.7", "r", "t"), Stamp("f", "3.11.7", "r", "")
    assert both.satisfies(both, "run")
    assert run.satisfies(both, "run")
    assert not run.satisfies(both, "test")


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python3.12"])
def test_a_wrong_python_is_one_sentence_that_names_the_setting(python: str) -> None:
    done = make(f"PYTHON={python}", "environment")
    assert done.returncode != 0
    sentence, *rest = done.stderr.splitlines()
    assert python in sentence
    assert "make PYTHON=" in sentence
    # Called by a make, as by `make test`, it says which level it is.
    assert all(re.match(r"make(\[\d+\])?: \*\*\*", line) for line in rest)


def test_python_is_found_without_being_named() -> None:
    assert make("python").returncode == 0
    assert sys.version_info[:2] in ((3, 11), (3, 12), (3, 13), (3, 14))


def test_what_is_missing_is_named_with_its_package_and_purpose() -> None:
    need = debian.Need("chromium", "browser of the journeys", lambda: False)
    text = debian.explain([need])
    assert "chromium: browser of the journeys" in text
    assert text.endswith("apt-get install chromium")
