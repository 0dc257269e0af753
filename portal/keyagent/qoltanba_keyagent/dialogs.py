"""Dialogs: what the agent asks the person in a page of its own on this computer.

A dialog is opened by one request of a site and shows one page after another until the request is done. Its address
holds a token that is good for this one dialog; the first browser that opens it gets a cookie, and from then on the
address alone opens nothing. What is typed here goes to the agent and nowhere else (R15).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from qoltanba_keyagent.refusals import Cancelled, Refused, TooBusy

ANSWER_WITHIN = timedelta(minutes=10)
_OPEN_AT_MOST = 8
# Or one site could keep all the others out.
_OF_ONE_SITE = 4
_REMEMBERED = 50

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


class Page(Protocol[Answer_co]):
    """One question. `take` returns the answer, or nothing to show the page again; it may take its time."""

    template: str

    def view(self, query: Mapping[str, str]) -> dict[str, object]: ...

    def take(self, form: Mapping[str, str]) -> Answer_co | None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """What the last page says: a key of the wording under `end`, and what it mentions."""

    key: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The code of what was refused, for its words; an id after it stays as it is."""
        return self.facts.get("code", "").partition(" ")[0]


@dataclass(slots=True, eq=False)
class Dialog:
    """One dialog and where it stands. `step` counts pages, so that a form sent twice is taken once."""

    token: str
    origin: str
    language: str
    cookie: str = ""
    step: int = 0
    page: Page[Any] | None = None
    refused: Refused | None = None
    ending: Ending | None = None
    _answer: "asyncio.Future[Any] | None" = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self, page: Page[Answer]) -> Answer:
        """Ask, and wait for the answer. Raises Cancelled."""
        self._answer = asyncio.get_running_loop().create_future()
        self.page, self.refused = page, None
        self.step += 1
        self._tell()
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                answer: Answer = await self._answer
        except TimeoutError:
            raise Cancelled from None
        finally:
            self.page, self._answer = None, None
        return answer

    async def take(self, form: Mapping[str, str], *, step: int) -> None:
        """A form of the page that is shown; one of an earlier page changes nothing."""
        page, answer = self.page, self._answer
        if step != self.step or page is None or answer is None:
            return
        try:
            given = await asyncio.to_thread(page.take, form)
        except Refused as refused:
            # Opening a file takes a moment: by then another form may have answered.
            if step == self.step:
                self.refused = refused
            return
        self.refused = None
        if given is not None and not answer.done():
            answer.set_result(given)
            await self._next(step)

    async def cancel(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Cancelled())
            await self._next(self.step)

    def end(self, ending: Ending) -> None:
        self.ending = ending
        self._tell()

    async def _next(self, step: int) -> None:
        """Wait a little for what follows, so that the person sees it at once."""
        try:
            async with asyncio.timeout(20):
                while self.ending is None and self.step == step:
                    await self._moved.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class Desk:
    """The dialogs that are open, and the last pages of some that were."""

    def __init__(self) -> None:
        self._dialogs: dict[str, Dialog] = {}

    def open(self, *, origin: str, language: str) -> Dialog:
        """Raises TooBusy."""
        waiting = self.waiting()
        if len(waiting) >= _OPEN_AT_MOST or sum(one.origin == origin for one in waiting) >= _OF_ONE_SITE:
            raise TooBusy
        dialog = Dialog(secrets.token_urlsafe(32), origin, language)
        self._dialogs[dialog.token] = dialog
        for token in [one.token for one in self._dialogs.values() if one.ending][:-_REMEMBERED]:
            del self._dialogs[token]
        return dialog

    def find(self, token: str) -> Dialog | None:
        return self._dialogs.get(token)

    def waiting(self) -> list[Dialog]:
        return [dialog for dialog in self._dialogs.values() if dialog.ending is None]


class Conversation:
    """What one request asks of the person. The dialog opens with the first question, if there is one."""

    def __init__(
        self, desk: Desk, *, origin: str, language: str, announce: Callable[[Dialog], Awaitable[None]]
    ) -> None:
        self._desk = desk
        self._announce = announce
        self._dialog: Dialog | None = None
        self.origin = origin
        self.language = language

    async def ask(self, page: Page[Answer]) -> Answer:
        """Raises Cancelled, TooBusy."""
        if self._dialog is None:
            self._dialog = self._desk.open(origin=self.origin, language=self.language)
            await self._announce(self._dialog)
        return await self._dialog.show(page)

    def end(self, key: str, **facts: str) -> None:
        if self._dialog is not None and self._dialog.ending is None:
            self._dialog.end(Ending(key, facts))
