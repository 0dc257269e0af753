"""The WebSocket that sites open: a greeting, then requests, each answered in its turn."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from qoltanba_keyagent import answers, origins, words
from qoltanba_keyagent.answers import Office

_WAITING_AT_MOST = 16
# RFC 6455, 7.4.1: the message goes against the endpoint's policy.
_POLICY = 1008
_LINES_OF_ONE_SITE = 8
_LINES_AT_MOST = 32
# Of all messages that wait for their turn, those in work not counted.
_HELD_CHARACTERS_AT_MOST = 64 * 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lines:
    """What the open WebSockets hold together: a page that was never allowed anything must not fill the memory."""

    of_site: Counter[str] = field(default_factory=Counter)
    held_characters: int = 0

    def have_room(self, origin: str) -> bool:
        return self.of_site[origin] < _LINES_OF_ONE_SITE and self.of_site.total() < _LINES_AT_MOST


async def serve(socket: WebSocket) -> None:
    """Only pages may ask, because only of a page does the browser say whose it is."""
    origin = origins.of(socket.headers.get("origin"))
    lines: Lines = socket.app.state.lines
    if origin is None or not lines.have_room(origin):
        await socket.close(_POLICY)
        return
    lines.of_site[origin] += 1
    try:
        await _listen(socket, origin, lines)
    finally:
        lines.of_site[origin] -= 1
        if not lines.of_site[origin]:
            del lines.of_site[origin]


async def _listen(socket: WebSocket, origin: str, lines: Lines) -> None:
    await socket.accept()
    await socket.send_text(answers.GREETING)
    inbox: asyncio.Queue[str] = asyncio.Queue(_WAITING_AT_MOST)
    work = asyncio.create_task(_work(socket, origin, inbox, lines))
    try:
        while True:
            message = await socket.receive_text()
            if lines.held_characters + len(message) > _HELD_CHARACTERS_AT_MOST:
                raise asyncio.QueueFull
            inbox.put_nowait(message)
            lines.held_characters += len(message)
    except WebSocketDisconnect:
        pass
    except (asyncio.QueueFull, KeyError):
        # More than a person can answer, or bytes where the protocol has text.
        await socket.close(_POLICY)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        while not inbox.empty():
            lines.held_characters -= len(inbox.get_nowait())


async def _work(socket: WebSocket, origin: str, inbox: "asyncio.Queue[str]", lines: Lines) -> None:
    office: Office = socket.app.state.office
    language: str = words.known(socket.headers.get("accept-language"), words.LANGUAGES[0])

    async def send(text: str) -> None:
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.send_text(text)

    while True:
        message = await inbox.get()
        lines.held_characters -= len(message)
        try:
            language = await answers.answer(
                message, origin=origin, language=language, office=office, send=send
            )
        except WebSocketDisconnect:
            return
