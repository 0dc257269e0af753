"""The relying party's question "who signed this file, and may I trust it?" (F8): good only as far as we can know.

For each signature: is the document what was signed, is the certificate ours and meant for this, how does it stand
now, and how did it stand when the signer says to have signed. Without a time stamp that time is only claimed: a
certificate that ended since proves nothing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509

from ca_core.identifiers import Serial, SerialInvalid
from ca_core.ports import Work
from ca_core.revocation import check, past
from ca_core.revocation.status import PublicStatus
from ca_core.x509 import cms, cms_proof, profiles
from ca_core.x509.cms import SignedFile, Signer
from ca_core.x509.cms_proof import Integrity

# A signer's clock may be a little ahead of ours.
_CLOCKS_DIFFER = timedelta(minutes=5)


class Trust(StrEnum):
    GOOD = "good"
    BAD = "bad"
    CANNOT_KNOW = "cannot_know"


class Cause(StrEnum):
    """Why: the first of these that holds, in the order in which it is asked."""

    ALTERED = "altered"
    OTHER_DOCUMENT = "other_document"
    DOCUMENT_MISSING = "document_missing"
    CERTIFICATE_MISSING = "certificate_missing"
    UNSUPPORTED = "unsupported"
    WEAK = "weak"
    NOT_OURS = "not_ours"
    FORGED = "forged"
    MOBILE_ONLY = "mobile_only"
    NOT_FOR_SIGNING = "not_for_signing"
    TIME_IMPOSSIBLE = "time_impossible"
    REVOKED_THEN = "revoked_then"
    ON_HOLD_THEN = "on_hold_then"
    NOT_VALID_THEN = "not_valid_then"
    TIME_UNPROVEN = "time_unproven"
    NONE = "none"


_BAD = frozenset(
    {
        Cause.ALTERED,
        Cause.OTHER_DOCUMENT,
        Cause.FORGED,
        Cause.MOBILE_ONLY,
        Cause.NOT_FOR_SIGNING,
        Cause.REVOKED_THEN,
        Cause.ON_HOLD_THEN,
        Cause.NOT_VALID_THEN,
    }
)
_UNPROVEN = {
    Integrity.ALTERED: Cause.ALTERED,
    Integrity.DOCUMENT_MISSING: Cause.DOCUMENT_MISSING,
    Integrity.CERTIFICATE_MISSING: Cause.CERTIFICATE_MISSING,
    Integrity.UNSUPPORTED: Cause.UNSUPPORTED,
    Integrity.WEAK: Cause.WEAK,
}
_THEN = {
    check.Verdict.REVOKED: Cause.REVOKED_THEN,
    check.Verdict.ON_HOLD: Cause.ON_HOLD_THEN,
    check.Verdict.EXPIRED: Cause.NOT_VALID_THEN,
    check.Verdict.NOT_YET_VALID: Cause.NOT_VALID_THEN,
}


class TimeKind(StrEnum):
    """What is known of when it was signed."""

    ABSENT = "absent"
    CLAIMED = "claimed"
    # There is a token, of an authority whose key we have no reason to trust: the time stays claimed.
    STAMP_NOT_CHECKED = "stamp_not_checked"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `standing` is how the certificate stands now, `standing_then` at `claimed_at`, as far as known."""

    cause: Cause
    integrity: Integrity
    time: TimeKind
    claimed_at: datetime | None
    certificate: x509.Certificate | None = None
    standing: check.Answer | None = None
    standing_then: check.Verdict = check.Verdict.CANNOT_KNOW

    @property
    def trust(self) -> Trust:
        if self.cause is Cause.NONE:
            return Trust.GOOD
        return Trust.BAD if self.cause in _BAD else Trust.CANNOT_KNOW


@dataclass(frozen=True, slots=True)
class Report:
    """`attached`: the document lies within the file."""

    attached: bool
    signatures: tuple[Signature, ...]

    @property
    def trust(self) -> Trust:
        """As bad as the worst signature."""
        found = {signature.trust for signature in self.signatures}
        return next(trust for trust in (Trust.BAD, Trust.CANNOT_KNOW, Trust.GOOD) if trust in found)


def verify(
    work: Work, *, raw: bytes, document: bytes | None, issuer: x509.Certificate, now: datetime
) -> Report:
    """`document` is the file beside a detached signature.

    Raises SignedFileTooLarge, SignedFileUnreadable, SignedFileUnsigned.
    """
    signed = cms.read(raw)
    content = signed.content if signed.content is not None else document
    other = signed.content is not None and document is not None and signed.content != document
    judged = [_signature(work, signed, one, content, issuer, now) for one in signed.signers]
    if other:
        judged = [_about_another_document(one) for one in judged]
    return Report(signed.content is not None, tuple(judged))


def _about_another_document(found: Signature) -> Signature:
    return Signature(
        Cause.OTHER_DOCUMENT, found.integrity, found.time, found.claimed_at, found.certificate, found.standing
    )


def _signature(
    work: Work,
    signed: SignedFile,
    signer: Signer,
    content: bytes | None,
    issuer: x509.Certificate,
    now: datetime,
) -> Signature:
    brought = cms.certificate_of(signed, signer)
    certificate = brought or _from_our_record(work, signer, issuer)
    integrity = cms_proof.prove(
        signer, content=content, content_type=signed.content_type, certificate=certificate
    )
    if certificate is None:
        return Signature(_UNPROVEN[integrity], integrity, _time(signer), signer.claimed_at)
    answer = check.by_certificate(work, given=certificate, issuer=issuer, now=now)
    then = _then(work, answer, signer.claimed_at)
    cause = _UNPROVEN.get(integrity)
    return Signature(
        cause=cause or _cause(certificate, answer, then, signer.claimed_at, now),
        integrity=integrity,
        time=_time(signer),
        claimed_at=signer.claimed_at,
        # R14: whose a serial is we tell nobody who brings no signature of theirs; anybody can write a serial down.
        certificate=brought or (certificate if integrity is Integrity.INTACT else None),
        standing=answer,
        standing_then=then,
    )


def _from_our_record(work: Work, signer: Signer, issuer: x509.Certificate) -> x509.Certificate | None:
    """A file that names our certificate without bringing it along: we have it."""
    if signer.key_id:
        return None
    try:
        found = work.certificates.by_serial(Serial.of(signer.serial))
    except SerialInvalid:
        return None
    der = work.certificates.der(found.certificate_id) if found is not None else None
    if der is None:
        return None
    certificate = x509.load_der_x509_certificate(der)
    return certificate if cms.issuer_name(certificate) == signer.issuer else None


def _then(work: Work, answer: check.Answer, claimed_at: datetime | None) -> check.Verdict:
    if answer.known is None or claimed_at is None:
        return check.Verdict.CANNOT_KNOW
    found = work.certificates.by_serial(Serial.parse(answer.serial))
    return past.at(work, found=found, instant=claimed_at) if found is not None else check.Verdict.CANNOT_KNOW


def _cause(
    certificate: x509.Certificate,
    answer: check.Answer,
    then: check.Verdict,
    claimed_at: datetime | None,
    now: datetime,
) -> Cause:
    if answer.verdict is check.Verdict.CANNOT_KNOW:
        return Cause.NOT_OURS
    # What is known is this very certificate, octet by octet, as we signed it.
    if answer.known is None:
        return Cause.FORGED
    unfit = _unfit(certificate, answer.known)
    return unfit or _by_time(answer.verdict, then, claimed_at, now)


def _unfit(certificate: x509.Certificate, known: PublicStatus) -> Cause | None:
    """R7: mobile only is refused here; and an authentication certificate signs no documents (RFC 5280, 4.2.1.3)."""
    if profiles.is_mobile_only(certificate) or known.mobile_only:
        return Cause.MOBILE_ONLY
    usages = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    return None if usages.content_commitment else Cause.NOT_FOR_SIGNING


def _by_time(
    standing: check.Verdict, then: check.Verdict, claimed_at: datetime | None, now: datetime
) -> Cause:
    if claimed_at is not None:
        if claimed_at > now + _CLOCKS_DIFFER:
            return Cause.TIME_IMPOSSIBLE
        if then is not check.Verdict.VALID:
            return _THEN.get(then, Cause.TIME_UNPROVEN)
    # Valid now and never ended: it was made before now, whenever that was.
    return Cause.NONE if standing is check.Verdict.VALID else Cause.TIME_UNPROVEN


def _time(signer: Signer) -> TimeKind:
    if signer.has_time_stamp:
        return TimeKind.STAMP_NOT_CHECKED
    return TimeKind.CLAIMED if signer.claimed_at is not None else TimeKind.ABSENT


def serials(report: Report) -> Sequence[Serial]:
    """Ours among them: asking about a signature is a status request, as OCSP is one (R12)."""
    known = (one.standing for one in report.signatures if one.standing is not None)
    return [Serial.parse(answer.serial) for answer in known if answer.known is not None]
