"""An agent in a process of its own, a site that asks it, and the person at its dialogs."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

PROJECT = Path(__file__).resolve().parents[2]
SITE = "https://portal.example"
PASSWORD = "Tulpar7arystan"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Agent:
    """Starts, ends, kills; `home` is the person's home folder, `folder` the agent's own."""

    def __init__(self, base: Path) -> None:
        self.home = base / "citizen"
        self.folder = base / "agent"
        (self.home / "Documents").mkdir(parents=True)
        self.port = free_port()
        self.log = base / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, str(PROJECT / "portal" / "keyagent"), "run", "--no-browser"]
        command += ["--port", str(self.port), "--folder", str(self.folder), "--home", str(self.home)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/ready", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(10)


class Site:
    """A page's WebSocket."""

    def __init__(self, agent: Agent, origin: str = SITE) -> None:
        self._line = connect(f"ws://127.0.0.1:{agent.port}/", origin=Origin(origin), max_size=None)
        self._socket: ClientConnection = self._line.__enter__()
        self.greeting = self.receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def send(self, module: str, method: str, args: Any = None) -> None:
        request = {"module": module, "method": method}
        self._socket.send(json.dumps(request if args is None else request | {"args": args}))

    def send_raw(self, text: str | bytes) -> None:
        self._socket.send(text)

    def receive(self, timeout: float = 30) -> Any:
        return json.loads(self._socket.recv(timeout))

    def ask(self, module: str, method: str, args: Any = None) -> Any:
        """Without a dialog."""
        self.send(module, method, args)
        return self.receive()

    def enrol(self, method: str, **args: Any) -> Any:
        self.send("kz.qoltanba.enrolment", method, args)
        return self.receive()


@dataclass
class Person:
    """Follows a dialog in a browser without scripts."""

    agent: Agent
    address: str
    page: str = ""

    _cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        """As the browser sends it: with its cookies, following where it is led."""
        with httpx.Client(
            base_url=self.agent.address, cookies=self._cookies, follow_redirects=True, timeout=30
        ) as browser:
            response = browser.request(method, address, headers={"Origin": self.agent.address}, **more)
            self._cookies.update(browser.cookies)
        return response

    def open(self, **query: str) -> "Person":
        return self._take(self.request("GET", self.address, params=query))

    def send(self, **form: str) -> "Person":
        """The form of the page that is open, with its hidden fields."""
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page))
        return self._take(self.request("POST", self.address, data=hidden | form))

    def _take(self, response: httpx.Response) -> "Person":
        assert response.status_code == 200, response.text
        self.page = response.text
        return self

    def check(self, password: str) -> list[str]:
        response = self.request("POST", f"{self.address}/check", data={"password": password})
        return list(response.json()["faults"])

    def says(self, text: str) -> bool:
        return text in self.page


def waiting_dialog(agent: Agent) -> Person:
    """The dialog that the agent's own page lists, as when it opened no browser."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found: list[str] = re.findall(r'href="(/dialog/[\w-]+)"', httpx.get(agent.address).text)
        if found:
            return Person(agent, found[-1]).open(lang="en")
        time.sleep(0.05)
    raise AssertionError("no dialog")


def announced(agent: Agent, message: Any) -> Person:
    """The dialog whose address the site was sent."""
    url = message["dialog"]["url"]
    assert url.startswith(f"{agent.address}/dialog/")
    return Person(agent, url.removeprefix(agent.address)).open(lang="en")


@contextlib.contextmanager
def running(base: Path) -> Iterator[Agent]:
    agent = Agent(base)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


def request_key(
    agent: Agent,
    site: Site,
    *,
    algorithm: str = "P-256",
    reference: str = "12345678903",
    folder: str = "Documents",
) -> Any:
    """createRequest, with the site allowed and the folder chosen; the answer's body."""
    first = site.enrol("createRequest", algorithm=algorithm, reference=reference)
    if "dialog" in first:
        person = announced(agent, first)
        if person.says("A site wants"):
            person.send(allow="yes")
        person.send(do="choose", root="0", path=folder)
        first = site.receive()
    assert first["status"] is True, first
    return first["body"]


def install(agent: Agent, site: Site, key_id: str, chain: list[str], password: str = PASSWORD) -> Any:
    """installCertificate, with the password given; the answer's body."""
    first = site.enrol("installCertificate", keyId=key_id, chain=chain, owner=OWNER)
    if "dialog" in first:
        person = announced(agent, first)
        person.send(do="set", password=password, again=password)
        assert person.says("The certificate is installed"), person.page
        first = site.receive()
    assert first["status"] is True, first
    return first["body"]


OWNER = {"iin": "870312300454", "phone": "+77011234567", "birthDate": "1987-03-12"}
