"""A call outlives whatever the console does: reruns, pages, errors, its own restart; and the gateway's absence.

A console of its own with an empty database, a gateway that the test drives, and a browser with a made-up camera.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ca_core.roles import Role
from console import gate
from data import engine as engines
from data import migrate
from runtime import settings, wiring
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, person
from tests.journeys.conftest import PROJECT
from tests.servers import gateway as gateways
from tests.servers.gateway import FakeGateway, a_call, an_offer, instant

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# The page's own eyes: every peer connection and every socket it makes.
WATCHED = """
window.peers = []; window.sockets = [];
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer { constructor(...given) { super(...given); window.peers.push(this); } };
const Socket = window.WebSocket;
window.WebSocket = class extends Socket { constructor(...given) { super(...given); window.sockets.push(this); } };
window.inDock = (selector) => [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean)
  .map((root) => root.querySelector(selector)).find(Boolean);
"""
SEEN = """() => { const video = window.inDock("video.caller"); window.first = window.first || video;
  return {same: video === window.first, at: video.currentTime, paused: video.paused, muted: video.muted,
    peers: window.peers.map((peer) => peer.connectionState), width: video.videoWidth}; }"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Console:
    """The process that may be restarted, on one address."""

    url: str
    service: Service
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        port = self.url.rpartition(":")[2]
        with self.log.open("ab") as written:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "console" / "app.py")),
                    *("--server.address", "127.0.0.1", "--server.port", port),
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/ready", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"the console did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process = None


@pytest.fixture(scope="module")
def gateway() -> Iterator[FakeGateway]:
    with gateways.running(free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    overrides = {
        "var_dir": str(folder / "var"),
        "console_port": str(free_port()),
        "video_port": str(gateway.port),
    }
    environment = {f"{settings.PREFIX}{name.upper()}": value for name, value in overrides.items()}
    configured = settings.load(overrides)
    configured.var_dir.mkdir()
    engine = engines.open_engine(configured.database_url)
    migrate.upgrade(engine)
    engine.dispose()
    service = wiring.make_service(configured)
    made = Console(configured.console_url, service, {**os.environ, **environment}, folder / "log.txt")
    made.start()
    yield made
    made.stop()
    service.close()


@pytest.fixture
def agent(console: Console, request: pytest.FixtureRequest) -> Person:
    return person(console.service, Role.CALL_AGENT, request.node.name)


@pytest.fixture(scope="module")
def camera_browser(browser: Browser) -> Iterator[Browser]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    switches = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", *CAMERA]
    opened = browser.browser_type.launch(executable_path=chromium, args=switches)
    yield opened
    opened.close()


@pytest.fixture
def visit(
    camera_browser: Browser, console: Console, agent: Person, gateway: FakeGateway
) -> Iterator[Callable[[str], Page]]:
    """Opens a tab of one and the same browser, signed in as the agent."""
    context = camera_browser.new_context(viewport={"width": 1280, "height": 720}, locale="ru-RU")
    context.add_init_script(WATCHED)
    context.add_cookies(
        [{"name": gate.cookie_name(console.service.settings), "value": agent.token(), "url": console.url}]
    )
    gateway.heard.clear()
    gateway.desk("offline", languages=[])

    def opened(path: str) -> Page:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(console.url + path)
        return page

    yield opened
    context.close()


def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SEEN)
    return found


def flows(page: Page, *, peers: int = 1) -> None:
    """The same picture element moves on, with its sound, over the newest of so many peer connections."""
    before = seen(page)
    deadline = time.monotonic() + 8
    while True:
        now = seen(page)
        if now["at"] > before["at"] + 0.2:
            break
        assert time.monotonic() < deadline, f"the picture stands still: {now}"
        page.wait_for_timeout(100)
    assert now["same"], "another video element"
    assert not now["paused"]
    assert not now["muted"]
    assert now["peers"] == ["closed"] * (peers - 1) + ["connected"]


def open_page(page: Page, heading: str) -> None:
    """Through the menu that the dock covers during a call."""
    page.locator(".menu").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text=heading).click()


def in_call(page: Page, gateway: FakeGateway, console: Console, agent: Person) -> None:
    """From "take calls" to the caller's picture."""
    page.locator(".toggle").click()
    assert gateway.wait_for("available")["languages"] == ["kk", "ru", "en"]
    gateway.desk("offered", offer=an_offer())
    expect(page.locator(".offer")).to_be_visible()
    page.keyboard.press("a")
    assert gateway.wait_for("accept")["call_id"] == 12
    builders.on_the_line(console.service, agent=agent.actor())
    gateway.desk("in_call", call=a_call("connecting", until=instant(30)))
    gateway.join()
    gateway.wait_for("offer")
    gateway.desk("in_call", call=a_call())
    flows(page)


@contextmanager
def broken_database(console: Console) -> Iterator[None]:
    """The page that shows callers cannot be drawn."""
    run = console.service.store.engine.begin
    with run() as connection:
        connection.exec_driver_sql("ALTER TABLE call RENAME TO call_away")
    try:
        yield
    finally:
        with run() as connection:
            connection.exec_driver_sql("ALTER TABLE call_away RENAME TO call")


def test_a_call_outlives_everything_that_the_console_does(
    visit: Callable[[str], Page], gateway: FakeGateway, console: Console, agent: Person
) -> None:
    page = visit("/policy")
    in_call(page, gateway, console, agent)
    expect(page).to_have_url(f"{console.url}/calls")

    open_page(page, "Порядок работы")
    switch = page.get_by_test_id("stCheckbox").locator("label")
    for _ in range(20):
        switch.click()
    flows(page)
    open_page(page, "Мой вход")
    expect(page).to_have_url(f"{console.url}/my-account")
    flows(page)
    open_page(page, "Порядок работы")
    expect(switch).to_be_visible()
    gateway.desk("in_call", call=a_call(show="document"))
    page.wait_for_timeout(1000)
    expect(page).to_have_url(f"{console.url}/policy")
    flows(page)

    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(14, 21, 24)")
    flows(page)

    with broken_database(console):
        open_page(page, "Главная")
        expect(page.get_by_test_id("stAlert")).to_be_visible()
        flows(page)
    open_page(page, "Порядок работы")
    expect(switch).to_be_visible()

    page.evaluate(
        "window.sockets.filter((one) => one.url.includes('/_stcore/stream')).forEach((one) => one.close())"
    )
    flows(page)
    open_page(page, "Мой вход")
    expect(page.get_by_role("button", name="Выйти везде")).to_be_visible()
    flows(page)

    console.stop()
    expect(page.locator("#qb-away")).to_be_visible()
    flows(page)
    console.start()
    expect(page.locator("#qb-away")).not_to_be_visible()
    flows(page)
    gateway.drop_page(1012)
    gateway.wait_for("hello", number=2)
    assert gateway.heard[-1]["line"] is True, "its line still stands"
    expect(page.locator(".link")).to_be_empty()
    flows(page)


def test_a_call_outlives_the_gateways_absence_and_moves_to_another_worker(
    visit: Callable[[str], Page], gateway: FakeGateway, console: Console, agent: Person
) -> None:
    page = visit("/policy")
    in_call(page, gateway, console, agent)
    camera = "() => window.inDock('video.mirror').srcObject.getVideoTracks()[0].id"
    first = page.evaluate(camera)
    gateway.shut()
    expect(page.locator(".alarm")).to_be_visible()
    expect(page.locator(".hold")).to_be_disabled()
    flows(page)
    gateway.open()
    gateway.wait_for("hello", number=2)
    expect(page.locator(".alarm")).not_to_be_visible()
    assert len(set(gateway.tickets)) == len(gateway.tickets), "each socket has a ticket of its own"
    flows(page)

    gateway.desk(
        "in_call", call=a_call("reconnecting", lost="agent", lost_why="worker_gone", until=instant(50))
    )
    expect(page.locator(".veil")).to_be_visible()
    gateway.join()
    gateway.wait_for("offer", number=2)
    gateway.desk("in_call", call=a_call())
    expect(page.locator(".veil")).not_to_be_visible()
    flows(page, peers=2)
    assert page.evaluate(camera) == first

    gateway.desk("wrap_up", wrap_up_until=instant(40), call=a_call("ended", cause="caller_hung_up"))
    expect(page.locator("aside.call")).not_to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page.locator(".cause")).to_have_text("Гражданин положил трубку")
    assert seen(page)["peers"] == ["closed", "closed"]
    assert page.evaluate("() => window.inDock('video.mirror').srcObject") is None
    page.locator(".finish").click()
    gateway.wait_for("finish_wrap_up")


def test_keys_act_in_a_call_and_never_while_somebody_types(
    visit: Callable[[str], Page], gateway: FakeGateway, console: Console, agent: Person
) -> None:
    page = visit("/policy")
    in_call(page, gateway, console, agent)
    muted = page.locator(".mute")
    page.locator(".talk").click()
    page.keyboard.type("hmm")
    expect(muted).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    assert gateway.wait_for("say")["text"] == "hmm"
    page.locator(".timer").click()
    page.keyboard.press("m")
    expect(muted).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("h")
    gateway.wait_for("hold")
    page.locator("button.end").click()
    assert [m for m in gateway.heard if m["type"] == "hang_up"] == [], "asks once"
    page.locator(".end-now").click()
    gateway.wait_for("hang_up")


def test_the_end_of_the_longest_talk_is_announced(
    visit: Callable[[str], Page], gateway: FakeGateway, console: Console, agent: Person
) -> None:
    page = visit("/policy")
    in_call(page, gateway, console, agent)
    expect(page.locator(".ends")).to_be_hidden()
    gateway.desk("in_call", call=a_call(talk_until="2026-11-22T09:05:00Z"))
    expect(page.locator(".ends")).to_contain_text(re.compile(r"В \d\d:05 звонок завершится сам"))
    gateway.desk("wrap_up", wrap_up_until=instant(40), call=a_call("ended", cause="talked_too_long"))
    expect(page.locator(".cause")).to_have_text("Разговор достиг предельной длительности")


def test_one_tab_is_the_desk(visit: Callable[[str], Page], gateway: FakeGateway) -> None:
    """A second one says so, can take the desk over, and becomes it when the first is closed."""
    first = visit("/policy")
    expect(first.locator(".toggle")).to_be_enabled()
    second = visit("/policy")
    expect(second.locator(".here")).to_be_visible()
    expect(second.locator(".toggle")).not_to_be_visible()
    second.locator(".here").click()
    expect(second.locator(".toggle")).to_be_enabled()
    expect(first.locator(".here")).to_be_visible()
    second.close()
    expect(first.locator(".toggle")).to_be_enabled()
    first.reload()
    expect(first.locator(".toggle")).to_be_enabled()
