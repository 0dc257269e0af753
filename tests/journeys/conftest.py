"""The whole house in real processes on free ports, with its own demo data; and a real browser to walk through it.

`house` starts once a test run. `visit(role)` opens a browser that is signed in already; `visit()` one that is not.
Each test ends with a look at what the browsers complained about: nothing may.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from ca_core import staff
from ca_core.roles import Role
from console import gate
from runtime import settings, wiring
from runtime.demo.accounts import ACCOUNTS, DemoAccount
from runtime.service import Service
from tests.journeys import axe as axes
from tests.journeys.key_program import KeyProgram
from tests.servers import turn

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 150
CERTIFICATES = "400"
_BROWSER_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Nobody is asked, and a moving test picture with a beep stands for camera and microphone.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]

_WITH_CALLS = {
    "test_call_dock",
    "test_call_documents",
    "test_call_evidence",
    "test_call_failures",
    "test_call_lines",
    "test_call_offers",
    "test_j1_call",
    "test_j2_call",
}

# A page tells of what its policy forbade, also where a script caught that and went on. One such attempt is known:
# the protobuf of Streamlit asks for WebAssembly, to reckon with 64 bits, and does without it.
_POLICY_EYE = """document.addEventListener("securitypolicyviolation", (event) => {
  if (event.blockedURI === "wasm-eval") return;
  console.error(`policy violated: ${event.effectiveDirective} by ${event.blockedURI || "the page"}`);
});"""

# Opened at any page but the first, Streamlit asks that address for its own endpoints, then the root.
_STREAMLIT_PROBE = re.compile(r"/[\w-]+/_stcore/(health|host-config)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test below this folder is a journey; they come last: Playwright leaves its event loop in the thread.

    Calls, whose pictures do not wait, come last of all: by then the tests at the other core are done.
    """
    for item in items:
        if _is_journey(item):
            item.add_marker(pytest.mark.journey)
    items.sort(key=lambda item: (_is_journey(item), item.path.stem in _WITH_CALLS))


def _is_journey(item: pytest.Item) -> bool:
    return Path(__file__).parent in item.path.parents


@dataclass
class House:
    """The running processes, and the same database for a test to look into or to prepare."""

    console_url: str
    portal_url: str
    service: Service
    log: Path
    # The citizen's home folder at this computer, below which the key agent looks for keys.
    home: Path
    # Runs from the start, as in `make run`; a journey may end it and start another.
    key_program: KeyProgram

    def account(self, role: Role, number: int = 0) -> DemoAccount:
        """The first account of a role; `number` 1 is the second one (two officers)."""
        return [account for account in ACCOUNTS if account.role is role][number]

    def staff_id(self, account: DemoAccount) -> int:
        with self.service.look() as work:
            found = work.accounts.by_login(account.login)
        assert found is not None
        return found.staff_id

    def code(self, account: DemoAccount) -> str:
        """A one-time code that was not used before; waits for the next one where both steps were."""
        while True:
            with self.service.look() as work:
                used = staff.account(work, staff_id=self.staff_id(account)).last_step
            now = int(time.time()) // staff.STEP_SECONDS
            if used < now + 1:
                return pyotp.TOTP(account.totp_secret).at(max(used + 1, now) * staff.STEP_SECONDS)
            time.sleep(0.5)

    def session(self, account: DemoAccount) -> str:
        """The token of a fresh session, without the sign-in page."""
        token = secrets.token_urlsafe(32)
        now = self.service.now()
        with self.service.work() as work:
            work.sessions.add(staff.Session(staff.digest(token), self.staff_id(account), now, now))
        return token


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/ready", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"the house did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """A house of its own below this folder, until the end of the block."""
    secret = folder / "turn_secret"
    secret.write_text(secrets.token_urlsafe(32), encoding="ascii")
    with turn.serve(secret.read_text()) as relay:
        overrides = {"turn_urls": f"turn:{relay.host}:{relay.port}", "turn_secret_file": str(secret)}
        with _started(folder, overrides) as started:
            yield started


@contextmanager
def _started(folder: Path, more: dict[str, str]) -> Iterator[House]:
    overrides = {
        **more,
        "var_dir": str(folder / "var"),
        "console_port": str(_free_port()),
        "portal_port": str(_free_port()),
        "jobs_port": str(_free_port()),
        "video_port": str(_free_port()),
        "vision_port": str(_free_port()),
        "media_port": str(_free_port()),
        "keyagent_port": str(_free_port()),
        "media_udp_port": "0",
        "media_workers": "1",
        "demo_certificates": CERTIFICATES,
    }
    environment = {f"{settings.PREFIX}{name.upper()}": value for name, value in overrides.items()}
    home = folder / "citizen"
    (home / "Documents").mkdir(parents=True)
    # The key agent opens a dialog in this computer's browser; here the test opens it in its own.
    environment |= {"HOME": str(home), "BROWSER": "true"}
    log = folder / "log.txt"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.cli", "run", "--without-keyagent"],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    configured = settings.load(overrides)
    key_program = KeyProgram(configured, environment, folder / "keyagent.txt")
    try:
        for url in (configured.portal_url, configured.console_url, configured.video_url):
            _wait_until_ready(url, process, log)
        key_program.start()
        service = wiring.make_service(configured)
        yield House(configured.console_url, configured.portal_url, service, log, home, key_program)
        service.close()
    finally:
        key_program.end()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
    assert "wording missing" not in log.read_text(), "a page asked for a sentence that no file has"


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("house")) as started:
        yield started


@contextmanager
def chromium_opened() -> Iterator[Browser]:
    """Chromium without a screen, until the end of the block."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("journeys need chromium: apt-get install chromium, or run `make test`, which installs it")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=_BROWSER_SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium_opened() as opened:
        yield opened


@dataclass
class Visits:
    """Opens browsers of their own (cookies apart) and remembers what they complained about."""

    house: House
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __call__(
        self,
        role: Role | None = None,
        path: str = "/",
        *,
        number: int = 0,
        language: str | None = None,
        scheme: str = "light",
        width: int = 1440,
        height: int = 900,
        script: str = "",
    ) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale={"kk": "kk-KZ", "ru": "ru-RU", "en": "en-GB", None: "ru-RU"}[language],
        )
        self.contexts.append(context)
        if role is not None:
            account = self.house.account(role, number)
            self._speak(account, language)
            context.add_cookies(
                [
                    {
                        "name": gate.cookie_name(self.house.service.settings),
                        "value": self.house.session(account),
                        "url": self.house.console_url,
                        "httpOnly": True,
                        "sameSite": "Strict",
                    }
                ]
            )
        context.add_init_script(_POLICY_EYE)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(20_000)
        self.listen(page)
        page.goto(self.house.console_url + path)
        return page

    def listen(self, page: Page) -> None:
        """What this page complains about counts."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _speak(self, account: DemoAccount, language: str | None) -> None:
        with self.house.service.work() as work:
            found = staff.account(work, staff_id=self.house.staff_id(account))
            staff.set_language(
                work,
                by=staff.actor(found),
                language=language or account.language,
                now=self.house.service.now(),
            )

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        where = message.location.get("url", "") if message.location else ""
        if not _STREAMLIT_PROBE.search(where):
            self.complaints.append(f"{message.text} ({where})")

    def expected(self, pattern: str) -> None:
        """Takes back complaints that the test provoked."""
        self.complaints = [c for c in self.complaints if not re.search(pattern, c)]


@pytest.fixture
def visit(house: House, browser: Browser) -> Iterator[Visits]:
    visits = Visits(house, browser)
    yield visits
    # A camera's script has nothing to film with on the blank page, and says so.
    complaints = list(visits.complaints)
    for context in visits.contexts:
        for page in context.pages:
            # What still films and encodes has held up Chromium's end of a context for minutes.
            _leave(page)
        context.close()
    assert complaints == []


def _leave(page: Page) -> None:
    """The page may be on its own way somewhere else at that moment: then once more."""
    for _ in range(3):
        try:
            page.goto("about:blank")
            return
        except PlaywrightError:
            page.wait_for_timeout(300)


@pytest.fixture(scope="session")
def axe_source() -> str:
    return axes.source()


@pytest.fixture
def axe(axe_source: str) -> Iterator[axes.Axe]:
    """Looks at pages on the way; what it found there fails the test at its end."""
    eyes = axes.Axe(axe_source)
    yield eyes
    eyes.require_nothing()


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Page, str], Path]:
    """Takes a picture of the page, for a person to look at after a failure."""

    def take(page: Page, name: str) -> Path:
        path = tmp_path / f"{request.node.name}-{name}.png"
        page.screenshot(path=path)
        return path

    return take
