"""/get, steps 7 and 8: the key program, then the application; or one that was begun on another device (F1)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ca_core.identifiers import ApplicationId
from ca_core.registration import dossier as dossiers
from portal import keyagent_download, parts, rendering, way_door
from portal.way_door import Sent, Visit


def _agent_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    return {
        "download": keyagent_download.offered(parts.of(request).service.settings),
        "systems": keyagent_download.systems(request),
        "earlier": _earlier(request, visit),
        "script_words": rendering.words(request).under("get_agent"),
    }


def note_agent(request: Request, _given: dict[str, str]) -> Response:
    """The page's script has spoken with the key program. Raises OutOfOrder."""
    with way_door.working(request) as (work, dossier, now):
        dossiers.note_agent(work, dossier=dossier, now=now)
    return way_door.onward()


def _proceed_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    return {"iin": visit.dossier.iin, "earlier": _earlier(request, visit)}


def proceed(request: Request, _given: dict[str, str]) -> Response:
    """Raises OutOfOrder, PersonUnknown, PersonDeceased, DocumentExpired."""
    with way_door.working(request) as (work, dossier, now):
        dossiers.proceed(work, dossier=dossier, now=now)
    return way_door.onward()


def resume(request: Request, given: dict[str, str]) -> Response:
    """Raises ApplicationIdInvalid, ApplicationUnknown, OutOfOrder."""
    number = ApplicationId.parse(given.get("number", ""))
    with way_door.working(request) as (work, dossier, now):
        dossiers.resume(work, dossier=dossier, number=number, now=now)
    return way_door.onward()


def _earlier(request: Request, visit: Visit) -> list[dict[str, object]]:
    """This person's unfinished applications: when they were begun, and how they stand."""
    spoken = rendering.words(request)
    with parts.of(request).service.look() as work:
        found = dossiers.resumable(work, dossier=visit.dossier)
    return [
        {
            "number": application.number.digits,
            "opened": spoken.moment(application.opened_at),
            "state": spoken.t(f"standing.{application.state.name.lower()}.word"),
        }
        for application in found
    ]


ROUTES = (
    Route("/get/agent", way_door.shown("agent", _agent_facts), methods=["GET"]),
    Route("/get/agent", way_door.done("agent", _agent_facts, note_agent), methods=["POST"]),
    Route("/get/proceed", way_door.shown("proceed", _proceed_facts), methods=["GET"]),
    Route("/get/proceed", way_door.done("proceed", _proceed_facts, proceed), methods=["POST"]),
    # A refusal is shown at this address, and its page can be asked for again, in another language too.
    Route("/get/resume", way_door.here, methods=["GET"]),
    Route("/get/resume", way_door.done("proceed", _proceed_facts, resume), methods=["POST"]),
)
