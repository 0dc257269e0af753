from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca_core.x509 import hierarchy, keys
from ca_core.x509.keys import KeyKind
from tests.core.x509 import authorities


@pytest.fixture(params=["ec", "rsa"])
def authority(request: pytest.FixtureRequest) -> authorities.Authority:
    return authorities.authority(request.param)


def extension(
    certificate: x509.Certificate, kind: type[x509.ExtensionType]
) -> x509.Extension[x509.ExtensionType]:
    return certificate.extensions.get_extension_for_class(kind)


def test_keys_are_of_the_chosen_kinds() -> None:
    chosen = hierarchy.CHOICES["ec"]
    house = authorities.authority("ec")
    assert keys.kind_of(house.root.key.public_key()) is chosen.root is KeyKind.EC_P384
    assert keys.kind_of(house.issuing.key.public_key()) is chosen.issuing is KeyKind.EC_P256
    assert keys.kind_of(house.responder.key.public_key()) is chosen.responder is KeyKind.EC_P256


def test_each_certificate_is_signed_by_the_one_above(authority: authorities.Authority) -> None:
    root, issuing = authority.root.certificate, authority.issuing.certificate
    root.verify_directly_issued_by(root)
    issuing.verify_directly_issued_by(root)
    authority.responder.certificate.verify_directly_issued_by(issuing)


def test_issuing_ca_cannot_make_another_ca(authority: authorities.Authority) -> None:
    stated = extension(authority.issuing.certificate, x509.BasicConstraints)
    assert stated.critical
    assert stated.value == x509.BasicConstraints(ca=True, path_length=0)


def test_issuing_ca_points_to_what_the_root_publishes(authority: authorities.Authority) -> None:
    certificate = authority.issuing.certificate
    points = extension(certificate, x509.CRLDistributionPoints).value
    places = extension(certificate, x509.AuthorityInformationAccess).value
    assert [name.value for point in points for name in point.full_name] == [authorities.ROOT_URLS.crl]
    assert [place.access_location.value for place in places] == [authorities.ROOT_URLS.ca_issuers]


def test_authorities_live_20_10_and_1_years(authority: authorities.Authority) -> None:
    spans = [
        round((one.not_valid_after_utc - one.not_valid_before_utc) / timedelta(days=365.25))
        for one in (
            authority.root.certificate,
            authority.issuing.certificate,
            authority.responder.certificate,
        )
    ]
    assert spans == [20, 10, 1]


def test_responder_does_nothing_but_answer(authority: authorities.Authority) -> None:
    """RFC 6960, 4.2.2.2: OCSPSigning, and nocheck whose value is NULL, not nothing."""
    certificate = authority.responder.certificate
    assert list(extension(certificate, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert extension(certificate, x509.OCSPNoCheck).value.public_bytes() == b"\x05\x00"
    usage = extension(certificate, x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign, usage.crl_sign) == (True, False, False)


@pytest.mark.parametrize(
    ("common_name", "organization"), [("", "Қолтаңба"), ("Ұ" * 33, "Қолтаңба"), ("DEMO CA", " ")]
)
def test_authority_needs_a_readable_name(common_name: str, organization: str) -> None:
    """EN 319 412-2, GEN-4.2.3.1: C, O and CN."""
    with pytest.raises(hierarchy.AuthorityNameUnusable):
        hierarchy.authority_name(common_name=common_name, organization=organization)
