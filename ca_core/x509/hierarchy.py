"""The CA's own certificates: root, issuing CA, delegated OCSP responder."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from ca_core.errors import Refusal
from ca_core.x509 import build, profiles, signatures
from ca_core.x509.build import Issuer
from ca_core.x509.keys import KeyKind, PrivateKey, PublicKey
from ca_core.x509.profiles import Profile

_COMMON_NAME_OCTETS = 64


class AuthorityNameUnusable(Refusal):
    """An authority needs an organisation, and a common name of 1 to 64 octets that everybody can read."""

    code = "ca.name_unusable"


@dataclass(frozen=True, slots=True)
class KeyKinds:
    """Which key each authority gets."""

    root: KeyKind
    issuing: KeyKind
    responder: KeyKind


EC = KeyKinds(root=KeyKind.EC_P384, issuing=KeyKind.EC_P256, responder=KeyKind.EC_P256)
RSA = KeyKinds(root=KeyKind.RSA_4096, issuing=KeyKind.RSA_3072, responder=KeyKind.RSA_2048)
CHOICES = {"ec": EC, "rsa": RSA}


def authority_name(*, common_name: str, organization: str, country: str = "KZ") -> x509.Name:
    """An authority's name has C, O and CN (EN 319 412-2, GEN-4.2.3.1). Raises AuthorityNameUnusable."""
    if not organization.strip() or not 1 <= len(common_name.encode()) <= _COMMON_NAME_OCTETS:
        raise AuthorityNameUnusable(common_name=common_name, organization=organization)
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def make_root(*, key: PrivateKey, name: x509.Name, serial: int, not_before: datetime) -> x509.Certificate:
    """A self-signed root, good for 20 years."""
    builder = _start(profiles.ROOT, key.public_key(), name, serial, not_before).issuer_name(name)
    return builder.sign(key, signatures.hash_for(key))


def make_issuing(
    *, root: Issuer, public_key: PublicKey, name: x509.Name, serial: int, not_before: datetime
) -> x509.Certificate:
    """The CA below the root that signs subscribers and nothing below them; points to the root's list."""
    builder = _start(profiles.ISSUING, public_key, name, serial, not_before)
    policies = [x509.PolicyInformation(policy, None) for policy in profiles.ISSUING.policies]
    builder = (
        builder.add_extension(x509.CertificatePolicies(policies), critical=False)
        .add_extension(build.distribution_point(root.urls.crl), critical=False)
        .add_extension(build.authority_information(root.urls), critical=False)
    )
    return _sign(builder, root)


def make_ocsp_responder(
    *, issuer: Issuer, public_key: PublicKey, name: x509.Name, serial: int, not_before: datetime
) -> x509.Certificate:
    """RFC 6960, 4.2.2.2: a delegate for this issuer alone, which nobody needs to ask about (nocheck)."""
    profile = profiles.OCSP_RESPONDER
    builder = (
        _start(profile, public_key, name, serial, not_before)
        .add_extension(x509.ExtendedKeyUsage(profile.purposes), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    return _sign(builder, issuer)


def _start(
    profile: Profile, public_key: PublicKey, name: x509.Name, serial: int, not_before: datetime
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .serial_number(serial)
        .subject_name(name)
        .not_valid_before(not_before)
        .not_valid_after(profiles.validity_end(not_before, years=profile.years))
        .public_key(public_key)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(profile.key_usage(rsa_key=False), critical=True)
    )
    if profile.is_ca:
        basic = x509.BasicConstraints(ca=True, path_length=profile.path_length)
        builder = builder.add_extension(basic, critical=True)
    return builder


def _sign(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.Certificate:
    return (
        builder.issuer_name(issuer.certificate.subject)
        .add_extension(build.authority_key_identifier(issuer.certificate), critical=False)
        .sign(issuer.key, signatures.hash_for(issuer.key))
    )
