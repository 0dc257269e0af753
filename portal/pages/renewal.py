"""POST /api/renewals/<number>/signature: the owner's certified key signs the number, and the year begins (R8)."""

import base64
import binascii
import json

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ca_core.application import Application
from ca_core.identifiers import ApplicationId
from ca_core.issuance import renew
from portal import limits, parts
from runtime.service import Service


async def sign(request: Request) -> Response:
    """{"signature": base64 of ECDSA-SHA256 or RSA PKCS#1-SHA256 over the eleven digits}. Twice is no error."""
    handed = parts.of(request)
    limits.require(handed.limits.attempts, request)
    number = ApplicationId.parse(request.path_params["number"])
    signature = _signature(await request.body())
    confirmed = await run_in_threadpool(confirm, handed.service, number, signature)
    return JSONResponse({"number": confirmed.number.digits, "state": confirmed.state.name.lower()})


def confirm(service: Service, number: ApplicationId, signature: bytes) -> Application:
    """One operation for the public address and for the demo's device."""
    with service.work() as work:
        return renew.confirm(work, number=number, signature=signature, now=service.now())


def _signature(body: bytes) -> bytes:
    try:
        return base64.b64decode(json.loads(body)["signature"], validate=True)
    # Deeply nested JSON makes the parser give up with a RecursionError.
    except (KeyError, TypeError, ValueError, RecursionError, binascii.Error) as error:
        raise HTTPException(400) from error
