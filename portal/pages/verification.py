"""/get/face: step 10, the video verification. The page explains and shows; its script sends frames in short bursts.

What the script is answered is JSON. A burst that announces more than it may hold is refused before it is read.
"""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ca_core.dossier import Step
from ca_core.face_attempt import AttemptOutcome, Flag
from ca_core.lifecycle import ApplicationState
from ca_core.registration import dossier as dossiers
from ca_core.registration.challenge import FramesUnfit
from portal import dossier_cookie, limits, parts, protection, rendering, steps, way_door
from runtime import verifying
from runtime.face_frames import BURST_AT_MOST, Sending, Sent
from runtime.verifying import Asked

BURST = "/get/face/burst"
_NUMBER_DIGITS = 7
_TOKEN_LONGEST = 100
_FIELD_BYTES = 1024
_NOT_TOLD = {
    Flag.DOUBTFUL,
    Flag.FACE_DIFFERS,
    Flag.OTHER_PERSON_SUSPECTED,
    Flag.TRIED_BEFORE,
    Flag.ANOTHER_FACE,
    Flag.FLAT_PICTURE,
    Flag.NO_PORTRAIT,
    Flag.CHECK_OFF,
}


def show(request: Request) -> Response:
    """The page; for who is elsewhere on the way, the way to there."""
    service = parts.of(request).service
    try:
        with service.look() as work:
            mine = dossiers.find(work, token_digest=dossier_cookie.digest(request), now=service.now())
            visit = way_door.Visit(dossiers.require(work, mine, Step.FACE), Step.FACE)
    except (dossiers.DossierUnknown, dossiers.OutOfOrder):
        return RedirectResponse("/get", 303)
    spoken = rendering.words(request)
    application = visit.way.application
    asked_again = f"review_reason.{application.reason}" if application is not None else ""
    return rendering.page(
        request,
        "verification.html",
        status_code=200,
        headers=None,
        told=None,
        moved=request.query_params.get("moved") == "1",
        **way_door.frame(steps.named("face"), visit.step, application),
        in_review=application is not None and application.state is ApplicationState.IN_REVIEW,
        asked_again=spoken.entries.get(asked_again, ""),
        kept_years=service.policy.retention.evidence.days // 365,
        script_words=spoken.under("face_words"),
    )


async def draw(request: Request) -> Response:
    """POST: a fresh challenge. Raises as `verifying.begin`."""
    limits.require(parts.of(request).limits.attempts, request)
    service = parts.of(request).service
    token, asked = await run_in_threadpool(
        verifying.begin, service, page_digest=dossier_cookie.digest(request)
    )
    return JSONResponse({"challenge": token, **_said(asked)})


async def burst(request: Request) -> Response:
    """POST: frames of one step. Raises as `verifying.take_burst`."""
    limits.require(parts.of(request).limits.look_ups, request)
    _require_announced(request)
    async with request.form(max_files=BURST_AT_MOST, max_fields=4, max_part_size=_FIELD_BYTES) as form:
        token, sending = _token(form), await _sending(form)
    asked = await run_in_threadpool(
        verifying.take_burst,
        parts.of(request).service,
        page_digest=dossier_cookie.digest(request),
        token=token,
        sending=sending,
    )
    return JSONResponse(_said(asked))


async def judge(request: Request) -> Response:
    """POST: what follows from all frames. Raises as `verifying.judge`."""
    limits.require(parts.of(request).limits.attempts, request)
    async with request.form(max_files=0, max_fields=1) as form:
        token = _token(form)
    attempt = await run_in_threadpool(
        verifying.judge,
        parts.of(request).service,
        page_digest=dossier_cookie.digest(request),
        token=token,
    )
    flags = _advice(attempt.flags) if attempt.outcome is AttemptOutcome.AGAIN else []
    return JSONResponse({"outcome": attempt.outcome.value, "flags": flags})


def _advice(flags: Sequence[Flag]) -> list[str]:
    """What to do better. How near the face came, and by what something false was noticed, is not said to whoever
    might try again with it: there it is one and the same advice.
    """
    return [flag.value for flag in flags if flag not in _NOT_TOLD] or [Flag.DOUBTFUL.value]


def _said(asked: Asked) -> dict[str, object]:
    return {
        "step": asked.step,
        "steps": asked.steps,
        "move": asked.move.value if asked.move is not None else "straight",
        "hint": asked.hint.value if asked.hint is not None else "",
        "complete": asked.complete,
        "checks_on": asked.checks_on,
    }


def _require_announced(request: Request) -> None:
    """A hundred megabytes are refused by their announcement; what comes unannounced is counted while it is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > protection.LARGER_BODIES[BURST]:
        raise HTTPException(413, headers={"Connection": "close"})


def _token(form: FormData) -> str:
    return str(form.get("challenge") or "")[:_TOKEN_LONGEST]


async def _sending(form: FormData) -> Sending:
    """Raises FramesUnfit."""
    frames = [part for part in form.getlist("frame") if isinstance(part, UploadFile)]
    times_ms = [_number(text) for text in str(form.get("times_ms") or "").split(",")]
    if len(frames) != len(times_ms):
        raise FramesUnfit
    sent = [Sent(at_ms, await frame.read()) for at_ms, frame in zip(times_ms, frames, strict=True)]
    return Sending(
        _number(str(form.get("step") or "")), _number(str(form.get("prompt_ms") or "")), tuple(sent)
    )


def _number(text: str) -> int:
    """Raises FramesUnfit."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS):
        raise FramesUnfit
    return int(text)
