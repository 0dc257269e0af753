"""/kenes: every answer of the assistant on one page, and "call me back" (F2)."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from ca_core.errors import Refusal
from ca_core.identifiers import Phone
from portal import kenes, parts, refusals, rendering


def show(request: Request) -> Response:
    return page(request)


def page(
    request: Request, *, typed: str = "", asked: Phone | None = None, refusal: Refusal | None = None
) -> Response:
    """`asked`: the phone that will be told when an agent is free."""
    spoken = rendering.words(request)
    return rendering.page(
        request,
        "kenes_page.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        topics=[(topic, kenes.about(topic, spoken)) for topic in kenes.TOPICS],
        asked=asked,
        kept_hours=parts.of(request).service.policy.calls.call_back // timedelta(hours=1),
        typed=typed,
        told=spoken.told(refusal) if refusal else None,
    )
