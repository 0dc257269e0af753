"""Pages in the reader's language: chosen by `?lang=`, remembered in a cookie, else asked of the browser."""

from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal import kenes, parts
from portal.words import LANGUAGES, Words

# Not the console's: both may be open in one browser.
LANGUAGE_COOKIE = "qoltanba_portal_lang"
_REMEMBER_SECONDS = 365 * 24 * 3600

_environment = Environment(
    loader=FileSystemLoader(str(resources.files("portal").joinpath("templates"))),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    code: str
    name: str
    address: str
    chosen: bool


def language(request: Request) -> str:
    """Russian when nobody says anything that we speak."""
    asked = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    for choice in (*asked, *_accepted(request)):
        if choice in LANGUAGES:
            return choice
    return LANGUAGES[0]


def words(request: Request) -> Words:
    return parts.of(request).words[language(request)]


def page(
    request: Request,
    name: str,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    **shown: object,
) -> Response:
    """A whole page from a template, which finds its words under `t`."""
    spoken = words(request)
    body = _environment.get_template(name).render(
        t=spoken.t,
        words=spoken,
        language=spoken.language,
        languages=_links(request, spoken.language),
        is_demo=parts.of(request).service.settings.is_demo,
        keyagent_port=parts.of(request).service.settings.keyagent_port,
        path=request.url.path,
        kenes=None if parts.of(request).public_only else kenes.on(request.url.path, spoken),
        **shown,
    )
    response = HTMLResponse(body, status_code, headers)
    if request.query_params.get("lang") in LANGUAGES:
        _remember(request, response, spoken.language)
    return response


def _remember(request: Request, response: Response, chosen: str) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=_REMEMBER_SECONDS,
        secure=parts.of(request).service.settings.portal_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def _links(request: Request, chosen: str) -> list[LanguageLink]:
    """The same page in each language: its address keeps what was asked."""
    return [
        LanguageLink(code, spoken.t("site.language"), f"?{_query(request, code)}", code == chosen)
        for code, spoken in parts.of(request).words.items()
    ]


def _query(request: Request, code: str) -> str:
    return request.url.include_query_params(lang=code).query


def _accepted(request: Request) -> list[str]:
    """Languages of Accept-Language, the most wanted first (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for item in request.headers.get("accept-language", "")[:500].split(","):
        tag, _, quality = item.partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(wanted, key=lambda pair: pair[0])]
