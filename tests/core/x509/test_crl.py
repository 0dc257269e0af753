from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_core.x509 import crl
from ca_core.x509.build import Issuer
from tests.core.x509 import authorities

NOW = authorities.NOW
REASONS = [
    None,
    x509.ReasonFlags.key_compromise,
    x509.ReasonFlags.affiliation_changed,
    x509.ReasonFlags.superseded,
    x509.ReasonFlags.cessation_of_operation,
    x509.ReasonFlags.certificate_hold,
    x509.ReasonFlags.privilege_withdrawn,
]


def assembled(*entries: bytes, number: int = 7, issuer: Issuer | None = None) -> bytes:
    return crl.assemble(
        entries,
        issuer=issuer or authorities.authority().issuing,
        number=number,
        this_update=NOW,
        next_update=NOW + timedelta(hours=24),
    )


def check(der: bytes, *, previous: int | None = 6, now: datetime = NOW) -> None:
    certificate = authorities.authority().issuing.certificate
    crl.check(der, issuer_certificate=certificate, previous_number=previous, now=now)


@pytest.mark.parametrize("choice", ["ec", "rsa"])
@pytest.mark.parametrize("level", ["root", "issuing"])
def test_list_is_read_and_verified_by_another_parser(choice: str, level: str) -> None:
    issuer = getattr(authorities.authority(choice), level)
    serial = authorities.serial()
    der = assembled(crl.entry(serial, NOW, x509.ReasonFlags.superseded), issuer=issuer)
    parsed = x509.load_der_x509_crl(der)
    assert parsed.is_signature_valid(issuer.certificate.public_key())
    assert parsed.get_revoked_certificate_by_serial_number(serial) is not None


@pytest.mark.parametrize("reason", REASONS)
def test_entry_keeps_serial_instant_and_reason(reason: x509.ReasonFlags | None) -> None:
    serial = authorities.serial()
    found = x509.load_der_x509_crl(
        assembled(crl.entry(serial, NOW, reason))
    ).get_revoked_certificate_by_serial_number(serial)
    assert found is not None
    assert found.revocation_date_utc == NOW
    if reason is None:
        assert list(found.extensions) == []
    else:
        stated = found.extensions.get_extension_for_class(x509.CRLReason)
        assert (stated.value.reason, stated.critical) == (reason, False)


def test_unspecified_reason_is_left_out() -> None:
    """RFC 5280, 5.3.1: SHOULD be absent instead of using the unspecified value."""
    serial = authorities.serial()
    assert crl.entry(serial, NOW, x509.ReasonFlags.unspecified) == crl.entry(serial, NOW, None)


def test_removal_has_no_place_in_a_full_list() -> None:
    with pytest.raises(ValueError):
        crl.entry(authorities.serial(), NOW, x509.ReasonFlags.remove_from_crl)


@pytest.mark.parametrize(
    "instant", [datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)]
)
def test_instants_cross_the_year_2050(instant: datetime) -> None:
    """RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from then on."""
    serial = authorities.serial()
    entry = crl.entry(serial, instant, None)
    found = x509.load_der_x509_crl(assembled(entry)).get_revoked_certificate_by_serial_number(serial)
    assert found is not None
    assert found.revocation_date_utc == instant


def test_empty_list_has_no_revoked_field() -> None:
    """RFC 5280, 5.1.2.6: absent when there are no revoked certificates."""
    issuer = authorities.authority().issuing
    parsed = x509.load_der_x509_crl(assembled())
    built = (
        x509.CertificateRevocationListBuilder(extensions=list(parsed.extensions))
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(hours=24))
        .sign(issuer.key, parsed.signature_hash_algorithm)
    )
    assert parsed.tbs_certlist_bytes == built.tbs_certlist_bytes


def test_many_entries_make_the_octets_of_the_library_builder() -> None:
    """The builder is the oracle: hand-assembled content must equal it to the octet."""
    issuer = authorities.authority("rsa").issuing
    revoked = [(authorities.serial(), NOW, reason) for reason in REASONS * 40]
    parsed = x509.load_der_x509_crl(assembled(*(crl.entry(*one) for one in revoked), issuer=issuer))
    entries = []
    for serial, at, reason in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        if reason is not None:
            one = one.add_extension(x509.CRLReason(reason), critical=False)
        entries.append(one.build())
    built = x509.CertificateRevocationListBuilder(
        issuer_name=issuer.certificate.subject,
        last_update=NOW.replace(tzinfo=None),
        next_update=(NOW + timedelta(hours=24)).replace(tzinfo=None),
        extensions=list(parsed.extensions),
        revoked_certificates=entries,
    ).sign(issuer.key, parsed.signature_hash_algorithm)
    assert parsed.tbs_certlist_bytes == built.tbs_certlist_bytes


def test_list_names_its_own_address_critically() -> None:
    """RFC 5280, 5.2.5: so that one list cannot stand in for another."""
    extension = x509.load_der_x509_crl(assembled()).extensions.get_extension_for_class(
        x509.IssuingDistributionPoint
    )
    assert extension.critical
    assert [name.value for name in extension.value.full_name or []] == [authorities.ISSUING_URLS.crl]
    assert not extension.value.only_contains_user_certs


def test_list_of_the_root_is_about_authorities() -> None:
    issuer = authorities.authority().root
    scope = x509.load_der_x509_crl(assembled(issuer=issuer)).extensions.get_extension_for_class(
        x509.IssuingDistributionPoint
    )
    assert scope.critical
    assert scope.value.only_contains_ca_certs
    assert scope.value.full_name is None


def test_own_fresh_list_may_be_published() -> None:
    check(assembled(), previous=None)
    check(assembled())


@pytest.mark.parametrize("previous", [7, 8])
def test_number_must_grow(previous: int) -> None:
    """RFC 5280, 5.2.3: monotonically increasing."""
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(assembled(number=7), previous=previous)
    assert refused.value.detail == "number"


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(hours=24)])
def test_list_out_of_its_time_is_not_published(late: timedelta) -> None:
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(assembled(), now=NOW + late)
    assert refused.value.detail == "dates"


def test_changed_list_is_not_published() -> None:
    der = assembled(crl.entry(authorities.serial(), NOW, x509.ReasonFlags.superseded))
    changed = der.replace(b"\x0a\x01\x04", b"\x0a\x01\x05")
    assert changed != der
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(changed)
    assert refused.value.detail == "signature"


def test_list_of_another_ca_is_not_published() -> None:
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(assembled(issuer=authorities.authority().root))
    assert refused.value.detail == "signature"


def test_list_that_names_another_issuer_is_not_published() -> None:
    house = authorities.authority()
    confused = Issuer(house.root.certificate, house.issuing.key, house.issuing.urls)
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(assembled(issuer=confused))
    assert refused.value.detail == "issuer"


def test_list_without_number_and_scope_is_not_published() -> None:
    """RFC 5280, 5.2.3: a conforming CA numbers its lists."""
    issuer = authorities.authority().issuing
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject)
    bare = builder.last_update(NOW).next_update(NOW + timedelta(days=1)).sign(issuer.key, hashes.SHA256())
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(bare.public_bytes(serialization.Encoding.DER))
    assert refused.value.detail == "extensions"


def test_list_signed_by_a_stranger_of_our_name_is_not_published() -> None:
    issuer = authorities.authority().issuing
    stranger = Issuer(issuer.certificate, ec.generate_private_key(ec.SECP256R1()), issuer.urls)
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(assembled(issuer=stranger))
    assert refused.value.detail == "signature"


@pytest.mark.parametrize("half", [b"", b"\x30\x03\x02\x01", None])
def test_half_written_list_is_not_published(half: bytes | None) -> None:
    der = assembled()
    with pytest.raises(crl.CrlNotPublishable) as refused:
        check(der[: len(der) // 2] if half is None else half)
    assert refused.value.detail == "unreadable"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_list_is_never_published(data: st.DataObject) -> None:
    damaged = bytearray(_WHOLE)
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(crl.CrlNotPublishable):
        check(bytes(damaged))


_WHOLE = assembled(crl.entry(authorities.serial(), NOW, x509.ReasonFlags.superseded))
