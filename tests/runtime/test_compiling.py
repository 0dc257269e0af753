"""The inner loop of a media worker, compiled: the same calls go through it, and nothing stale is ever loaded."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from runtime import compiling

ROOT = Path(__file__).resolve().parents[2]
_HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not _HEADERS.is_file(), reason="this Python came without its headers"),
]

# Real peers on both engines' contract; the rest of the translator's tests put parts of their own in the place of these.
CONTRACT = ("test_engines.py", "test_voices.py", "test_recorder.py")
IPV6 = "test_port.py::test_a_browser_by_ipv6_connects"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiling.build(tmp_path_factory.mktemp("compiled") / "compiled-here")


def _python(*arguments: str, compiled: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "QOLTANBA_COMPILED": str(compiled)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_calls_go_through_the_compiled_modules(compiled: Path) -> None:
    files = [f"tests/video/media/{name}" for name in (*CONTRACT, IPV6)]
    plugin = ("-p", "tests.video.media.compiled", "-p", "no:cacheprovider")
    done = _python("-m", "pytest", *plugin, "-q", "-k", "not relay", *files, compiled=compiled)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_every_module_that_sees_each_packet_is_compiled(compiled: Path) -> None:
    script = (
        "import importlib, tests.video.media.compiled, runtime.compiling as c\n"
        "print(*(importlib.import_module(f'video.media.{name}').__file__ for name in c.MODULES), sep='\\n')"
    )
    done = _python("-c", script, compiled=compiled)
    files = done.stdout.split()
    assert len(files) == len(compiling.MODULES), done.stderr
    assert all(file.startswith(str(compiled)) and not file.endswith(".py") for file in files)


def test_other_sources_have_other_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever changes a line of them runs what they wrote."""
    before = compiling.folder()
    assert compiling.folder() == before
    other = tmp_path / "rtp.py"
    other.write_bytes(compiling._sources()[0].read_bytes() + b"#")
    monkeypatch.setattr(compiling, "_sources", lambda: [other])
    assert compiling.folder() != before


def test_where_nothing_was_compiled_nothing_is_loaded(tmp_path: Path) -> None:
    before = list(sys.path)
    assert not compiling.use(tmp_path / "compiled-nothing")
    assert sys.path == before


def test_without_a_compiler_it_is_said_and_what_was_there_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "compiled-before").mkdir()
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(compiling.NotCompiled):
        compiling.build(tmp_path / "compiled-now")
    assert [path.name for path in tmp_path.iterdir()] == ["compiled-before"]
