"""One gateway: what its parts share, and what the parts ask of each other."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ca_core.call import Leg
from video.gateway import limits, turn
from video.gateway.lines import Line
from video.gateway.pages import Page, Pages
from video.gateway.pulse import Pulse
from video.gateway.scene import Scene
from video.gateway.service import MediaWorker, Options, Service
from video.gateway.turn import IceServer
from video.gateway.workers import Workers


@dataclass(slots=True)
class Counts:
    """For the metrics page; since the process began."""

    offers: int = 0
    sealed: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


class Gateway:
    """Made and used on one event loop."""

    def __init__(self, service: Service, options: Options, media: Mapping[str, MediaWorker]) -> None:
        self.service = service
        self.options = options
        self.workers = Workers(media)
        self.pulse = Pulse(service.watcher)
        self.pages = Pages()
        self.lines: dict[int, Line] = {}
        self.counts = Counts()
        # Room for the many callers whom a mobile operator shows under one address.
        self.visits = limits.Addresses(burst=120, per_second=4.0)
        self.probes = limits.Addresses(burst=6, per_second=0.2)
        # The newest look at the database; None until the first. Looks are counted when they begin.
        self.scene: Scene | None = None
        self.looks = 0
        self.began_at = float("-inf")

    @property
    def clock(self) -> float:
        return asyncio.get_running_loop().time()

    def line(self, call_id: int) -> Line:
        """The call's line, made at its first use."""
        line = self.lines.get(call_id)
        if line is None:
            line = self.lines[call_id] = Line(call_id)
        return line

    def ice_servers(self, page: Page) -> list[IceServer]:
        """For this page, for an hour."""
        subject = f"{'call' if page.seat.leg is Leg.CITIZEN else 'desk'}-{page.seat.number}"
        options = self.options
        return turn.ice_servers(
            options.turn_urls, options.turn_secret, subject=subject, now=self.service.now()
        )
