"""The gate: outermost, before Streamlit and before every route of ours. Closed unless a path is listed.

No valid session: a page is sent to sign-in (303), anything else gets 401, a socket is refused. Identity
travels inwards in headers that only the gate may set; what a browser may ask of Streamlit is narrowed to
what an officer needs; every answer carries the security headers.
"""

import logging
from collections.abc import MutableMapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from google.protobuf.message import DecodeError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from console import headers as security
from console.sessions import Sessions, SignedIn
from runtime.settings import Settings

log = logging.getLogger(__name__)

STAFF_HEADER = "x-qoltanba-staff"
SESSION_HEADER = "x-qoltanba-session"
_OURS = b"x-qoltanba-"

SIGN_IN = "/sign-in"
# Who joins, or enrols anew, has no session yet: their code is the proof.
ENROL = "/enrol"
ENROL_FINISH = "/enrol/finish"
OPEN_PATHS = frozenset({SIGN_IN, ENROL, ENROL_FINISH, "/health", "/ready", "/_stcore/health"})
OPEN_FOLDERS = ("/assets/",)

# RFC 6455, 7.4.2: 4000-4999 are private; the page's guard knows this one.
SESSION_ENDED = 4401

# What Streamlit counts is nobody's business at a desk: the job runner and the gateway say how the house is.
_SHUT = frozenset({"/_stcore/metrics"})

# Any page might clear everybody's caches, switch on re-running at each save, or read the working copy.
_DROPPED = frozenset({"clear_cache", "set_run_on_save", "load_git_info"})


def cookie_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this host, to https and to the whole path."""
    return "qoltanba_staff" if settings.is_demo else "__Host-qoltanba_staff"


def token_of(settings: Settings, headers: Headers) -> str:
    cookies = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    morsel = cookies.get(cookie_name(settings))
    return morsel.value if morsel else ""


def is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


class Gate:
    """Pure ASGI: it sees sockets too."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, sessions: Sessions, page_paths: Sequence[str]
    ) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self._pages = frozenset(page_paths) | {"/"}
        self._security = security.Security(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        guarded = self._security.adding(path, send)
        signed_in = await self._sessions.find(token_of(self._settings, Headers(scope=scope)))
        if signed_in is None and not is_open(path):
            await self._turned_away(scope)(scope, receive, guarded)
            return
        if path.rstrip("/") in _SHUT:
            await PlainTextResponse("not here", 404)(scope, receive, guarded)
            return
        if signed_in is not None and self._is_unknown_page(scope):
            await RedirectResponse("/", 303)(scope, receive, guarded)
            return
        await self._app(_identified(scope, signed_in), receive, guarded)

    def _turned_away(self, scope: Scope) -> Response:
        request = Request(scope)
        if not _wants_page(request):
            return PlainTextResponse("sign in first", 401)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(wanted, safe='')}", 303)

    def _is_unknown_page(self, scope: Scope) -> bool:
        """Streamlit would answer any path with its page, and then complain in English."""
        path = scope["path"]
        return (
            _wants_page(Request(scope))
            and path.rstrip("/") not in self._pages
            and path != "/"
            and "." not in path.rsplit("/", 1)[-1]
            and path.count("/") == 1
            and not is_open(path)
        )

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        signed_in = await self._sessions.find(token_of(self._settings, Headers(scope=scope)))
        if signed_in is None or not _same_origin(Headers(scope=scope)):
            # Closing before accepting refuses the handshake (403).
            await receive()
            await send({"type": "websocket.close", "code": SESSION_ENDED})
            return
        socket = _Socket(self._sessions, signed_in, receive, send)
        self._sessions.opened(signed_in, socket.close)
        try:
            await self._app(_identified(scope, signed_in), socket.receive, socket.send)
        finally:
            self._sessions.closed(signed_in, socket.close)


class _Socket:
    """One open socket of a session: what comes in is checked, and it can be closed from outside."""

    def __init__(self, sessions: Sessions, signed_in: SignedIn, receive: Receive, send: Send) -> None:
        self._sessions = sessions
        self._signed_in = signed_in
        self._receive = receive
        self._send = send
        self._over = False

    async def close(self) -> None:
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.close", "code": SESSION_ENDED, "reason": "session ended"})

    async def send(self, message: Message) -> None:
        # What the page still wants to say after its session ended is not for that browser.
        if self._over:
            return
        self._over = message["type"] == "websocket.close"
        await self._send(message)

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            if self._over or message["type"] == "websocket.disconnect":
                self._over = True
                return {"type": "websocket.disconnect", "code": message.get("code", SESSION_ENDED)}
            if await self._passes(message):
                return message

    async def _passes(self, message: MutableMapping[str, Any]) -> bool:
        octets = message.get("bytes")
        if not octets:
            return True
        said = BackMsg()
        try:
            said.ParseFromString(octets)
        except DecodeError:
            # Streamlit closes such a socket itself (1002).
            return True
        kind = said.WhichOneof("type")
        if kind in _DROPPED:
            log.warning("message dropped", extra={"kind": kind, "session": self._signed_in.label})
            return False
        if kind == "rerun_script" and not said.rerun_script.is_auto_rerun:
            await self._sessions.touch(self._signed_in)
        return True


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _same_origin(headers: Headers) -> bool:
    """Browsers always name the origin of a socket (RFC 6455, 10.2); what is no browser has no cookie to lose."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def _identified(scope: Scope, signed_in: SignedIn | None) -> Scope:
    """Headers of these names from outside are forged: they are dropped, and set from the session."""
    headers = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(_OURS)]
    if signed_in is not None:
        headers.append((STAFF_HEADER.encode(), str(signed_in.account.staff_id).encode()))
        headers.append((SESSION_HEADER.encode(), signed_in.label.encode()))
    return {**scope, "headers": headers, "staff": signed_in}
