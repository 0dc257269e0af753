"""Where an applicant is on the way (F1): every page of the seventeen steps but the first begins here.

A step that is done is shown as it was left, one that is not its turn leads to the one whose turn it is; whatever
comes from a second tab, or twice, finds the step that is open now.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ca_core import lifecycle
from ca_core.application import Application
from ca_core.dossier import Dossier, Step, Way, step
from ca_core.errors import Refusal
from ca_core.ports import Work
from ca_core.records import ChangedMeanwhile
from ca_core.registration import dossier as dossiers
from ca_core.registration.dossier import DossierUnknown, OutOfOrder
from portal import dossier_cookie, limits, parts, past, refusals, rendering, steps

_FIELDS = 6
_FIELD_CHARACTERS = 300
_PEOPLE = ("iin", "code", "identify")


@dataclass(frozen=True, slots=True)
class Visit:
    """The facts of this browser's way, and the step that is to be done."""

    way: Way
    step: Step

    @property
    def dossier(self) -> Dossier:
        return self.way.dossier


@dataclass(frozen=True, slots=True)
class Sent:
    """A form's few short fields, and what became of them."""

    fields: dict[str, str]
    refusal: Refusal | None = None


NOTHING_SENT = Sent({})

Facts = Callable[[Request, Visit, Sent], dict[str, object]]
Act = Callable[[Request, dict[str, str]], Response]


def no_facts(_request: Request, _visit: Visit, _sent: Sent) -> dict[str, object]:
    """For a page that shows its words alone."""
    return {}


def visit_of(request: Request) -> Visit:
    """Raises DossierUnknown."""
    service = parts.of(request).service
    with service.look() as work:
        mine = dossiers.find(work, token_digest=dossier_cookie.digest(request), now=service.now())
        way = dossiers.way(work, mine)
    return Visit(way, step(way))


@contextmanager
def working(request: Request) -> Iterator[tuple[Work, Dossier, datetime]]:
    """A unit of work with this browser's dossier as it stands now, in the language that its page has now.

    Raises DossierUnknown.
    """
    service = parts.of(request).service
    now, language = service.now(), rendering.language(request)
    with service.work() as work:
        found = dossiers.find(work, token_digest=dossier_cookie.digest(request), now=now)
        yield work, replace(found, language=language), now


def here(request: Request) -> Response:
    """GET /get: to the step that is to be done, whenever and wherever the way was left."""
    try:
        place = steps.of(visit_of(request).step)
    except DossierUnknown:
        place = steps.PLACES[0]
    moved = "?moved=1" if request.query_params.get("moved") == "1" else ""
    return RedirectResponse(place.address + moved, 303)


def onward(*, moved: bool = False) -> Response:
    """`moved`: the form's step was done meanwhile, or is not open yet, and the page says so."""
    return RedirectResponse("/get?moved=1" if moved else "/get", 303)


def shown(slug: str, facts: Facts = no_facts) -> Callable[[Request], Response]:
    """GET: the step's form when it is its turn, what was entered when it is done."""
    place = steps.named(slug)

    def show(request: Request) -> Response:
        try:
            visit = visit_of(request)
        except DossierUnknown:
            return onward()
        if visit.step in place.open_at:
            return page(request, visit, slug, facts)
        if steps.is_done(place, visit.step):
            return _past(request, visit, place)
        return onward()

    return show


def done(slug: str, facts: Facts, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """POST: the act in a thread of its own; a refusal stands above the form, which keeps what was typed."""
    concerns_people = slug in _PEOPLE

    async def do(request: Request) -> Response:
        since = time.monotonic()
        limited = parts.of(request).limits
        limits.require_browser(
            limited.people if concerns_people else limited.attempts, request, dossier_cookie.digest(request)
        )
        async with request.form(max_files=0, max_fields=_FIELDS) as form:
            given = {name: str(value)[:_FIELD_CHARACTERS] for name, value in form.items()}
        answer = await run_in_threadpool(_do, request, given)
        if concerns_people:
            await limits.answer_evenly(since)
        return answer

    def _do(request: Request, given: dict[str, str]) -> Response:
        visit_of(request)
        try:
            return act(request, given)
        except (OutOfOrder, ChangedMeanwhile):
            return onward(moved=True)
        except Refusal as refusal:
            visit = visit_of(request)
            if visit.step < steps.named(slug).step:
                # Its page cannot be drawn from what is not known yet.
                return onward(moved=True)
            return page(request, visit, slug, facts, sent=Sent(given, refusal))

    return do


def page(request: Request, visit: Visit, slug: str, facts: Facts, *, sent: Sent = NOTHING_SENT) -> Response:
    place, refusal = steps.named(slug), sent.refusal
    return rendering.page(
        request,
        f"get_{slug}.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        headers=None,
        told=rendering.words(request).told(refusal) if refusal else None,
        moved=request.query_params.get("moved") == "1",
        **frame(place, visit.step, visit.way.application),
        **facts(request, visit, sent),
    )


def frame(place: steps.Place, at: Step, application: Application | None = None) -> dict[str, object]:
    """What stands around every step."""
    withdrawn_from = application is not None and lifecycle.APPLICATION.allows("withdraw", application.state)
    return {
        "can_withdraw": withdrawn_from,
        "slug": place.slug,
        "number": place.number(at),
        "steps": len(Step),
        "back": steps.before(place),
    }


async def json_of(request: Request) -> dict[str, Any]:
    """What a script of ours sent. Answers 400 to anything but an object."""
    try:
        found = await request.json()
    # Deeply nested JSON makes the parser give up with a RecursionError.
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    if not isinstance(found, dict):
        raise HTTPException(400)
    return found


def _past(request: Request, visit: Visit, place: steps.Place) -> Response:
    number = visit.dossier.number
    with parts.of(request).service.look() as work:
        accepted = work.own_dossiers.acceptances(number) if number is not None else []
    acceptance = past.acceptance(place.slug, accepted)
    return rendering.page(
        request,
        "get_past.html",
        status_code=200,
        headers=None,
        told=None,
        moved=False,
        lines=past.lines(place.slug, visit.way, rendering.words(request), acceptance),
        agreement=past.agreement(acceptance),
        **frame(place, visit.step),
    )
