"""Wakes open pages when the database changed, and lets them go when the process is told to stop.

One waiting thread a process, however many pages are open. A server that ends in good order waits for its
connections, and an open event stream would never end by itself: so the signal reaches the streams first.
"""

import asyncio
import functools
import signal
import threading
from types import FrameType

from anyio import CapacityLimiter, to_thread

from runtime.wake import Watcher

_LOOK_SECONDS = 1.0


class Pulse:
    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._turn = asyncio.Event()
        self._beat = 0
        self._stopped = False

    async def run(self) -> None:
        """Until cancelled or stopped."""
        alone = CapacityLimiter(1)
        seen = self._watcher.version
        while not self._stopped:
            wait = functools.partial(self._watcher.wait_for_change, seen, _LOOK_SECONDS)
            version = await to_thread.run_sync(wait, limiter=alone, abandon_on_cancel=True)
            if version != seen:
                seen = version
                self._wake()

    async def changed(self, seen: int, timeout_seconds: float) -> bool:
        """Waits for a change after the beat `seen`; False when nothing changed in time."""
        if self._beat != seen:
            return True
        try:
            await asyncio.wait_for(self._turn.wait(), timeout_seconds)
        except TimeoutError:
            return False
        return True

    @property
    def beat(self) -> int:
        return self._beat

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self) -> None:
        self._stopped = True
        self._wake()

    def stop_on_signals(self) -> None:
        """Before the server's own handlers, which still run. Only the main thread can do this."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._precede(number, loop)

    def _precede(self, number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
        theirs = signal.getsignal(number)

        def both(received: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.stop)
            if callable(theirs):
                theirs(received, frame)

        signal.signal(number, both)

    def _wake(self) -> None:
        self._beat += 1
        self._turn.set()
        self._turn = asyncio.Event()
