"""The process as the supervisor runs it: ready when it can work, gone when it is told to go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from runtime import settings
from tests.portal.conftest import free_port, make_service

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    service = make_service(tmp_path, portal_port=str(port))
    environment = {**os.environ, **settings.as_environment(service.settings)}
    service.close()
    command = [sys.executable, "-m", "uvicorn", "portal.app:create", "--factory", "--no-access-log"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as started:  # fmt: skip
        try:
            yield started, f"http://127.0.0.1:{port}"
        finally:
            started.kill()


def until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("not ready in time")


def test_it_becomes_ready_and_ends_on_sigterm_though_a_page_is_open(
    process: tuple[subprocess.Popen[str], str],
) -> None:
    """An open event stream would hold the server back for ever."""
    started, url = process
    until_ready(url)
    assert httpx.get(f"{url}/health", trust_env=False).json() == {"alive": True}
    with httpx.stream("GET", f"{url}/demo/phone/changes", trust_env=False, timeout=20) as news:
        # Kept in a name: forgotten, it would close the connection.
        lines = news.iter_lines()
        assert next(lines).startswith("retry")
        told = time.monotonic()
        started.send_signal(signal.SIGTERM)
        said, _ = started.communicate(timeout=15)
    assert time.monotonic() - told < 8
    assert started.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in said


def test_without_an_authority_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "QOLTANBA_VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "uvicorn", "portal.app:create", "--factory", "--port", str(free_port())],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "run `qoltanba ca init`" in done.stderr


@pytest.mark.parametrize("factory", ["create", "create_public"])
@pytest.mark.parametrize("with_secret", [True, False])
def test_what_production_refuses_ends_it_with_a_sentence(
    tmp_path: Path, factory: str, with_secret: bool
) -> None:
    """Also when the portal is started by another supervisor than ours."""
    secret = tmp_path / "code"
    if with_secret:
        secret.write_text("a fictitious secret")
        secret.chmod(0o600)
    environment = {
        **os.environ,
        "QOLTANBA_MODE": "production",
        "QOLTANBA_VAR_DIR": str(tmp_path / "var"),
        "QOLTANBA_CODE_SECRET_FILE": str(secret),
        "QOLTANBA_PORTAL_HOST": "0.0.0.0",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"from portal import app; app.{factory}()"],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    expected = "portal: portal_host: 0.0.0.0 is open" if with_secret else "portal: code_secret_file: "
    assert sentence.startswith(expected)


def test_production_has_no_demo_phone(tmp_path: Path) -> None:
    """Neither its addresses nor its module: production never imports the demo."""
    program = (
        "import sys; from portal import app; from types import SimpleNamespace as Made;"
        "made = app._demo_routes(Made(settings=Made(is_demo=False)));"
        "print(made, [m for m in sys.modules if m.startswith('runtime.demo') or 'demo_phone' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[] []"
