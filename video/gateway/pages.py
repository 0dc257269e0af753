"""The open pages: one a citizen's call, one an agent's desk. A newer page of the same side takes the place."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from ca_core.call import Leg
from ca_core.roles import Actor
from video.gateway import limits, messages
from video.gateway.messages import Json

# A page that does not read is not waited for.
_WAITING_MESSAGES = 128

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose page it is: a citizen's by the number of the call, an agent's by that of the account, and so an
    observer's, who is no leg."""

    leg: Leg | None
    number: int


class Page:
    """One socket. What it is told goes out in order, from one writer; closing it never waits for anybody."""

    def __init__(
        self,
        socket: WebSocket,
        seat: Seat,
        actor: Actor,
        *,
        session_digest: bytes = b"",
        has_line: bool | None = None,
        observed: int | None = None,
    ) -> None:
        self.number = next(_numbers)
        self.seat = seat
        self.actor = actor
        # An agent's session of the console: the page is open no longer than it lives.
        self.session_digest = session_digest
        # Whether it says that its peer connection stands; None when it says nothing.
        self.has_line = has_line
        # The call that an observer's page is about.
        self.observed = observed
        self.shown: Json | None = None
        self._writes = limits.of_writes()
        self._offers = limits.of_offers()
        self._socket = socket
        self._revision = 0
        self._waiting: asyncio.Queue[str | int] = asyncio.Queue()
        self._is_closing = False

    @property
    def leg(self) -> Leg:
        """Of a party's page."""
        assert self.seat.leg is not None, "an observer is no party"
        return self.seat.leg

    def writes(self) -> None:
        """Raises TooOften."""
        if not self._writes.take():
            raise messages.TooOften

    def offers(self) -> None:
        """Raises TooOften."""
        if not self._offers.take():
            raise messages.TooOften

    def tell(self, message: Json) -> None:
        if self._is_closing:
            return
        if self._waiting.qsize() >= _WAITING_MESSAGES:
            self.close(messages.TRY_AGAIN)
            return
        self._waiting.put_nowait(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    def show(self, snapshot: Json) -> None:
        """The whole truth, if it is another than was shown last. Revisions grow, across restarts too."""
        if snapshot == self.shown:
            return
        self.shown = snapshot
        self._revision = max(self._revision + 1, int(time.time() * 1000))
        self.tell({**snapshot, "revision": self._revision})

    def close(self, code: int) -> None:
        """After what was told before."""
        if not self._is_closing:
            self._is_closing = True
            self._waiting.put_nowait(code)

    async def write(self) -> None:
        """Until the page is closed or gone."""
        while True:
            next_ = await self._waiting.get()
            try:
                if isinstance(next_, int):
                    await self._socket.close(next_)
                    return
                await self._socket.send_text(next_)
            except (WebSocketDisconnect, RuntimeError):
                # The socket went while something was on its way; the reader sees the same.
                return


class Pages:
    """Lives on the event loop."""

    def __init__(self) -> None:
        self._pages: dict[Seat, Page] = {}

    def __iter__(self) -> Iterator[Page]:
        return iter(tuple(self._pages.values()))

    def __len__(self) -> int:
        return len(self._pages)

    def at(self, leg: Leg | None, number: int | None) -> Page | None:
        return self._pages.get(Seat(leg, number)) if number is not None else None

    def seat(self, page: Page) -> None:
        before = self._pages.get(page.seat)
        self._pages[page.seat] = page
        if before is not None:
            before.close(messages.REPLACED)

    def leave(self, page: Page) -> bool:
        """False for a page whose place a newer one has."""
        if self._pages.get(page.seat) is not page:
            return False
        del self._pages[page.seat]
        return True

    def numbers(self, leg: Leg) -> list[int]:
        return [seat.number for seat in self._pages if seat.leg is leg]

    def observed(self) -> set[tuple[int, int]]:
        """Who observes which call."""
        return {(page.seat.number, page.observed) for page in self if page.observed is not None}
