"""/get, steps 14 to 17: the key and the application, how it stands, the password, installed (F1).

The key program makes the key, asks for its folder and its password, and writes the file. What comes here is the
request for a certificate, and the word that it was installed (R6, R15).
"""

import base64
import binascii
import json
import re
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ca_core import lifecycle
from ca_core.certificate import StorageKind
from ca_core.dossier import Step
from ca_core.issuance import accept, submit
from ca_core.ports import Work
from ca_core.registration import dossier as dossiers
from ca_core.registration import statement
from ca_core.registration.dossier import DossierUnknown, OutOfOrder, Standing
from ca_core.x509 import csr
from portal import chains, dossier_cookie, limits, parts, rendering, standing, way_door
from portal.pages import get_terms
from portal.way_door import Sent, Visit
from runtime import statement as papers

_KEY_ID = re.compile(r"[\x21-\x7e]{1,200}")
_SOON = timedelta(minutes=1)


def _key_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    number = visit.way.application.number if visit.way.application else None
    storage = visit.way.application.storage.name if visit.way.application else ""
    return {
        "reference": number.digits if number else "",
        "storage": storage,
        "script_words": _script_words(request),
    }


async def send_request(request: Request) -> Response:
    """POST, JSON: the key program's request for a certificate, and where it made the key.

    Raises as `submit.by_owner`, StorageNotOffered, OutOfOrder.
    """
    limits.require(parts.of(request).limits.attempts, request)
    given = await way_door.json_of(request)
    raw = _decoded(given.get("request"))
    key_id = _key_id(given.get("keyId"))
    made_on = get_terms.storage_named(str(given.get("storage") or StorageKind.FILE.name))
    return await run_in_threadpool(_sent_request, request, key_id, raw, made_on)


def _sent_request(request: Request, key_id: str, raw: bytes, made_on: StorageKind) -> Response:
    with way_door.working(request) as (work, dossier, now):
        kept = dossiers.keep_key(work, dossier=dossier, reference=key_id, now=now)
        if kept.number is None:
            raise OutOfOrder(step=dossiers.step_of(work, kept))
        submitted = submit.by_owner(work, number=kept.number, raw_request=raw, made_on=made_on, now=now)
    return JSONResponse({"number": str(submitted.number), "next": "/get/status"})


def _key_id(given: object) -> str:
    """What the key program calls the key; stored, and handed back to it at step 16. Raises CsrMalformed."""
    if isinstance(given, str) and _KEY_ID.fullmatch(given):
        return given
    raise csr.CsrMalformed


def _decoded(given: object) -> bytes:
    """Raises CsrMalformed."""
    try:
        return base64.b64decode(str(given or ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise csr.CsrMalformed from error


def _status_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    service, spoken = parts.of(request).service, rendering.words(request)
    with service.look() as work:
        found = dossiers.standing(work, dossier=visit.dossier)
    return {
        "standing": found,
        "shown": standing.shown(found, spoken),
        "since": spoken.moment(found.since),
        "look": _look(found),
        "waiting": _look_again_seconds(found, service.now()),
        "to_install": visit.step is Step.PASSWORD,
        "over": not lifecycle.APPLICATION.acts_from(found.state),
        "void_key": visit.dossier.key_reference if found.key_is_void else "",
    }


def _look_again_seconds(found: Standing, now: datetime) -> int:
    """Soon while it is a matter of seconds, seldom when it is not; 0 where nothing is issued."""
    if not lifecycle.APPLICATION.allows("issue", found.state):
        return 0
    return 3 if now < found.since + _SOON else 20


def _look(found: Standing) -> str:
    """Green when there is a certificate to use, red when it ended without one, amber while it is under way."""
    if found.key_is_void:
        return "bad"
    return "good" if found.serial is not None and found.held_until is None else "wait"


def begin_again(request: Request, _given: dict[str, str]) -> Response:
    """Raises OutOfOrder."""
    with way_door.working(request) as (work, dossier, now):
        dossiers.begin_again(work, dossier=dossier, now=now)
    return way_door.onward()


def _password_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    """What the key program needs: the chain, and what a password must not be (R16)."""
    handed, registration, iin = parts.of(request), visit.way.registration, visit.dossier.iin
    with handed.service.look() as work:
        leaf = _certificate(work, visit)
    return {
        "key_id": visit.dossier.key_reference,
        "chain": json.dumps(chains.of(handed, leaf)),
        "iin": iin.digits if iin else "",
        "birth_date": iin.birth_date.isoformat() if iin else "",
        "phone": registration.phone.digits if registration else "",
        "script_words": _script_words(request),
    }


def _certificate(work: Work, visit: Visit) -> bytes:
    if visit.dossier.number is None:
        raise DossierUnknown
    found = work.certificates.of_application(visit.dossier.number)
    der = work.certificates.der(found.certificate_id) if found is not None else None
    if der is None:
        raise accept.NotIssuedYet
    return der


async def installed(request: Request) -> Response:
    """POST, JSON: the key program has written the file under its owner's password. Raises as `accept.installed`."""
    limits.require(parts.of(request).limits.attempts, request)
    await way_door.json_of(request)
    return await run_in_threadpool(_installed, request)


def _installed(request: Request) -> Response:
    with way_door.working(request) as (work, dossier, now):
        if dossier.number is None:
            raise OutOfOrder(step=dossiers.step_of(work, dossier))
        accept.installed(work, number=dossier.number, now=now)
    return JSONResponse({"next": "/get/done"})


def _done_facts(request: Request, visit: Visit, _sent: Sent) -> dict[str, object]:
    with parts.of(request).service.look() as work:
        found = dossiers.standing(work, dossier=visit.dossier)
    spoken = rendering.words(request)
    return {"standing": found, "not_after": spoken.moment(found.not_after) if found.not_after else None}


def paper(request: Request) -> Response:
    """GET: the application as a statement, in Kazakh or Russian. Raises DossierUnknown."""
    service = parts.of(request).service
    now = service.now()
    with service.look() as work:
        mine = dossiers.find(work, token_digest=dossier_cookie.digest(request), now=now)
        said = statement.of(work, dossier=mine)
    language = papers.language(request.path_params["language"])
    name = f"statement-{said.number.digits}-{language}.pdf"
    return Response(
        papers.render(said, language=language, now=now),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _script_words(request: Request) -> str:
    return rendering.words(request).under("get_agent")


ROUTES = (
    Route("/get/key", way_door.shown("key", _key_facts), methods=["GET"]),
    Route("/get/key/request", send_request, methods=["POST"]),
    Route("/get/status", way_door.shown("status", _status_facts), methods=["GET"]),
    Route("/get/again", way_door.here, methods=["GET"]),
    Route("/get/again", way_door.done("status", _status_facts, begin_again), methods=["POST"]),
    Route("/get/withdraw", way_door.here, methods=["GET"]),
    Route("/get/withdraw", way_door.done("status", _status_facts, get_terms.withdraw), methods=["POST"]),
    Route("/get/password", way_door.shown("password", _password_facts), methods=["GET"]),
    Route("/get/password/installed", installed, methods=["POST"]),
    Route("/get/done", way_door.shown("done", _done_facts), methods=["GET"]),
    Route("/get/statement/{language}.pdf", paper),
)
