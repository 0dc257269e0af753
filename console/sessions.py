"""Who sits at which browser: sessions of the database, remembered for a second, and the open sockets of each.

A socket must close within two seconds when its session ends anywhere: signed out in another browser, idle,
past its limit, account disabled. One keeper a process asks once for all open sessions, when the database
changed and at the latest every second; no page polls.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ca_core import staff
from ca_core.staff import Account, SessionEnded
from runtime import rounds
from runtime.service import Service

log = logging.getLogger(__name__)

# How long an answer of the database is believed.
_REMEMBERED_SECONDS = 1.0
# A session that is in use is written down this often at most: a write wakes every watcher.
_TOUCH_EVERY_SECONDS = 20.0
# The keeper looks this often at most, and at least.
_LOOK_AT_MOST_EVERY_SECONDS = 0.25
_LOOK_AT_LEAST_EVERY_SECONDS = 1.0

Close = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser whose session goes on."""

    token_digest: bytes
    account: Account
    seen_at: datetime

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether an act of this person is worth a write."""
        return now - self.seen_at >= timedelta(seconds=_TOUCH_EVERY_SECONDS)

    @property
    def label(self) -> str:
        """Tells sessions apart in headers and logs without naming the secret."""
        return self.token_digest.hex()[:16]


@dataclass(slots=True)
class _Remembered:
    found: SignedIn | None
    until: float


@dataclass(slots=True)
class _Open:
    """The open sockets of one session."""

    closers: set[Close] = field(default_factory=set)
    touched: float = float("-inf")


def note(service: Service, token_digest: bytes) -> None:
    """The session is in use. Where nothing can be written, the page goes on all the same, until its idle time is over:
    it is where people are told what is wrong.
    """
    try:
        with service.work() as work:
            staff.seen(work, token_digest=token_digest, now=service.now())
    except rounds.DATABASE_AWAY as problem:
        log.warning("session not noted", extra={"problem": type(problem).__name__})


class Sessions:
    """All of one process; lives on its event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._idle = timedelta(minutes=service.settings.session_idle_minutes)
        self._absolute = timedelta(hours=service.settings.session_absolute_hours)
        self._remembered: dict[bytes, _Remembered] = {}
        self._open: dict[bytes, _Open] = {}
        self._closing: set[asyncio.Future[None]] = set()

    async def find(self, token: str) -> SignedIn | None:
        """Whose browser this is, or nobody's."""
        if not token:
            return None
        key = staff.digest(token)
        known = self._remembered.get(key)
        if known is not None and known.until > time.monotonic():
            return known.found
        found = await asyncio.to_thread(self._resume, token, key)
        self._remembered[key] = _Remembered(found, time.monotonic() + _REMEMBERED_SECONDS)
        return found

    def _resume(self, token: str, key: bytes) -> SignedIn | None:
        try:
            with self._service.look() as work:
                account, session = staff.resume(
                    work, token=token, idle=self._idle, absolute=self._absolute, now=self._service.now()
                )
        except SessionEnded:
            return None
        return SignedIn(key, account, session.seen_at)

    def opened(self, signed_in: SignedIn, close: Close) -> None:
        self._open.setdefault(signed_in.token_digest, _Open()).closers.add(close)

    def closed(self, signed_in: SignedIn, close: Close) -> None:
        here = self._open.get(signed_in.token_digest)
        if here is None:
            return
        here.closers.discard(close)
        if not here.closers:
            del self._open[signed_in.token_digest]

    async def touch(self, signed_in: SignedIn) -> None:
        """Notes that a person did something; pages that refresh themselves never come here."""
        here = self._open.get(signed_in.token_digest)
        if here is None or time.monotonic() - here.touched < _TOUCH_EVERY_SECONDS:
            return
        here.touched = time.monotonic()
        await asyncio.to_thread(self._touch, signed_in.token_digest)

    def _touch(self, token_digest: bytes) -> None:
        note(self._service, token_digest)

    async def keep(self) -> None:
        """Closes the sockets of sessions that ended, for as long as the process runs."""
        version = self._service.watcher.version
        while True:
            version = await asyncio.to_thread(
                self._service.watcher.wait_for_change, version, _LOOK_AT_LEAST_EVERY_SECONDS
            )
            try:
                await self._close_ended()
            except Exception:  # the loop outlives a database that is away for a while
                log.exception("sessions not checked")
            self._forget()
            await asyncio.sleep(_LOOK_AT_MOST_EVERY_SECONDS)

    async def _close_ended(self) -> None:
        open_now = tuple(self._open)
        if not open_now:
            return
        for key in await asyncio.to_thread(self._ended, open_now):
            self._remembered.pop(key, None)
            for close in tuple(self._open[key].closers) if key in self._open else ():
                self._start_closing(close)

    def _start_closing(self, close: Close) -> None:
        """Not waited for: a browser that is gone answers no farewell, and others must not wait for it."""
        closing = asyncio.ensure_future(close())
        self._closing.add(closing)
        closing.add_done_callback(self._has_closed)

    def _has_closed(self, closing: asyncio.Future[None]) -> None:
        self._closing.discard(closing)
        if not closing.cancelled() and closing.exception() is not None:
            log.info("socket was closed already", extra={"problem": type(closing.exception()).__name__})

    def _ended(self, open_now: tuple[bytes, ...]) -> frozenset[bytes]:
        with self._service.look() as work:
            return staff.ended(
                work,
                token_digests=open_now,
                idle=self._idle,
                absolute=self._absolute,
                now=self._service.now(),
            )

    def _forget(self) -> None:
        now = time.monotonic()
        self._remembered = {key: known for key, known in self._remembered.items() if known.until > now}
