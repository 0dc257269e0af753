"""A leg's ICE on the worker's one port, in the place of aioice's connection: it waits to be asked and is controlled.

Where media go is changed by a check of the far end that proves its password and that the same address then answers
from us (RFC 8445, 7.3.1.4): a copy of somebody's check, sent from elsewhere, moves nothing. The same checks of ours
keep the far end's consent (RFC 7675). A phone that came to another address is followed without a word of signalling:
its media, which are not taken from there yet, make us ask.
"""

import asyncio
import random
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aioice import ConnectionClosed, stun
from aioice.candidate import Candidate
from aiortc import RTCIceGatherer, RTCIceParameters, RTCIceTransport, RTCPeerConnection

from video.media import checks
from video.media.checks import Address
from video.media.line import Check, Line
from video.media.port import Port
from video.media.seams import SeamsChanged

ADDRESSES_A_LEG = 16
CONSENT_SECONDS = 30.0

# RFC 8445, 5.3 asks for 24 bits of a name and 128 of a password; names must not collide among all legs of a port.
_NAME_LETTERS, _PASSWORD_LETTERS = 16, 32
_ICE_CHARS = string.ascii_letters + string.digits
_CHECK_AGAIN_SECONDS = 0.2
_CHECK_GIVEN_UP_SECONDS = 2.5
_CHECKS_AT_ONCE = 4
# Anybody can send what looks like the far end's media: they are answered by a question no oftener.
_STRAY_EVERY_SECONDS = 0.5
_CONSENT_EVERY_SECONDS = 5.0
# So long may the address in use be silent when the far end shows up at another one without a nomination.
_DOUBT_SECONDS = 0.75
# What nobody reads yet: a handshake, or a relayed picture while its decoder starts.
_LONGEST_QUEUE = 1024


@dataclass(frozen=True, slots=True)
class Pair:
    """Where media go; names as in aioice."""

    protocol: Line
    remote_addr: Address


@dataclass(slots=True)
class Doubt:
    """The far end is known to be at another address; the one in use has been asked since then."""

    pair: Pair
    since: float


class Endpoint:
    """What stands for aioice's sockets; a wire puts itself before the callback."""

    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self.datagram_received = take


class PassiveIce:
    """The part of aioice.Connection that aiortc uses."""

    def __init__(self, port: Port) -> None:
        self.ice_controlling = self.remote_is_lite = False
        self.local_username, self.local_password = _word(_NAME_LETTERS), _word(_PASSWORD_LETTERS)
        self.remote_username: str | None = None
        self.remote_password: str | None = None
        self.local_candidates: list[Candidate] = []
        self.remote_candidates: list[Candidate] = []
        self._endpoint = Endpoint(self._queue)
        self._protocols = [self._endpoint]
        self._nominated: dict[int, Pair] = {}
        self._port = port
        self._tie_breaker = secrets.randbits(64)
        self._datagrams: asyncio.Queue[bytes | None] = asyncio.Queue(_LONGEST_QUEUE)
        self._events: asyncio.Queue[ConnectionClosed] = asyncio.Queue()
        self._is_up = asyncio.Event()
        self._is_closed = False
        self._addresses: dict[Pair, None] = {}
        self._wanted: Pair | None = None
        self._doubt: Doubt | None = None
        self._consented_at = self._consent_due_at = 0.0
        self._checks: dict[bytes, Check] = {}
        self._senders: set[bytes] = set()
        self._stray_due_at = 0.0

    async def gather_candidates(self) -> None:
        if self._is_closed:
            return
        self.local_candidates = await self._port.candidates()
        self._port.enter(self)

    async def add_remote_candidate(self, candidate: Candidate | None) -> None:
        """The far end's own checks show where it is; what its description says is not even looked at."""

    async def connect(self) -> None:
        """Until the far end has chosen a pair; who waits for it has a limit. Raises ConnectionError when closed."""
        if self._wanted is not None:
            self._check(self._wanted, nominates=True)
        await self._is_up.wait()
        if self._is_closed:
            raise ConnectionError("closed")

    async def recv(self) -> bytes:
        """Raises ConnectionError when closed."""
        data = None if self._is_closed and self._datagrams.empty() else await self._datagrams.get()
        if data is None:
            raise ConnectionError("closed")
        return data

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError while nothing is chosen."""
        pair = self._nominated.get(1)
        if pair is None:
            raise ConnectionError("no address to send to")
        pair.protocol.sendto(data, pair.remote_addr)

    async def get_event(self) -> ConnectionClosed:
        return await self._events.get()

    async def close(self) -> None:
        self._shut()

    def cut(self) -> None:
        """Nothing comes in from now on; a last word may still go out."""
        self._port.leave(self)
        for ssrc in self._senders:
            if self._port.tables.senders.get(ssrc) is self:
                del self._port.tables.senders[ssrc]
        self._senders.clear()
        for check in tuple(self._checks.values()):
            self._end(check)
        for pair in tuple(self._addresses):
            self._forget(pair)

    def on_request(self, line: Line, address: Address, message: stun.Message, far: str) -> None:
        if self.remote_username is not None and far != self.remote_username:
            self._port.counts.unproven += 1
            return
        if "ICE-CONTROLLED" in message.attributes:
            line.sendto(checks.role_conflict(message, self.local_password), address)
            return
        line.sendto(checks.success(message, address, self.local_password), address)
        pair = Pair(line, address)
        self._meet(pair)
        chosen = self._nominated.get(1)
        is_nominating = "USE-CANDIDATE" in message.attributes
        if pair != chosen and (is_nominating or chosen is not None):
            self._check(pair, nominates=is_nominating)

    def on_answer(self, check: Check, message: stun.Message) -> None:
        """Whoever answers from there has our question and the far end's password."""
        self._end(check)
        if message.message_class is not stun.Class.RESPONSE:
            return
        pair, now = Pair(check.line, check.address), time.monotonic()
        if pair == self._nominated.get(1):
            self._consented_at, self._doubt = now, None
        elif check.nominates:
            self._choose(pair, now)
        elif self._doubt is None and (chosen := self._nominated.get(1)) is not None:
            self._doubt = Doubt(pair, now)
            self._check(chosen, nominates=False)

    def expect(self, ssrc: bytes) -> None:
        """The far end's media are known by this; one that another leg has as well is followed by its checks alone."""
        if self._port.tables.senders.setdefault(ssrc, self) is self:
            self._senders.add(ssrc)

    def on_stray(self, line: Line, address: Address) -> None:
        now = time.monotonic()
        if 1 in self._nominated and now > self._stray_due_at:
            self._stray_due_at = now + _STRAY_EVERY_SECONDS
            self._check(Pair(line, address), nominates=False)

    def tick(self, now: float) -> None:
        """Called by the port a few times a second."""
        for check in tuple(self._checks.values()):
            if now - check.since > _CHECK_GIVEN_UP_SECONDS:
                self._end(check)
            # RFC 7675, 5.1: what only keeps consent is not repeated.
            elif now - check.since > _CHECK_AGAIN_SECONDS and (check.nominates or self._doubt is not None):
                check.line.sendto(check.data, check.address)
        chosen = self._nominated.get(1)
        if chosen is None:
            return
        if self._doubt is not None and now - self._doubt.since > _DOUBT_SECONDS:
            self._choose(self._doubt.pair, now)
        elif now - self._consented_at > CONSENT_SECONDS:
            # RFC 7675, 5.1: nothing may be sent to who has not consented for so long.
            self._shut()
        elif now > self._consent_due_at:
            self._plan_consent(now)
            self._check(chosen, nominates=False)

    def _choose(self, pair: Pair, now: float) -> None:
        self._port.counts.moved += 1 in self._nominated
        self._meet(pair)
        pair.protocol.takers[pair.remote_addr] = self._endpoint
        self._nominated[1] = pair
        self._wanted = self._doubt = None
        self._consented_at = now
        self._plan_consent(now)
        self._is_up.set()

    def _plan_consent(self, now: float) -> None:
        """RFC 7675, 5.1: a fifth earlier or later, so that legs do not ask in step."""
        self._consent_due_at = now + _CONSENT_EVERY_SECONDS * random.uniform(0.8, 1.2)

    def _meet(self, pair: Pair) -> None:
        """An address that another leg has is taken over only when it answers us."""
        if pair in self._addresses:
            return
        if len(self._addresses) >= ADDRESSES_A_LEG:
            chosen = self._nominated.get(1)
            self._forget(next(each for each in self._addresses if each != chosen))
        self._addresses[pair] = None
        pair.protocol.takers.setdefault(pair.remote_addr, self._endpoint)

    def _forget(self, pair: Pair) -> None:
        del self._addresses[pair]
        if pair.protocol.takers.get(pair.remote_addr) is self._endpoint:
            del pair.protocol.takers[pair.remote_addr]

    def _check(self, pair: Pair, *, nominates: bool) -> None:
        if self.remote_username is None or self.remote_password is None:
            # The answer is not applied yet: a second, unbundled transport waits for the first.
            self._wanted = pair if nominates else self._wanted
            return
        for check in tuple(self._checks.values()):
            if (check.line, check.address) == (pair.protocol, pair.remote_addr):
                if check.nominates or not nominates:
                    return
                self._end(check)
        if len(self._checks) >= _CHECKS_AT_ONCE:
            self._end(next(iter(self._checks.values())))
        transaction, data = checks.request(
            near=self.local_username,
            far=self.remote_username,
            password=self.remote_password,
            tie_breaker=self._tie_breaker,
        )
        check = Check(
            transaction=transaction,
            data=data,
            agent=self,
            line=pair.protocol,
            address=pair.remote_addr,
            password=self.remote_password,
            nominates=nominates,
            since=time.monotonic(),
        )
        self._checks[transaction] = self._port.tables.checks[transaction] = check
        pair.protocol.sendto(data, pair.remote_addr)

    def _end(self, check: Check) -> None:
        del self._checks[check.transaction]
        self._port.tables.checks.pop(check.transaction, None)

    def _shut(self) -> None:
        if self._is_closed:
            return
        self.cut()
        self._is_closed = True
        self._nominated.clear()
        self._is_up.set()
        if self._datagrams.full():
            self._datagrams.get_nowait()
        self._datagrams.put_nowait(None)
        self._events.put_nowait(ConnectionClosed())

    def _queue(self, data: bytes, address: Address) -> None:
        if self._datagrams.full():
            self._port.counts.unknown += 1
        else:
            self._datagrams.put_nowait(data)


def seat(peer: RTCPeerConnection, port: Port) -> tuple[PassiveIce, ...]:
    """Put the port under a peer connection whose transceivers are made and whose offer is not applied yet.

    Each transport gets a name of its own: aiortc gives those that are not bundled the same one.
    """
    transports = {each.receiver.transport.transport for each in peer.getTransceivers()}
    return tuple(_seated(transport, port) for transport in transports)


def _seated(transport: RTCIceTransport, port: Port) -> PassiveIce:
    private: Any = transport
    gatherer: Any = transport.iceGatherer
    if private._connection is not gatherer._connection:
        raise SeamsChanged("the ICE connection is made elsewhere")
    agent = PassiveIce(port)
    private._connection = gatherer._connection = agent
    private._recv, private._send = agent.recv, agent.send
    return agent


async def check() -> None:
    """One handshake without a network: aiortc asks for what `PassiveIce` has. Raises SeamsChanged."""
    try:
        async with asyncio.timeout(_CHECK_GIVEN_UP_SECONDS):
            came, sent = await _through_a_transport()
    except (AttributeError, TypeError, ValueError, LookupError, ConnectionError, TimeoutError) as failure:
        raise SeamsChanged(str(failure)) from failure
    if (came, sent) != (_CAME, _SENT):
        raise SeamsChanged("an ICE transport does not carry what it is given")


_CAME, _SENT = b"\x16 in", b"\x16 out"
_FAR: Address = ("192.0.2.2", 9)


async def _through_a_transport() -> tuple[bytes, bytes]:
    port, socket = Port(9, hosts=(), advertised=("192.0.2.1",)), _Socket()
    line = Line("192.0.2.1", port.tables)
    line.connection_made(socket)
    transport = RTCIceTransport(RTCIceGatherer(iceServers=[]))
    _seated(transport, port)
    await transport.iceGatherer.gather()
    there = RTCIceParameters(usernameFragment=_word(_NAME_LETTERS), password=_word(_PASSWORD_LETTERS))
    start = asyncio.create_task(transport.start(there))
    await asyncio.sleep(0)
    here = transport.iceGatherer.getLocalParameters()
    asked = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    asked.attributes |= {
        "USERNAME": f"{here.usernameFragment}:{there.usernameFragment}",
        "USE-CANDIDATE": None,
    }
    asked.add_message_integrity(str(here.password).encode())
    line.datagram_received(bytes(asked), _FAR)
    ours = stun.parse_message(socket.sent[-1])
    line.datagram_received(checks.success(ours, _FAR, str(there.password)), _FAR)
    await start
    if transport.state != "completed" or not transport.iceGatherer.getLocalCandidates():
        raise SeamsChanged("an ICE transport does not come up")
    private: Any = transport
    line.datagram_received(_CAME, _FAR)
    came: bytes = await private._recv()
    await private._send(_SENT)
    await transport.stop()
    return came, socket.sent[-1]


class _Socket(asyncio.DatagramTransport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        return 0

    def sendto(self, data: Any, addr: Any = None) -> None:
        self.sent.append(data)


def _word(letters: int) -> str:
    return "".join(secrets.choice(_ICE_CHARS) for _ in range(letters))
