"""What a relying party is told: OCSP, the list and the page answer from the same record."""

from dataclasses import dataclass
from datetime import datetime

from ca_core import certificate
from ca_core.certificate import Certificate, Status
from ca_core.lifecycle import CertificateState
from ca_core.revocation.reasons import Reason


@dataclass(frozen=True, slots=True)
class Standing:
    """Good when `revoked_at` is None; otherwise since when, and why (None: unspecified)."""

    revoked_at: datetime | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Facts:
    """The little of a certificate's record that its standing follows from."""

    state: CertificateState
    reason: int | None
    held_at: datetime | None
    revoked_at: datetime | None


def follows_from(facts: Facts) -> Standing | None:
    """None for a serial that never became a certificate: it must not be called good (RFC 6960, 2.2)."""
    if facts.state in certificate.NEVER_OUT:
        return None
    if facts.state is CertificateState.REVOKED:
        # RFC 5280, 5.3.1: a reason is optional. Its want makes nothing good.
        return Standing(facts.revoked_at, None if facts.reason is None else Reason(facts.reason))
    if facts.state is CertificateState.ON_HOLD:
        return Standing(facts.held_at, Reason.CERTIFICATE_HOLD)
    return Standing(None, None)


def standing(found: Certificate) -> Standing | None:
    """As `follows_from`."""
    return follows_from(Facts(found.state, found.reason, found.held_at, found.revoked_at))


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """The public page's answer: no personal data in it."""

    serial: str
    status: Status
    not_before: datetime
    not_after: datetime
    mobile_only: bool
    revoked_at: datetime | None = None
    reason: Reason | None = None


def public(found: Certificate, now: datetime) -> PublicStatus:
    at = standing(found) or Standing(None, None)
    return PublicStatus(
        serial=found.serial.hex,
        status=certificate.status(found, now),
        not_before=found.not_before,
        not_after=found.not_after,
        mobile_only=found.mobile_only,
        revoked_at=at.revoked_at,
        reason=at.reason,
    )
