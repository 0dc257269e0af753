"""Where a member of staff sets their password and authenticator themselves: with a code of two halves, one from each
of two administrators. Plain forms, as sign-in has them: neither enters Streamlit, and no script is needed.
"""

import asyncio
import html
import io
import logging
import time

import segno
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from ca_core import staff, staff_enrolment
from ca_core.errors import Refusal
from ca_core.staff_enrolment import EnrolmentRefused, Opened
from console import gate, plain_page, words
from console.sign_in import Pace, TooManyTries
from runtime.service import Service

log = logging.getLogger(__name__)

_AT_ONCE = 2
_BEGIN = ("title", "intro", "first", "second", "code_help", "submit", "back")
_FINISH = ("title", "finish_intro", "scan", "square", "code", "password", "password_help", "again", "finish")


class _Hashed:
    """The hash, made before the transaction: SQLite has one writer, and hashing is slow."""

    def __init__(self, hasher: staff.PasswordHasher, password: str) -> None:
        self._hasher = hasher
        self._hash = hasher.hash(password)

    def hash(self, _password: str) -> str:
        return self._hash

    def matches(self, password_hash: str, password: str) -> bool:
        return self._hasher.matches(password_hash, password)


class EnrolmentDoor:
    """GET shows the form for the code; its POST what to scan; the second POST sets password and authenticator."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._begin_page = plain_page.Plain("enrol.html")
        self._finish_page = plain_page.Plain("enrol_finish.html")
        self._pace = Pace()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def show(self, request: Request) -> Response:
        response = self._begin(request)
        plain_page.remember_language(request, response, secure=not self._service.settings.is_demo)
        return response

    async def open_(self, request: Request) -> Response:
        """The page with what to scan, or the form again with what is wrong (401, 429)."""
        given = await _given(request)
        if isinstance(given, Response):
            return given
        address = plain_page.address(request)
        try:
            self._pace.take(address, time.monotonic())
            opened = await asyncio.to_thread(self._opened, given.get("first", "") + given.get("second", ""))
        except Refusal as refusal:
            log.info("enrolment refused", extra={"refusal": refusal.code})
            return self._begin(request, refusal)
        self._pace.give_back(address, time.monotonic())
        return self._finish(request, opened)

    async def finish(self, request: Request) -> Response:
        """To sign-in; or the same page again with what is wrong (400), or the form for the code (401)."""
        given = await _given(request)
        if isinstance(given, Response):
            return given
        try:
            async with self._at_once:
                await asyncio.to_thread(self._finished, given)
        except EnrolmentRefused as refusal:
            return self._begin(request, refusal)
        except Refusal as refusal:
            try:
                opened = await asyncio.to_thread(self._again, given.get("token", ""))
            except EnrolmentRefused as gone:
                return self._begin(request, gone)
            return self._finish(request, opened, refusal)
        return RedirectResponse(f"{gate.SIGN_IN}?enrolled=1", 303)

    def _opened(self, code: str) -> Opened:
        with self._service.work() as work:
            return staff_enrolment.open_(work, code=code, now=self._service.now())

    def _again(self, token: str) -> Opened:
        with self._service.look() as work:
            return staff_enrolment.opened(work, token=token, now=self._service.now())

    def _finished(self, given: dict[str, str]) -> None:
        token, password = given.get("token", ""), given.get("password", "")
        # Nobody without an open enrolment has anything hashed.
        self._again(token)
        staff.require_strong(password)
        hasher = _Hashed(self._service.passwords, password)
        with self._service.work() as work:
            staff_enrolment.finish(
                work,
                token=token,
                password=password,
                again=given.get("again", ""),
                code=given.get("code", ""),
                hasher=hasher,
                now=self._service.now(),
            )

    def _begin(self, request: Request, refusal: Refusal | None = None) -> HTMLResponse:
        language = plain_page.language(request)
        status = 200 if refusal is None else 429 if isinstance(refusal, TooManyTries) else 401
        return self._begin_page.answer(
            language,
            sentences={name: f"enrol.{name}" for name in _BEGIN},
            values={
                "choices": plain_page.choices(language, gate.ENROL),
                "message": plain_page.message(refusal, language),
            },
            status=status,
        )

    def _finish(self, request: Request, opened: Opened, refusal: Refusal | None = None) -> HTMLResponse:
        language = plain_page.language(request)
        secret = " ".join(opened.totp_secret[at : at + 4] for at in range(0, len(opened.totp_secret), 4))
        return self._finish_page.answer(
            language,
            sentences={name: f"enrol.{name}" for name in _FINISH},
            values={
                "greeting": html.escape(words.say(language, "enrol.greeting", name=opened.name)),
                "message": plain_page.message(refusal, language),
                "picture": _square(opened.address),
                "secret": secret,
                "token": html.escape(opened.token, quote=True),
                "login_value": html.escape(opened.login, quote=True),
            },
            status=200 if refusal is None else 400,
        )


async def _given(request: Request) -> dict[str, str] | Response:
    away = plain_page.turned_away(request)
    if away is not None:
        return away
    given = await plain_page.form(request)
    return PlainTextResponse("the form is too large", 413) if given is None else given


def _square(address: str) -> str:
    """As markup: a picture of its own address would leave the secret in a log or a cache."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        scale=4,
        border=2,
        svgclass=None,
        lineclass=None,
        omitsize=True,
    )
    return drawn.getvalue().decode()
