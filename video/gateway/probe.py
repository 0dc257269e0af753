"""The device check over plain HTTPS: an offer in, the answer of a media worker's loop-back leg out.

Only the portal's page may ask, and an address only so often; a probe belongs to no call and is never recorded.
"""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from video.engine import ProbesBusy
from video.gateway import limits
from video.gateway.gateway import Gateway


async def answer(gateway: Gateway, request: Request) -> Response:
    """204 to the browser's question before, 200 with the answer, else a code of what is wrong."""
    origin = request.headers.get("origin")
    if origin not in (None, gateway.options.portal_origin):
        return _refused("gateway.origin_refused", 403)
    headers = _allowed(gateway.options.portal_origin)
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    if not gateway.probes.take(request.client.host if request.client else ""):
        return _refused("gateway.too_often", 429, {**headers, "Retry-After": "10"})
    offer = await _offer(request)
    if offer is None:
        return _refused("media.request_not_understood", 400, headers)
    try:
        told = await gateway.workers.best().client.probe(offer)
    except (GatewayUnavailable, GatewayRejected, ProbesBusy):
        return _refused("media.unavailable", 503, headers)
    except Refusal as refusal:
        return _refused(refusal.code, 422, headers)
    return JSONResponse({"sdp": told.sdp}, headers=headers)


async def _offer(request: Request) -> str | None:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > limits.MESSAGE_BYTES:
            return None
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError):
        return None
    sdp = body.get("sdp") if isinstance(body, dict) else None
    return sdp if isinstance(sdp, str) else None


def _allowed(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
        "Cache-Control": "no-store",
    }


def _refused(code: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": code}, status_code=status, headers=headers)
