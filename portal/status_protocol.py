"""OCSP over HTTP (RFC 6960 appendix A, RFC 5019): every answer is signed from the live record.

R10 wants a revocation live within a second. So nothing on the way may answer in our place: `no-cache` for
what could be kept, `no-store` with a nonce; no answer of ours is kept either. For a client's own memory an
answer holds five minutes at most (`nextUpdate`), as long as clocks may disagree, not the policy's hours.

The database is read in threads of their own: SQLite answers in a fraction of a millisecond, but a database
across a network, or one that checkpoints, must not stop the event loop and everybody else's request.
"""

from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from ca_core import statistics
from ca_core.identifiers import Serial, SerialInvalid
from ca_core.revocation import reasons
from ca_core.x509 import ocsp
from ca_core.x509.ocsp import CertificateStanding, OcspMalformed
from portal import parts
from portal.parts import Parts

MEDIA_TYPE = "application/ocsp-response"
ANSWER_HOLDS = timedelta(minutes=5)
# More threads than processors only wait for each other, and each holds a connection.
_threads = CapacityLimiter(4)


async def by_post(request: Request) -> Response:
    """The request in the body."""
    raw = await request.body()
    return await _in_thread(parts.of(request), raw, cacheable=False)


async def by_get(request: Request) -> Response:
    """The request in the path, base64 (RFC 6960, A.1)."""
    # The server has decoded the path once.
    try:
        raw = ocsp.decode_get(quote(request.path_params["question"], safe="/"))
    except OcspMalformed:
        return unavailable(ocsp.MALFORMED_REQUEST)
    return await _in_thread(parts.of(request), raw, cacheable=True)


def unavailable(answer: bytes, status_code: int = 200) -> Response:
    """An answer without a signature, which nobody may keep."""
    return Response(answer, status_code, {"Cache-Control": "no-store"}, MEDIA_TYPE)


async def _in_thread(handed: Parts, raw: bytes, *, cacheable: bool) -> Response:
    return await to_thread.run_sync(partial(_answer, handed, raw, cacheable), limiter=_threads)


def _answer(handed: Parts, raw: bytes, cacheable: bool) -> Response:
    try:
        query = ocsp.parse(raw)
    except OcspMalformed:
        return unavailable(ocsp.MALFORMED_REQUEST)
    service = handed.service
    now = service.now()
    next_update = now + min(ANSWER_HOLDS, service.policy.publication.ocsp_validity)
    body = ocsp.answer(
        query,
        responder=handed.responder,
        lookup=partial(_standing, handed, now),
        now=now,
        next_update=next_update,
    )
    if body == ocsp.UNAUTHORIZED or query.nonce is not None or not cacheable:
        return unavailable(body)
    headers = {
        "Cache-Control": "no-cache, no-transform",
        "Last-Modified": format_datetime(now, usegmt=True),
    }
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _standing(handed: Parts, now: datetime, number: int) -> CertificateStanding | None:
    try:
        serial = Serial.of(number)
    except SerialInvalid:
        return None
    standing = handed.service.standing(serial)
    if standing is None:
        return None
    handed.uses.saw(serial, statistics.local_day(now))
    if standing.revoked_at is None or standing.reason is None:
        return CertificateStanding(revoked_at=standing.revoked_at)
    return CertificateStanding(standing.revoked_at, reasons.flag(standing.reason))
