"""/cabinet/certificates/<serial>/...: revoke (R9, R10), "it was not me" and its lifting (R10a).

Ending a certificate and lifting a hold take a code sent to the BMG phone, bound to this session; to stop one for a
while takes the session alone: it is the safe side.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ca_core import records, roles
from ca_core.cabinet import own
from ca_core.certificate import Certificate
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.owner_session import OwnerSession
from ca_core.ports import Work
from ca_core.registration import sms_code
from ca_core.registration.sms_code import CodePurpose
from ca_core.revocation import hold, reasons, revoke
from ca_core.revocation.reasons import Reason
from portal import cabinet_door, parts, refusals, rendering
from portal.pages import cabinet, cabinet_renewal

# What an owner can say of a key, as the form offers it; "lost" is more than a reason (R12).
CHOICES = {
    "lost": (Reason.KEY_COMPROMISE, True),
    "disclosed": (Reason.KEY_COMPROMISE, False),
    "replaced": (Reason.SUPERSEDED, False),
    "changed": (Reason.AFFILIATION_CHANGED, False),
    "not_needed": (Reason.CESSATION_OF_OPERATION, False),
    "unsaid": (Reason.UNSPECIFIED, False),
}
_Done = Callable[[Work, OwnerConsent], object]


class ChoiceMissing(Refusal):
    """Why the certificate is to be revoked was not said."""

    code = "cabinet.choice_missing"


def show_revoke(request: Request, session: OwnerSession) -> Response:
    """Raises SerialInvalid, CertificateUnknown, AlreadyRevoked, AlreadyExpired."""
    found = _own(request, session)
    revoke.require_revocable(found, now=parts.of(request).service.now())
    return _revoke_page(request, found)


def do_revoke(request: Request, session: OwnerSession, given: dict[str, str]) -> Response:
    """First the code is sent, then it ends the certificate."""
    found, choice = _own(request, session), given.get("choice", "")
    sent = given.get("act") == "confirm"
    try:
        if choice not in CHOICES:
            raise ChoiceMissing
        revoke.require_revocable(found, now=parts.of(request).service.now())
        if not sent:
            _send(request, session, found, CodePurpose.REVOKE)
            return _revoke_page(request, found, choice=choice, sent=True)
        reason, lost = CHOICES[choice]
        reasons.require(reason, reasons.BY_OWNER)

        def end(work: Work, owner: OwnerConsent) -> object:
            return revoke.by_owner(
                work,
                actor=roles.OWNER,
                serial=found.serial,
                owner=owner,
                reason=reason,
                lost=lost,
                now=owner.given_at,
            )

        _on_code(request, session, found, CodePurpose.REVOKE, given.get("code", ""), end)
    except Refusal as refusal:
        return _revoke_page(
            request,
            found,
            choice=choice,
            sent=_is_on_its_way(request, session, found, CodePurpose.REVOKE),
            refusal=refusal,
        )
    return _back(found, "revoked")


def show_hold(request: Request, session: OwnerSession) -> Response:
    """Raises SerialInvalid, CertificateUnknown, NotValid."""
    found = _own(request, session)
    hold.require_holdable(found, now=parts.of(request).service.now())
    hours = int(parts.of(request).service.policy.certificates.hold_at_most.total_seconds()) // 3600
    return rendering.page(request, "cabinet_hold.html", certificate=found, hours=hours, section="list")


def do_hold(request: Request, session: OwnerSession, _given: dict[str, str]) -> Response:
    """Raises SerialInvalid, CertificateUnknown, NotValid."""
    service, serial = parts.of(request).service, cabinet_door.serial_of(request)
    now = service.now()
    with service.work() as work:
        owner = own.consent(work, session, serial=serial, purpose=hold.PURPOSE_NOT_ME, now=now)
        held = hold.by_owner(work, actor=roles.OWNER, serial=serial, owner=owner, now=now)
    return _back(held, "held")


def show_release(request: Request, session: OwnerSession) -> Response:
    """Raises SerialInvalid, CertificateUnknown, NotOnHold."""
    found = _own(request, session)
    hold.require_on_hold(found)
    return _release_page(request, found)


def do_release(request: Request, session: OwnerSession, given: dict[str, str]) -> Response:
    """First the code is sent, then it lifts the hold."""
    found, sent = _own(request, session), given.get("act") == "confirm"
    try:
        hold.require_on_hold(found)
        if not sent:
            _send(request, session, found, CodePurpose.RELEASE_HOLD)
            return _release_page(request, found, sent=True)

        def lift(work: Work, owner: OwnerConsent) -> object:
            return hold.release_by_owner(
                work, actor=roles.OWNER, serial=found.serial, owner=owner, now=owner.given_at
            )

        _on_code(request, session, found, CodePurpose.RELEASE_HOLD, given.get("code", ""), lift)
    except Refusal as refusal:
        return _release_page(
            request,
            found,
            sent=_is_on_its_way(request, session, found, CodePurpose.RELEASE_HOLD),
            refusal=refusal,
        )
    return _back(found, "released")


def _own(request: Request, session: OwnerSession) -> Certificate:
    """Raises SerialInvalid, CertificateUnknown."""
    with parts.of(request).service.look() as work:
        return own.certificate(work, session, cabinet_door.serial_of(request))


def _send(request: Request, session: OwnerSession, found: Certificate, purpose: CodePurpose) -> None:
    service = parts.of(request).service
    with service.work() as work:
        sms_code.send(
            work,
            actor=roles.OWNER,
            owner=records.subscriber(work, found.subscriber_id),
            purpose=purpose,
            subject=found.serial.hex,
            page=session.page,
            now=service.now(),
        )


def _on_code(
    request: Request,
    session: OwnerSession,
    found: Certificate,
    purpose: CodePurpose,
    typed: str,
    done: _Done,
) -> None:
    """A try is committed first: guesses that come at once are counted one by one. Then code and act in one work."""
    service = parts.of(request).service
    now = service.now()
    with service.work() as work:
        attempt = sms_code.take_try(
            work, actor=roles.OWNER, purpose=purpose, subject=found.serial.hex, page=session.page, now=now
        )
    with service.work() as work:
        owner = sms_code.confirm(
            work,
            actor=roles.OWNER,
            attempt=attempt,
            purpose=purpose,
            subject=found.serial.hex,
            page=session.page,
            typed=typed,
            now=now,
        )
        done(work, owner)


def _is_on_its_way(request: Request, session: OwnerSession, found: Certificate, purpose: CodePurpose) -> bool:
    """Asked again too soon: a code that was sent to this page before is still good, so its field stays."""
    service = parts.of(request).service
    with service.look() as work:
        sent = work.codes.latest(purpose=purpose.value, subject=found.serial.hex)
    now = service.now()
    return sent is not None and sent.page == session.page and sent.tries_left > 0 and now < sent.expires_at


def _back(found: Certificate, done: str) -> Response:
    return RedirectResponse(f"/cabinet/certificates/{found.serial.hex}?done={done}", 303)


def _revoke_page(
    request: Request,
    found: Certificate,
    *,
    choice: str = "",
    sent: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    return rendering.page(
        request,
        "cabinet_revoke.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        told=rendering.words(request).told(refusal) if refusal else None,
        certificate=found,
        choices=tuple(CHOICES),
        choice=choice,
        sent=sent and choice in CHOICES,
        section="list",
    )


def _release_page(
    request: Request, found: Certificate, *, sent: bool = False, refusal: Refusal | None = None
) -> Response:
    return rendering.page(
        request,
        "cabinet_release.html",
        status_code=refusals.STATUS[refusal.code] if refusal else 200,
        told=rendering.words(request).told(refusal) if refusal else None,
        certificate=found,
        sent=sent,
        section="list",
    )


def _shown(path: str, page: cabinet_door.Page) -> Route:
    return Route(path, cabinet_door.shown_to_owner(page), methods=["GET"])


def _done(path: str, act: cabinet_door.Act) -> Route:
    return Route(path, cabinet_door.done_by_owner(act), methods=["POST"])


_ONE = "/cabinet/certificates/{serial}"
# What lies behind the sign-in: each page and act is handed the session of whoever asks.
ROUTES = (
    _shown("/cabinet/views", cabinet.seen_by),
    _shown("/cabinet/password", cabinet.password),
    _shown("/cabinet/report.csv", cabinet.report),
    _shown(_ONE, cabinet.one),
    _shown(f"{_ONE}/file", cabinet.file),
    _shown(f"{_ONE}/revoke", show_revoke),
    _done(f"{_ONE}/revoke", do_revoke),
    _shown(f"{_ONE}/not-me", show_hold),
    _done(f"{_ONE}/not-me", do_hold),
    _shown(f"{_ONE}/release", show_release),
    _done(f"{_ONE}/release", do_release),
    _shown(f"{_ONE}/renew", cabinet_renewal.show),
    _done(f"{_ONE}/renew", cabinet_renewal.open_),
    Route(
        "/cabinet/renewals/{serial}",
        cabinet_door.answered_to_owner(cabinet_renewal.stage),
        methods=["GET"],
    ),
    Route("/cabinet/renewals/taken", cabinet_door.told_by_owner(cabinet_renewal.taken), methods=["POST"]),
)
