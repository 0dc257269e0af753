"""What each kind of certificate says, as data: RFC 5280, EN 319 412-2 and the NCA's usage.

A profile names its contents; `build` and `hierarchy` turn them into bytes. No FreshestCRL: a
relying party that sees one demands a delta list, and none is published.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca_core.x509 import oids


class IdentificationMethod(StrEnum):
    """How the person was identified; stamped into the certificate for every relying party to read."""

    COUNTER = "counter"
    VIDEO_CALL = "video_call"
    MODERATOR = "moderator"
    AUTOMATIC_FACE = "automatic_face"

    @property
    def oid(self) -> x509.ObjectIdentifier:
        return _METHOD_OIDS[self]


_METHOD_OIDS = {
    IdentificationMethod.COUNTER: oids.IDENTIFIED_AT_COUNTER,
    IdentificationMethod.VIDEO_CALL: oids.IDENTIFIED_REMOTELY,
    IdentificationMethod.MODERATOR: oids.IDENTIFIED_REMOTELY,
    IdentificationMethod.AUTOMATIC_FACE: oids.IDENTIFIED_BY_FACE,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate. `rsa_usages` are added to `usages` when the subject's key is RSA."""

    name: str
    years: int
    usages: frozenset[str]
    rsa_usages: frozenset[str] = frozenset()
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    policies: tuple[x509.ObjectIdentifier, ...] = ()
    is_ca: bool = False
    path_length: int | None = None

    def key_usage(self, *, rsa_key: bool) -> x509.KeyUsage:
        """The keyUsage extension for a subject with, or without, an RSA key."""
        named = self.usages | self.rsa_usages if rsa_key else self.usages
        return x509.KeyUsage(**{usage: usage in named for usage in _USAGES})


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

SIGNING = Profile(
    name="signing",
    years=1,
    # X.509 renamed nonRepudiation to contentCommitment; it is the same bit.
    usages=frozenset({"digital_signature", "content_commitment"}),
    purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION, oids.ROLE_PERSON),
    policies=(oids.POLICY_PERSON_SIGNING,),
)

AUTHENTICATION = Profile(
    name="authentication",
    years=1,
    usages=frozenset({"digital_signature"}),
    # RFC 8446 clients only sign; an RSA key may still be asked to decrypt by TLS 1.2 (RFC 5246, 7.4.7.1).
    rsa_usages=frozenset({"key_encipherment"}),
    purposes=(ExtendedKeyUsageOID.CLIENT_AUTH, oids.ROLE_PERSON),
    policies=(oids.POLICY_PERSON_AUTHENTICATION,),
)

OCSP_RESPONDER = Profile(
    name="ocsp_responder",
    years=1,
    usages=frozenset({"digital_signature"}),
    purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,),
)

ISSUING = Profile(
    name="issuing",
    years=10,
    usages=frozenset({"key_cert_sign", "crl_sign"}),
    policies=(oids.ANY_POLICY,),
    is_ca=True,
    path_length=0,
)

ROOT = Profile(
    name="root",
    years=20,
    usages=frozenset({"key_cert_sign", "crl_sign"}),
    is_ca=True,
)

LEAF_PROFILES = {profile.name: profile for profile in (SIGNING, AUTHENTICATION)}


def validity_end(not_before: datetime, *, years: int) -> datetime:
    """The same day and second `years` later; 29 February becomes the 28th, never a day more (R8)."""
    try:
        return not_before.replace(year=not_before.year + years)
    except ValueError:
        return not_before.replace(year=not_before.year + years, day=28)


def is_mobile_only(certificate: x509.Certificate) -> bool:
    """R7: the certificate says of itself that it serves mobile applications only."""
    return oids.MOBILE_ONLY in set(_policies_and_purposes(certificate))


def _policies_and_purposes(certificate: x509.Certificate) -> Iterator[x509.ObjectIdentifier]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            yield from (policy.policy_identifier for policy in extension.value)
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            yield from extension.value
