"""/not-me/<secret>: the owner stops a certificate that they did not ask for (R14, R10a)."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ca_core import records, roles
from ca_core.certificate import Certificate
from ca_core.identifiers import Serial
from ca_core.registration import not_me
from ca_core.revocation import hold
from portal import limits, parts, rendering


def show(request: Request) -> Response:
    """Says what will happen; following a link changes nothing, mail programs follow links by themselves."""
    handed = parts.of(request)
    limits.require(handed.limits.attempts, request)
    now = handed.service.now()
    with handed.service.look() as work:
        serial = not_me.about(work, token=request.path_params["token"], now=now)
        found = records.certificate(work, serial)
    hold.require_holdable(found, now=now)
    return _page(request, found, done=False)


async def act(request: Request) -> Response:
    limits.require(parts.of(request).limits.attempts, request)
    return await run_in_threadpool(_hold, request)


def _hold(request: Request) -> Response:
    service = parts.of(request).service
    now = service.now()
    # A refusal leaves no audit entry: anybody may send anything here, and the log only ever grows.
    with service.work() as work:
        consent = not_me.confirm(work, token=request.path_params["token"], now=now)
        serial = Serial.parse(consent.subject)
        held = hold.by_owner(work, actor=roles.OWNER, serial=serial, owner=consent, now=now)
    return _page(request, held, done=True)


def _page(request: Request, found: Certificate, *, done: bool) -> Response:
    hours = int(parts.of(request).service.policy.certificates.hold_at_most.total_seconds()) // 3600
    return rendering.page(request, "not_me.html", certificate=found, done=done, hours=hours)
