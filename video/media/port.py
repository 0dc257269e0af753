"""The one UDP port of a media worker: all legs share it, so that a firewall needs one line a worker.

There is one socket for each address of the host, all of the same number: an answer leaves by the address that was
asked. What comes in by them is `line`'s.
"""

import asyncio
import errno
import ipaddress
import logging
import socket
import time
from collections.abc import Sequence
from typing import cast

import aioice.ice
from aioice.candidate import Candidate, candidate_foundation, candidate_priority

from ca_core.errors import Refusal
from video.media.line import Agent, Counts, Line, Tables

log = logging.getLogger(__name__)

# Sixty calls begin their pictures at once; the kernel cuts this down to what the host allows (net.core.rmem_max).
_SOCKET_BUFFER_BYTES = 4 << 20
_TICK_SECONDS = 0.25
_FREE_PORT_TRIES = 20


class PortTaken(Refusal):
    """Somebody else has the UDP port, or it may not be used."""

    code = "media.port_taken"


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
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: cast(asyncio.DatagramProtocol, line), sock=made
        )
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
