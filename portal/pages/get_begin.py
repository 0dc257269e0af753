"""/get, steps 1 to 3 and 5: the check-list, the camera, the IIN, and the way to the call (F1)."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ca_core.dossier import Camera, Company
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.registration import dossier as dossiers
from portal import dossier_cookie, limits, parts, rendering, steps, way_door
from portal.call_dossier import Dossier as CallDossier
from portal.way_door import Sent, Visit


class AnswerMissing(Refusal):
    """A question of the page was not answered."""

    code = "get.answer_missing"


def show_start(request: Request) -> Response:
    """The first page is everybody's; whoever has begun finds here how far."""
    try:
        visit = way_door.visit_of(request)
    except dossiers.DossierUnknown:
        visit = None
    return rendering.page(
        request,
        "get_start.html",
        status_code=200,
        headers=None,
        told=None,
        moved=False,
        begun=steps.of(visit.step).number(visit.step) if visit else 0,
        script_words=rendering.words(request).under("get_check"),
        **way_door.frame(steps.PLACES[0], visit.step if visit else steps.PLACES[0].step),
    )


async def start(request: Request) -> Response:
    """POST: a dossier for this browser, or the one that it has already."""
    limits.require_browser(parts.of(request).limits.attempts, request, dossier_cookie.digest(request))
    return await run_in_threadpool(_start, request)


def _start(request: Request) -> Response:
    service, mine = parts.of(request).service, dossier_cookie.digest(request)
    now, answer = service.now(), way_door.onward()
    with service.work() as work:
        if mine and dossiers.of_token(work, token_digest=mine, now=now) is not None:
            return answer
        secret = dossier_cookie.fresh()
        dossiers.begin(
            work,
            token_digest=dossier_cookie.digest_of(secret),
            language=rendering.language(request),
            now=now,
        )
    dossier_cookie.give(request, answer, secret)
    return answer


def _camera_facts(request: Request, _visit: Visit, _sent: Sent) -> dict[str, object]:
    return {"script_words": rendering.words(request).under("get_check")}


def note_camera(request: Request, given: dict[str, str]) -> Response:
    """Raises AnswerMissing, OutOfOrder."""
    try:
        found = Camera(given.get("camera", ""))
    except ValueError as error:
        raise AnswerMissing from error
    with way_door.working(request) as (work, dossier, now):
        dossiers.note_camera(work, dossier=dossier, camera=found, now=now)
    return way_door.onward()


def _iin_facts(_request: Request, visit: Visit, sent: Sent) -> dict[str, object]:
    """Of whom the application is, is not shown to whoever came to a computer that was left."""
    iin = visit.dossier.iin if visit.way.application is None else None
    known = iin.digits if iin is not None else ""
    company = visit.dossier.company.value if visit.dossier.company else ""
    return {
        "iin": sent.fields.get("iin", known)[:40],
        "company": sent.fields.get("company", company),
        "companies": [company.value for company in Company],
    }


def enter_iin(request: Request, given: dict[str, str]) -> Response:
    """Raises IinInvalid, AnswerMissing, TooManyLookUps, OutOfOrder; who acts under direction is stopped (R13)."""
    iin = Iin.parse(given.get("iin", ""))
    try:
        company = Company(given.get("company", ""))
    except ValueError as error:
        raise AnswerMissing from error
    try:
        with way_door.working(request) as (work, dossier, now):
            dossiers.enter_iin(work, dossier=dossier, iin=iin, company=company, now=now)
    except dossiers.UnderDirection:
        return rendering.page(request, "get_stop.html", status_code=403)
    return way_door.onward()


def _call_facts(_request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    registered = visit.way.registration is not None
    return {"iin": visit.dossier.iin, "phone_lost": registered}


def to_call(request: Request, given: dict[str, str]) -> Response:
    """To the call with the IIN that was entered; or back, when the phone was found. Raises OutOfOrder."""
    with way_door.working(request) as (work, dossier, now):
        if given.get("act") == "found":
            dossiers.say_phone_found(work, dossier=dossier, now=now)
            return way_door.onward()
    answer = RedirectResponse("/call/start", 303)
    if dossier.iin is not None:
        parts.of(request).dossiers.keep(answer, CallDossier(iin=dossier.iin.digits))
    return answer


ROUTES = (
    Route("/get", way_door.here),
    Route("/get/start", show_start, methods=["GET"]),
    Route("/get/start", start, methods=["POST"]),
    Route("/get/camera", way_door.shown("camera", _camera_facts), methods=["GET"]),
    Route("/get/camera", way_door.done("camera", _camera_facts, note_camera), methods=["POST"]),
    Route("/get/iin", way_door.shown("iin", _iin_facts), methods=["GET"]),
    Route("/get/iin", way_door.done("iin", _iin_facts, enter_iin), methods=["POST"]),
    Route("/get/call", way_door.shown("call", _call_facts), methods=["GET"]),
    Route("/get/call", way_door.done("call", _call_facts, to_call), methods=["POST"]),
)
