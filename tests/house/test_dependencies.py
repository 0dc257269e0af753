"""Dependencies: each explained, each pinned by hash, none under a licence that would bind the whole."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGE = (ROOT / "docs" / "reference" / "dependencies.md").read_text(encoding="utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    return {normal(match[0]) for one in requirements if (match := re.match(r"[\w.-]+", one))}


DECLARED = {
    "run": names(PROJECT["dependencies"]),
    "test": names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"]["test"]),
}


def pins(lock: str) -> dict[str, set[str]]:
    """Name to its pins: a universal lock may have several, for different Pythons."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([^ ;]+)", line):
            found.setdefault(normal(match[1]), set()).add(match[2])
    return found


def test_the_page_explains_every_dependency_and_no_other() -> None:
    listed = {normal(name) for name in re.findall(r"^\| `([\w.-]+)` \|", PAGE, flags=re.MULTILINE)}
    assert listed == DECLARED["test"]


@pytest.mark.parametrize("lock", ["run", "test"])
def test_the_lock_has_every_dependency(lock: str) -> None:
    assert DECLARED[lock] <= pins(lock).keys()


@pytest.mark.parametrize("lock", ["run", "test"])
def test_the_lock_is_pins_and_hashes_and_nothing_else(lock: str) -> None:
    """Where packages come from is the business of the machine that asks: no index, no link, no path."""
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    pin = re.compile(r"[\w.-]+==[\w.!+]+( ; .+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not (pin.fullmatch(line) or digest.fullmatch(line))] == []


def test_what_the_tests_run_with_is_what_runs() -> None:
    test = pins("test")
    assert {name: test.get(name) for name in pins("run")} == pins("run")


def test_the_test_tools_are_not_installed_to_run() -> None:
    assert not {"pytest", "playwright", "mypy", "hypothesis"} & pins("run").keys()


def test_no_licence_binds_the_whole() -> None:
    """GPL and AGPL would; the LGPL does not bind who imports the library unchanged."""
    binding = []
    for name in pins("run"):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        words = " ".join([about.get("License-Expression") or "", *(about.get_all("Classifier") or [])])
        if re.search(r"(?<!L)GPL|Affero|GNU General Public", words):
            binding.append(name)
    assert binding == []
