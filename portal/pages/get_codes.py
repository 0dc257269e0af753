"""/get, steps 4, 6 and 9: the code that signs in, and the one that identifies (F1, R4).

A code is sent by one button and typed in one field; one that is on its way can be typed after coming back.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ca_core.identifiers import Iin, Phone
from ca_core.registration import dossier as dossiers
from ca_core.registration import identification
from ca_core.registration.sms_code import CodePurpose, Try
from portal import dossier_cookie, parts, way_door
from portal.way_door import Facts, Sent, Visit

_CODE_LONGEST = 20


def _facts(purpose: CodePurpose) -> Facts:
    """The field for the code is there as long as a code is: after a wrong one, and after coming back."""

    def facts(request: Request, visit: Visit, sent: Sent) -> dict[str, object]:
        service, registration = parts.of(request).service, visit.way.registration
        with service.look() as work:
            waited_for = identification.on_its_way(
                work, dossier=visit.dossier, purpose=purpose, now=service.now()
            )
        return {
            "sent": waited_for,
            "away": purpose is CodePurpose.SIGN_IN and visit.way.application is not None,
            "phone": registration.phone.masked if registration else "",
            "iin": visit.dossier.iin,
            "minutes": int(service.policy.codes.validity.total_seconds()) // 60,
            "tries": service.policy.codes.tries,
            "typed_iin": sent.fields.get("iin", ""),
            "typed_phone": sent.fields.get("phone", ""),
        }

    return facts


def sign_in(request: Request, given: dict[str, str]) -> Response:
    """Send, confirm, or say that the phone is lost. Raises as the operations of `identification`."""
    act = given.get("act")
    if act == "confirm":
        return _signed_in(request, given)
    with way_door.working(request) as (work, dossier, now):
        if act == "lost":
            dossiers.say_phone_lost(work, dossier=dossier, now=now)
            return way_door.onward()
        identification.send_sign_in(work, dossier=dossier, now=now)
    return way_door.onward()


def identify(request: Request, given: dict[str, str]) -> Response:
    """Send to the phone that was entered with the IIN, or confirm. Raises as the operations of `identification`."""
    if given.get("act") == "confirm":
        return _identified(request, given)
    iin, phone = Iin.parse(given.get("iin", "")), Phone.parse(given.get("phone", ""))
    with way_door.working(request) as (work, dossier, now):
        identification.send_identify(work, dossier=dossier, iin=iin, phone=phone, now=now)
    return way_door.onward()


def _signed_in(request: Request, given: dict[str, str]) -> Response:
    """With a new cookie: somebody else may have begun in this browser, and kept the one before."""
    attempt, secret = _taken_try(request, CodePurpose.SIGN_IN), dossier_cookie.fresh()
    with way_door.working(request) as (work, dossier, now):
        identification.confirm_sign_in(
            work,
            dossier=dossier,
            attempt=attempt,
            typed=_typed(given),
            fresh_digest=dossier_cookie.digest_of(secret),
            now=now,
        )
    answer = way_door.onward()
    dossier_cookie.give(request, answer, secret)
    return answer


def _identified(request: Request, given: dict[str, str]) -> Response:
    attempt = _taken_try(request, CodePurpose.IDENTIFY)
    with way_door.working(request) as (work, dossier, now):
        identification.confirm_identify(work, dossier=dossier, attempt=attempt, typed=_typed(given), now=now)
    return way_door.onward()


def _taken_try(request: Request, purpose: CodePurpose) -> Try:
    """Counted in a work of its own, whatever becomes of the code (R4)."""
    with way_door.working(request) as (work, dossier, now):
        return identification.take_try(work, dossier=dossier, purpose=purpose, now=now)


def _typed(given: dict[str, str]) -> str:
    return given.get("code", "")[:_CODE_LONGEST]


_SIGN_IN, _IDENTIFY = _facts(CodePurpose.SIGN_IN), _facts(CodePurpose.IDENTIFY)
ROUTES = (
    Route("/get/code", way_door.shown("code", _SIGN_IN), methods=["GET"]),
    Route("/get/code", way_door.done("code", _SIGN_IN, sign_in), methods=["POST"]),
    Route("/get/identify", way_door.shown("identify", _IDENTIFY), methods=["GET"]),
    Route("/get/identify", way_door.done("identify", _IDENTIFY, identify), methods=["POST"]),
)
