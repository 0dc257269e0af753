"""The sign-in page: a plain form, so that a password never enters Streamlit, and no script is needed.

A refused sign-in says what to do next and never which of the three was wrong.
"""

import asyncio
import html
import ipaddress
import logging
import time
from dataclasses import dataclass
from importlib import resources
from string import Template
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from ca_core import staff
from ca_core.errors import Refusal
from ca_core.staff import AccountLocked, PasswordHasher, SignedIn
from console import gate, words
from console import language as languages
from runtime.service import Service

log = logging.getLogger(__name__)

LANGUAGE_COOKIE = "qoltanba_language"
_LARGEST_FORM_BYTES = 4096
_YEAR_SECONDS = 365 * 86400
# Argon2 takes 64 MiB and a tenth of a second of a core on purpose; a flood must not take them all.
_AT_ONCE = 2
_TRIES_A_MINUTE = 20
_TRIES_IN_A_ROW = 10
_MOST_ADDRESSES = 10_000

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)


class TooManyTries(Refusal):
    """One address tries to sign in faster than a person types."""

    code = "staff.too_many_tries"


_STATUS: dict[type[Refusal], int] = {AccountLocked: 423, TooManyTries: 429}


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
        self._page = Template(
            resources.files("console").joinpath("assets", "sign_in.html").read_text("utf-8")
        )
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
        chosen = request.query_params.get("lang")
        if chosen in languages.LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
        return response

    async def sign_in(self, request: Request) -> Response:
        """Sets the cookie and goes on; or shows the form again with what is wrong (401, 423, 429)."""
        if not _from_our_page(request):
            return PlainTextResponse("the form was sent from another site", 403)
        octets = await _body(request)
        if octets is None:
            return PlainTextResponse("the form is too large", 413)
        form = _parse(octets)
        address = _address(request)
        try:
            self._pace.take(address, time.monotonic())
            async with self._at_once:
                signed_in = await asyncio.to_thread(self._signed_in, form)
        except Refusal as refusal:
            log.info("sign-in refused", extra={"refusal": refusal.code})
            status = _STATUS.get(type(refusal), 401)
            return self._form(request, onward=form.onward, login=form.login, refusal=refusal, status=status)
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
        language = _language(request)
        texts = {
            name: html.escape(words.say(language, f"sign_in.{name}"))
            for name in (
                "title", "intro", "login", "password", "code", "code_help", "submit", "never_ask", "languages"
            )
        }  # fmt: skip
        page = self._page.substitute(
            texts,
            product=html.escape(words.say(language, "product.name")),
            product_line=html.escape(words.say(language, "product.line")),
            language=language,
            choices=_choices(language, onward),
            onward=html.escape(onward, quote=True),
            login_value=html.escape(login[:100], quote=True),
            focus_login="" if login else "autofocus",
            focus_password="autofocus" if login else "",
            message=_message(refusal, language),
        )
        return HTMLResponse(
            page,
            status,
            headers={"content-security-policy": _CSP, "cache-control": "no-store", "vary": "cookie"},
        )


def _language(request: Request) -> str:
    """Chosen by the link, else remembered, else what the browser asks for."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in languages.LANGUAGES:
            return str(chosen)
    return languages.preferred(request.headers.get("accept-language", ""))


def _choices(current: str, onward: str) -> str:
    links = []
    for language in languages.LANGUAGES:
        name = html.escape(words.say(language, "language.name"))
        mark = ' aria-current="true"' if language == current else ""
        address = f"{gate.SIGN_IN}?lang={language}&amp;next={quote(onward, safe='')}"
        links.append(f'<a href="{address}" lang="{language}" hreflang="{language}"{mark}>{name}</a>')
    return "".join(links)


def _message(refusal: Refusal | None, language: str) -> str:
    if refusal is None:
        return ""
    worded = words.refusal(refusal, language=language)
    return (
        f'<div class="refusal" role="alert"><strong>{html.escape(worded.text)}</strong>'
        f"<span>{html.escape(worded.next)}</span><code>{html.escape(worded.code)}</code></div>"
    )


def _from_our_page(request: Request) -> bool:
    """Fetch metadata where the browser sends it, the Origin where it does not."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _address(request: Request) -> str:
    """Who tries. An IPv6 household has 2^64 addresses to choose from: its network counts as one."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address.packed, 64), strict=False))
    return host


async def _body(request: Request) -> bytes | None:
    octets = b""
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > _LARGEST_FORM_BYTES:
            return None
    return octets


def _parse(octets: bytes) -> _Form:
    try:
        given = parse_qs(octets.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        # More fields than our form has: it is not our form, and it names nobody.
        given = {}

    def one(name: str) -> str:
        return given.get(name, [""])[0]

    return _Form(one("login"), one("password"), one("code"), _safe(one("next")))


def _safe(address: str) -> str:
    """Only a path of our own: sign-in never sends anybody to another site."""
    parts = urlsplit(address)
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    if parts.scheme or parts.netloc or not plain or any(ord(c) < 32 for c in address):
        return "/"
    return "/" if parts.path == gate.SIGN_IN else address
