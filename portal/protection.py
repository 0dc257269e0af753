"""What every request passes: a short log line, security headers, a limit on bodies, no foreign forms.

Plain ASGI, so that an event stream is never gathered up on its way.
"""

import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024
# Where files are sent on purpose: two of ten megabytes each, and what wraps them in a form.
LARGER_BODIES = {
    "/verify": 2 * 10 * 1024 * 1024 + BODY_LIMIT_BYTES,
    # Six frames of a camera.
    "/get/face/burst": 6 * 320 * 1024 + BODY_LIMIT_BYTES,
}
# Anybody may post these from anywhere: no cookie and no login of ours gives them any weight.
OPEN_TO_OTHER_SITES = ("/ocsp", "/api/")
_READING = ("GET", "HEAD", "OPTIONS")
# Asked so often that a line each would be most of the log.
_QUIET = ("/ocsp", "/health", "/ready", "/static")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The pages that talk to the key program on the citizen's own computer, and they alone, reach its port.
KEY_AGENT_PAGES = ("/cabinet", "/get")
# The pages of the video call, and they alone, reach the camera and the gateway.
CALL_PAGES = "/call"
_CALL_PERMISSIONS = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"
# The citizen's way shows the person to the camera (steps 2 and 10); nobody is heard there.
CAMERA_PAGES = "/get"
_CAMERA_ALONE = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    # The address of a "not me" page is a secret: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class AccessLog:
    """Method, the route's pattern, status, milliseconds: never an address, a query or a secret of a path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._write(scope, status, time.perf_counter() - started)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        level = logging.DEBUG if scope["path"].startswith(_QUIET) else logging.INFO
        if log.isEnabledFor(level):
            route = getattr(scope.get("route"), "path", "no such page")
            values = {
                "method": scope["method"],
                "route": route,
                "status": status,
                "took_ms": round(seconds * 1000, 1),
            }
            log.log(level, "answered", extra=values)


def call_policy(video_url: str) -> str:
    """What a page of the call may load and connect to: the gateway over https and WebSocket besides ourselves."""
    parts = urlsplit(video_url)
    socket = "wss" if parts.scheme == "https" else "ws"
    gateway = f"{parts.scheme}://{parts.netloc} {socket}://{parts.netloc}"
    wider = CONTENT_POLICY.replace("connect-src 'self'", f"connect-src 'self' {gateway}")
    return f"{wider}; media-src 'self' blob:"


def key_agent_policy(port: int) -> str:
    """What a page that talks to the key program may connect to: its port on this computer besides ourselves."""
    agent = f"ws://127.0.0.1:{port} wss://127.0.0.1:{port}"
    return CONTENT_POLICY.replace("connect-src 'self'", f"connect-src 'self' {agent}")


class Protection:
    """Headers on every answer; nothing of ours is kept by a browser unless the answer says so."""

    def __init__(self, app: ASGIApp, *, video_url: str, keyagent_port: int, tls: bool = False) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if tls:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"
        self._call_headers = self._headers | {
            "Content-Security-Policy": call_policy(video_url),
            "Permissions-Policy": _CALL_PERMISSIONS,
        }
        self._key_agent_headers = self._headers | {"Content-Security-Policy": key_agent_policy(keyagent_port)}
        self._way_headers = self._key_agent_headers | {"Permissions-Policy": _CAMERA_ALONE}

    def _of(self, path: str) -> dict[str, str]:
        if _is_below(path, CALL_PAGES):
            return self._call_headers
        if _is_below(path, CAMERA_PAGES):
            return self._way_headers
        if any(_is_below(path, page) for page in KEY_AGENT_PAGES):
            return self._key_agent_headers
        return self._headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chosen = self._of(scope["path"])
        cache = "no-cache" if scope["path"].startswith("/static/") else "no-store"

        async def sealing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in chosen.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", cache)
            await send(message)

        await self._app(scope, receive, sealing)


def _is_below(path: str, page: str) -> bool:
    return path == page or path.startswith(f"{page}/")


class LastResort:
    """The one handler of this door: whatever nobody expected is logged with an id, and the id is shown."""

    def __init__(self, app: ASGIApp, *, answer: Callable[[Request, Exception, str], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            error_id = secrets.token_hex(4)
            log.exception("a request failed", extra={"error_id": error_id})
            if scope["type"] != "http" or begun:
                raise
            await self._answer(Request(scope), error, error_id)(scope, receive, send)


class BodyLimit:
    """Nobody needs to send us more than one certificate, but where files are checked; nor in another alphabet.

    A sender may name the codec of a form's parts (RFC 7578, 5.1.2), and Python knows some that refuse every text,
    and some that take minutes for a long one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read_bytes, limit_bytes = 0, LARGER_BODIES.get(scope["path"], BODY_LIMIT_BYTES)
        is_ours = _charset(scope) in ("", "utf-8")

        async def counting() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            # Raised where the page reads its body, so that the page's own door answers it.
            if not is_ours:
                raise HTTPException(400)
            if read_bytes > limit_bytes:
                raise HTTPException(413)
            return message

        await self._app(scope, counting, send)


def _charset(scope: Scope) -> str:
    """As the parser of forms would read it."""
    _, said = parse_options_header(Headers(scope=scope).get("content-type"))
    return said.get(b"charset", b"").decode("latin-1").lower()


class OwnFormsOnly:
    """A form of another site cannot act here in the name of our reader (Sec-Fetch-Site, else Origin)."""

    def __init__(self, app: ASGIApp, *, refuse: Callable[[Request], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_foreign(scope):
            await self._refuse(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    if scope["method"] in _READING or scope["path"].startswith(OPEN_TO_OTHER_SITES):
        return False
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    # Programs that are no browsers send neither, and carry nobody's cookies.
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
