"""How far the renewal of a certificate has come, for the pages of its owner (R8; RFC 3647 4.6)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca_core import certificate, lifecycle
from ca_core.certificate import NEVER_OUT, Certificate, Kind, Status
from ca_core.identifiers import ApplicationId
from ca_core.ports import Work

_IN_USE = (Status.VALID, Status.ON_HOLD, Status.NOT_YET_VALID)


class Stage(StrEnum):
    """In the order in which they come."""

    NONE = "none"
    OPENED = "opened"
    SIGNED = "signed"
    ISSUED = "issued"
    TAKEN = "taken"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Renewal:
    """Opened: its number waits for the key. Issued: the certificate waits to be put beside its key."""

    stage: Stage
    number: ApplicationId | None = None
    certificate: Certificate | None = None


def of(work: Work, found: Certificate, *, now: datetime) -> Renewal:
    """How far the renewal of this certificate has come. One that could not be issued is none: it may be opened anew."""
    extended = [c for c in work.certificates.following(found.certificate_id) if c.facets.kind is Kind.RENEWAL]
    came = [c for c in extended if c.state not in NEVER_OUT and not certificate.never_came(c)]
    if came:
        return Renewal(_of_issued(came[-1], now), ApplicationId.of(came[-1].application_id), came[-1])
    waiting = work.applications.open_for_certificate(found.certificate_id, Kind.RENEWAL)
    if waiting is None:
        return Renewal(Stage.NONE)
    unsigned = lifecycle.APPLICATION.allows("confirm_renewal", waiting.state)
    return Renewal(Stage.OPENED if unsigned else Stage.SIGNED, waiting.number)


def is_untaken(found: Certificate, *, now: datetime) -> bool:
    """A renewed certificate that is good for something, and that nobody has put beside its key yet."""
    return found.facets.kind is Kind.RENEWAL and _of_issued(found, now) is Stage.ISSUED


def _of_issued(found: Certificate, now: datetime) -> Stage:
    if certificate.status(found, now) not in _IN_USE:
        return Stage.OVER
    return Stage.TAKEN if found.accepted_at is not None else Stage.ISSUED
