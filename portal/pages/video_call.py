"""/call: the call from the queue to the decision, on one page that finds its call again (F2).

The page talks to the video gateway with single-use tickets, which it fetches here.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ca_core.call import Call, Decision, Need
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState
from ca_core.records import CallUnknown
from ca_core.registration import call as calls
from ca_core.registration import call_back, decide, ticket
from portal import call_cookie, limits, parts, rendering
from portal.call_dossier import Dossier
from portal.pages import call_start, kenes_page


def show(request: Request) -> Response:
    """The same page for every state; a browser that has no call is led to its beginning."""
    found = call_cookie.latest(request)
    if found is None:
        return RedirectResponse("/call/start", 303)
    now, rules = parts.of(request).service.now(), parts.of(request).service.policy.calls
    return rendering.page(
        request,
        "call.html",
        call=found,
        ended=found.state is CallState.ENDED,
        outcome=_outcome(request, found),
        undecided=_may_still_be_decided(found, rules.wrap_up, now),
        talked_seconds=int((now - found.connected_at).total_seconds()) if found.connected_at else 0,
        script_words=rendering.words(request).under("live"),
        spans={
            "come_back_seconds": int(rules.come_back.total_seconds()),
            "wait_minutes": rules.wait_at_most // timedelta(minutes=1),
            "talk_minutes": rules.talk_at_most // timedelta(minutes=1),
        },
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the citizen is told was decided: by the agent or, after an escalation, by a supervisor.

    `awaited`: a supervisor has not decided yet. `by_sms`: the phone was proven, so that the decision goes to it too.
    """

    decision: Decision | None
    reason: str
    awaited: bool = False
    by_sms: bool = False


def _outcome(request: Request, found: Call) -> Outcome:
    if found.decision is not Decision.ESCALATED:
        return Outcome(found.decision, found.decision_reason)
    with parts.of(request).service.look() as work:
        settlement = work.calls.settlement(found.call_id)
        if settlement is not None:
            return Outcome(settlement.decision, settlement.reason)
        by_sms = decide.is_phone_proven(work.checks.of_call(found.call_id))
    return Outcome(found.decision, "", awaited=True, by_sms=by_sms)


def _may_still_be_decided(found: Call, wrap_up: timedelta, now: datetime) -> bool:
    """The agent decides in the call or while wrapping up, which may be extended once."""
    open_yet = found.connected_at is not None and found.decision in (None, Decision.INTERRUPTED)
    return open_yet and (found.ended_at is None or now <= found.ended_at + 2 * wrap_up)


async def open_(request: Request) -> Response:
    """Consent given: the call joins the queue. A form sent twice opens one call."""
    limits.require(parts.of(request).limits.people, request)
    async with request.form(max_files=0, max_fields=2) as form:
        consented = form.get("consent") == "yes"
    return await run_in_threadpool(_open, request, consented)


def _open(request: Request, consented: bool) -> Response:
    handed = parts.of(request)
    dossier = handed.dossiers.of(request)
    if not (dossier.own_will and dossier.iin and dossier.phone):
        return RedirectResponse("/call" if call_cookie.living(request) else "/call/start", 303)
    try:
        _into_the_queue(request, dossier, consented)
    except call_back.CallBackUnknown as refusal:
        # The place is lost, the call is not: the next press opens it at the end of the queue.
        without = replace(dossier, invitation="")
        response = call_start.page(request, "consent", without, refusal=refusal)
        handed.dossiers.keep(response, without)
        return response
    except (calls.ConsentToRecordingMissing, calls.TooManyCalls) as refusal:
        return call_start.page(request, "consent", dossier, refusal=refusal)
    response = RedirectResponse("/call", 303)
    call_cookie.give(request, response, dossier.page)
    handed.dossiers.drop(response)
    return response


def _into_the_queue(request: Request, dossier: Dossier, consented: bool) -> None:
    """Raises as `calls.open_`."""
    service = parts.of(request).service
    wish = calls.Wish(
        iin=Iin.parse(dossier.iin),
        phone=Phone.parse(dossier.phone),
        language=rendering.language(request),
        need=Need(dossier.need),
        consent_version=call_start.CONSENT_VERSION,
    )
    # A refusal leaves no audit entry: anybody may send anything here, and the log only ever grows.
    with service.work() as work:
        calls.open_(
            work,
            wish=wish,
            consented=consented,
            page_digest=ticket.digest(dossier.page),
            invitation=dossier.invitation,
            now=service.now(),
        )


def hand_ticket(request: Request) -> Response:
    """POST: a pass to the gateway for the page that opened the call. Raises CallUnknown, CallEnded."""
    handed = parts.of(request)
    limits.require(handed.limits.attempts, request)
    page_digest = call_cookie.digest(request)
    if page_digest is None:
        raise CallUnknown
    with handed.service.work() as work:
        secret = ticket.for_citizen(work, page_digest=page_digest, now=handed.service.now())
    address = f"{handed.service.settings.video_url.rstrip('/')}/calls"
    return JSONResponse({"ticket": secret, "address": address})


async def call_me_back(request: Request) -> Response:
    """Kept once a phone; who waits in the queue gives the place there up (F2)."""
    limits.require(parts.of(request).limits.people, request)
    async with request.form(max_files=0, max_fields=2) as form:
        typed = str(form.get("phone") or "")[:40]
    return await run_in_threadpool(_asked_back, request, typed)


def _asked_back(request: Request, typed: str) -> Response:
    service = parts.of(request).service
    now = service.now()
    found = call_cookie.living(request)
    try:
        phone = Phone.parse(typed) if typed or found is None else found.phone
    except Refusal as refusal:
        return kenes_page.page(request, typed=typed, refusal=refusal)
    with service.work() as work:
        call_back.ask(work, phone=phone, language=rendering.language(request), now=now)
        if found is not None and found.accepted_at is None:
            calls.leave(work, call_id=found.call_id, now=now)
    return kenes_page.page(request, asked=phone)
