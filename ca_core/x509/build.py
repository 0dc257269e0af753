"""Subscriber certificates: rehearse, lint the rehearsal, sign, compare.

`rehearse` signs with a throw-away key, so that the linter sees exactly the content that the
CA's key will sign; `require_same_content` proves afterwards that it was the same, octet by octet.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID

from ca_core.errors import Refusal
from ca_core.x509 import keys, oids, signatures, subject
from ca_core.x509.keys import KeyKind, PrivateKey, PublicKey
from ca_core.x509.profiles import IdentificationMethod, Profile
from ca_core.x509.subject import Subject

_SERIAL_OCTETS = 20


class SignedContentDiffers(Refusal):
    """The signed content is not what was linted and stored: the issuer must stop."""

    code = "issue.signed_content_differs"


class OutlivesIssuer(Refusal):
    """The certificate would be valid longer than the CA that signs it."""

    code = "issue.outlives_issuer"


@dataclass(frozen=True, slots=True)
class PublicationUrls:
    """Where an issuer publishes its list, its certificate, its status answers, its practice statement."""

    crl: str
    ca_issuers: str
    ocsp: str | None = None
    cps: str | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """A CA that can sign. The key is software's or a hardware module's: only its interface matters."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    urls: PublicationUrls


@dataclass(frozen=True, slots=True)
class LeafPlan:
    """Everything that a subscriber certificate will say."""

    profile: Profile
    serial: int
    subject: Subject
    public_key_der: bytes
    not_before: datetime
    not_after: datetime
    method: IdentificationMethod
    mobile_only: bool = False


def new_serial(random: Callable[[int], bytes]) -> int:
    """Always twenty octets, positive and unguessable: top bit clear, next bit set (RFC 5280, 4.1.2.2)."""
    octets = bytearray(random(_SERIAL_OCTETS))
    octets[0] = octets[0] & 0x7F | 0x40
    return int.from_bytes(octets, "big")


def sign(plan: LeafPlan, *, issuer: Issuer) -> x509.Certificate:
    """Sign the planned certificate. Raises OutlivesIssuer."""
    if plan.not_after > issuer.certificate.not_valid_after_utc:
        raise OutlivesIssuer(issuer_ends=issuer.certificate.not_valid_after_utc)
    public_key = _load(plan.public_key_der)
    builder = (
        x509.CertificateBuilder()
        .serial_number(plan.serial)
        .issuer_name(issuer.certificate.subject)
        .not_valid_before(plan.not_before)
        .not_valid_after(plan.not_after)
        .subject_name(subject.name(plan.subject))
        .public_key(public_key)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    for extension, critical in _fixed_extensions(
        profile=plan.profile,
        method=plan.method,
        mobile_only=plan.mobile_only,
        rsa_key=isinstance(public_key, rsa.RSAPublicKey),
        urls=issuer.urls,
        issuer_certificate=issuer.certificate,
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer.key, signatures.hash_for(issuer.key))


def rehearse(plan: LeafPlan, *, issuer: Issuer) -> x509.Certificate:
    """The same content under a throw-away key of the same kind, for the linter. Raises OutlivesIssuer."""
    kind = keys.kind_of(issuer.key.public_key())
    return sign(plan, issuer=replace(issuer, key=_throw_away_key(kind)))


def require_same_content(signed: bytes, linted: bytes) -> None:
    """The to-be-signed octets of the signed and of the linted certificate are equal.

    Raises SignedContentDiffers.
    """
    if signed != linted:
        raise SignedContentDiffers


def key_identifier(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier:
    """The subject key identifier that a certificate states."""
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """keyIdentifier alone (RFC 5280, 4.2.1.1), taken from the issuer's own certificate."""
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_identifier(issuer))


def distribution_point(url: str) -> x509.CRLDistributionPoints:
    """One full list at one address."""
    location = [x509.UniformResourceIdentifier(url)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(location, None, None, None)])


def authority_information(urls: PublicationUrls) -> x509.AuthorityInformationAccess:
    """The issuer's certificate, and its responder where there is one."""
    places = [(AuthorityInformationAccessOID.CA_ISSUERS, urls.ca_issuers)]
    if urls.ocsp is not None:
        places.insert(0, (AuthorityInformationAccessOID.OCSP, urls.ocsp))
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in places]
    )


@lru_cache(maxsize=8)
def _throw_away_key(kind: KeyKind) -> PrivateKey:
    return keys.generate(kind)


def _load(public_key_der: bytes) -> PublicKey:
    key = serialization.load_der_public_key(public_key_der)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise TypeError("a plan holds a key that csr.check let pass: RSA or EC")
    return key


@lru_cache(maxsize=256)
def _fixed_extensions(
    *,
    profile: Profile,
    method: IdentificationMethod,
    mobile_only: bool,
    rsa_key: bool,
    urls: PublicationUrls,
    issuer_certificate: x509.Certificate,
) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """The extensions that are equal in thousands of certificates, made once."""
    mobile = (oids.MOBILE_ONLY,) if mobile_only else ()
    return (
        (authority_key_identifier(issuer_certificate), False),
        (profile.key_usage(rsa_key=rsa_key), True),
        (_policies((*profile.policies, *mobile), urls.cps), False),
        (x509.ExtendedKeyUsage([*profile.purposes, method.oid, *mobile]), False),
        (distribution_point(urls.crl), False),
        (authority_information(urls), False),
    )


def _policies(policies: tuple[x509.ObjectIdentifier, ...], cps: str | None) -> x509.CertificatePolicies:
    """Each policy, with the practice statement's address and, as the NCA does, the same text as notice."""
    qualifiers: list[str | x509.UserNotice] | None = None
    if cps is not None:
        qualifiers = [cps, x509.UserNotice(None, cps)]
    return x509.CertificatePolicies([x509.PolicyInformation(policy, qualifiers) for policy in policies])
