"""Which call a browser has: the cookie `qoltanba_call` holds the page's secret, the call keeps its SHA-256 (R4)."""

from starlette.requests import Request
from starlette.responses import Response

from ca_core.call import Call
from ca_core.lifecycle import CallState
from ca_core.registration import ticket
from portal import parts
from portal.call_dossier import PATH

COOKIE = "qoltanba_call"
# Long enough to read the decision of a call that a supervisor looked at the same day.
_LASTS_SECONDS = 12 * 3600


def digest(request: Request) -> bytes | None:
    secret = request.cookies.get(COOKIE, "")
    return ticket.digest(secret) if secret else None


def latest(request: Request) -> Call | None:
    """The newest call of this browser, ended or not."""
    page_digest = digest(request)
    if page_digest is None:
        return None
    with parts.of(request).service.look() as work:
        return work.calls.latest_of_page(page_digest)


def living(request: Request) -> Call | None:
    found = latest(request)
    return found if found is not None and found.state is not CallState.ENDED else None


def give(request: Request, response: Response, page: str) -> None:
    response.set_cookie(
        COOKIE,
        page,
        max_age=_LASTS_SECONDS,
        path=PATH,
        secure=parts.of(request).service.settings.portal_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
