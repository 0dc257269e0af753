"""One more year for the same key, once, before the end, asked for with that key (R8; RFC 3647 4.6)."""

from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca_core import audit, certificate, consent, lifecycle, notices, records, roles
from ca_core.application import Application
from ca_core.certificate import Certificate, Channel, Kind, Status, StorageKind
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.issuance import submit
from ca_core.lifecycle import ApplicationState
from ca_core.ports import Work

PURPOSE = "renew"


class CertificateEnded(Refusal):
    """After the first year there is no renewal, only a new application (R8). Facts: not_after."""

    code = "renew.ended"


class CertificateNotValid(Refusal):
    """A revoked or held certificate cannot be extended. Facts: status."""

    code = "renew.not_valid"


class RenewalAlreadyUsed(Refusal):
    """One extension, no more (R8)."""

    code = "renew.already_used"


class RenewalAlreadyOpen(Refusal):
    """Opened before and still waiting for the owner's signature. Facts: number."""

    code = "renew.already_open"


class KeyElsewhere(Refusal):
    """The key is in a phone, on a device or in the cloud, where no page of the owner's computer reaches it (R6).
    An officer may still open the renewal. Facts: storage.
    """

    code = "renew.key_elsewhere"


class NotARenewal(Refusal):
    code = "renew.not_a_renewal"


class RenewalClosed(Refusal):
    """Signed, withdrawn or run out already. Facts: state."""

    code = "renew.closed"


class SignatureInvalid(Refusal):
    """The application's number was not signed with the certified key."""

    code = "renew.signature_invalid"


def require_renewable(work: Work, found: Certificate, *, now: datetime) -> None:
    """Raises CertificateEnded, CertificateNotValid, RenewalAlreadyUsed, RenewalAlreadyOpen."""
    standing = certificate.status(found, now)
    if standing is Status.EXPIRED:
        raise CertificateEnded(not_after=found.not_after)
    if standing is not Status.VALID:
        raise CertificateNotValid(status=standing.value)
    renewed = [c for c in work.certificates.following(found.certificate_id) if _extends(c)]
    if found.facets.kind is Kind.RENEWAL or renewed or work.policy.certificates.renewals == 0:
        raise RenewalAlreadyUsed
    waiting = work.applications.open_for_certificate(found.certificate_id, Kind.RENEWAL)
    if waiting is not None:
        raise RenewalAlreadyOpen(number=str(waiting.number))


def require_key_in_file(found: Certificate) -> None:
    """The cabinet's key program signs and keeps keys in files alone. Raises KeyElsewhere."""
    if found.mobile_only or found.facets.storage is not StorageKind.FILE:
        raise KeyElsewhere(storage=found.facets.storage.name)


def _extends(follower: Certificate) -> bool:
    return follower.facets.kind is Kind.RENEWAL and not certificate.never_came(follower)


def open_for_owner(work: Work, *, actor: roles.Actor, serial: Serial, now: datetime) -> Application:
    """An officer may only open it: the owner's key must sign its number.

    Raises NotAllowed, NotTheCaller, CertificateUnknown, PersonDeceased, DocumentExpired and as `require_renewable`.
    """
    roles.require(actor, roles.Permission.OPEN_RENEWAL)
    return _open(work, actor, serial, Channel.COUNTER, now)


def by_owner(work: Work, *, serial: Serial, owner: consent.OwnerConsent, now: datetime) -> Application:
    """The owner opens it in the cabinet; here too the certified key must sign its number.

    Raises ConsentMissing, CertificateUnknown, KeyElsewhere, PersonDeceased, DocumentExpired and as
    `require_renewable`.
    """
    consent.require(owner, purpose=PURPOSE, subject=serial.hex, now=now)
    require_key_in_file(records.certificate(work, serial))
    return _open(work, roles.OWNER, serial, Channel.PKI, now)


def _open(work: Work, actor: roles.Actor, serial: Serial, channel: Channel, now: datetime) -> Application:
    found = records.certificate(work, serial)
    records.require_for_owner(work, actor, roles.Permission.OPEN_RENEWAL, subscriber_id=found.subscriber_id)
    require_renewable(work, found, now=now)
    subscriber = records.subscriber(work, found.subscriber_id)
    records.subscriber_for(work, iin=subscriber.iin, now=now)
    opened = Application(
        number=ApplicationId.draw(),
        subscriber_id=found.subscriber_id,
        kind=Kind.RENEWAL,
        purpose=found.purpose,
        channel=channel,
        storage=found.facets.storage,
        method=found.facets.method,
        region=found.facets.region,
        state=lifecycle.APPLICATION.first,
        opened_at=now,
        changed_at=now,
        policy_version=work.policy.version,
        opened_by=actor.name,
        opened_by_id=actor.staff_id,
        mobile_only=found.mobile_only,
        previous_certificate_id=found.certificate_id,
        key_id=found.key_id,
    )
    work.applications.add(opened)
    records.tell_owner(
        work,
        found.subscriber_id,
        kind=notices.NoticeKind.RENEWAL_OPENED,
        words={"number": str(opened.number)},
        now=now,
    )
    work.certificates.tell(
        found.certificate_id, at=now, event="renewal_opened", by=actor.name, note=str(opened.number)
    )
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:renew:opened", serial.hex, policy_version=work.policy.version,
            details={"application": opened.number.digits},
        )
    )  # fmt: skip
    return opened


def statement(number: ApplicationId) -> bytes:
    """What the owner's key signs: the application's eleven digits in ASCII."""
    return number.digits.encode("ascii")


def _require_signed(public_key_der: bytes, signature: bytes, statement_bytes: bytes) -> None:
    key = serialization.load_der_public_key(public_key_der)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, statement_bytes, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, statement_bytes, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise SignatureInvalid
    except InvalidSignature as error:
        raise SignatureInvalid from error


def confirm(work: Work, *, number: ApplicationId, signature: bytes, now: datetime) -> Application:
    """The owner's certified key signs the number; the job runner then issues. The same signature twice is no error.

    Raises ApplicationUnknown, NotARenewal, RenewalClosed, SignatureInvalid, CertificateNotValid.
    """
    opened = records.application(work, number)
    if opened.kind is not Kind.RENEWAL or opened.previous_certificate_id is None:
        raise NotARenewal
    public_key_der = _certified_key(work, opened.previous_certificate_id)
    _require_signed(public_key_der, signature, statement(number))
    if opened.state in (ApplicationState.SUBMITTED, ApplicationState.ISSUED, ApplicationState.ACCEPTED):
        return opened
    if not lifecycle.APPLICATION.allows("confirm_renewal", opened.state):
        raise RenewalClosed(state=opened.state.name)
    found = work.certificates.by_id(opened.previous_certificate_id)
    if found is None or certificate.status(found, now) is not Status.VALID:
        raise CertificateNotValid(status="not_valid")
    confirmed = replace(
        opened,
        state=lifecycle.APPLICATION.after("confirm_renewal", opened.state),
        changed_at=now,
        public_key=public_key_der,
    )
    work.applications.save(confirmed, expected=opened)
    work.commands.add(submit.issue_command(number), now=now)
    work.audit.add(
        audit.Entry(
            now, roles.OWNER, "application:confirm_renewal:done", number.digits, opened.state.name,
            confirmed.state.name, policy_version=opened.policy_version,
        )
    )  # fmt: skip
    return confirmed


def _certified_key(work: Work, certificate_id: int) -> bytes:
    der = work.certificates.der(certificate_id)
    if der is None:
        raise NotARenewal
    return (
        x509.load_der_x509_certificate(der)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
