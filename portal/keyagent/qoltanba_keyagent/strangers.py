"""Sites that nobody has allowed yet: they may ask a few times, then not for a while.

Each of their questions opens a window of the browser, past its pop-up blocker: without a limit, any page that is
visited could open windows without end.
"""

from collections import deque
from datetime import datetime, timedelta

from qoltanba_keyagent.refusals import AskedTooOften

WITHIN = timedelta(minutes=10)
# A person who refuses by mistake has four more; a page with many names shares the second limit among them.
OF_ONE_SITE = 5
OF_ALL = 20


class Strangers:
    """Who knocked lately."""

    def __init__(self) -> None:
        self._knocks: deque[tuple[datetime, str]] = deque()

    def knock(self, origin: str, *, now: datetime) -> None:
        """Raises AskedTooOften."""
        while self._knocks and now - self._knocks[0][0] > WITHIN:
            self._knocks.popleft()
        mine = sum(one == origin for _, one in self._knocks)
        if mine >= OF_ONE_SITE or len(self._knocks) >= OF_ALL:
            raise AskedTooOften
        self._knocks.append((now, origin))
