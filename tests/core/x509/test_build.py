from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ca_core.x509 import build, keys, oids, profiles
from ca_core.x509.keys import KeyKind
from ca_core.x509.profiles import IdentificationMethod
from tests.core.x509 import authorities


def purposes(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def usage(certificate: x509.Certificate) -> set[str]:
    stated = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = ("digital_signature", "content_commitment", "key_encipherment", "key_agreement", "key_cert_sign")
    return {name for name in names if getattr(stated, name)}


@pytest.mark.parametrize("first_octet", [0x00, 0x7F, 0x80, 0xFF])
def test_serial_has_always_twenty_positive_octets(first_octet: int) -> None:
    """RFC 5280, 4.1.2.2: positive and at most 20 octets, whatever the random source gives."""
    serial = build.new_serial(lambda count: bytes([first_octet]) + bytes(count - 1))
    assert serial.bit_length() == 159


def test_rehearsal_says_what_is_signed() -> None:
    issuer = authorities.authority().issuing
    plan = authorities.plan()
    rehearsed, signed = build.rehearse(plan, issuer=issuer), build.sign(plan, issuer=issuer)
    build.require_same_content(signed.tbs_certificate_bytes, rehearsed.tbs_certificate_bytes)
    assert signed.signature != rehearsed.signature


def test_rehearsal_is_no_certificate() -> None:
    """What the linter sees must be worthless to whoever steals it."""
    issuer = authorities.authority().issuing
    rehearsed = build.rehearse(authorities.plan(), issuer=issuer)
    with pytest.raises(InvalidSignature):
        rehearsed.verify_directly_issued_by(issuer.certificate)


def test_other_content_than_linted_is_refused() -> None:
    issuer = authorities.authority().issuing
    one = build.sign(authorities.plan(), issuer=issuer)
    other = build.sign(authorities.plan(), issuer=issuer)
    with pytest.raises(build.SignedContentDiffers):
        build.require_same_content(one.tbs_certificate_bytes, other.tbs_certificate_bytes)


def test_certificate_does_not_outlive_its_issuer() -> None:
    issuer = authorities.authority().issuing
    late = issuer.certificate.not_valid_after_utc + timedelta(seconds=1)
    with pytest.raises(build.OutlivesIssuer):
        build.sign(authorities.plan(not_after=late), issuer=issuer)


@pytest.mark.parametrize(
    ("method", "number"),
    [
        (IdentificationMethod.COUNTER, "1.2.398.3.3.4.3.1"),
        (IdentificationMethod.VIDEO_CALL, "1.2.398.3.3.4.3.2"),
        (IdentificationMethod.MODERATOR, "1.2.398.3.3.4.3.2"),
        (IdentificationMethod.AUTOMATIC_FACE, "1.2.398.3.3.4.3.2.1"),
    ],
)
def test_certificate_tells_how_the_person_was_identified(method: IdentificationMethod, number: str) -> None:
    stated = purposes(authorities.leaf(method=method))
    expected = {ExtendedKeyUsageOID.EMAIL_PROTECTION, oids.ROLE_PERSON, x509.ObjectIdentifier(number)}
    assert stated == expected


def test_mobile_only_is_readable_as_policy_and_purpose() -> None:
    """R7: relying parties can tell."""
    mobile, usual = authorities.leaf(mobile_only=True), authorities.leaf()
    policies = mobile.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert oids.MOBILE_ONLY in {policy.policy_identifier for policy in policies}
    assert oids.MOBILE_ONLY in purposes(mobile)
    assert profiles.is_mobile_only(mobile)
    assert not profiles.is_mobile_only(usual)


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048])
def test_signing_key_signs_and_commits(kind: KeyKind) -> None:
    assert usage(authorities.leaf(kind=kind)) == {"digital_signature", "content_commitment"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (KeyKind.EC_P256, {"digital_signature"}),
        (KeyKind.RSA_2048, {"digital_signature", "key_encipherment"}),
    ],
)
def test_authentication_key_never_commits(kind: KeyKind, expected: set[str]) -> None:
    certificate = authorities.leaf(kind=kind, profile=profiles.AUTHENTICATION)
    assert usage(certificate) == expected
    assert ExtendedKeyUsageOID.CLIENT_AUTH in purposes(certificate)


def test_leaf_carries_no_name_but_the_subject_and_no_delta_pointer() -> None:
    present = {extension.oid for extension in authorities.leaf().extensions}
    assert present.isdisjoint(
        {
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
            ExtensionOID.FRESHEST_CRL,
            ExtensionOID.BASIC_CONSTRAINTS,
        }
    )


def test_authority_key_identifier_is_the_key_alone() -> None:
    stated = authorities.leaf().extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert stated.key_identifier == build.key_identifier(authorities.authority().issuing.certificate).digest
    assert stated.authority_cert_issuer is None
    assert stated.authority_cert_serial_number is None


def test_without_practice_statement_policies_have_no_qualifier() -> None:
    issuer = authorities.authority().issuing
    bare = replace(issuer, urls=replace(issuer.urls, cps=None))
    certificate = build.sign(authorities.plan(), issuer=bare)
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_qualifiers for policy in policies] == [None]


class TokenKey(ec.EllipticCurvePrivateKey):
    """A key that only a hardware module could use: it signs, and never shows itself."""

    def __init__(self) -> None:
        self._inside = ec.generate_private_key(ec.SECP256R1())
        self.signatures = 0

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._inside.curve

    @property
    def key_size(self) -> int:
        return self._inside.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._inside.public_key()

    def sign(self, data, signature_algorithm):  # type: ignore[no-untyped-def]  # cryptography's own buffer type
        self.signatures += 1
        return self._inside.sign(data, signature_algorithm)

    def exchange(self, *_unused: object) -> bytes:
        raise AssertionError("a CA key agrees on nothing")

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        raise AssertionError("a token never shows its key")

    def private_bytes(self, *_unused: object) -> bytes:
        raise AssertionError("a token never shows its key")

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: object) -> "TokenKey":
        return self


def test_key_in_a_hardware_module_signs_once_for_each_certificate() -> None:
    token = TokenKey()
    issuer = build.Issuer(authorities.authority().issuing.certificate, token, authorities.ISSUING_URLS)
    plan = authorities.plan()
    build.rehearse(plan, issuer=issuer)
    signed = build.sign(plan, issuer=issuer)
    assert token.signatures == 1
    token.public_key().verify(
        signed.signature, signed.tbs_certificate_bytes, ec.ECDSA(signed.signature_hash_algorithm)
    )


def test_one_year_ends_on_the_same_day_and_second() -> None:
    begins = datetime(2027, 3, 5, 9, 30, 1, tzinfo=UTC)
    assert profiles.validity_end(begins, years=1) == datetime(2028, 3, 5, 9, 30, 1, tzinfo=UTC)


def test_year_from_leap_day_ends_a_day_early_not_late() -> None:
    """R8: one year, never a day more."""
    begins = datetime(2028, 2, 29, tzinfo=UTC)
    assert profiles.validity_end(begins, years=1) == datetime(2029, 2, 28, tzinfo=UTC)


def test_key_kinds_of_issuers_are_told_apart() -> None:
    assert [
        keys.kind_of(authorities.key(kind).public_key()) for kind in (KeyKind.EC_P384, KeyKind.RSA_2048)
    ] == [
        KeyKind.EC_P384,
        KeyKind.RSA_2048,
    ]
