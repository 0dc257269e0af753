"""What the gateway is handed: units of work, the clock, the media workers, and how it is set up."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from ca_core import ports, roles, staff
from video.engine import CallStats, Role
from video.media.wire import Gone, Heartbeat, NumberedEvent, ProbeAnswer

SYSTEM = roles.Actor("video gateway", None, roles.Door.JOB)


class Watcher(Protocol):
    """Tells that the database changed."""

    @property
    def version(self) -> int: ...
    def wait_for_change(self, seen: int, timeout_seconds: float) -> int:
        """The new version, or the old one when nothing changed in time."""
        ...


class Work(ports.Work, staff.StaffWork, Protocol):
    """A unit of work that knows the staff too: a ticket says who, their account says what they may."""


class Service(Protocol):
    @property
    def watcher(self) -> Watcher: ...
    def now(self) -> datetime: ...
    def work(self, *, by: roles.Actor | None = None, on: str = "") -> AbstractContextManager[Work]: ...
    def look(self) -> AbstractContextManager[Work]: ...


class MediaWorker(Protocol):
    """One media worker as `video.media.client` reaches it. Raises its Refusals, GatewayUnavailable, GatewayRejected."""

    async def create_call(self, call_id: int, *, record: bool = False) -> None: ...
    async def start_recording(self, call_id: int) -> None: ...
    async def join(self, call_id: int, role: Role, offer_sdp: str) -> str: ...
    async def leave(self, call_id: int, role: Role) -> None: ...
    async def observe(self, call_id: int, observer: int, party: Role, offer_sdp: str) -> str: ...
    async def unobserve(self, call_id: int, observer: int) -> None: ...
    async def speak(self, call_id: int, observer: int, audience: frozenset[Role], offer_sdp: str) -> str: ...
    async def fall_quiet(self, call_id: int, observer: int) -> None: ...
    async def hear(self, call_id: int, party: Role, offer_sdp: str) -> str: ...
    async def hold(self, call_id: int, on: bool) -> None: ...
    async def stats(self, call_id: int) -> CallStats: ...
    async def calls(self) -> tuple[CallStats, ...]: ...
    async def close(self, call_id: int) -> None: ...
    async def probe(self, offer_sdp: str) -> ProbeAnswer: ...
    def events(self) -> AsyncIterator[NumberedEvent | Heartbeat | Gone]: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Origins are scheme, host and port; secrets never show."""

    portal_origin: str
    console_origin: str
    evidence_dir: Path
    evidence_secret: bytes = field(repr=False)
    # The media workers' control addresses: what a call keeps as its worker.
    media_addresses: tuple[str, ...] = ()
    media_secret: str = field(default="", repr=False)
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    relay_only: bool = False
    # How long a session of the console lives without a click, and at most: an agent's socket ends with it.
    session_idle: timedelta
    session_absolute: timedelta
