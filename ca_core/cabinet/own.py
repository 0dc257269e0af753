"""What is the owner's own: certificates, who looked at their data, and the button "it was not me" (F8, R10a, R14).

Everything is asked for with the session; another person's certificate is as unknown here as one that never was.
"""

from dataclasses import dataclass
from datetime import datetime

from ca_core.call import EvidenceKind
from ca_core.certificate import NEVER_OUT, Certificate
from ca_core.consent import OwnerConsent
from ca_core.identifiers import Serial
from ca_core.owner_session import OwnerSession
from ca_core.ports import Work
from ca_core.records import CertificateUnknown
from ca_core.subscriber import Person, Subscriber

VIEWS_LIMIT = 100
# R14: whatever shows staff a person's data or face. A new one belongs here, or its owner never learns of it.
LOOKS = (
    "subscriber:view:done",
    "subscriber:reveal:done",
    "review:picture:seen",
    "register:portrait:seen",
    *(f"evidence:{kind.value}:seen" for kind in EvidenceKind),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody of the staff saw the owner's data: in which role and for which reason, never who (R14)."""

    at: datetime
    role: str
    event: str
    reason: str


def subscriber(work: Work, session: OwnerSession) -> Subscriber | None:
    """None for a person who never applied for anything here."""
    return work.subscribers.by_iin(session.iin)


def person(work: Work, session: OwnerSession) -> Person | None:
    return work.register.person(session.iin)


def certificates(work: Work, session: OwnerSession) -> list[Certificate]:
    """Every certificate that ever came out, newest first."""
    owner = subscriber(work, session)
    found = work.certificates.of_subscriber(owner.subscriber_id) if owner is not None else []
    return [one for one in found if one.state not in NEVER_OUT]


def certificate(work: Work, session: OwnerSession, serial: Serial) -> Certificate:
    """Raises CertificateUnknown."""
    found = next((one for one in certificates(work, session) if one.serial == serial), None)
    if found is None:
        raise CertificateUnknown
    return found


def der(work: Work, session: OwnerSession, serial: Serial) -> bytes:
    """The certificate itself, for a file. Raises CertificateUnknown."""
    content = work.certificates.der(certificate(work, session, serial).certificate_id)
    if content is None:
        raise CertificateUnknown
    return content


def seen_by(work: Work, session: OwnerSession) -> list[Seen]:
    """Who looked, newest first; of the reason only its kind, as notes may speak of other people."""
    return [
        Seen(view.at, view.role, view.event, view.reason.partition(":")[0])
        for view in work.dossiers.looks(session.iin, LOOKS, VIEWS_LIMIT)
    ]


def consent(
    work: Work, session: OwnerSession, *, serial: Serial, purpose: str, now: datetime
) -> OwnerConsent:
    """What a session alone may agree to about its own certificate: to stop it for a while, to open its renewal.

    Raises CertificateUnknown.
    """
    found = certificate(work, session, serial)
    return OwnerConsent(purpose, found.serial.hex, now, by=f"cabinet, signed in by {session.by}")
