"""A gateway on loopback over a real database on SQLite, pages that speak its protocol, a clock that tests move."""

import contextlib
import hashlib
import json
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ca_core import roles, staff
from ca_core.call import Call, Desk, Leg, Need
from ca_core.identifiers import Phone
from ca_core.registration import call, listening, ticket
from ca_core.staff import Session
from data.work import Store
from runtime import procedures, settings, wiring
from runtime import service as services
from runtime.secrets import HmacSeal, Passwords
from runtime.service import Service
from runtime.wake import Watcher
from tests.fakes import PlainHasher
from tests.runtime.conftest import iin
from tests.servers import databases
from tests.video.gateway.media import FakeWorker
from video.gateway import app, serve
from video.gateway.service import Options

PORTAL, CONSOLE = "http://portal.test:8080", "http://console.test:8501"
WORKERS = ("http://worker.test:1", "http://worker.test:2")
COMMAND_LINE = roles.Actor("command line", None, roles.Door.COMMAND_LINE)
# What a busy machine may take for what the gateway does within a second.
PATIENCE_SECONDS = 8.0

Told = dict[str, Any]


class Clock:
    """Runs as clocks do, and can be set forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return services.clock() + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


_SNAPSHOTS = ("call", "desk", "observed")


class Page:
    """One page of any side, over its socket; remembers what it was told."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[Told] = []
        self.close_code: int | None = None

    def send(self, kind: str, **body: object) -> None:
        self.connection.send(json.dumps({"type": kind, **body}))

    @property
    def now(self) -> Told:
        """The newest snapshot."""
        return next((told for told in reversed(self.told) if told["type"] in _SNAPSHOTS), {})

    def until(self, holds: Callable[[Told], bool], *, seconds: float = PATIENCE_SECONDS) -> Told:
        """The newest snapshot, as soon as it is such."""
        if self.now and holds(self.now):
            return self.now
        return self.next(lambda told: told["type"] in _SNAPSHOTS and holds(told), seconds=seconds)

    def next(self, holds: Callable[[Told], bool], *, seconds: float = PATIENCE_SECONDS) -> Told:
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not told in time; the newest: {self.told[-3:]}")
            try:
                told = json.loads(self.connection.recv(left))
            except TimeoutError:
                continue
            except ConnectionClosed as closed:
                self.close_code = closed.rcvd.code if closed.rcvd else None
                raise AssertionError(f"closed with {self.close_code}; {self.told[-3:]}") from closed
            self.told.append(told)
            if holds(told):
                return told

    def of(self, kind: str, **wanted: object) -> Told:
        """The next message of this kind."""
        return self.next(
            lambda told: (
                told["type"] == kind and all(told.get(name) == value for name, value in wanted.items())
            )
        )

    def state(self, state: str) -> Told:
        """The next snapshot in this state: of the citizen's call, or of the agent's desk."""
        return self.until(lambda told: told["state"] == state)

    def in_call(self, state: str) -> Told:
        return self.until(lambda told: (told["call"] or {}).get("state") == state)

    def refusal(self, of: str) -> str:
        return str(self.of("refused", of=of)["code"])

    def end(self, *, seconds: float = PATIENCE_SECONDS) -> int | None:
        """The code that the gateway closes with."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(ConnectionClosed):
            while time.monotonic() < deadline:
                with contextlib.suppress(TimeoutError):
                    self.told.append(json.loads(self.connection.recv(0.2)))
            raise AssertionError("not closed in time")
        return self.connection.close_code

    def quiet(self, seconds: float) -> None:
        """Reads what comes within this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                self.told.append(json.loads(self.connection.recv(0.1)))

    def close(self) -> None:
        self.connection.close()


@dataclass
class Running:
    """One gateway process, as a thread."""

    server: uvicorn.Server
    thread: threading.Thread
    port: int

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()

    def kill(self) -> None:
        """Sockets break off; nothing is told to anybody."""
        self.server.force_exit = True
        self.stop()


def run(made: Starlette) -> Running:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(serve.config(made, host="127.0.0.1", port=port))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    return Running(server, thread, port)


@dataclass
class World:
    service: Service
    clock: Clock
    options: Options
    workers: dict[str, FakeWorker]
    gateway: Running | None = None
    sockets: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    serial: int = 0

    @property
    def worker(self) -> FakeWorker:
        return self.workers[WORKERS[0]]

    def start(self) -> Running:
        self.gateway = run(app.make_app(self.service, self.options, self.workers))
        return self.gateway

    def ask(self, method: str, path: str, **request: object) -> httpx.Response:
        assert self.gateway is not None
        with httpx.Client(trust_env=False) as client:
            return client.request(method, f"http://127.0.0.1:{self.gateway.port}{path}", **request)  # type: ignore[arg-type]

    def figures(self) -> str:
        return self.ask(
            "GET", "/metrics", headers={"Authorization": f"Bearer {self.options.media_secret}"}
        ).text

    def connect(self, token: str, *, origin: str | None = None, **hello: object) -> Page:
        page = self.knock(origin)
        page.send("hello", ticket=token, **hello)
        return page

    def knock(self, origin: str | None = None) -> Page:
        assert self.gateway is not None
        address = f"ws://127.0.0.1:{self.gateway.port}/calls"
        headers = {"Origin": origin} if origin is not None else {}
        opening = connect(address, additional_headers=headers, proxy=None, close_timeout=1)
        return Page(self.sockets.enter_context(opening))

    def caller(self, *, language: str = "kk", need: Need = Need.NONE) -> "Caller":
        """Somebody who opened a call on the portal; their page has no socket yet."""
        self.serial += 1
        digest = hashlib.sha256(secrets.token_bytes(32)).digest()
        number = Phone.parse(f"+7701555{self.serial:04d}")
        wish = call.Wish(iin(self.serial * 25), number, language, need, "2026-11")
        with self.service.work() as work:
            opened = call.open_(work, wish=wish, consented=True, page_digest=digest, now=self.service.now())
        return Caller(self, opened.call_id, digest)

    def agent(self, login: str, *languages: str) -> "Agent":
        agent = Agent(self, self._hired(login, roles.Role.CALL_AGENT), languages=languages or ("kk", "ru"))
        agent.sign_in()
        return agent

    def supervisor(self, login: str) -> "Supervisor":
        supervisor = Supervisor(self, self._hired(login, roles.Role.SUPERVISOR))
        supervisor.sign_in()
        return supervisor

    def _hired(self, login: str, role: roles.Role) -> roles.Actor:
        with self.service.work() as work:
            staff_id = staff.add(
                work, by=COMMAND_LINE, login=login, name=login, role=role,
                password="correct horse battery", totp_secret="A" * 32, hasher=PlainHasher(),
                now=self.service.now(),
            )  # fmt: skip
            account = work.accounts.by_id(staff_id)
        assert account is not None
        return staff.actor(account)

    def call(self, call_id: int) -> Call:
        with self.service.look() as work:
            found = work.calls.by_id(call_id)
        assert found is not None
        return found

    def wait(self, holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.02)


@dataclass
class Caller:
    world: World
    call_id: int
    digest: bytes

    def ticket(self) -> str:
        service = self.world.service
        with service.work() as work:
            return ticket.for_citizen(work, page_digest=self.digest, now=service.now())

    def open(self, **hello: object) -> Page:
        """A page of the portal with its socket, in the call as it stands."""
        page = self.world.connect(self.ticket(), origin=PORTAL, **hello)
        page.next(lambda told: told["type"] == "call")
        return page

    @property
    def stored(self) -> Call:
        return self.world.call(self.call_id)


@dataclass
class Staff:
    world: World
    actor: roles.Actor
    session: bytes = b""

    def sign_in(self) -> None:
        """Another browser, or the same one anew."""
        service = self.world.service
        self.session = secrets.token_bytes(32)
        with service.work() as work:
            now = service.now()
            work.sessions.add(Session(self.session, self.actor.staff_id or 0, now, now))


@dataclass
class Supervisor(Staff):
    def ticket(self, call_id: int) -> str:
        service = self.world.service
        with service.work() as work:
            return listening.begin(
                work, actor=self.actor, call_id=call_id, reason="quality", session_digest=self.session,
                now=service.now(),
            )  # fmt: skip

    def listen(self, call_id: int) -> Page:
        """A page that sees and hears both parties."""
        page = self.world.connect(self.ticket(call_id), origin=CONSOLE)
        page.of("observed")
        for party in Leg:
            page.send("observe", party=party, sdp="v=0")
            assert page.of("sdp", party=party)["sdp"] == "answer to v=0"
        return page


@dataclass
class Agent(Staff):
    languages: tuple[str, ...] = ()

    def ticket(self) -> str:
        service = self.world.service
        with service.work() as work:
            return ticket.for_agent(work, actor=self.actor, session_digest=self.session, now=service.now())

    def open(self, **hello: object) -> Page:
        page = self.world.connect(self.ticket(), origin=CONSOLE, **hello)
        page.next(lambda told: told["type"] == "desk")
        return page

    def sit(self) -> Page:
        """Open and available."""
        page = self.open()
        page.send("available", languages=list(self.languages))
        page.until(lambda told: told["state"] != "offline")
        return page

    @property
    def desk(self) -> Desk:
        with self.world.service.look() as work:
            found = work.desks.by_id(self.actor.staff_id or 0)
        assert found is not None
        return found


def talk(citizen: Page, agent: Page) -> int:
    """Offer, acceptance, answer, media of both: the call is active. Its number."""
    offer = agent.until(lambda told: told["offer"] is not None)["offer"]
    agent.send("accept", call_id=offer["call_id"])
    citizen.state("ringing")
    citizen.send("answer")
    for page in (citizen, agent):
        join(page)
    citizen.state("active")
    agent.in_call("active")
    return int(offer["call_id"])


def join(page: Page) -> None:
    """The page was asked to make a peer connection, and does."""
    page.of("join")
    page.send("offer", sdp="v=0")
    assert page.of("sdp")["sdp"] == "answer to v=0"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it comes from the migrations, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    with databases.fresh("sqlite", folder, lambda _: None) as url:
        return Path(url.removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Made once: it takes its time, on purpose."""
    return Passwords()


def make_service(database: Path, passwords: Passwords) -> Service:
    """As `wiring` makes it, over this database."""
    configured = settings.load(
        {"var_dir": str(database.parent / "var"), "database_url": f"sqlite:///{database}"}
    )
    engine = wiring.open_database(configured)
    watcher = Watcher(engine)
    watcher.start()
    return Service(
        settings=configured,
        store=Store(engine, code_seal=HmacSeal(b"s" * 32)),
        policy=procedures.load(configured.policy),
        passwords=passwords,
        watcher=watcher,
    )


@pytest.fixture
def world(tmp_path: Path, migrated: Path, passwords: Passwords) -> Iterator[World]:
    database = tmp_path / "test.sqlite"
    shutil.copyfile(migrated, database)
    service = make_service(database, passwords)
    clock = Clock()
    service.now = clock  # type: ignore[method-assign]
    evidence_dir = tmp_path / "evidence"
    evidence_dir.mkdir()
    options = Options(
        portal_origin=PORTAL,
        console_origin=CONSOLE,
        evidence_dir=evidence_dir,
        evidence_secret=b"e" * 32,
        media_addresses=WORKERS,
        media_secret="m" * 32,
        turn_urls=("turn:turn.test:3478",),
        turn_secret="shared",
        session_idle=timedelta(days=1),
        session_absolute=timedelta(days=2),
    )
    made = World(service, clock, options, {address: FakeWorker() for address in WORKERS})
    # Workers are chosen by load; tests want to know which one it will be.
    made.workers[WORKERS[1]].cpu_percent = 50.0
    made.start()
    yield made
    made.sockets.close()
    if made.gateway is not None:
        made.gateway.stop()
    service.close()


@pytest.fixture
def marat(world: World) -> Supervisor:
    return world.supervisor("marat")


@pytest.fixture
def pair(world: World) -> tuple[Page, Page, int]:
    """Citizen's and agent's page, and the number of the call in which they talk."""
    citizen, desk = world.caller().open(), world.agent("aizhan").sit()
    return citizen, desk, talk(citizen, desk)
