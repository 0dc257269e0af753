"""One more year (R8): opened here, signed with the key, issued, put beside the key by the key program, taken.

Each stage can be left and taken up again: the page shows the one that has been reached. The script of the page asks
`/cabinet/renewals/<serial>` for the certificate, and says `/cabinet/renewals/taken` when it is in the key's file.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ca_core.cabinet import own
from ca_core.certificate import Certificate
from ca_core.identifiers import Serial
from ca_core.issuance import accept, renew, renewal_stage
from ca_core.issuance.renewal_stage import Renewal, Stage
from ca_core.owner_session import OwnerSession
from portal import cabinet_door, chains, parts, rendering
from portal.cabinet_door import Fields

_BY_THE_KEY = (Stage.OPENED, Stage.SIGNED, Stage.ISSUED)


def show(request: Request, session: OwnerSession) -> Response:
    """The stage that has been reached. Raises SerialInvalid, CertificateUnknown, KeyElsewhere and as
    `require_renewable`.
    """
    service, serial = parts.of(request).service, cabinet_door.serial_of(request)
    now = service.now()
    with service.look() as work:
        found = own.certificate(work, session, serial)
        reached = renewal_stage.of(work, found, now=now)
        if reached.stage is Stage.TAKEN and reached.certificate is not None:
            return RedirectResponse(f"/cabinet/certificates/{reached.certificate.serial.hex}", 303)
        if reached.stage not in _BY_THE_KEY:
            renew.require_renewable(work, found, now=now)
        renew.require_key_in_file(found)
    return _page(request, found, reached)


def open_(request: Request, session: OwnerSession, _given: dict[str, str]) -> Response:
    """Pressed twice it is open once. Raises as `renew.by_owner`."""
    service, serial = parts.of(request).service, cabinet_door.serial_of(request)
    now = service.now()
    try:
        with service.work() as work:
            owner = own.consent(work, session, serial=serial, purpose=renew.PURPOSE, now=now)
            renew.by_owner(work, serial=serial, owner=owner, now=now)
    except renew.RenewalAlreadyOpen:
        pass
    return RedirectResponse(f"/cabinet/certificates/{serial.hex}/renew", 303)


def stage(request: Request, session: OwnerSession) -> Fields:
    """GET: how far it is, and the chain once there is one. Raises SerialInvalid, CertificateUnknown."""
    handed, serial = parts.of(request), cabinet_door.serial_of(request)
    with handed.service.look() as work:
        found = own.certificate(work, session, serial)
        reached = renewal_stage.of(work, found, now=handed.service.now())
        if reached.stage is not Stage.ISSUED or reached.certificate is None:
            return {"stage": reached.stage.value}
        leaf = own.der(work, session, reached.certificate.serial)
    return {
        "stage": reached.stage.value,
        "serial": reached.certificate.serial.hex,
        "chain": chains.of(handed, leaf),
    }


def taken(request: Request, session: OwnerSession, given: Fields) -> Fields:
    """POST, {"serial": of the renewed certificate}. Twice is no error. Raises as `accept.renewed`."""
    if not isinstance(given.get("serial"), str):
        raise HTTPException(400)
    service, serial = parts.of(request).service, Serial.parse(given["serial"])
    now = service.now()
    with service.work() as work:
        owner = own.consent(work, session, serial=serial, purpose=accept.PURPOSE_TAKE, now=now)
        accept.renewed(work, serial=serial, owner=owner, now=now)
    return {"next": f"/cabinet/certificates/{serial.hex}?done=taken"}


def _page(request: Request, found: Certificate, reached: Renewal) -> Response:
    return rendering.page(
        request,
        "cabinet_renew.html",
        certificate=found,
        stage=reached.stage.value,
        number=str(reached.number) if reached.number else "",
        script_words=rendering.words(request).under("agent"),
        section="list",
    )
