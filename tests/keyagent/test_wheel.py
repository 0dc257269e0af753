"""The wheel that the portal offers: the same bytes from the same sources, and complete."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portal import keyagent_download
from runtime import keyagent, settings
from runtime.settings import Settings
from tests.keyagent import person


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = replace(settings.load(), var_dir=tmp_path_factory.mktemp("var"))
    keyagent.build(made)
    return made


def test_the_same_sources_give_the_same_bytes(configured: Settings, tmp_path: Path) -> None:
    first = next(keyagent.folder(configured).iterdir())
    for path in keyagent.SOURCES.rglob("*.py"):
        os.utime(path)
    again = keyagent.build(replace(configured, var_dir=tmp_path))
    assert keyagent.digest(again) == keyagent.digest(first)


def test_a_build_replaces_the_one_before(configured: Settings) -> None:
    old = keyagent.folder(configured) / "qoltanba_keyagent-0.0.1-py3-none-any.whl"
    old.touch()
    placed = keyagent.build(configured)
    assert list(keyagent.folder(configured).iterdir()) == [placed]


def test_the_download_tells_what_it_is(configured: Settings) -> None:
    offered = keyagent_download.offered(configured)
    assert offered is not None
    file = keyagent.folder(configured) / offered.name
    assert offered.size_bytes == file.stat().st_size
    assert offered.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert offered.address == f"/keyagent/{offered.name}"


def test_nothing_is_offered_before_it_was_built(configured: Settings, tmp_path: Path) -> None:
    assert keyagent_download.offered(replace(configured, var_dir=tmp_path)) is None


def test_the_wheel_runs_by_itself(configured: Settings, tmp_path: Path) -> None:
    """With its pages, words and pictures inside: a wheel is a zip, and Python runs from one."""
    wheel = next(keyagent.folder(configured).glob("*.whl"))
    drawn = (
        "from qoltanba_keyagent import web, words\n"
        "pages = web.Pages()\n"
        "assert all(pages._templates.get_template(one) for one in pages._templates.list_templates())\n"
        "from importlib import resources\n"
        "assert resources.files('qoltanba_keyagent').joinpath('static', 'agent.css').is_file()\n"
        "print(len(pages._templates.list_templates()), sorted(pages.words))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", drawn], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env=os.environ | {"PYTHONPATH": str(wheel)},
    )  # fmt: skip
    assert told.stdout.strip() == "11 ['en', 'kk', 'ru']", told.stderr
    version = subprocess.run(
        [sys.executable, "-m", "qoltanba_keyagent", "--version"], cwd=tmp_path, capture_output=True, text=True,
        timeout=60, env=os.environ | {"PYTHONPATH": str(wheel)},
    )  # fmt: skip
    assert f"-{version.stdout.strip()}-" in wheel.name


def test_the_demo_starts_it_from_its_sources(configured: Settings) -> None:
    command = keyagent.command(configured)
    assert command[1] == str(person.PROJECT / "portal" / "keyagent")
    assert str(configured.var_dir) in command[-1]
