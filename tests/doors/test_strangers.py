"""Every address of every process is closed to a stranger, or listed with the reason why it is open.

The addresses come from the applications' own tables; each application then runs on loopback, and is knocked at.
"""

import ast
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from streamlit.web.server.starlette import starlette_app

from console import gate, routes
from qoltanba_keyagent import app as keyagent_app
from qoltanba_keyagent.folders import Folders
from runtime import health, settings
from runtime.service import Service
from tests.console.conftest import empty_database, service  # noqa: F401  # fixtures
from tests.doors import crawl, known
from tests.doors.crawl import Address
from tests.keyagent import person
from tests.portal.conftest import House, house  # noqa: F401  # a fixture
from tests.video.gateway.conftest import run
from tests.video.gateway.media import FakeWorker
from tests.video.media import workers
from tests.video.vision import servers
from video.gateway import app as gateway_app
from video.gateway.service import Options
from video.media import app as media_app
from video.vision import app as vision_app

ROOT = Path(__file__).resolve().parents[2]
BEGINNINGS = ("/get", "/get/start", "/get/camera", "/cabinet", "/call/start")
# Where our code makes something that listens. One that is not here is not knocked at below.
LISTENERS = {
    "console/app.py": "App",
    "portal/app.py": "Starlette",
    "portal/keyagent/qoltanba_keyagent/app.py": "Starlette",
    "video/gateway/app.py": "Starlette",
    "video/media/app.py": "Starlette",
    "video/vision/app.py": "Starlette",
    "runtime/health.py": "ThreadingHTTPServer",
}
_MAKERS = {
    *("App", "Starlette", "FastAPI", "ThreadingHTTPServer", "HTTPServer", "TCPServer", "ThreadingTCPServer"),
    *("start_server", "start_unix_server"),
}


def test_nothing_listens_that_is_not_knocked_at() -> None:
    found = {}
    for room in ("ca_core", "data", "video", "runtime", "console", "portal"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                name = _made(node)
                if name in _MAKERS:
                    found[str(file.relative_to(ROOT))] = name
    assert found == LISTENERS


def _made(node: ast.AST) -> str:
    """The class or function that is called here, or inherited from."""
    if isinstance(node, ast.ClassDef):
        return next((base.id for base in node.bases if isinstance(base, ast.Name) and base.id in _MAKERS), "")
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def streamlits() -> list[Address]:
    """What Streamlit adds by itself; its table is made without a runtime that runs."""
    nothing = SimpleNamespace(
        media_file_mgr=SimpleNamespace(_storage=None),
        uploaded_file_mgr=None,
        component_registry=None,
        bidi_component_registry=None,
        stats_mgr=None,
    )
    return crawl.addresses(starlette_app.create_streamlit_routes(nothing))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[str]:  # noqa: F811
    """The console as the supervisor starts it, on an empty database."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "qoltanba.sqlite").write_bytes(empty_database.read_bytes())
    port = workers.free_port()
    environment = {**os.environ, f"{settings.PREFIX}VAR_DIR": str(folder)}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "console" / "app.py")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _until_alive(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _until_alive(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{base}/health", trust_env=False)
            return
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_the_console_is_closed(console: str, service: Service) -> None:  # noqa: F811
    found = crawl.addresses(routes.make(service))
    crawl.require_listed(found, known.CONSOLE)
    for address in found:
        crawl.knock(console, address, known.CONSOLE[str(address)])


def test_what_streamlit_adds_is_closed_too(console: str) -> None:
    """No list to keep: the gate stands before all of it, but for the sign that it lives."""
    found = streamlits()
    assert {"SOCKET /_stcore/stream", "GET /_stcore/metrics"} <= {str(address) for address in found}
    for address in found:
        if address.example not in gate.OPEN_PATHS and address.path != "":
            crawl.knock(console, address, known.closed("behind the gate"))


@pytest.mark.parametrize(
    "path", ["/", "/certificates", "/calls", "/no-such-page", "/index.html", "/static/js/index.js", "/~/+/"]
)
def test_a_page_of_the_console_leads_a_stranger_to_sign_in(console: str, path: str) -> None:
    answer = httpx.get(f"{console}{path}", headers={"accept": "text/html"}, trust_env=False)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, gate.SIGN_IN)
    assert answer.content == b""


def test_the_portal_gives_nothing_of_anybody(house: House) -> None:  # noqa: F811
    found = crawl.addresses(house.app.routes)
    crawl.require_listed(found, known.PORTAL)
    for address in found:
        crawl.knock(house.url, address, known.PORTAL[str(address)], begin=BEGINNINGS)


def test_no_form_of_the_way_fails_out_of_its_turn(house: House) -> None:  # noqa: F811
    """Who has only begun may send every later form: each is refused or leads back, and none ends in a fault."""
    with house.browser as begun:
        begun.post("/get/start")
        for address in crawl.addresses(house.app.routes):
            if address.way == "POST" and address.path.startswith("/get/"):
                answer = begun.post(address.example)
                assert answer.status_code < 500, str(address)


def test_the_gateway_wants_a_ticket(service: Service, tmp_path: Path) -> None:  # noqa: F811
    address = "http://worker.test:1"
    options = Options(
        portal_origin="http://portal.test:8080",
        console_origin="http://console.test:8501",
        evidence_dir=tmp_path,
        evidence_secret=b"e" * 32,
        media_addresses=(address,),
        media_secret="m" * 32,
        turn_urls=(),
        turn_secret="",
        session_idle=timedelta(days=1),
        session_absolute=timedelta(days=2),
    )
    made = gateway_app.make_app(service, options, {address: FakeWorker()})
    found = crawl.addresses(made.routes)
    crawl.require_listed(found, known.GATEWAY)
    running = run(made)
    try:
        for address in found:
            crawl.knock(f"http://127.0.0.1:{running.port}", address, known.GATEWAY[str(address)])
    finally:
        running.stop()


def test_a_media_worker_wants_the_secret(tmp_path: Path) -> None:
    parts = media_app.WorkerSettings(secret="x", evidence_dir=tmp_path, evidence_secret=b"0" * 32)
    found = crawl.addresses(media_app.make_app(parts).routes)
    crawl.require_listed(found, known.MEDIA_WORKER)

    async def visit() -> None:
        async with workers.worker(tmp_path) as running:
            for address in found:
                await asyncio.to_thread(crawl.knock, running.url, address, known.MEDIA_WORKER[str(address)])

    asyncio.run(visit())


def test_the_vision_service_wants_the_secret() -> None:
    made = vision_app.make_app(secret=b"the secret of these tests", workers=1)
    found = crawl.addresses(made.routes)
    crawl.require_listed(found, known.VISION)
    with servers.serving(made) as base:
        for address in found:
            crawl.knock(base, address, known.VISION[str(address)])


def test_the_key_agent_acts_for_its_own_pages_only(tmp_path: Path) -> None:
    with person.running(tmp_path) as agent:
        found = crawl.addresses(
            keyagent_app.make(folder=agent.folder, tree=Folders(agent.home), port=agent.port).routes
        )
        crawl.require_listed(found, known.KEY_AGENT)
        for address in found:
            what = known.KEY_AGENT[str(address)]
            if what.stranger is known.Stranger.TURNED_AWAY and address.way == "POST":
                # Its pages are forms: a stranger there is the page of another site.
                answer = httpx.post(agent.address + address.example, headers={"Origin": person.SITE})
                assert answer.status_code == 403
            else:
                crawl.knock(agent.address, address, what)


def test_jobs_say_only_that_they_live() -> None:
    port = workers.free_port()
    stop = health.serve(port, lambda: "")
    try:
        said = {path: httpx.get(f"http://127.0.0.1:{port}{path}").text for path in ("/health", "/ready", "/")}
        assert said == {"/health": "alive", "/ready": "ready", "/": "not found"}
        assert httpx.post(f"http://127.0.0.1:{port}/health").status_code == 501
    finally:
        stop()
