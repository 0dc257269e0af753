"""A worker's events for whoever listens: numbered, the last thousand kept for a listener that comes back."""

import asyncio
import statistics
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator

from video.engine import Event
from video.media.wire import NumberedEvent

_KEPT = 1000
_LOOK_EVERY_SECONDS = 0.2
_LOOKS = 25


class Feed:
    """Published in the event loop; each listener reads at its own pace from the kept ones."""

    def __init__(self) -> None:
        self.run = uuid.uuid4().hex
        self.number = 0
        self._kept: deque[NumberedEvent] = deque(maxlen=_KEPT)
        self._fresh = asyncio.Condition()
        self._waking: set[asyncio.Task[None]] = set()

    def publish(self, event: Event) -> None:
        self.number += 1
        self._kept.append(NumberedEvent(self.number, event))
        task = asyncio.create_task(self._wake())
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    def seen(self, run: str | None, after: str) -> int:
        """What a listener has heard: everything when it comes for the first time, nothing of this run when it knew
        another."""
        if run is None:
            return self.number
        return int(after) if run == self.run and after.isdecimal() else 0

    async def after(self, number: int, *, pause_seconds: float) -> AsyncIterator[NumberedEvent | None]:
        """None at once and whenever `pause_seconds` went by; every kept event after that number, as it comes."""
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                due = time.monotonic() + pause_seconds
                yield None
            for numbered in [kept for kept in self._kept if kept.number > number]:
                number = numbered.number
                yield numbered
            await self._wait(number, due - time.monotonic())

    async def _wait(self, number: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)), self._fresh:
                await self._fresh.wait_for(lambda: self.number > number)
        except TimeoutError:
            return

    async def _wake(self) -> None:
        async with self._fresh:
            self._fresh.notify_all()


class Lateness:
    """By how much this process's event loop comes late to what is due: a packet waits as long. Half of the looks of the
    last seconds were later than `median_ms`."""

    def __init__(self) -> None:
        self._late_ms: deque[float] = deque(maxlen=_LOOKS)

    async def watch(self) -> None:
        while True:
            due = time.monotonic() + _LOOK_EVERY_SECONDS
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            self._late_ms.append(max(0.0, time.monotonic() - due) * 1000)

    @property
    def median_ms(self) -> float:
        return round(statistics.median(self._late_ms), 1) if self._late_ms else 0.0


class Cpu:
    """This process's share of one core since it was last asked."""

    def __init__(self) -> None:
        self._wall, self._used = time.monotonic(), time.process_time()
        self._percent = 0.0

    def percent(self) -> float:
        wall, used = time.monotonic(), time.process_time()
        # Several listeners may ask within one beat.
        if wall - self._wall >= 0.5:
            self._percent = round(100 * (used - self._used) / (wall - self._wall), 1)
            self._wall, self._used = wall, used
        return self._percent
