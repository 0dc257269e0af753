"""Is this certificate valid? By serial or by the certificate itself, as a page and as JSON; no personal data."""

from datetime import datetime
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ca_core import statistics
from ca_core.errors import Refusal
from ca_core.identifiers import Serial
from ca_core.revocation import check
from ca_core.revocation.check import Answer
from portal import limits, parts, protection, refusals, rendering

# What the door lets pass, without the form around it.
_FILE_LIMIT_BYTES = protection.BODY_LIMIT_BYTES - 4096


def by_address(request: Request) -> Response:
    """GET /status, and /status?serial=..., which can be kept as a bookmark."""
    typed = request.query_params.get("serial", "").strip()
    if not typed:
        return _page(request)
    limits.require(parts.of(request).limits.look_ups, request)
    try:
        return _page(request, typed=typed, answer=_by_serial(request, typed))
    except Refusal as refusal:
        return _page(request, typed=typed, refusal=refusal)


async def by_form(request: Request) -> Response:
    """POST /status: a serial goes on to its own address, a certificate is answered here."""
    async with request.form(max_files=1, max_fields=4) as form:
        typed, pasted, file = form.get("serial"), form.get("pem"), form.get("file")
        raw = await file.read() if isinstance(file, UploadFile) else b""
    raw = raw or str(pasted or "").strip().encode()
    if not raw and isinstance(typed, str) and typed.strip():
        return RedirectResponse(f"/status?serial={quote(typed.strip()[:100])}", 303)
    if not raw:
        return RedirectResponse("/status", 303)
    limits.require(parts.of(request).limits.look_ups, request)
    return await run_in_threadpool(_checked, request, raw)


def as_json(request: Request) -> Response:
    """GET /api/status?serial=..."""
    limits.require(parts.of(request).limits.look_ups, request)
    answer = _by_serial(request, request.query_params.get("serial", ""))
    known = answer.known
    return JSONResponse(
        {
            "serial": answer.serial,
            "status": answer.verdict.value,
            "valid": answer.verdict is check.Verdict.VALID,
            "not_before": _iso(known.not_before if known else None),
            "not_after": _iso(known.not_after if known else None),
            "since": _iso(known.revoked_at if known else None),
            "reason": known.reason.name.lower() if known and known.reason is not None else None,
            "mobile_only": known.mobile_only if known else None,
            "asked_at": _iso(parts.of(request).service.now()),
        }
    )


def _checked(request: Request, raw: bytes) -> Response:
    handed = parts.of(request)
    try:
        given = check.read(raw)
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    with handed.service.look() as work:
        answer = check.by_certificate(
            work, given=given, issuer=handed.responder.issuer, now=handed.service.now()
        )
    _note(request, answer)
    return _page(request, answer=answer, by_certificate=True)


def _by_serial(request: Request, typed: str) -> Answer:
    """Raises SerialInvalid."""
    handed = parts.of(request)
    serial = Serial.parse(typed)
    with handed.service.look() as work:
        answer = check.by_serial(work, serial=serial, now=handed.service.now())
    _note(request, answer)
    return answer


def _note(request: Request, answer: Answer) -> None:
    """This page is a status request as OCSP is one (R12)."""
    if answer.known is not None:
        handed = parts.of(request)
        handed.uses.saw(Serial.parse(answer.serial), statistics.local_day(handed.service.now()))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at is not None else None


def _page(
    request: Request,
    *,
    typed: str = "",
    answer: Answer | None = None,
    refusal: Refusal | None = None,
    by_certificate: bool = False,
) -> Response:
    told = rendering.words(request).told(refusal) if refusal else None
    return rendering.page(
        request,
        "status.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        typed=typed,
        answer=answer,
        told=told,
        limit_bytes=_FILE_LIMIT_BYTES,
        by_certificate=by_certificate,
    )
