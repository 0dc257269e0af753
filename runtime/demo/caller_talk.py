"""One simulated caller's talk with the gateway: what the page would do with each message, and its media.

The messages are those of the citizen's page; every `call` message is the whole truth.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import MediaStreamTrack
from websockets.asyncio.client import ClientConnection

from runtime.demo.caller_media import FACE, Murmuring, Picturing, Stage
from runtime.demo.rendered import RenderedPerson

_PICKS_UP_AFTER_SECONDS = 1.5
_TYPES_AFTER_SECONDS = 2.0
_LOOKS_AT_THE_PHONE, _LOOKS_EVERY_SECONDS = 60, 0.5
# The decision may follow the end of the call by the agent's wrap-up, which may be extended once.
_DECISION_WITHIN_SECONDS = 240.0

# What came to the phone since an instant, newest first; and where the caller's doings are told.
ReadCodes = Callable[[datetime], list[str]]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and in which language of the portal."""

    who: RenderedPerson
    language: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, in the protocol's words; empty where nobody said."""

    cause: str = ""
    decision: str = ""


@dataclass
class Talk:
    """What the page would do and remember, whatever socket it has."""

    caller: Caller
    read_codes: ReadCodes
    tell: Tell
    ended: Ended = field(default_factory=Ended)
    is_over: bool = False
    was_welcomed: bool = False
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _state: str = ""
    _was_on_the_line: bool = False
    _typed: set[str] = field(default_factory=set)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _ice: list[RTCIceServer] = field(default_factory=list)
    _peer: RTCPeerConnection | None = None
    _socket: ClientConnection | None = None

    async def listen(self, socket: ClientConnection, ticket: str) -> None:
        """Until this socket closes or the call is over; whoever is stopped says so. Raises ConnectionClosed."""
        self._socket, self.was_welcomed = socket, False
        await self._send(type="hello", ticket=ticket)
        try:
            while not self.is_over:
                await self._hear_next(socket)
        except asyncio.CancelledError:
            # The socket is closed behind us: now or never.
            await self._send(type="leave")
            raise

    async def _hear_next(self, socket: ClientConnection) -> None:
        try:
            async with asyncio.timeout(_DECISION_WITHIN_SECONDS if self._state == "ended" else None):
                message = json.loads(await socket.recv())
        except TimeoutError:
            self.is_over = True
            return
        await self._hear(message)

    async def close(self) -> None:
        """Nothing of it goes on behind the call."""
        for task in self._tasks.values():
            task.cancel()
        await self._close_media()

    async def _send(self, **message: str) -> None:
        if self._socket is not None:
            await self._socket.send(json.dumps(message))

    async def _hear(self, message: dict[str, object]) -> None:
        match message.get("type"):
            case "welcome":
                self.was_welcomed = True
                self._ice = _ice_servers(message.get("ice_servers"))
            case "call":
                await self._hear_state(message)
            case "join":
                await self._offer_media()
            case "sdp" if self._peer is not None and self._peer.signalingState == "have-local-offer":
                answer = RTCSessionDescription(sdp=str(message["sdp"]), type="answer")
                await self._peer.setRemoteDescription(answer)
            case "said":
                self.tell(f"the agent writes: {message.get('text')}")
            case "refused":
                self.tell(f"refused: {message.get('of')} ({message.get('code')})")

    async def _hear_state(self, snapshot: dict[str, object]) -> None:
        state = str(snapshot["state"])
        self._was_on_the_line |= state == "active"
        if state != self._state:
            self._state = state
            self.tell(f"{state}, place {snapshot['position']}" if state == "queued" else state)
        self._look_at(str(snapshot.get("show") or ""))
        if state == "ringing":
            self._soon("answer", self._answer())
        if snapshot.get("code") in ("asked", "wrong"):
            self._soon("code", self._type_code())
        if state == "ended":
            self.ended = Ended(str(snapshot.get("cause") or ""), str(snapshot.get("decision") or ""))
            await self._close_media()
            # One who was never on the line waits for no decision.
            self.is_over = bool(self.ended.decision) or not self._was_on_the_line

    def _look_at(self, asked: str) -> None:
        wanted = asked if asked not in ("", "none") else FACE
        if wanted != self.caller.stage.showing:
            self.caller.stage.showing = wanted
            self.tell(f"shows: {wanted}")

    def _soon(self, name: str, doing: Coroutine[None, None, None]) -> None:
        """One at a time of each name."""
        running = self._tasks.get(name)
        if running is not None and not running.done():
            doing.close()
            return
        self._tasks[name] = asyncio.create_task(doing)

    async def _answer(self) -> None:
        await asyncio.sleep(_PICKS_UP_AFTER_SECONDS)
        await self._send(type="answer")

    async def _type_code(self) -> None:
        """The newest that was not typed yet; somebody reads it before typing."""
        for _ in range(_LOOKS_AT_THE_PHONE):
            fresh = await self._fresh_code()
            if fresh:
                break
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)
        else:
            self.tell("no code came to the phone")
            return
        self._typed.add(fresh)
        await asyncio.sleep(_TYPES_AFTER_SECONDS)
        self.tell("types the code")
        await self._send(type="code", typed=fresh)

    async def _fresh_code(self) -> str:
        newest = await asyncio.to_thread(self.read_codes, self._since)
        return newest[0] if newest and newest[0] not in self._typed else ""

    async def _offer_media(self) -> None:
        """Audio first, then video, complete with its candidates: the other side adds nothing to it later."""
        await self._close_media()
        self._peer = peer = RTCPeerConnection(RTCConfiguration(iceServers=self._ice))
        peer.addTrack(Murmuring(self.caller.stage))
        peer.addTrack(Picturing(self.caller.stage))

        @peer.on("track")
        def _take(track: MediaStreamTrack) -> None:
            # What nobody takes would pile up.
            sink = MediaBlackhole()
            sink.addTrack(track)
            self._tasks[f"sink {track.kind}"] = asyncio.create_task(sink.start())

        await peer.setLocalDescription(await peer.createOffer())
        await self._send(type="offer", sdp=peer.localDescription.sdp)

    async def _close_media(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            await peer.close()


def _ice_servers(told: object) -> list[RTCIceServer]:
    servers = told if isinstance(told, list) else []
    return [RTCIceServer(one["urls"], one.get("username"), one.get("credential")) for one in servers]
