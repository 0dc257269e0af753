"""The socket of one address of a worker's port: whose a datagram is, and what is dropped (see `port`).

A datagram finds its leg by the address it came from; a STUN request by the name of the leg in it (RFC 8445, 7.3), and
only one that proves to know that leg's password makes its address known. All else is dropped and counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aioice import stun

from video.media import checks
from video.media.checks import Address

# What the kernel does not take is kept up to here, then dropped as a full line would.
_LARGEST_BACKLOG_BYTES: Final = 1 << 20


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


class Line:
    """The socket of one address."""

    def __init__(self, host: str, tables: Tables) -> None:
        self.host = host
        # aiortc's own name: what is written to.
        self.transport = self
        self.takers: dict[Address, Taker] = {}
        self._tables = tables
        self._socket: Any = None

    def connection_made(self, transport: Any) -> None:
        self._socket = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It was closed by us: a datagram socket does not end by itself."""

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
