"""Who writes next: one at a time, in the order in which they came.

A `threading.Lock` lets whoever runs overtake those who sleep: a busy thread would keep the others waiting.
"""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """For a `with` block. Not to be entered twice by one thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
        try:
            mine.acquire()
        except BaseException:
            # Interrupted while asleep: the turn may have come this very moment, and must not be lost.
            self._leave(mine)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._pass_on()

    def _pass_on(self) -> None:
        # Handed over while it is taken: nobody comes between.
        if self._queue:
            self._queue.popleft().release()
        else:
            self._taken = False

    def _leave(self, mine: threading.Lock) -> None:
        with self._guard:
            if mine in self._queue:
                self._queue.remove(mine)
            else:
                self._pass_on()
