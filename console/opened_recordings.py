"""Recordings that were just opened: one look is one audit entry, however many pieces a player asks for (R14).

Kept as files without a name, few and for minutes, each for the session, the role and the reason that opened it.
"""

import asyncio
import os
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from ca_core.call import Side
from ca_core.roles import Role

# A player that was paused longer asks again, and that is another look.
KEPT_SECONDS = 300.0
MOST = 4


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at what, and why."""

    session: str
    role: Role | None
    evidence_id: int
    side: Side
    reason: str


class Film:
    """An open file that nobody writes any more. It is closed when the last who reads in it lets go of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size_bytes = os.fstat(file.fileno()).st_size
        weakref.finalize(self, file.close)

    def read(self, first: int, size_bytes: int) -> bytes:
        """From any place, by several at once."""
        return os.pread(self._file.fileno(), size_bytes, first)


@dataclass(slots=True)
class _Kept:
    film: Film
    until: float


class OpenedRecordings:
    """Of one process; lives on its event loop."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Look, _Kept] = OrderedDict()
        # Two pieces of one recording asked for at once are one look.
        self._opening = asyncio.Lock()

    async def film(self, look: Look, opened: Callable[[], BinaryIO]) -> Film:
        """Opens it, unless this very look goes on. Raises what `opened` raises."""
        async with self._opening:
            self._forget()
            kept = self._kept.get(look)
            if kept is None:
                kept = self._kept[look] = _Kept(Film(await asyncio.to_thread(opened)), 0.0)
            kept.until = time.monotonic() + KEPT_SECONDS
            self._kept.move_to_end(look)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        asyncio.get_running_loop().call_later(KEPT_SECONDS + 1, self._forget)
        return kept.film

    def _forget(self) -> None:
        now = time.monotonic()
        for look in [look for look, kept in self._kept.items() if kept.until <= now]:
            del self._kept[look]
