"""Wakes the gateway's loops when the database changed, or when something in its own memory did.

One waiting thread, however many pages are open.
"""

import asyncio
import functools

from anyio import CapacityLimiter, to_thread

from video.gateway.service import Watcher

_LOOK_SECONDS = 1.0


class Pulse:
    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._turn = asyncio.Event()
        self.beat = 0

    async def run(self) -> None:
        """Until cancelled."""
        alone = CapacityLimiter(1)
        seen = self._watcher.version
        while True:
            wait = functools.partial(self._watcher.wait_for_change, seen, _LOOK_SECONDS)
            version = await to_thread.run_sync(wait, limiter=alone, abandon_on_cancel=True)
            if version != seen:
                seen = version
                self.wake()

    def wake(self) -> None:
        self.beat += 1
        self._turn.set()
        self._turn = asyncio.Event()

    async def after(self, beat: int, timeout_seconds: float) -> int:
        """The beat now: at once when it is another than `beat`, else at the next one or when the time is over."""
        if self.beat == beat:
            try:
                await asyncio.wait_for(self._turn.wait(), timeout_seconds)
            except TimeoutError:
                pass
        return self.beat
