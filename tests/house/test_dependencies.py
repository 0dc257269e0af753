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


# The LGPL does not bind who imports the library unchanged and can replace it.
_BINDING = re.compile(
    r"(?<!L)GPL|GNU General Public|Affero|SSPL|Server Side Public|BUSL|Business Source|Commons Clause"
)
# What a package's own metadata leave open, and where it is said instead.
UNSAID: dict[str, str] = {}


def licence(about: metadata.PackageMetadata) -> str:
    """All that it says of its licence: the expression, the classifiers, or the old free field's first line."""
    classifiers = [one for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    old = (about.get("License") or "").strip().partition("\n")[0]
    return " ".join(part for part in (about.get("License-Expression") or "", *classifiers, old) if part)


def require_free(name: str, said: str) -> None:
    assert said or name in UNSAID, f"{name} does not say under which licence it is"
    assert not _BINDING.search(said), f"{name}: {said}"


@pytest.mark.parametrize("lock", ["run", "test"])
def test_every_package_says_its_licence_and_none_binds_the_whole(lock: str) -> None:
    """GPL, AGPL and SSPL would, and what is no open licence at all. What says nothing is not taken for good."""
    looked_at = 0
    for name in sorted(pins(lock)):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        require_free(name, licence(about))
        looked_at += 1
    assert looked_at > len(DECLARED["run"])


@pytest.mark.parametrize(
    "said",
    ["", "GPL-3.0-or-later", "License :: OSI Approved :: GNU Affero General Public License v3", "SSPL-1.0"],
)
def test_a_licence_that_binds_or_is_not_said_is_found(said: str) -> None:
    with pytest.raises(AssertionError):
        require_free("some-package", said)


def test_the_lesser_licence_does_not_bind() -> None:
    require_free("psycopg", "LGPL-3.0-only")
