"""The media workers: which of them live, and which carries the next call.

A worker's heartbeat each second is its lease; three seconds without one and its calls are carried elsewhere.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from ca_core.errors import GatewayUnavailable
from video.gateway.service import MediaWorker
from video.media.wire import Heartbeat

LEASE_SECONDS = 3.0
# Of the core that a worker's event loop has: beyond it, packets wait for each other.
FULL_PERCENT = 85.0
# So late does half of what its event loop has to do come: the host is short of processors, whoever takes them.
FULL_DELAY_MS = 10.0


class NoWorker(GatewayUnavailable):
    """No media worker lives at the moment."""


@dataclass(slots=True)
class Link:
    """One worker as it was last heard. `run` changes when it was started anew: then it knows no call."""

    address: str
    client: MediaWorker = field(repr=False)
    run: str = ""
    cpu_percent: float = 0.0
    calls: int = 0
    heard_at: float = float("-inf")
    is_draining: bool = False
    delay_ms: float = 0.0

    def heard(self, heartbeat: Heartbeat, now: float) -> bool:
        """True when it is another worker than before, or one that was away."""
        is_new = heartbeat.run != self.run or not self.is_live(now)
        self.run, self.heard_at = heartbeat.run, now
        self.cpu_percent, self.calls = heartbeat.cpu_percent, heartbeat.calls
        self.is_draining, self.delay_ms = heartbeat.is_draining, heartbeat.delay_ms
        return is_new

    def gone(self) -> None:
        """Its process ended: nobody waits for its lease to end."""
        self.heard_at = float("-inf")

    def is_live(self, now: float) -> bool:
        return now - self.heard_at < LEASE_SECONDS

    @property
    def has_room(self) -> bool:
        """For one call more."""
        is_full = self.cpu_percent >= FULL_PERCENT or self.delay_ms >= FULL_DELAY_MS
        return not is_full and not self.is_draining


class Workers:
    """Lives on the event loop."""

    def __init__(self, media: Mapping[str, MediaWorker]) -> None:
        self.links = {address: Link(address, client) for address, client in media.items()}

    def live(self) -> dict[str, Link]:
        now = asyncio.get_running_loop().time()
        return {address: link for address, link in self.links.items() if link.is_live(now)}

    def of(self, address: str) -> MediaWorker:
        """Raises NoWorker."""
        link = self.live().get(address)
        if link is None:
            raise NoWorker("the call's media worker is gone")
        return link.client

    def best(self) -> Link:
        """One with room before one without; then the least CPU, in steps of ten points so that noise does not decide;
        then the fewest calls.

        A call that was placed a moment ago is no load yet: it counts as one. Raises NoWorker.
        """
        open_ones = [link for link in self.live().values() if not link.is_draining]
        if not open_ones:
            raise NoWorker("no media worker lives that takes calls")
        return min(open_ones, key=lambda link: (not link.has_room, link.cpu_percent // 10, link.calls))

    @property
    def has_room(self) -> bool:
        """Some worker can take one call more."""
        return any(link.has_room for link in self.live().values())

    def placed(self, link: Link) -> None:
        """Counted until its next heartbeat knows better."""
        link.calls += 1
