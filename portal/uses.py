"""Status requests seen, per certificate and day: gathered in memory, written every few seconds (R12).

An answer must not wait for a write. What a crash loses is a few seconds of an estimate.
"""

import asyncio
import contextlib
import logging
import threading
from datetime import date

from anyio import to_thread

from ca_core.identifiers import Serial
from runtime.service import Service

log = logging.getLogger(__name__)

FLUSH_EVERY_SECONDS = 5.0
# Beyond this the memory of what was written today is dropped, and a few rows are written again.
_REMEMBERED = 200_000


class UseBook:
    """Each certificate is written once a day, however often it is asked about."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._waiting: dict[date, set[Serial]] = {}
        self._written: set[tuple[date, Serial]] = set()

    def saw(self, serial: Serial, day: date) -> None:
        with self._lock:
            if (day, serial) not in self._written:
                self._waiting.setdefault(day, set()).add(serial)

    def flush(self) -> int:
        """Writes what waits; how many certificates that were."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting:
            return 0
        try:
            with self._service.work() as work:
                for day, serials in waiting.items():
                    work.uses.note(sorted(serials), day)
        except BaseException:
            self._put_back(waiting)
            raise
        self._remember(waiting)
        return sum(map(len, waiting.values()))

    async def run(self) -> None:
        """Until cancelled; then what waits is written a last time."""
        try:
            while True:
                await asyncio.sleep(FLUSH_EVERY_SECONDS)
                await self._try_flush()
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await self._try_flush()
            raise

    async def _try_flush(self) -> None:
        try:
            await to_thread.run_sync(self.flush)
        except Exception:  # the loop outlives a database that is away for a while
            log.exception("status requests seen were not written; they are kept")

    def _put_back(self, waiting: dict[date, set[Serial]]) -> None:
        with self._lock:
            for day, serials in waiting.items():
                self._waiting.setdefault(day, set()).update(serials)

    def _remember(self, written: dict[date, set[Serial]]) -> None:
        with self._lock:
            latest = max(written)
            self._written = {seen for seen in self._written if seen[0] >= latest}
            if len(self._written) > _REMEMBERED:
                self._written.clear()
            self._written.update((day, serial) for day, serials in written.items() for serial in serials)
