"""Erases what was kept for its term (R14): first the tombstone is committed, then the files go.

Nothing that is erased comes back, and a clock that runs ahead makes everything look old. So after a leap of the clock,
or after a long standstill, which looks the same, erasing waits a day: time for somebody to see that it is wrong.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ca_core import retention, roles
from ca_core.retention import Kept
from data.retention import Retention
from runtime.service import Service

log = logging.getLogger(__name__)

_AT_ONCE = 200
_ENTRIES_AT_ONCE = 1000
_STANDSTILL = timedelta(days=2)
_LEAP = timedelta(hours=1)
_WAIT = timedelta(days=1)


@dataclass(slots=True)
class _Shelf:
    """One kind of evidence, and how far it was gone through since the process started."""

    read: Callable[..., list[Kept]]
    after: int = 0


class Erasing:
    """`ticking` counts seconds whatever the clock says."""

    def __init__(self, service: Service, *, ticking: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._ticking = ticking
        self._shelves = (_Shelf(Retention.calls), _Shelf(Retention.face_checks))
        self._seen: tuple[datetime, float] | None = None
        self._not_before = 0.0

    def round(self, *, by: roles.Actor, now: datetime) -> bool:
        """A part of what is over; whether there may be more."""
        if self._must_wait(now):
            return False
        # Each of them, also while another one has more.
        more = [self._evidence(shelf, by, now) for shelf in self._shelves]
        return self._entries(by, now) or any(more)

    def _must_wait(self, now: datetime) -> bool:
        ticks = self._ticking()
        if self._seen is None:
            with self._service.look() as work:
                head = work.audit_heads.newest()
            is_leap = head is not None and now - head.head.at > _STANDSTILL
        else:
            at, then = self._seen
            is_leap = now - at > timedelta(seconds=ticks - then) + _LEAP
        self._seen = (now, ticks)
        if is_leap:
            self._not_before = ticks + _WAIT.total_seconds()
            log.warning("nothing is erased for a day: the clock leapt, or the system stood still")
        return ticks < self._not_before

    def _evidence(self, shelf: _Shelf, by: roles.Actor, now: datetime) -> bool:
        with self._service.look() as work:
            rows = shelf.read(work.retention, after=shelf.after, limit=_AT_ONCE)
        for kept in rows:
            if not retention.is_over(kept, policy=self._service.policy, now=now):
                return False
            with self._service.look() as work:
                is_told = retention.is_erased(work.audit_pages, kept.subject)
            if not is_told:
                with self._service.work() as work:
                    retention.evidence(work, actor=by, kept=kept, now=now)
            # Also what a killed process left behind its tombstone.
            self._unlink(kept)
            shelf.after = kept.number
        return len(rows) == _AT_ONCE

    def _unlink(self, kept: Kept) -> None:
        folder = self._service.settings.evidence_dir.resolve()
        for name in kept.names:
            path = (folder / name).resolve()
            if not path.is_relative_to(folder):
                # Whoever may change the database must not have any other file erased.
                log.error("a name leads out of the evidence", extra={"subject": kept.subject})
                continue
            path.unlink(missing_ok=True)
            _leave(path.parent, folder)

    def _entries(self, by: roles.Actor, now: datetime) -> bool:
        with self._service.work() as work:
            erased = retention.entries(work, actor=by, now=now, limit=_ENTRIES_AT_ONCE)
        return erased == _ENTRIES_AT_ONCE


def _leave(folder: Path, root: Path) -> None:
    """The folder of a face check goes with its last picture."""
    if folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
