"""Revocation lists (RFC 5280, 5), assembled from entries that were encoded when the revocation happened.

A list of a million entries is joined, hashed and signed in a fraction of a second, where building
it entry by entry takes many. Full lists only: no delta is published.
"""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ca_core.errors import Refusal
from ca_core.x509 import build, der, oids, signatures
from ca_core.x509.build import Issuer
from ca_core.x509.keys import PublicKey

_VERSION_2 = der.integer(1)
_REASON_NUMBERS = {
    x509.ReasonFlags.key_compromise: 1,
    x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3,
    x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5,
    x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.privilege_withdrawn: 9,
    x509.ReasonFlags.aa_compromise: 10,
}


class CrlNotPublishable(Refusal):
    """The new list must not replace the old one; `detail` says why."""

    code = "crl.not_publishable"

    def __init__(self, *, detail: str) -> None:
        super().__init__(detail=detail)
        self.detail = detail


def reason_number(reason: x509.ReasonFlags | None) -> int | None:
    """The CRLReason to write; None where RFC 5280, 5.3.1 wants it absent (unspecified)."""
    if reason is None or reason is x509.ReasonFlags.unspecified:
        return None
    if reason not in _REASON_NUMBERS:
        # RFC 5280, 5.3.1: removeFromCRL may appear in delta lists only.
        raise ValueError(f"{reason.value} has no place in a full list")
    return _REASON_NUMBERS[reason]


def entry(serial: int, revoked_at: datetime, reason: x509.ReasonFlags | None) -> bytes:
    """One element of revokedCertificates, to be stored with the revocation."""
    number = reason_number(reason)
    fields = [der.integer(serial), der.time(revoked_at)]
    if number is not None:
        fields.append(der.sequence(der.extension(oids.CRL_REASON, der.enumerated(number))))
    return der.sequence(*fields)


def assemble(
    entries: Iterable[bytes],
    *,
    issuer: Issuer,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """A full, signed list (DER) for the address that the issuer's certificates name."""
    algorithm = signatures.algorithm_identifier(issuer.key)
    head = b"".join(
        (
            _VERSION_2,
            algorithm,
            issuer.certificate.subject.public_bytes(),
            der.time(this_update),
            der.time(next_update),
        )
    )
    revoked = b"".join(entries)
    # RFC 5280, 5.1.2.6: absent, not empty, when nothing is revoked.
    revoked_header = der.header(der.SEQUENCE, len(revoked)) if revoked else b""
    tail = _extensions(issuer, number)
    length = len(head) + len(revoked_header) + len(revoked) + len(tail)
    to_be_signed = (der.header(der.SEQUENCE, length), head, revoked_header, revoked, tail)
    signature = der.bits(signatures.sign(issuer.key, *to_be_signed))
    whole = sum(map(len, to_be_signed)) + len(algorithm) + len(signature)
    return b"".join((der.header(der.SEQUENCE, whole), *to_be_signed, algorithm, signature))


def check(
    crl_der: bytes, *, issuer_certificate: x509.Certificate, previous_number: int | None, now: datetime
) -> None:
    """Our own list, read back before it replaces the published one. Raises CrlNotPublishable."""
    # The signature comes first: what follows reads only what this CA has signed.
    crl = _load_signed(crl_der, issuer_certificate)
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    except x509.ExtensionNotFound as error:
        raise CrlNotPublishable(detail="extensions") from error
    if crl.issuer != issuer_certificate.subject:
        raise CrlNotPublishable(detail="issuer")
    if previous_number is not None and number <= previous_number:
        raise CrlNotPublishable(detail="number")
    if crl.next_update_utc is None or not crl.last_update_utc <= now < crl.next_update_utc:
        raise CrlNotPublishable(detail="dates")


def _load_signed(crl_der: bytes, issuer_certificate: x509.Certificate) -> x509.CertificateRevocationList:
    try:
        crl = x509.load_der_x509_crl(crl_der)
        valid = crl.is_signature_valid(_public_key(issuer_certificate))
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise CrlNotPublishable(detail="unreadable") from error
    # Parsers forgive a wrong count of unused bits when the bits are zero; what we publish is strict DER.
    if not valid or not crl_der.endswith(der.bits(crl.signature)):
        raise CrlNotPublishable(detail="signature")
    return crl


def pem(crl_der: bytes) -> bytes:
    """The same list in PEM, for tools that want it so."""
    return x509.load_der_x509_crl(crl_der).public_bytes(serialization.Encoding.PEM)


def _extensions(issuer: Issuer, number: int) -> bytes:
    """AKI, cRLNumber and, critically, the scope, so that no list can stand in for another."""
    listed = (
        (build.authority_key_identifier(issuer.certificate), b""),
        (x509.CRLNumber(number), b""),
        (_scope(issuer), b"\x01\x01\xff"),
    )
    encoded = (
        der.sequence(der.oid(value.oid), critical, der.octets(value.public_bytes()))
        for value, critical in listed
    )
    return der.explicit(0, der.sequence(*encoded))


def _scope(issuer: Issuer) -> x509.IssuingDistributionPoint:
    """RFC 5280, 5.2.5: the issuing CA's list has its address; the root's has CA certificates.

    The root's own certificate names no list, so an address there would leave the root without one
    that fits, and `openssl verify -crl_check_all` would fail.
    """
    is_root = issuer.certificate.subject == issuer.certificate.issuer
    return x509.IssuingDistributionPoint(
        full_name=None if is_root else [x509.UniformResourceIdentifier(issuer.urls.crl)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=is_root,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def _public_key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    assert isinstance(key, PublicKey), "our issuers have RSA or EC keys"
    return key
