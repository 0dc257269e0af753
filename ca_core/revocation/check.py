"""The relying party's question "is this certificate valid?", answered only as far as we can know.

By serial we speak of what we issued; by the certificate itself we also notice a forged one. Of another
issuer's certificate we know nothing, and say so: an answer is never "valid" for want of knowledge.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import Serial, SerialInvalid
from ca_core.ports import Work
from ca_core.revocation import status
from ca_core.revocation.status import PublicStatus

_PEM_MARK = b"-----BEGIN CERTIFICATE-----"


class CertificateUnreadable(Refusal):
    """This is no certificate, neither PEM nor DER."""

    code = "check.unreadable"


class Verdict(StrEnum):
    """What we can say; the first six mean what `certificate.Status` means."""

    NOT_ISSUED = "not_issued"
    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    ON_HOLD = "on_hold"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CANNOT_KNOW = "cannot_know"


@dataclass(frozen=True, slots=True)
class Answer:
    """`known` is None for what we did not issue; there is no personal data in it."""

    verdict: Verdict
    serial: str
    known: PublicStatus | None = None


def by_serial(work: Work, *, serial: Serial, now: datetime) -> Answer:
    """What our record says of this serial."""
    return _answer(serial, work.certificates.by_serial(serial), now)


def by_certificate(work: Work, *, given: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
    """What we know of this very certificate: one that only borrows our name or a serial is not ours."""
    try:
        serial = Serial.of(given.serial_number)
    except SerialInvalid:
        return Answer(Verdict.CANNOT_KNOW, f"{given.serial_number:x}")
    if given.issuer != issuer.subject:
        return Answer(Verdict.CANNOT_KNOW, serial.hex)
    found = work.certificates.by_serial(serial)
    if found is not None and found.fingerprint != given.fingerprint(hashes.SHA256()):
        return Answer(Verdict.NOT_ISSUED, serial.hex)
    return _answer(serial, found, now)


def read(raw: bytes) -> x509.Certificate:
    """A certificate as PEM (with anything around it) or DER. Raises CertificateUnreadable."""
    try:
        given = _parsed(raw)
        # The library parses these when they are first asked for; what it cannot read is found out here.
        _ = given.serial_number, given.issuer
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateUnreadable from error
    return given


def _parsed(raw: bytes) -> x509.Certificate:
    if _PEM_MARK in raw:
        return x509.load_pem_x509_certificate(raw[raw.index(_PEM_MARK) :])
    return x509.load_der_x509_certificate(raw)


def _answer(serial: Serial, found: Certificate | None, now: datetime) -> Answer:
    if found is None or status.standing(found) is None:
        return Answer(Verdict.NOT_ISSUED, serial.hex)
    known = status.public(found, now)
    return Answer(Verdict(known.status.value), serial.hex, known)
