"""/get, steps 4, 6 and 9: the code that signs in, and the one that identifies (F1, R4).

A code is sent by one button and typed in one field; what is still on its way can be typed after coming back.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ca_core.identifiers import Iin, Phone
from ca_core.registration import dossier as dossiers
from ca_core.registration import identification, sms_code
from ca_core.registration.sms_code import CodePurpose
from portal import parts, way_door
from portal.way_door import Sent, Visit

_CODE_LONGEST = 20


def _facts(request: Request, visit: Visit, sent: Sent) -> dict[str, object]:
    minutes = int(parts.of(request).service.policy.codes.validity.total_seconds()) // 60
    registration = visit.way.registration
    return {
        "sent": _was_sent(request, sent),
        "phone": registration.phone.masked if registration else "",
        "iin": visit.dossier.iin,
        "minutes": minutes,
        "typed_iin": sent.fields.get("iin", ""),
        "typed_phone": sent.fields.get("phone", ""),
    }


def _was_sent(request: Request, sent: Sent) -> bool:
    """Asked again too soon: the code that was sent before is still good, so its field stays."""
    confirming = sent.fields.get("act") == "confirm"
    return (
        request.query_params.get("sent") == "1"
        or confirming
        or isinstance(sent.refusal, sms_code.CodeTooSoon)
    )


def sign_in(request: Request, given: dict[str, str]) -> Response:
    """Send, confirm, or say that the phone is lost. Raises as the operations of `identification`."""
    act = given.get("act")
    if act == "confirm":
        return _confirmed(request, CodePurpose.SIGN_IN, given)
    with way_door.working(request) as (work, dossier, now):
        if act == "lost":
            dossiers.say_phone_lost(work, dossier=dossier, now=now)
            return way_door.onward()
        identification.send_sign_in(work, dossier=dossier, now=now)
    return RedirectResponse("/get/code?sent=1", 303)


def identify(request: Request, given: dict[str, str]) -> Response:
    """Send to the phone that was entered with the IIN, or confirm. Raises as the operations of `identification`."""
    if given.get("act") == "confirm":
        return _confirmed(request, CodePurpose.IDENTIFY, given)
    iin, phone = Iin.parse(given.get("iin", "")), Phone.parse(given.get("phone", ""))
    with way_door.working(request) as (work, dossier, now):
        identification.send_identify(work, dossier=dossier, iin=iin, phone=phone, now=now)
    return RedirectResponse("/get/identify?sent=1", 303)


def _confirmed(request: Request, purpose: CodePurpose, given: dict[str, str]) -> Response:
    """The try is counted in a work of its own, whatever becomes of the code (R4)."""
    confirm = {
        CodePurpose.SIGN_IN: identification.confirm_sign_in,
        CodePurpose.IDENTIFY: identification.confirm_identify,
    }[purpose]
    with way_door.working(request) as (work, dossier, now):
        attempt = identification.take_try(work, dossier=dossier, purpose=purpose, now=now)
    with way_door.working(request) as (work, dossier, now):
        confirm(work, dossier=dossier, attempt=attempt, typed=given.get("code", "")[:_CODE_LONGEST], now=now)
    return way_door.onward()


ROUTES = (
    Route("/get/code", way_door.shown("code", _facts), methods=["GET"]),
    Route("/get/code", way_door.done("code", _facts, sign_in), methods=["POST"]),
    Route("/get/identify", way_door.shown("identify", _facts), methods=["GET"]),
    Route("/get/identify", way_door.done("identify", _facts, identify), methods=["POST"]),
)
