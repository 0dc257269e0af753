"""/call/start: four small screens before the queue - ready, who you are, devices, consent (F2).

What was entered travels in the sealed cookie of `call_dossier`; the address names the screen and nothing else.
"""

from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ca_core.call import Need
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.registration.dossier import DossierUnknown
from portal import call_cookie, limits, parts, refusals, rendering, way_door
from portal.call_dossier import Dossier
from portal.words import Told

STEPS = ("ready", "you", "devices", "consent")
# The text that was agreed to; a change of its meaning takes a new one.
CONSENT_VERSION = "recording/2026-11-22/1"
# Who helps stands behind these: an agent sees a helper, but must be told of the rest.
_NEEDS = (Need.SIGN_LANGUAGE, Need.NO_CAMERA, Need.POOR_LINE)


class AnswerMissing(Refusal):
    """Who does this, the citizen or somebody else, was not answered (R13)."""

    code = "call_start.answer_missing"


def show(request: Request) -> Response:
    """The screen asked for, or the first one that is not filled in yet."""
    if call_cookie.living(request) is not None:
        return RedirectResponse("/call", 303)
    dossier = parts.of(request).dossiers.of(request)
    step = _reachable(request.query_params.get("step", STEPS[0]), dossier)
    return page(request, step, _with_iin(request, dossier) if step == "you" else dossier)


def _with_iin(request: Request, dossier: Dossier) -> Dossier:
    """Whoever is on the way to a certificate has entered the IIN, and came here by Kenes or the menu (F1, step 5)."""
    if dossier.iin:
        return dossier
    try:
        known = way_door.visit_of(request).dossier.iin
    except DossierUnknown:
        return dossier
    return replace(dossier, iin=known.digits) if known else dossier


def invited(request: Request) -> Response:
    """The link of an SMS: the place in the queue was kept, and is taken when the call is opened.

    Following it uses nothing up: mail programs and telephones follow links by themselves.
    """
    handed = parts.of(request)
    limits.require(handed.limits.attempts, request)
    dossier = replace(handed.dossiers.of(request), invitation=request.path_params["token"][:100])
    response = page(request, STEPS[0], dossier)
    handed.dossiers.keep(response, dossier)
    return response


async def fill_in(request: Request) -> Response:
    limits.require(parts.of(request).limits.attempts, request)
    async with request.form(max_files=0, max_fields=6) as form:
        return _filled_in(request, form)


def _filled_in(request: Request, form: FormData) -> Response:
    step = str(form.get("step") or "")
    dossier = parts.of(request).dossiers.of(request)
    if step == "ready" and form.get("who") == "told":
        return page(request, "stop", dossier)
    try:
        filled = _FILL.get(step, _nothing)(dossier, form)
    except Refusal as refusal:
        return page(request, step, dossier, refusal=refusal, typed=form)
    following = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)] if step in STEPS else STEPS[0]
    response = RedirectResponse(f"/call/start?step={following}", 303)
    parts.of(request).dossiers.keep(response, filled)
    return response


def _ready(dossier: Dossier, form: FormData) -> Dossier:
    who, need = form.get("who"), str(form.get("need") or "")
    if who not in ("myself", "helper"):
        raise AnswerMissing
    chosen = need if need in _NEEDS else Need.HELPER_PRESENT if who == "helper" else Need.NONE
    return replace(dossier, own_will=True, need=str(chosen))


def _you(dossier: Dossier, form: FormData) -> Dossier:
    """Raises IinInvalid, PhoneInvalid."""
    iin = Iin.parse(str(form.get("iin") or "")[:40])
    phone = Phone.parse(str(form.get("phone") or "")[:40])
    return replace(dossier, iin=iin.digits, phone=phone.digits)


def _devices(dossier: Dossier, form: FormData) -> Dossier:
    """What the check found is told to the agent; a need that the citizen named weighs more."""
    found = str(form.get("need") or "")
    if dossier.need in (Need.NONE, Need.HELPER_PRESENT) and found in (Need.NO_CAMERA, Need.POOR_LINE):
        return replace(dossier, need=found)
    return dossier


def _nothing(dossier: Dossier, _form: FormData) -> Dossier:
    return dossier


_FILL = {"ready": _ready, "you": _you, "devices": _devices}


def _reachable(asked: str, dossier: Dossier) -> str:
    if not dossier.own_will:
        return "ready"
    if asked in ("devices", "consent") and not (dossier.iin and dossier.phone):
        return "you"
    return asked if asked in STEPS else "ready"


def page(
    request: Request,
    step: str,
    dossier: Dossier,
    *,
    refusal: Refusal | None = None,
    typed: FormData | None = None,
) -> Response:
    """One screen of the way to the call; `typed` comes back to who mistyped it."""
    handed = parts.of(request)
    spoken = rendering.words(request)
    told: Told | None = spoken.told(refusal) if refusal else None
    return rendering.page(
        request,
        "call_start.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        step=step,
        number=STEPS.index(step) + 1 if step in STEPS else 1,
        steps=len(STEPS),
        dossier=dossier,
        needs=[need.value for need in _NEEDS],
        iin=str(typed.get("iin") or "") if typed else dossier.iin,
        phone=str(typed.get("phone") or "") if typed else _readable(dossier.phone),
        told=told,
        video_url=handed.service.settings.video_url.rstrip("/"),
        script_words=spoken.under("check"),
        kept_years=handed.service.policy.retention.evidence.days // 365,
        version=CONSENT_VERSION,
    )


def _readable(digits: str) -> str:
    return Phone(digits).full if digits else ""
