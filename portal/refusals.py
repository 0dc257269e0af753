"""From a refusal's code to a status and words: one table for pages and JSON alike."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ca_core.errors import Refusal
from ca_core.x509 import ocsp
from portal import rendering, status_protocol
from portal.words import Told
from runtime import room

# Every refusal that an operation behind this door can meet; a test compares it with the wording.
STATUS = {
    "accept.not_issued": 409,
    "application.unknown": 404,
    "application_id.invalid": 400,
    "bmg.too_many_lookups": 429,
    "cabinet.choice_missing": 400,
    "cabinet.signed_out": 403,
    "call.consent_missing": 403,
    "call.ended": 409,
    "call.too_many": 409,
    "call.unknown": 404,
    "call_back.unknown": 410,
    "call_start.answer_missing": 400,
    "certificate.unknown": 404,
    "check.unreadable": 400,
    "consent.missing": 403,
    "csr.key_not_allowed": 400,
    "csr.key_too_weak": 400,
    "csr.malformed": 400,
    "csr.not_possessed": 400,
    "csr.signature_weak": 400,
    "csr.too_large": 400,
    "dossier.email_invalid": 400,
    "dossier.identity_differs": 403,
    "dossier.out_of_order": 409,
    "dossier.storage_not_offered": 400,
    "dossier.text_changed": 409,
    "dossier.under_direction": 403,
    "dossier.unknown": 410,
    "face.challenge_over": 410,
    "face.challenge_unknown": 404,
    "face.check_unavailable": 503,
    "face.frames_unfit": 400,
    "face.in_review": 409,
    "face.judging": 409,
    "face.step_differs": 409,
    "face.too_many_challenges": 429,
    "get.answer_missing": 400,
    "hold.not_on_hold": 409,
    "hold.not_valid": 409,
    "iin.invalid": 400,
    "key_sign_in.mobile_only": 403,
    "key_sign_in.over": 409,
    "key_sign_in.refused": 403,
    "life.transition_refused": 409,
    "not_me.expired": 410,
    "not_me.unknown": 404,
    "not_me.used": 410,
    "phone.invalid": 400,
    "record.changed_meanwhile": 409,
    "renew.already_open": 409,
    "renew.already_used": 409,
    "renew.closed": 409,
    "renew.ended": 409,
    "renew.key_elsewhere": 409,
    "renew.not_a_renewal": 409,
    "renew.not_valid": 409,
    "renew.signature_invalid": 403,
    "revoke.already_expired": 409,
    "revoke.already_revoked": 409,
    "serial.invalid": 400,
    "sign_in.refused": 403,
    "signed_file.too_large": 413,
    "signed_file.unreadable": 400,
    "signed_file.unsigned": 400,
    "sms_code.expired": 409,
    "sms_code.not_sent": 409,
    "sms_code.phone_not_in_bmg": 409,
    "sms_code.too_many": 429,
    "sms_code.too_soon": 429,
    "sms_code.used_up": 409,
    "sms_code.wrong": 403,
    "storage.no_room": 503,
    "submit.already_sent": 409,
    "submit.document_expired": 403,
    "submit.key_already_used": 409,
    "submit.person_deceased": 403,
    "submit.person_unknown": 403,
    "submit.storage_differs": 409,
    "verify.file_missing": 400,
}
# Answered in JSON.
_FOR_PROGRAMS = (
    *("/api/", "/call/ticket", "/cabinet/key", "/cabinet/renewals/", "/get/face/", "/get/key/"),
    "/get/password/",
)
# What the web says no to before an operation is asked.
HTTP = (400, 403, 404, 405, 413, 429, 500)


def refused(request: Request, problem: Exception) -> Response:
    """A Refusal of the core. One that is not in the table is a bug, and rises as such."""
    assert isinstance(problem, Refusal)
    return shown(request, rendering.words(request).told(problem), STATUS[problem.code])


def turned_away(request: Request, problem: Exception) -> Response:
    """Not found, too often, too large."""
    assert isinstance(problem, HTTPException)
    told = rendering.words(request).of_status(problem.status_code)
    return shown(request, told, problem.status_code, headers=dict(problem.headers or {}))


def foreign_form(request: Request) -> Response:
    return shown(request, rendering.words(request).of_status(403), 403)


def failed(request: Request, error: Exception, error_id: str) -> Response:
    """An unexpected error. A relying party is told to ask again, never that all is well."""
    if request.url.path.startswith("/ocsp"):
        return status_protocol.unavailable(ocsp.TRY_LATER, 503)
    no_room = room.refusal(error)
    if no_room is not None:
        told = rendering.words(request).told(no_room)
        return shown(request, told, STATUS[no_room.code], error_id=error_id)
    return shown(request, rendering.words(request).of_status(500), 500, error_id=error_id)


def shown(
    request: Request,
    told: Told,
    status_code: int,
    *,
    headers: dict[str, str] | None = None,
    error_id: str = "",
) -> Response:
    """JSON for programs, a page for people."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        content = {"code": told.code, "text": told.text, "next": told.next}
        if error_id:
            content["error_id"] = error_id
        return JSONResponse(content, status_code, headers)
    return rendering.page(
        request, "refusal.html", status_code=status_code, headers=headers, told=told, error_id=error_id
    )
