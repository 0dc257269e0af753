"""/cabinet: signing in by IIN and code, or with the key; and signing out (F8).

An IIN that nobody has, that has no phone, or that got a code a moment ago is answered in the same words after the
same time.
"""

import base64
import hashlib
import json
import time
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ca_core.cabinet import by_key, sessions
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.ports import Work
from ca_core.registration import sign_in
from portal import cabinet_cookies, cabinet_door, limits, parts, refusals, rendering
from portal.cabinet_cookies import Start
from portal.pages import cabinet


def show(request: Request) -> Response:
    """The cabinet for who is signed in, the sign-in for everybody else."""
    session = cabinet_door.session_of(request)
    if session is not None:
        return cabinet.show(request, session)
    start = cabinet_cookies.start_of(request)
    response = _page(request, over="over" in request.query_params)
    if cabinet_cookies.session_of(request):
        cabinet_cookies.drop(request, response, cabinet_cookies.SESSION)
    cabinet_cookies.keep_start(request, response, start)
    return response


async def send(request: Request) -> Response:
    """POST: the IIN. If it has a phone, a code is on its way; which of the two is not told."""
    began = time.monotonic()
    limits.require(parts.of(request).limits.people, request)
    async with request.form(max_files=0, max_fields=2) as form:
        typed = str(form.get("iin") or "")[:40]
    response = await run_in_threadpool(_sent, request, typed)
    await limits.answer_evenly(began)
    return response


def _sent(request: Request, typed: str) -> Response:
    service = parts.of(request).service
    start = cabinet_cookies.start_of(request)
    try:
        iin = Iin.parse(typed)
        with service.work() as work:
            sign_in.send(
                work,
                iin=iin,
                page=start.page,
                device=hashlib.sha256(start.page.encode()).digest(),
                language=rendering.language(request),
                now=service.now(),
            )
    except Refusal as refusal:
        return _page(request, refusal=refusal, typed=typed)
    response = RedirectResponse("/cabinet/code", 303)
    cabinet_cookies.keep_start(request, response, replace(start, iin=iin.digits))
    return response


def ask_code(request: Request) -> Response:
    start = cabinet_cookies.start_of(request)
    return _code_page(request, start) if start.iin else RedirectResponse("/cabinet", 303)


async def confirm(request: Request) -> Response:
    """POST: the code."""
    began = time.monotonic()
    limits.require(parts.of(request).limits.attempts, request)
    async with request.form(max_files=0, max_fields=2) as form:
        typed = str(form.get("code") or "")[:20]
    response = await run_in_threadpool(_confirmed, request, typed)
    await limits.answer_evenly(began)
    return response


def _confirmed(request: Request, typed: str) -> Response:
    service = parts.of(request).service
    start = cabinet_cookies.start_of(request)
    if not start.iin:
        return RedirectResponse("/cabinet", 303)
    iin, now = Iin(start.iin), service.now()
    try:
        # A try is committed before anything is compared: guesses that come at once are counted one by one.
        with service.work() as work:
            attempt = sign_in.take_try(work, iin=iin, page=start.page, now=now)
        with service.work() as work:
            owner = sign_in.confirm(work, iin=iin, page=start.page, attempt=attempt, typed=typed, now=now)
            token = _opened(request, work, iin, owner, now)
    except sign_in.SignInRefused as refusal:
        return _code_page(request, start, refusal=refusal)
    response = RedirectResponse("/cabinet", 303)
    cabinet_cookies.keep_session(request, response, token)
    return response


def nonce(request: Request) -> Response:
    """POST: what the key is to sign, bound to this page for two minutes."""
    handed = parts.of(request)
    limits.require(handed.limits.attempts, request)
    start = cabinet_cookies.start_of(request)
    with handed.service.look() as work:
        statement = by_key.nonce(work, page=start.page, origin=_origin(request), now=handed.service.now())
    response = JSONResponse({"statement": base64.b64encode(statement).decode()})
    cabinet_cookies.keep_start(request, response, start)
    return response


async def by_signature(request: Request) -> Response:
    """POST: {"cms": the signed statement, PEM or base64}."""
    limits.require(parts.of(request).limits.attempts, request)
    raw = _cms(await request.body())
    return await run_in_threadpool(_signed_in, request, raw)


def _signed_in(request: Request, raw: bytes) -> Response:
    handed = parts.of(request)
    service = handed.service
    start = cabinet_cookies.start_of(request)
    now = service.now()
    with service.work() as work:
        proven = by_key.confirm(
            work,
            raw=raw,
            page=start.page,
            origin=_origin(request),
            issuer=handed.responder.issuer,
            now=now,
        )
        token = _opened(request, work, proven.iin, proven.owner, now)
    response = JSONResponse({"next": "/cabinet"})
    cabinet_cookies.keep_session(request, response, token)
    return response


def _opened(request: Request, work: Work, iin: Iin, owner: OwnerConsent, now: datetime) -> str:
    """A browser has one session: signing in anew ends the one that it had."""
    sessions.sign_out(work, token=cabinet_cookies.session_of(request), now=now)
    return sessions.open_(work, iin=iin, owner=owner, now=now)


def _origin(request: Request) -> str:
    """As our own settings say it: the Host of a request is whatever its sender writes."""
    address = urlsplit(parts.of(request).service.settings.portal_url)
    return f"{address.scheme}://{address.netloc}"


def _cms(body: bytes) -> bytes:
    try:
        return str(json.loads(body)["cms"]).encode("ascii")
    # Deeply nested JSON makes the parser give up with a RecursionError.
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise HTTPException(400) from error


def sign_out(request: Request) -> Response:
    """POST."""
    service = parts.of(request).service
    with service.work() as work:
        sessions.sign_out(work, token=cabinet_cookies.session_of(request), now=service.now())
    response = RedirectResponse("/cabinet?out=1", 303)
    cabinet_cookies.drop(request, response, cabinet_cookies.SESSION)
    return response


def _page(
    request: Request, *, refusal: Refusal | None = None, typed: str = "", over: bool = False
) -> Response:
    spoken = rendering.words(request)
    return rendering.page(
        request,
        "cabinet_sign_in.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        told=spoken.told(refusal) if refusal else None,
        typed=typed,
        over=over,
        out="out" in request.query_params,
        script_words=spoken.under("agent"),
    )


def _code_page(request: Request, start: Start, *, refusal: Refusal | None = None) -> Response:
    service = parts.of(request).service
    return rendering.page(
        request,
        "cabinet_code.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        told=rendering.words(request).told(refusal) if refusal else None,
        iin=Iin(start.iin),
        minutes=int(service.policy.codes.validity.total_seconds()) // 60,
    )
