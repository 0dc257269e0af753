"""What the console's plain pages have in common: sign-in and enrolment, where a password is typed that must never
enter Streamlit. No script, no cookie but the language's, nothing kept by anybody.
"""

import html
import ipaddress
from collections.abc import Mapping
from importlib import resources
from string import Template
from urllib.parse import parse_qs, quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from ca_core.errors import Refusal
from console import language as languages
from console import words

LANGUAGE_COOKIE = "qoltanba_language"
_LARGEST_FORM_BYTES = 4096
_YEAR_SECONDS = 365 * 86400
_MOST_FIELDS = 10
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)


class Plain:
    """A page made of a file of `assets` in which `$name` stands for a sentence or a value."""

    def __init__(self, name: str) -> None:
        self._page = Template(resources.files("console").joinpath("assets", name).read_text("utf-8"))

    def answer(
        self, language: str, *, sentences: Mapping[str, str], values: Mapping[str, str], status: int = 200
    ) -> HTMLResponse:
        """`sentences` by the key of the wording; `values` are markup already."""
        said = {name: html.escape(words.say(language, key)) for name, key in sentences.items()}
        page = self._page.substitute(
            said,
            product=html.escape(words.say(language, "product.name")),
            product_line=html.escape(words.say(language, "product.line")),
            languages=html.escape(words.say(language, "sign_in.languages")),
            never_ask=html.escape(words.say(language, "sign_in.never_ask")),
            language=language,
            **values,
        )
        headers = {"content-security-policy": _CSP, "cache-control": "no-store", "vary": "cookie"}
        return HTMLResponse(page, status, headers=headers)


def language(request: Request) -> str:
    """Chosen by the link, else remembered, else what the browser asks for."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in languages.LANGUAGES:
            return str(chosen)
    return languages.preferred(request.headers.get("accept-language", ""))


def remember_language(request: Request, response: Response, *, secure: bool) -> None:
    """Who chose one by its link finds it on the next page too. `secure`: over https alone."""
    chosen = request.query_params.get("lang")
    if chosen in languages.LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=_YEAR_SECONDS, secure=secure, httponly=True, samesite="lax"
        )


def told(sentence: str) -> str:
    return f'<p class="told" role="status">{html.escape(sentence)}</p>'


def choices(current: str, path: str, onward: str = "") -> str:
    links = []
    for language in languages.LANGUAGES:
        name = html.escape(words.say(language, "language.name"))
        mark = ' aria-current="true"' if language == current else ""
        onwards = f"&amp;next={quote(onward, safe='')}" if onward else ""
        address = f"{path}?lang={language}{onwards}"
        links.append(f'<a href="{address}" lang="{language}" hreflang="{language}"{mark}>{name}</a>')
    return "".join(links)


def message(refusal: Refusal | None, language: str) -> str:
    if refusal is None:
        return ""
    worded = words.refusal(refusal, language=language)
    return (
        f'<div class="refusal" role="alert"><strong>{html.escape(worded.text)}</strong>'
        f"<span>{html.escape(worded.next)}</span><code>{html.escape(worded.code)}</code></div>"
    )


def turned_away(request: Request) -> PlainTextResponse | None:
    """A form that another site sends in somebody's browser is answered by nothing."""
    return None if _from_our_page(request) else PlainTextResponse("the form was sent from another site", 403)


def _from_our_page(request: Request) -> bool:
    """Fetch metadata where the browser sends it, the Origin where it does not."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def address(request: Request) -> str:
    """Who tries. An IPv6 household has 2^64 addresses to choose from: its network counts as one."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address.packed, 64), strict=False))
    return host


async def form(request: Request) -> dict[str, str] | None:
    """Its fields by name; None for one that is too large."""
    octets = b""
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > _LARGEST_FORM_BYTES:
            return None
    try:
        given = parse_qs(
            octets.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        # More fields than our forms have: it is none of ours, and it says nothing.
        return {}
    return {name: values[0] for name, values in given.items()}
