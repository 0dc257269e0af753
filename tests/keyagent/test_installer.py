"""The file that the portal offers: the same bytes from the same sources, complete, in and out without a trace."""

import hashlib
import os
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal import keyagent_download
from qoltanba_keyagent import keys, single, startup
from qoltanba_keyagent.waiting import Shelf
from runtime import keyagent, settings
from runtime.settings import Settings
from tests.keyagent import person


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = replace(settings.load(), var_dir=tmp_path_factory.mktemp("var"))
    keyagent.build(made)
    return made


@pytest.fixture(scope="module")
def installer(configured: Settings) -> Path:
    return keyagent.folder(configured) / keyagent.NAME


@pytest.fixture(scope="module")
def wheel(installer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with zipfile.ZipFile(installer) as packed:
        name = next(one for one in packed.namelist() if one.endswith(".whl"))
        return Path(packed.extract(name, tmp_path_factory.mktemp("unpacked")))


def test_the_same_sources_give_the_same_bytes(configured: Settings, installer: Path, tmp_path: Path) -> None:
    for path in keyagent.SOURCES.rglob("*.py"):
        os.utime(path)
    again = keyagent.build(replace(configured, var_dir=tmp_path))
    assert keyagent.digest(again) == keyagent.digest(installer)


def test_a_build_replaces_the_one_before(configured: Settings, installer: Path) -> None:
    content = installer.read_bytes()
    installer.write_bytes(b"an older one")
    assert keyagent.build(configured) == installer
    assert list(keyagent.folder(configured).iterdir()) == [installer]
    assert installer.read_bytes() == content


def test_the_download_tells_what_it_is(configured: Settings, installer: Path) -> None:
    offered = keyagent_download.offered(configured)
    assert offered is not None
    assert offered.size_bytes == installer.stat().st_size
    assert offered.sha256 == hashlib.sha256(installer.read_bytes()).hexdigest()
    assert offered.address == f"/keyagent/{offered.name}"


def test_nothing_is_offered_before_it_was_built(configured: Settings, tmp_path: Path) -> None:
    assert keyagent_download.offered(replace(configured, var_dir=tmp_path)) is None


def test_every_library_is_held_to_a_version_and_a_digest(installer: Path) -> None:
    """What comes from a public index is what the authority tested, or is not installed."""
    with zipfile.ZipFile(installer) as packed:
        entries = packed.read("requirements.txt").decode().replace("\\\n", " ").splitlines()
    named = {entry.partition("==")[0] for entry in entries}
    assert {"cryptography", "cffi", "lxml", "starlette", "anyio", "uvicorn", "h11", "websockets"} <= named
    assert "streamlit" not in named
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_the_wheel_runs_by_itself(wheel: Path, tmp_path: Path) -> None:
    """With its pages, words and pictures inside: a wheel is a zip, and Python runs from one."""
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


class Account:
    """An empty home folder, and the program as it is called there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / ".local/share/qoltanba-keyagent"
        self.port = person.free_port()
        self.environment = os.environ | {
            "HOME": str(home),
            "PYTHONPATH": str(person.PROJECT / "portal" / "keyagent"),
            "BROWSER": "true",
        }

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "qoltanba_keyagent", *arguments, "--port", str(self.port)]
        return subprocess.run(
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=90
        )

    def answer(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
            return str(answer.read().decode())

    def entries(self) -> list[str]:
        return [path.read_text() for path in self.home.rglob("*.desktop")]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    home = tmp_path / "a citizen"
    home.mkdir()
    made = Account(home)
    yield made
    made.call("stop")


def test_installed_it_runs_at_once_and_with_each_session(account: Account) -> None:
    done = account.call("install")
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{account.port}/" in done.stdout
    assert account.answer() == "ready"
    autostart = (account.home / ".config/autostart/qoltanba-keyagent.desktop").read_text()
    assert f"-m qoltanba_keyagent run --port {account.port}\n" in autostart
    menu = (account.home / ".local/share/applications/qoltanba-keyagent.desktop").read_text()
    assert f"-m qoltanba_keyagent open --port {account.port}\n" in menu
    assert account.folder.stat().st_mode & 0o077 == 0
    assert (account.folder / "log").stat().st_mode & 0o077 == 0


def test_installed_again_the_new_one_takes_over(account: Account) -> None:
    account.call("install")
    first = single.process(account.folder)
    assert account.call("install").returncode == 0
    second = single.process(account.folder)
    assert first
    assert second not in (None, first)
    assert account.answer() == "ready"
    assert len(account.entries()) == 2


def test_opened_from_the_menu_it_starts_where_it_does_not_run(account: Account) -> None:
    assert account.call("install", "--no-start").returncode == 0
    assert single.process(account.folder) is None
    assert account.call("open").returncode == 0
    first = single.process(account.folder)
    assert account.call("open").returncode == 0
    assert single.process(account.folder) == first is not None


def test_uninstalled_it_leaves_nothing_but_the_owners_files(account: Account) -> None:
    account.call("install")
    (account.home / "key.p12").write_bytes(b"the owner's")
    (account.folder / "a note").write_bytes(b"the owner's")
    done = account.call("uninstall")
    assert done.returncode == 0, done.stderr
    assert account.entries() == []
    left = {path.name for path in account.home.rglob("*") if path.is_file() and ".pki" not in path.parts}
    assert left == {"key.p12", "a note"}
    with pytest.raises(OSError):
        account.answer()
    assert account.call("stop").returncode == 0


def test_it_is_not_uninstalled_while_keys_wait(account: Account) -> None:
    """Their applications would be worth nothing."""
    account.call("install")
    Shelf(account.folder).put(
        keys.make("P-256"), origin="https://a.example", reference="", algorithm="P-256",
        folder=account.home, now=datetime.now(UTC),
    )  # fmt: skip
    assert account.call("uninstall").returncode == 1
    assert account.answer() == "ready"


def test_another_program_at_the_port_is_told(account: Account) -> None:
    other = person.Agent(account.home / "other")
    other.port = account.port
    other.start()
    try:
        done = account.call("install")
        assert done.returncode == 0
        assert len(account.entries()) == 2
        assert single.process(account.folder) is None
    finally:
        other.stop()


@pytest.mark.parametrize("command", [["/a b/$c", "x%y"], ['/q"u`o', "\\d"]])
def test_commands_are_quoted_as_the_desktop_reads_them(tmp_path: Path, command: list[str]) -> None:
    """Judged by reading back: first the string's escapes, then the quotes (Desktop Entry Specification)."""
    entry = startup._desktop_entry(command, hidden=True).decode()
    line = next(one for one in entry.splitlines() if one.startswith("Exec=")).removeprefix("Exec=")
    assert read_back(line) == command


def read_back(line: str) -> list[str]:
    text, words, word, quoted, at = line.replace("\\\\", "\0").replace("\0", "\\"), [], "", False, 0
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 1
            word += text[at]
        elif text[at] == '"':
            quoted = not quoted
        elif text[at] == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += text[at]
        at += 1
    return [one.replace("%%", "%") for one in [*words, word]]


@pytest.mark.slow
def test_without_its_libraries_nothing_is_left_behind(installer: Path, account: Account) -> None:
    """No network: the installer says so, and the program that was there before stays."""
    before = account.folder / "program" / "before"
    before.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(installer)], capture_output=True, text=True, timeout=200,
        env=account.environment
        | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": str(account.home)},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert list((account.folder / "program").iterdir()) == [before]
    assert account.entries() == []


@pytest.mark.parametrize("arguments", [["--help"], ["remove"]])
def test_the_installer_knows_two_words(installer: Path, arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, str(installer), *arguments], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"[install | uninstall]" in done.stderr
