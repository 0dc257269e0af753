"""Callers without a browser: through the portal's forms into the queue, and a socket to the gateway that stays.

Each comes from an address of its own, as callers do.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ca_core.identifiers import Iin
from tests import builders
from tests.journeys.conftest import House


@dataclass
class WaitingCaller:
    """`told` holds every `call` message: each is the whole truth."""

    number: int
    language: str
    iin: Iin
    call_id: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    socket: ClientConnection | None = None
    thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"127.0.7.{self.number}"

    @property
    def now(self) -> dict[str, Any]:
        return self.told[-1] if self.told else {}

    def wait(self, until: Callable[[dict[str, Any]], bool], *, seconds: float = 10) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while not (self.told and until(self.now)):
            assert time.monotonic() < deadline, f"caller {self.number} is told {self.now}"
            time.sleep(0.05)
        return self.now

    def send(self, kind: str) -> None:
        assert self.socket is not None
        self.socket.send(json.dumps({"type": kind}))

    def leave(self) -> None:
        self.send("leave")
        self.wait(lambda told: told["state"] == "ended")

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        if self.thread is not None:
            self.thread.join(5)

    def stay(self, address: str, ticket: str) -> None:
        """The page's socket, until either side closes it."""
        with (
            contextlib.suppress(ConnectionClosed),
            connect(address, source_address=(self.address, 0), proxy=None) as socket,
        ):
            self.socket = socket
            socket.send(json.dumps({"type": "hello", "ticket": ticket}))
            for text in socket:
                message = json.loads(text)
                if message["type"] == "call":
                    self.told.append(message)


def into_the_queue(house: House, number: int, language: str) -> WaitingCaller:
    """A caller whose page is open and says so."""
    caller = WaitingCaller(number, language, builders.iin(number=10 * number))
    transport = httpx.HTTPTransport(local_address=caller.address)
    with httpx.Client(
        base_url=house.portal_url, transport=transport, headers={"Accept-Language": language}, timeout=20
    ) as portal:
        phone = f"+7 701 900 {number // 100:02d} {number % 100:02d}"
        open_call(lambda path, fields: _form(portal, path, fields), caller.iin, phone)
        handed = portal.post("/call/ticket").raise_for_status().json()
    address = handed["address"].replace("http", "ws", 1)
    caller.thread = threading.Thread(target=caller.stay, args=(address, handed["ticket"]), daemon=True)
    caller.thread.start()
    caller.wait(lambda told: told["state"] == "queued")
    with house.service.look() as work:
        (call,) = work.calls.living_of_iin(caller.iin)
    caller.call_id = call.call_id
    return caller


def open_call(form: Callable[[str, dict[str, str]], str], iin: Iin, phone: str) -> None:
    """The portal's forms in their order; `form` sends one and tells where it leads."""
    form("/call/start", {"step": "ready", "who": "myself", "need": ""})
    form("/call/start", {"step": "you", "iin": iin.digits, "phone": phone})
    form("/call/start", {"step": "devices", "need": ""})
    assert form("/call", {"consent": "yes"}) == "/call"


def _form(portal: httpx.Client, path: str, fields: dict[str, str]) -> str:
    answer = portal.post(path, data=fields)
    assert answer.status_code == 303, f"{path} {fields.get('step')}: {answer.status_code}"
    return answer.headers["location"]
