"""What README and docs name exists: commands and their options, targets, modules, paths, settings, variables.

Decisions are left out: they tell what was true on their day.
"""

import dataclasses
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from runtime import cli
from runtime.settings import CONFIG_VARIABLE, PREFIX, Settings

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
    if page.name != "CHANGELOG.md" and page.parent.name != "decisions"
]
SETTINGS = {field.name for field in dataclasses.fields(Settings)}
ROOMS = "ca_core|data|video|runtime|console|portal|tests|benchmarks|docs|requirements"
ENDINGS = r"(?:file|files|dir|port|host|url|urls|workers|minutes|hours|seconds|level|format|sender)"

Command = tuple[str, ...]


def code_of(page: Path) -> list[str]:
    """Inline code and the lines of code blocks."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return lines + re.findall(
        r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    )


def commands() -> dict[Command, set[str]]:
    """Every command of `qoltanba` by its words, with its options."""
    found: dict[Command, set[str]] = {}
    waiting: list[tuple[Command, Any]] = [((), get_command(cli.app))]
    while waiting:
        words, command = waiting.pop()
        found[words] = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        waiting += [((*words, name), inner) for name, inner in getattr(command, "commands", {}).items()]
    return found


def told() -> Iterator[tuple[str, str]]:
    """Each call of `qoltanba` that a page shows: the page, and what follows the name."""
    for page in PAGES:
        for code in code_of(page):
            for call in re.findall(r"(?:^|[ /])qoltanba ([a-z][^#;|&]*)", code):
                yield page.name, call.strip()


def wrong_with(call: str, known: dict[Command, set[str]]) -> str:
    """What the command line would not understand of it."""
    given = call.split()
    words: Command = ()
    while given and (*words, given[0]) in known:
        words = (*words, given.pop(0))
    is_group = any(one[: len(words)] == words and len(one) > len(words) for one in known)
    if not words or (is_group and given and not given[0].startswith("-")):
        return f"no command: {call}"
    unknown = [one for one in given if one.startswith("--") and one.partition("=")[0] not in known[words]]
    return f"no option: {' '.join(words)} {unknown}" if unknown else ""


def test_every_command_and_option_that_is_told_exists() -> None:
    known, calls = commands(), list(told())
    assert len(calls) > 15
    assert [
        problem for page, call in calls if (problem := f"{page}: {wrong_with(call, known)}")[-2:] != ": "
    ] == []


@pytest.mark.parametrize("call", ["fly", "demo fly", "ca init --nothing x"])
def test_a_command_that_is_not_there_is_found(call: str) -> None:
    assert wrong_with(call, commands())


def test_every_target_of_make_that_is_told_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = {
        word
        for page in PAGES
        for code in code_of(page)
        if code.startswith("make ")
        for word in code.partition("#")[0].split()[1:]
        if "=" not in word and not word.startswith("-")
    }
    assert len(told) > 5
    assert told - targets == set()


def test_every_module_that_is_run_exists() -> None:
    told = {
        name
        for page in PAGES
        for code in code_of(page)
        for name in re.findall(r"python3? -m ([a-z_.]+[a-z0-9]\w*)", code)
        if name not in ("venv", "pip")
    }
    assert len(told) > 5
    assert [name for name in sorted(told) if importlib.util.find_spec(name) is None] == []


def test_every_path_that_is_told_exists() -> None:
    """A `*` stands for the languages of one wording, or for whatever matches."""
    missing = [
        (page.name, path)
        for page in PAGES
        for code in code_of(page)
        for path in re.findall(rf"(?<![\w./-])((?:{ROOMS})/[\w./*-]*\w/?)(?![\w<*])", code)
        if not any(PROJECT.glob(path))
    ]
    assert missing == []


def test_every_variable_of_the_environment_that_is_told_exists() -> None:
    known = {PREFIX + name.upper() for name in SETTINGS} | {CONFIG_VARIABLE}
    told = {
        name for page in PAGES for name in re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text("utf-8"))
    } - {PREFIX}
    assert told - known == set()


def test_every_setting_that_is_told_exists() -> None:
    """A name in code marks that ends as settings do, or is given a value as in `qoltanba.toml`."""
    told = {
        name
        for page in PAGES
        for code in code_of(page)
        for found in re.findall(rf'^(?:([a-z]+(?:_[a-z]+)*_{ENDINGS})$|([a-z_]+) = ")', code)
        for name in filter(None, found)
    }
    assert len(told) > 20
    assert told - SETTINGS == set()
