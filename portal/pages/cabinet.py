"""/cabinet: one's own certificates, one of them, its file, a report of all, and who looked at one's data (F8, R14)."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from ca_core import certificate as certificates
from ca_core.cabinet import own
from ca_core.certificate import Certificate, Status, StorageKind
from ca_core.errors import Refusal
from ca_core.issuance import renew, renewal_stage
from ca_core.issuance.renewal_stage import Stage
from ca_core.owner_session import OwnerSession
from ca_core.ports import Work
from ca_core.revocation import hold, reasons, revoke
from portal import cabinet_door, parts, rendering
from portal.words import Words

_SEEN = {
    "subscriber:view:done": "view",
    "subscriber:reveal:done": "reveal",
    "review:picture:seen": "picture",
    "register:portrait:seen": "portrait",
}
_VIEW_REASONS = frozenset({"owner_on_line", "owner_at_counter", "fraud_case", "court_order", "complaint"})


# What an act says when it led here: only where it is still so.
_DONE: dict[Status, tuple[str, ...]] = dict.fromkeys(Status, ()) | {
    Status.REVOKED: ("revoked",),
    Status.ON_HOLD: ("held", "taken"),
    Status.VALID: ("released", "taken"),
}
# Where the key is that no key program reaches, in the words of the page; any other is a device.
_ELSEWHERE = {StorageKind.MOBILE_APP: "phone", StorageKind.CLOUD: "cloud"}


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the owner may do now for one more year (R8), and where."""

    number: str = ""
    waits_for_key: bool = False
    may_open: bool = False
    untaken: bool = False
    # Where the key is, when this page cannot help.
    elsewhere: str = ""
    # The serial of the certificate whose page goes on with it.
    of: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate as the owner's pages draw it."""

    record: Certificate
    status: Status
    reason: str
    renewal: Renewal = Renewal()
    may_revoke: bool = False
    may_hold: bool = False
    may_release: bool = False


def show(request: Request, session: OwnerSession) -> Response:
    """Every certificate, newest first; nothing yet leads to getting one."""
    service = parts.of(request).service
    now = service.now()
    with service.look() as work:
        person = own.person(work, session)
        lines = [line(work, one, now) for one in own.certificates(work, session)]
    return rendering.page(
        request, "cabinet.html", person=person, iin=session.iin, lines=lines, by=session.by, section="list"
    )


def one(request: Request, session: OwnerSession) -> Response:
    """Raises SerialInvalid, CertificateUnknown."""
    service = parts.of(request).service
    with service.look() as work:
        found = own.certificate(work, session, cabinet_door.serial_of(request))
        shown = line(work, found, service.now())
    done = request.query_params.get("done", "")
    return rendering.page(
        request,
        "cabinet_certificate.html",
        line=shown,
        done=done if done in _DONE[shown.status] else "",
        section="list",
    )


def file(request: Request, session: OwnerSession) -> Response:
    """GET: the certificate as DER. Raises SerialInvalid, CertificateUnknown."""
    serial = cabinet_door.serial_of(request)
    with parts.of(request).service.look() as work:
        content = own.der(work, session, serial)
    name = f"qoltanba-{serial.hex[-8:]}.cer"
    return Response(
        content,
        media_type="application/pkix-cert",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def report(request: Request, session: OwnerSession) -> Response:
    """GET: every certificate as one line of a table, in the reader's language."""
    service = parts.of(request).service
    now, spoken = service.now(), rendering.words(request)
    with service.look() as work:
        lines = [line(work, found, now) for found in own.certificates(work, session)]
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([spoken.t(f"cabinet.column_{name}") for name in _COLUMNS])
    table.writerows([[cell(one, spoken) for cell in _COLUMNS.values()] for one in lines])
    return Response(
        # The mark tells spreadsheets that it is UTF-8.
        "\ufeff" + written.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="qoltanba-certificates.csv"'},
    )


def seen_by(request: Request, session: OwnerSession) -> Response:
    """Who of the staff looked: role, what and why; no names."""
    with parts.of(request).service.look() as work:
        views = [(_SEEN.get(one.event, "evidence"), one) for one in own.seen_by(work, session)]
    return rendering.page(
        request, "cabinet_views.html", views=views, known_reasons=_VIEW_REASONS, section="views"
    )


def password(request: Request, session: OwnerSession) -> Response:
    """The key program changes the password; what it must not contain is told to it by this page (R15, R16)."""
    with parts.of(request).service.look() as work:
        registration = work.bmg.of_iin(session.iin)
    return rendering.page(
        request,
        "cabinet_password.html",
        iin=session.iin.digits,
        phone=registration.phone.digits if registration else "",
        birth_date=session.iin.birth_date.isoformat(),
        script_words=rendering.words(request).under("agent"),
        section="password",
    )


def line(work: Work, found: Certificate, now: datetime) -> Line:
    """With what the owner may do now: asked of the operations themselves."""
    return Line(
        record=found,
        status=certificates.status(found, now),
        reason=reasons.Reason(found.reason).name.lower() if found.reason is not None else "",
        renewal=_untaken(work, found)
        if renewal_stage.is_untaken(found, now=now)
        else _further(work, found, now),
        may_revoke=_may(lambda: revoke.require_revocable(found, now=now)),
        may_hold=_may(lambda: hold.require_holdable(found, now=now)),
        may_release=_may(lambda: hold.require_on_hold(found)),
    )


def _may(check: Callable[[], None]) -> bool:
    try:
        check()
    except Refusal:
        return False
    return True


def _untaken(work: Work, found: Certificate) -> Renewal:
    """Issued, and not yet beside its key. It is the page of the old certificate that goes on."""
    before = work.certificates.by_id(found.previous_id or 0)
    if before is None or _elsewhere(found):
        return Renewal()
    return Renewal(untaken=True, of=before.serial.hex)


def _further(work: Work, found: Certificate, now: datetime) -> Renewal:
    """An open renewal, or whether one may be opened, and where."""
    try:
        renew.require_renewable(work, found, now=now)
    except renew.RenewalAlreadyOpen:
        reached = renewal_stage.of(work, found, now=now)
        return Renewal(
            number=str(reached.number),
            waits_for_key=reached.stage is Stage.OPENED,
            elsewhere=_elsewhere(found),
            of=found.serial.hex,
        )
    except Refusal:
        return Renewal()
    elsewhere = _elsewhere(found)
    return Renewal(may_open=not elsewhere, elsewhere=elsewhere, of=found.serial.hex)


def _elsewhere(found: Certificate) -> str:
    try:
        renew.require_key_in_file(found)
    except renew.KeyElsewhere:
        return "phone" if found.mobile_only else _ELSEWHERE.get(found.facets.storage, "device")
    return ""


_COLUMNS: dict[str, Callable[[Line, Words], str]] = {
    "serial": lambda one, _: one.record.serial.hex,
    "status": lambda one, spoken: spoken.t(f"verdict.{one.status.value}.word"),
    "purpose": lambda one, spoken: spoken.t(f"cabinet.purpose_{one.record.purpose.name.lower()}"),
    "entry": lambda one, spoken: spoken.t(f"cabinet.entry_{one.record.facets.channel.name.lower()}"),
    "method": lambda one, spoken: spoken.t(f"cabinet.method_{one.record.facets.method.name.lower()}"),
    "storage": lambda one, spoken: spoken.t(f"storage.{one.record.facets.storage.name.lower()}"),
    "from": lambda one, spoken: spoken.moment(one.record.not_before).text,
    "to": lambda one, spoken: spoken.moment(one.record.not_after).text,
    "ended": lambda one, spoken: spoken.moment(one.record.revoked_at).text if one.record.revoked_at else "",
    "reason": lambda one, spoken: spoken.t(f"reason.{one.reason}") if one.reason else "",
}
