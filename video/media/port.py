"""The one UDP port of a media worker: all legs share it, so that a firewall needs one line a worker.

There is one socket for each address of the host, all of the same number: an answer leaves by the address that was
asked. A datagram finds its leg by the address it came from; a STUN request by the name of the leg in it (RFC 8445,
7.3), and only one that proves to know that leg's password makes its address known. All else is dropped and counted.
"""

import asyncio
import errno
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import aioice.ice
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority

from ca_core.errors import Refusal
from video.media import checks
from video.media.checks import Address

log = logging.getLogger(__name__)

# Sixty calls begin their pictures at once; the kernel cuts this down to what the host allows (net.core.rmem_max).
_SOCKET_BUFFER_BYTES = 4 << 20
# What the kernel does not take is kept up to here, then dropped as a full line would.
_LARGEST_BACKLOG_BYTES = 1 << 20
_TICK_SECONDS = 0.25
_FREE_PORT_TRIES = 20


class PortTaken(Refusal):
    """Somebody else has the UDP port, or it may not be used."""

    code = "media.port_taken"


class Taker(Protocol):
    """Where a leg takes what is not STUN; a wire puts itself before it."""

    datagram_received: Callable[[bytes, Address], None]


class Agent(Protocol):
    """What the port asks of a leg's connection."""

    local_username: str
    local_password: str

    def on_request(self, line: "Line", address: Address, message: stun.Message, far: str) -> None: ...

    def on_answer(self, check: "Check", message: stun.Message) -> None: ...

    def on_stray(self, line: "Line", address: Address) -> None: ...

    def tick(self, now: float) -> None: ...


@dataclass(slots=True)
class Counts:
    """Datagrams that were not taken: from nobody we know, not proven, no room to send; and addresses that moved."""

    unknown: int = 0
    unproven: int = 0
    unsent: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A check of ours that waits for its answer, which must come from where it was sent to (RFC 8445, 7.2.5.2.1)."""

    transaction: bytes
    data: bytes
    agent: Agent
    line: "Line"
    address: Address
    password: str
    nominates: bool
    since: float


@dataclass(slots=True)
class Tables:
    """Who is who on a port."""

    agents: dict[str, Agent] = field(default_factory=dict)
    checks: dict[bytes, Check] = field(default_factory=dict)
    # By SSRC, whose media they are when they come from where nobody is known.
    senders: dict[bytes, Agent] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


class Line(asyncio.DatagramProtocol):
    """The socket of one address."""

    def __init__(self, host: str, tables: Tables) -> None:
        self.host = host
        # aiortc's own name: what is written to.
        self.transport = self
        self.takers: dict[Address, Taker] = {}
        self._tables = tables
        self._socket: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport

    def sendto(self, data: bytes, address: Address) -> None:
        """Dropped when the kernel has taken nothing for long, as on a full line."""
        if self._socket is None or self._socket.get_write_buffer_size() > _LARGEST_BACKLOG_BYTES:
            self._tables.counts.unsent += 1
            return
        self._socket.sendto(data, address)

    def error_received(self, exc: Exception) -> None:
        """A far host or its network is not there: consent will tell (RFC 7675)."""
        self._tables.counts.unsent += 1

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def datagram_received(self, data: bytes, address: Any) -> None:
        """RFC 7983: a first byte up to 3 is STUN."""
        if data and data[0] > 3:
            taker = self.takers.get(address)
            if taker is None:
                self._on_stray(data, address)
            else:
                taker.datagram_received(data, address)
        elif checks.is_request(data):
            self._on_request(data, address)
        elif checks.is_answer(data):
            self._on_answer(data, address)
        else:
            self._tables.counts.unknown += 1

    def _on_stray(self, data: bytes, address: Address) -> None:
        """Media from an address that is not proven, as of a phone that has just changed its network."""
        self._tables.counts.unknown += 1
        agent = self._tables.senders.get(data[8:12])
        if agent is not None:
            agent.on_stray(self, address)

    def _on_request(self, data: bytes, address: Address) -> None:
        near, far = checks.names(data)
        agent = self._tables.agents.get(near)
        if agent is None:
            self._tables.counts.unknown += 1
        elif (message := checks.proven(data, agent.local_password)) is None:
            self._tables.counts.unproven += 1
        else:
            agent.on_request(self, address, message, far)

    def _on_answer(self, data: bytes, address: Address) -> None:
        check = self._tables.checks.get(checks.transaction(data))
        if check is None or check.line is not self or check.address != address:
            self._tables.counts.unknown += 1
        elif (message := checks.proven(data, check.password)) is None:
            self._tables.counts.unproven += 1
        else:
            check.agent.on_answer(check, message)


class Port:
    """Made by `opened`, used in one event loop, closed by `close`."""

    def __init__(
        self, number: int, *, hosts: Sequence[str] | None = None, advertised: Sequence[str] = ()
    ) -> None:
        self.number = number
        self.tables = Tables()
        self._hosts = hosts
        self._advertised = tuple(advertised)
        self._lines: dict[str, Line] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def counts(self) -> Counts:
        return self.tables.counts

    async def candidates(self) -> list[Candidate]:
        """Where browsers may reach us. A host may have got another address since: it is listened on from now on."""
        for host in self._current_hosts():
            if host not in self._lines:
                try:
                    await self._listen(host, _bound(host, self.number))
                except OSError as failure:
                    log.warning("an address of this host is not listened on", extra={"reason": failure.errno})
        return [
            Candidate(
                foundation=candidate_foundation("host", "udp", host),
                component=1,
                transport="udp",
                priority=candidate_priority(1, "host", 65535 - place),
                host=host,
                port=self.number,
                type="host",
            )
            for place, host in enumerate(self._advertised or self._lines)
        ]

    def enter(self, agent: Agent) -> None:
        self.tables.agents[agent.local_username] = agent

    def leave(self, agent: Agent) -> None:
        """It is asked for by nobody from now on; its addresses and checks it takes back itself."""
        self.tables.agents.pop(agent.local_username, None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self.tables.agents.clear()
        self.tables.checks.clear()
        self.tables.senders.clear()

    async def open(self) -> None:
        """Raises PortTaken."""
        self.number, bound = _all_bound(self._current_hosts(), self.number)
        for host, made in bound.items():
            await self._listen(host, made)
        self._tick()

    async def _listen(self, host: str, made: socket.socket) -> None:
        line = Line(host, self.tables)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, sock=made)
        self._lines[host] = line
        self.number = made.getsockname()[1]

    def _current_hosts(self) -> Sequence[str]:
        return _host_addresses() if self._hosts is None else self._hosts

    def _tick(self) -> None:
        now = time.monotonic()
        for agent in tuple(self.tables.agents.values()):
            agent.tick(now)
        self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)


async def opened(number: int, *, hosts: Sequence[str] | None = None, advertised: Sequence[str] = ()) -> Port:
    """Listening on each of the host's addresses, or on `hosts` alone; 0 takes a free number. Raises PortTaken."""
    made = Port(number, hosts=hosts, advertised=advertised)
    await made.open()
    return made


def require_free(number: int, hosts: Sequence[str] | None = None) -> None:
    """Raises PortTaken unless a worker could listen there now."""
    if number:
        _, bound = _all_bound(_host_addresses() if hosts is None else hosts, number)
        for made in bound.values():
            made.close()


def _host_addresses() -> Sequence[str]:
    return aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)


def _all_bound(hosts: Sequence[str], number: int) -> tuple[int, dict[str, socket.socket]]:
    """A socket for each host, all of one number."""
    for tries_left in reversed(range(_FREE_PORT_TRIES if number == 0 else 1)):
        bound: dict[str, socket.socket] = {}
        chosen = number
        try:
            for host in hosts:
                bound[host] = _bound(host, chosen)
                chosen = bound[host].getsockname()[1]
        except OSError as failure:
            for made in bound.values():
                made.close()
            if not tries_left or failure.errno != errno.EADDRINUSE:
                raise PortTaken(port=chosen, reason=failure.strerror or "taken") from failure
        else:
            return chosen, bound
    raise AssertionError


def _bound(host: str, number: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            made.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
        made.setblocking(False)
        made.bind((host, number))
    except OSError:
        made.close()
        raise
    return made
