"""What every route of the control door shares: the secret, the bodies, the refusals."""

import hmac
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ca_core.errors import Refusal
from video import engine
from video.engine import Role
from video.media import wire

_BODY_BYTES = 128 * 1024


class BearerOnly:
    """401 for whoever does not know the secret; /health alone is open."""

    def __init__(self, app: ASGIApp, secret: str) -> None:
        if not secret:
            raise ValueError("the control door needs a secret")
        self._app = app
        self._expected = f"Bearer {secret}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] == "/health" or self._is_known(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("no\n", 401)(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._expected)


async def refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    status = wire.STATUS.get(type(refusal), 500)
    return JSONResponse(wire.refusal_json(refusal), status_code=status)


async def body(request: Request) -> dict[str, Any]:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _BODY_BYTES:
            raise wire.RequestNotUnderstood
    try:
        body = json.loads(bytes(content))
    except ValueError as failure:
        raise wire.RequestNotUnderstood from failure
    if not isinstance(body, dict):
        raise wire.RequestNotUnderstood
    return body


def call_id(request: Request) -> int:
    return int(request.path_params["call_id"])


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise wire.RequestNotUnderstood
    return value


def number(body: dict[str, Any], name: str) -> int:
    """A positive one."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise wire.RequestNotUnderstood
    return value


def role(body: dict[str, Any]) -> Role:
    try:
        return Role(text(body, "role"))
    except ValueError:
        raise engine.RoleNotKnown from None


def roles(body: dict[str, Any], name: str) -> frozenset[Role]:
    """At least one."""
    value = body.get(name)
    if not isinstance(value, list) or not value:
        raise wire.RequestNotUnderstood
    return frozenset(role({"role": each}) for each in value)
