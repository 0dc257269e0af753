"""Signing in with the certified key: a nonce of ours, signed and sent back as CMS (RFC 5652).

The nonce holds its own time and a seal over it and the page that asked, so nothing is stored until it is used; it is
good for two minutes, for that page, once. It names the portal's origin, which the key program shows beside the site
that asks: another site that passes it on is seen, and one that writes its own name there gets nothing.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca_core import certificate, owner_session, records
from ca_core.certificate import Status
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Serial, SerialInvalid
from ca_core.ports import Work
from ca_core.x509 import cms, cms_proof, profiles
from ca_core.x509.cms import SignedFile
from ca_core.x509.cms_proof import Integrity

VALID_FOR = timedelta(minutes=2)
_TITLE = "Qoltanba: sign-in to the cabinet"
_BINDING = "cabinet nonce"
# RFC 2634, 2.9, in DER. The key program marks so what it signed as a bare digest: it could not look whose sign-in
# that was, and the content may have been put beside it by the site in between.
_CONTENT_HINTS = bytes.fromhex("060b2a864886f70d0109100204")
_SECRET_BYTES = 16


class NonceOver(Refusal):
    """The nonce is older than two minutes, was used, or was given to another page or by another portal."""

    code = "key_sign_in.over"


class KeyRefused(Refusal):
    """The signature does not prove a valid certificate of ours."""

    code = "key_sign_in.refused"


class MobileKeyRefused(Refusal):
    """A certificate of the mobile flow is for mobile applications only (R7)."""

    code = "key_sign_in.mobile_only"


@dataclass(frozen=True, slots=True)
class Proven:
    iin: Iin
    owner: OwnerConsent


def nonce(work: Work, *, page: str, origin: str, now: datetime) -> bytes:
    """What the key is to sign, readable to whoever is shown it: where it signs in, and at which site."""
    body = f"{int(now.timestamp()):x}.{secrets.token_hex(_SECRET_BYTES)}"
    return _beginning(origin) + f"{body}.{_seal(work, body, page)}".encode("ascii")


def confirm(
    work: Work, *, raw: bytes, page: str, origin: str, issuer: x509.Certificate, now: datetime
) -> Proven:
    """The owner's consent to a session. Raises NonceOver, KeyRefused, MobileKeyRefused, SignedFileTooLarge,
    SignedFileUnreadable, SignedFileUnsigned.
    """
    signed = cms.read(raw)
    _require_nonce(work, signed.content or b"", page, origin, now)
    iin = _holder(work, _signer(signed), issuer, now)
    digest = hashlib.sha256(signed.content or b"").digest()
    if not work.owner_sessions.spend_nonce(digest, expires_at=now + VALID_FOR, now=now):
        raise NonceOver
    subject = owner_session.subject(iin, work.code_seal.seal)
    return Proven(iin, OwnerConsent(owner_session.PURPOSE, subject, now, by=owner_session.By.KEY.value))


def _seal(work: Work, body: str, page: str) -> str:
    return work.code_seal.seal(body, f"{_BINDING}|{page}").hex()


def _beginning(origin: str) -> bytes:
    return f"{_TITLE}\n{origin}\n".encode()


def _require_nonce(work: Work, statement: bytes, page: str, origin: str, now: datetime) -> None:
    beginning = _beginning(origin)
    try:
        at, secret, seal = statement.removeprefix(beginning).decode("ascii").split(".")
        made_at = datetime.fromtimestamp(int(at, 16), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NonceOver from error
    ours = hmac.compare_digest(_seal(work, f"{at}.{secret}", page), seal)
    if not (statement.startswith(beginning) and ours and made_at <= now < made_at + VALID_FOR):
        raise NonceOver


def _signer(signed: SignedFile) -> x509.Certificate:
    """The one who signed the statement, and nobody beside them."""
    if len(signed.signers) != 1:
        raise KeyRefused
    (signer,) = signed.signers
    found = cms.certificate_of(signed, signer)
    proof = cms_proof.prove(
        signer, content=signed.content, content_type=signed.content_type, certificate=found
    )
    if found is None or proof is not Integrity.INTACT or _CONTENT_HINTS in signer.attributes:
        raise KeyRefused
    return found


def _holder(work: Work, given: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Iin:
    """The IIN of our own record; never read from a certificate that somebody hands in."""
    if given.issuer != issuer.subject:
        raise KeyRefused
    try:
        record = work.certificates.by_serial(Serial.of(given.serial_number))
    except SerialInvalid as error:
        raise KeyRefused from error
    if record is None or record.fingerprint != given.fingerprint(hashes.SHA256()):
        raise KeyRefused
    if record.mobile_only or profiles.is_mobile_only(given):
        raise MobileKeyRefused
    if certificate.status(record, now) is not Status.VALID:
        raise KeyRefused
    return records.subscriber(work, record.subscriber_id).iin
