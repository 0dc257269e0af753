"""The sign-in page: a plain form, so that a password never enters Streamlit, and no script is needed.

A refused sign-in says what to do next and never which of the three was wrong.
"""

import asyncio
import html
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from ca_core import staff
from ca_core.errors import Refusal
from ca_core.staff import AccountLocked, PasswordHasher, SignedIn
from console import gate, plain_page, words
from runtime import room, rounds
from runtime.service import Service

log = logging.getLogger(__name__)

# Argon2 takes 64 MiB and a tenth of a second of a core on purpose; a flood must not take them all.
_AT_ONCE = 2
_TRIES_A_MINUTE = 20
_TRIES_IN_A_ROW = 10
_MOST_ADDRESSES = 10_000

_SENTENCES = ("title", "intro", "login", "password", "code", "code_help", "submit", "enrol")


class TooManyTries(Refusal):
    """One address tries to sign in faster than a person types."""

    code = "staff.too_many_tries"


_STATUS: dict[type[Refusal], int] = {AccountLocked: 423, TooManyTries: 429, room.NoRoom: 503}


@dataclass(frozen=True, slots=True)
class _Form:
    login: str
    password: str
    code: str
    onward: str


class _Compared:
    """The answer of a comparison made before the transaction: SQLite has one writer, and hashing is slow."""

    def __init__(self, hasher: PasswordHasher, password_hash: str, password: str) -> None:
        self._hasher = hasher
        self._hash = password_hash
        self._matches = hasher.matches(password_hash, password)

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, password_hash: str, password: str) -> bool:
        if password_hash == self._hash:
            return self._matches
        # The password was changed between the two.
        return self._hasher.matches(password_hash, password)


class Pace:
    """A token bucket for each address, in this process only. A sign-in that succeeds gives its token back.

    Behind a proxy the address may be the proxy's, unless the server is told to trust its headers: then all
    staff share one bucket, which is why only refused tries empty it. The lock of an account does not depend
    on addresses.
    """

    def __init__(self) -> None:
        # Tokens left, and when that was reckoned.
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, address: str, now_seconds: float) -> None:
        """Raises TooManyTries."""
        left = self._tokens(address, now_seconds)
        if left < 1:
            raise TooManyTries
        if len(self._left) >= _MOST_ADDRESSES:
            self._forget(now_seconds)
        self._left[address] = (left - 1, now_seconds)

    def give_back(self, address: str, now_seconds: float) -> None:
        self._left[address] = (min(self._tokens(address, now_seconds) + 1, _TRIES_IN_A_ROW), now_seconds)

    def _tokens(self, address: str, now_seconds: float) -> float:
        left, at = self._left.get(address, (float(_TRIES_IN_A_ROW), now_seconds))
        return min(left + (now_seconds - at) * _TRIES_A_MINUTE / 60, _TRIES_IN_A_ROW)

    def _forget(self, now_seconds: float) -> None:
        """Full buckets say nothing; when none is full, the oldest goes, so that memory has an end."""
        self._left = {
            a: kept for a, kept in self._left.items() if self._tokens(a, now_seconds) < _TRIES_IN_A_ROW
        }
        if len(self._left) >= _MOST_ADDRESSES:
            del self._left[next(iter(self._left))]


class SignIn:
    """GET shows the form, POST signs in."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._page = plain_page.Plain("sign_in.html")
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._pace = Pace()

    async def show(self, request: Request) -> Response:
        """The form. A cookie whose session is over is taken away; who is signed in goes on to the console."""
        onward = _safe(request.query_params.get("next", "/"))
        if request.scope.get("staff") is not None:
            return RedirectResponse(onward, 303)
        response = self._form(request, onward=onward)
        name = gate.cookie_name(self._service.settings)
        if name in request.cookies:
            response.delete_cookie(
                name, httponly=True, samesite="strict", secure=not self._service.settings.is_demo
            )
        plain_page.remember_language(request, response, secure=not self._service.settings.is_demo)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Sets the cookie and goes on; or shows the form again with what is wrong (401, 423, 429)."""
        away = plain_page.turned_away(request)
        if away is not None:
            return away
        given = await plain_page.form(request)
        if given is None:
            return PlainTextResponse("the form is too large", 413)
        form = _parse(given)
        address = plain_page.address(request)
        try:
            self._pace.take(address, time.monotonic())
            async with self._at_once:
                signed_in = await asyncio.to_thread(self._signed_in, form)
        except Refusal as refusal:
            return self._refused(request, form, refusal)
        except rounds.DATABASE_AWAY as error:
            # Nobody signs in without a trace of it.
            no_room = room.refusal(error)
            if no_room is None:
                raise
            return self._refused(request, form, no_room)
        self._pace.give_back(address, time.monotonic())
        response = RedirectResponse(form.onward, 303)
        response.set_cookie(
            gate.cookie_name(self._service.settings),
            signed_in.token,
            path="/",
            httponly=True,
            samesite="strict",
            secure=not self._service.settings.is_demo,
        )
        return response

    def _refused(self, request: Request, form: _Form, refusal: Refusal) -> Response:
        log.info("sign-in refused", extra={"refusal": refusal.code})
        status = _STATUS.get(type(refusal), 401)
        return self._form(request, onward=form.onward, login=form.login, refusal=refusal, status=status)

    def _signed_in(self, form: _Form) -> SignedIn:
        service = self._service
        with service.look() as work:
            account = work.accounts.by_login(staff.login_key(form.login))
        compared = _Compared(service.passwords, account.password_hash if account else "", form.password)
        with service.work() as work:
            return staff.sign_in(
                work,
                login=form.login,
                password=form.password,
                code=form.code,
                hasher=compared,
                now=service.now(),
            )

    def _form(
        self,
        request: Request,
        *,
        onward: str,
        login: str = "",
        refusal: Refusal | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        language = plain_page.language(request)
        return self._page.answer(
            language,
            sentences={name: f"sign_in.{name}" for name in _SENTENCES},
            values={
                "choices": plain_page.choices(language, gate.SIGN_IN, onward),
                "onward": html.escape(onward, quote=True),
                "login_value": html.escape(login[:100], quote=True),
                "focus_login": "" if login else "autofocus",
                "focus_password": "autofocus" if login else "",
                "message": _told(request, language) or plain_page.message(refusal, language),
            },
            status=status,
        )


def _told(request: Request, language: str) -> str:
    """Who comes from enrolling has used up the code of this half minute."""
    is_new = request.method == "GET" and "enrolled" in request.query_params
    return plain_page.told(words.say(language, "enrol.done")) if is_new else ""


def _parse(given: Mapping[str, str]) -> _Form:
    return _Form(
        given.get("login", ""), given.get("password", ""), given.get("code", ""), _safe(given.get("next", ""))
    )


def _safe(address: str) -> str:
    """Only a path of our own: sign-in never sends anybody to another site."""
    parts = urlsplit(address)
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    if parts.scheme or parts.netloc or not plain or any(ord(c) < 32 for c in address):
        return "/"
    return "/" if parts.path == gate.SIGN_IN else address
