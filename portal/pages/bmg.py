"""/bmg: has this IIN a phone in the base of mobile citizens? If not, the way on is a video call (F1, 3-5)."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.registration import bmg
from portal import dossier_cookie, limits, parts, refusals, rendering
from portal.call_dossier import Dossier


def show(request: Request) -> Response:
    return _page(request)


async def look_up(request: Request) -> Response:
    """The IIN comes in a field of ours and goes on in a sealed cookie, never in an address (R13, R14)."""
    since = time.monotonic()
    limits.require_browser(parts.of(request).limits.people, request, dossier_cookie.digest(request))
    async with request.form(max_files=0, max_fields=2) as form:
        typed = str(form.get("iin") or "")[:40]
    answer = await run_in_threadpool(_answered, request, typed)
    await limits.answer_evenly(since)
    return answer


def _answered(request: Request, typed: str) -> Response:
    handed = parts.of(request)
    try:
        iin = Iin.parse(typed)
        with handed.service.work() as work:
            registered = bmg.look_up(
                work, iin=iin, device=dossier_cookie.digest(request), now=handed.service.now()
            )
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    response = _page(request, iin=iin, registered=registered)
    handed.dossiers.keep(response, Dossier(iin=iin.digits))
    return response


def _page(
    request: Request, *, iin: Iin | None = None, registered: bool = False, refusal: Refusal | None = None
) -> Response:
    return rendering.page(
        request,
        "bmg.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        iin=iin,
        registered=registered,
        told=rendering.words(request).told(refusal) if refusal else None,
    )
