"""Whose cabinet a request is for: every page behind the sign-in begins here."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ca_core.cabinet import sessions
from ca_core.identifiers import Serial
from ca_core.owner_session import OwnerSession
from portal import cabinet_cookies, limits, parts, way_door
from runtime import rounds
from runtime.service import Service

log = logging.getLogger(__name__)

Fields = dict[str, Any]
Page = Callable[[Request, OwnerSession], Response]
Act = Callable[[Request, OwnerSession, dict[str, str]], Response]
Answer = Callable[[Request, OwnerSession], Fields]
Told = Callable[[Request, OwnerSession, Fields], Fields]
_FIELDS = 6
_FIELD_CHARACTERS = 200


def shown_to_owner(page: Page) -> Callable[[Request], Response]:
    """GET: the page for the owner who is signed in; anybody else is led to the sign-in."""

    def show(request: Request) -> Response:
        session = session_of(request)
        return page(request, session) if session is not None else to_sign_in(request)

    return show


def done_by_owner(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """POST: the form's few short fields, and the act in a thread of its own."""

    async def do(request: Request) -> Response:
        limits.require(parts.of(request).limits.attempts, request)
        async with request.form(max_files=0, max_fields=_FIELDS) as form:
            given = _short(form)
        return await run_in_threadpool(_do, request, given)

    def _do(request: Request, given: dict[str, str]) -> Response:
        session = session_of(request)
        return act(request, session, given) if session is not None else to_sign_in(request)

    return do


def answered_to_owner(answer: Answer) -> Callable[[Request], Response]:
    """GET by a script of ours, in JSON. Raises SignedOut where a page would lead to the sign-in."""

    def show(request: Request) -> Response:
        return JSONResponse(answer(request, _signed_in(request)))

    return show


def told_by_owner(told: Told) -> Callable[[Request], Awaitable[Response]]:
    """POST of JSON by a script of ours. Raises SignedOut."""

    async def do(request: Request) -> Response:
        limits.require(parts.of(request).limits.attempts, request)
        given = await way_door.json_of(request)
        return await run_in_threadpool(_do, request, given)

    def _do(request: Request, given: Fields) -> Response:
        return JSONResponse(told(request, _signed_in(request), given))

    return do


def _signed_in(request: Request) -> OwnerSession:
    session = session_of(request)
    if session is None:
        raise sessions.SignedOut
    return session


def session_of(request: Request) -> OwnerSession | None:
    """None when nobody is signed in. A page in use keeps its session alive."""
    token = cabinet_cookies.session_of(request)
    if not token:
        return None
    service = parts.of(request).service
    now = service.now()
    try:
        with service.look() as work:
            session = sessions.resume(work, token=token, now=now)
    except sessions.SignedOut:
        return None
    if sessions.must_be_noted(session, now=now):
        _note(service, session, now)
    return session


def _note(service: Service, session: OwnerSession, now: datetime) -> None:
    """Where nothing can be written, who is signed in still reads, until the idle time is over."""
    try:
        with service.work() as work:
            sessions.seen(work, session=session, now=now)
    except rounds.DATABASE_AWAY as problem:
        log.warning("session not noted", extra={"problem": type(problem).__name__})


def to_sign_in(request: Request) -> Response:
    response = RedirectResponse("/cabinet?over=1" if cabinet_cookies.session_of(request) else "/cabinet", 303)
    cabinet_cookies.drop(request, response, cabinet_cookies.SESSION)
    return response


def serial_of(request: Request) -> Serial:
    """Of the address. Raises SerialInvalid."""
    return Serial.parse(request.path_params["serial"])


def _short(form: FormData) -> dict[str, str]:
    return {name: str(value)[:_FIELD_CHARACTERS] for name, value in form.items()}
