"""/get, steps 11 to 13: access to the data, the user agreement, e-mail and storage (F1)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ca_core import records
from ca_core.certificate import StorageKind
from ca_core.dossier import AgreementKind
from ca_core.registration import dossier as dossiers
from ca_core.registration import terms
from ca_core.registration.dossier import OutOfOrder
from portal import agreements, parts, rendering, way_door
from portal.pages.get_begin import AnswerMissing
from portal.way_door import Facts, Sent, Visit

_AGREE = {AgreementKind.ACCESS: terms.agree_access, AgreementKind.TERMS: terms.agree_terms}


def _text_facts(kind: AgreementKind) -> Facts:
    def facts(request: Request, _visit: Visit, _sent: Sent) -> dict[str, object]:
        return {"agreement": agreements.in_force(kind, rendering.language(request))}

    return facts


def _agree(kind: AgreementKind) -> Callable[[Request, dict[str, str]], Response]:
    """What is kept is the text in the language in which it was read."""

    def agree(request: Request, given: dict[str, str]) -> Response:
        if given.get("agreed") != "yes":
            raise AnswerMissing
        shown_in = given.get("language", "")
        language = shown_in if shown_in in parts.of(request).words else rendering.language(request)
        text, shown = (
            agreements.in_force(kind, language).text,
            agreements.shown_digest(given.get("shown", "")),
        )
        with way_door.working(request) as (work, dossier, now):
            _AGREE[kind](work, dossier=dossier, text=text, shown=shown, now=now)
        return way_door.onward()

    return agree


def _contact_facts(request: Request, visit: Visit, sent: Sent) -> dict[str, object]:
    chosen = visit.way.application.storage.name if visit.way.application else StorageKind.FILE.name
    return {
        "email": sent.fields.get("email", _known_email(request, visit)),
        "storages": [kind.name for kind in terms.STORAGES],
        "chosen": sent.fields.get("storage", chosen),
    }


def _known_email(request: Request, visit: Visit) -> str:
    """Of the person whose browser this is since the code."""
    if visit.way.application is None:
        return ""
    with parts.of(request).service.look() as work:
        return records.subscriber(work, visit.way.application.subscriber_id).email


def give_contact(request: Request, given: dict[str, str]) -> Response:
    """Raises OutOfOrder, EmailInvalid, StorageNotOffered."""
    storage = storage_named(given.get("storage", ""))
    reported = [kind for kind in StorageKind if kind.name in given.get("reported", "").split(",")]
    with way_door.working(request) as (work, dossier, now):
        terms.give_contact(
            work,
            dossier=dossier,
            email=given.get("email", ""),
            storage=storage,
            reported=reported,
            now=now,
        )
    return way_door.onward()


def storage_named(name: str) -> StorageKind:
    """Raises StorageNotOffered."""
    try:
        return StorageKind[name]
    except KeyError as error:
        raise terms.StorageNotOffered from error


def withdraw(request: Request, _given: dict[str, str]) -> Response:
    """Raises TransitionRefused."""
    with way_door.working(request) as (work, dossier, now):
        if dossier.number is None:
            raise OutOfOrder(step=dossiers.step_of(work, dossier))
        dossiers.withdraw(work, dossier=dossier, now=now)
    return way_door.onward()


_ACCESS, _TERMS = _text_facts(AgreementKind.ACCESS), _text_facts(AgreementKind.TERMS)
ROUTES = (
    Route("/get/access", way_door.shown("access", _ACCESS), methods=["GET"]),
    Route("/get/access", way_door.done("access", _ACCESS, _agree(AgreementKind.ACCESS)), methods=["POST"]),
    Route("/get/agreement", way_door.shown("agreement", _TERMS), methods=["GET"]),
    Route(
        "/get/agreement", way_door.done("agreement", _TERMS, _agree(AgreementKind.TERMS)), methods=["POST"]
    ),
    Route("/get/contact", way_door.shown("contact", _contact_facts), methods=["GET"]),
    Route("/get/contact", way_door.done("contact", _contact_facts, give_contact), methods=["POST"]),
)
