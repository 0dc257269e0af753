"""Stands for the video gateway: speaks its protocol to an agent's page, and sends the agent's own picture back.

A test drives it: `desk(...)` shows the page a truth, `join()` makes it connect, `heard` is what the page said.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Json = dict[str, Any]


def instant(seconds: float) -> str:
    """So many seconds from now, as the protocol writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_call(state: str = "active", **other: Any) -> Json:
    return {
        "call_id": 12, "state": state, "phrase": "Ақ тау 42", "language": "kk", "since": instant(-161),
        "until": None, "talk_until": None, "lost": None, "lost_why": "", "recording": True, "recording_problem": "",
        "line": "good", "show": "none", "cause": None, "need": "", **other,
    }  # fmt: skip


def an_offer(**other: Any) -> Json:
    return {
        "call_id": 12, "language": "kk", "waited_seconds": 73, "attempt": 2, "need": "", "until": instant(15),
        "lasts_seconds": 15, **other,
    }  # fmt: skip


def a_desk(state: str = "available", **other: Any) -> Json:
    return {
        "type": "desk", "state": state, "languages": ["kk", "ru"], "since": instant(-5), "pause_next": False,
        "wrap_up_until": None, "wrap_up_extended": False, "offer": None, "call": None,
        "queue": {"waiting": 3, "oldest_seconds": 72, "free_agents": 1}, **other,
    }  # fmt: skip


@dataclass
class FakeGateway:
    """One agent at most. Its own thread and event loop; the methods are called from the test's."""

    port: int
    tickets: list[str] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    shown: Json = field(default_factory=a_desk)

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._page: ServerConnection | None = None
        self._peers: set[RTCPeerConnection] = set()
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.open()

    def open(self) -> None:
        self._run(self._open())

    def shut(self) -> None:
        """The gateway is gone, and its sockets; the media flow on."""
        self._run(self._shut())

    def desk(self, state: str, **other: Any) -> None:
        self.shown = a_desk(state, **other)
        self.tell({**self.shown, "revision": time.time_ns()})

    def join(self) -> None:
        self.tell({"type": "join", "ice_servers": []})

    def tell(self, message: Json) -> None:
        self._run(self._tell(message))

    def drop_page(self, code: int) -> None:
        """Closes the page's socket with this code."""
        self._run(self._drop(code))

    def wait_for(self, kind: str, *, number: int = 1, seconds: float = 10) -> Json:
        """The so-manieth message of a kind that the page sent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [message for message in self.heard if message["type"] == kind]
            if len(found) >= number:
                return found[number - 1]
            time.sleep(0.05)
        raise AssertionError(f"no {kind} from the page; it said {[m['type'] for m in self.heard]}")

    def close(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", self.port, ping_interval=None)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _end(self) -> None:
        await self._shut()
        await asyncio.gather(*(peer.close() for peer in self._peers))

    async def _tell(self, message: Json) -> None:
        if self._page is not None:
            with suppress(ConnectionClosed):
                await self._page.send(json.dumps(message))

    async def _drop(self, code: int) -> None:
        if self._page is not None:
            await self._page.close(code)

    async def _serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await self._listen(socket)
        if self._page is socket:
            self._page = None

    async def _listen(self, socket: ServerConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            self.heard.append(message)
            if message["type"] == "hello":
                self.tickets.append(message["ticket"])
                self._page = socket
                await self._tell(
                    {
                        "type": "welcome",
                        "role": "agent",
                        "language": "kk",
                        "ice_servers": [],
                        "relay_only": False,
                    }
                )
                await self._tell({**self.shown, "revision": time.time_ns()})
            elif message["type"] == "offer":
                await self._tell({"type": "sdp", "sdp": await self._echo(message["sdp"])})

    async def _echo(self, sdp: str) -> str:
        peer = RTCPeerConnection()
        self._peers.add(peer)

        @peer.on("track")
        def back(track: MediaStreamTrack) -> None:
            peer.addTrack(track)

        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)


@contextmanager
def running(port: int) -> Iterator[FakeGateway]:
    gateway = FakeGateway(port)
    try:
        yield gateway
    finally:
        gateway.close()
