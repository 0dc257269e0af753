"""The WebSocket that sites open: a greeting, then requests, each answered in its turn."""

import asyncio
import logging
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from qoltanba_keyagent import answers, words
from qoltanba_keyagent.answers import Office

_WAITING_AT_MOST = 16
# RFC 6455, 7.4.1: the message goes against the endpoint's policy.
_POLICY = 1008

log = logging.getLogger(__name__)


def origin_of(header: str | None) -> str | None:
    """The site's origin as a person can read and remember it; nothing for what is none ("null", a file, no header)."""
    if header is None:
        return None
    parts = urlsplit(header)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()


async def serve(socket: WebSocket) -> None:
    """Only pages may ask, because only of a page does the browser say whose it is."""
    origin = origin_of(socket.headers.get("origin"))
    if origin is None:
        await socket.close(_POLICY)
        return
    await socket.accept()
    await socket.send_text(answers.GREETING)
    inbox: asyncio.Queue[str] = asyncio.Queue(_WAITING_AT_MOST)
    work = asyncio.create_task(_work(socket, origin, inbox))
    try:
        while True:
            inbox.put_nowait(await socket.receive_text())
    except WebSocketDisconnect:
        pass
    except (asyncio.QueueFull, KeyError):
        # More than a person can answer, or bytes where the protocol has text.
        await socket.close(_POLICY)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def _work(socket: WebSocket, origin: str, inbox: "asyncio.Queue[str]") -> None:
    office: Office = socket.app.state.office
    language: str = words.known(socket.headers.get("accept-language"), words.LANGUAGES[0])

    async def send(text: str) -> None:
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.send_text(text)

    while True:
        message = await inbox.get()
        try:
            language = await answers.answer(
                message, origin=origin, language=language, office=office, send=send
            )
        except WebSocketDisconnect:
            return
