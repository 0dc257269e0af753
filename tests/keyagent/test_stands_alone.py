"""The agent runs on somebody else's computer: nothing of ours in it, nothing of it in ours, few libraries."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.keyagent.person import PROJECT

AGENT = PROJECT / "portal" / "keyagent"
ROOMS = ("ca_core", "data", "video", "runtime", "console", "portal")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def declared() -> set[str]:
    project = tomllib.loads((AGENT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[<>=]", one)[0] for one in project["dependencies"]}


def test_the_agent_imports_its_declared_libraries_and_nothing_of_ours() -> None:
    allowed = sys.stdlib_module_names | declared() | {"qoltanba_keyagent"}
    strangers = {
        f"{path.name}: {name}"
        for path in AGENT.rglob("*.py")
        for name in imported(path)
        if name not in allowed
    }
    assert strangers == set()


def test_every_declared_library_is_used() -> None:
    used = {name for path in AGENT.rglob("*.py") for name in imported(path)}
    # The server finds its WebSocket library by itself.
    assert declared() - used == {"websockets"}


def test_nothing_of_ours_imports_the_agent() -> None:
    """What talks to it does so over its protocol."""
    importing = [
        path.relative_to(PROJECT).as_posix()
        for room in ROOMS
        for path in (PROJECT / room).rglob("*.py")
        if AGENT not in path.parents and "qoltanba_keyagent" in set(imported(path))
    ]
    assert importing == []


def test_the_agent_is_built_of_what_we_run_with() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = set(project["dependencies"])
    theirs = tomllib.loads((AGENT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(theirs["project"]["dependencies"]) | set(theirs["build-system"]["requires"]) <= ours


def test_the_licence_travels_with_it() -> None:
    assert (AGENT / "LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()
