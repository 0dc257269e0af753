"""What a relying party is told, and that it is never "valid" for want of knowledge."""

from datetime import timedelta

import pytest
from cryptography import x509

from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState
from ca_core.revocation import check, hold, revoke, status
from ca_core.revocation.check import Verdict
from ca_core.revocation.reasons import Reason
from ca_core.x509 import build
from ca_core.x509.build import Issuer
from tests import builders
from tests.builders import Owned
from tests.core.x509 import authorities
from tests.fakes import House

ISSUER = authorities.authority().issuing.certificate


@pytest.fixture
def here() -> House:
    return builders.house()


@pytest.fixture
def owned(here: House) -> Owned:
    return builders.issued(here)


def verdict(here: House, owned: Owned, after: timedelta = timedelta(0)) -> Verdict:
    with here.work() as work:
        return check.by_serial(work, serial=owned.certificate.serial, now=here.now + after).verdict


def of_file(here: House, given: x509.Certificate) -> Verdict:
    with here.work() as work:
        return check.by_certificate(work, given=given, issuer=ISSUER, now=here.now).verdict


def test_valid_then_expired(here: House, owned: Owned) -> None:
    assert verdict(here, owned) is Verdict.VALID
    assert verdict(here, owned, timedelta(days=400)) is Verdict.EXPIRED
    assert verdict(here, owned, timedelta(days=-1)) is Verdict.NOT_YET_VALID


def test_held_and_revoked(here: House, owned: Owned) -> None:
    with here.work() as work:
        hold.place(work, actor=builders.OFFICER, found=owned.certificate, why="case 1", now=here.now)
    assert verdict(here, owned) is Verdict.ON_HOLD
    with here.work() as work:
        revoke.by_owner(
            work,
            actor=builders.OFFICER,
            serial=owned.certificate.serial,
            owner=builders.consent(here, owned),
            reason=Reason.SUPERSEDED,
            lost=False,
            now=here.now,
        )
    assert verdict(here, owned) is Verdict.REVOKED


def test_a_revoked_certificate_is_never_good_whatever_its_record_lacks() -> None:
    """R10; RFC 5280, 5.3.1: a reason is optional, the revocation is not."""
    at = authorities.NOW
    for reason, told in ((None, None), (4, Reason.SUPERSEDED)):
        facts = status.Facts(CertificateState.REVOKED, reason, held_at=None, revoked_at=at)
        assert status.follows_from(facts) == status.Standing(at, told)


@pytest.mark.parametrize("state", [CertificateState.ISSUED, CertificateState.ON_HOLD])
def test_a_reason_alone_revokes_nothing(state: CertificateState) -> None:
    """R10a: a hold is no revocation."""
    found = status.follows_from(status.Facts(state, 4, held_at=authorities.NOW, revoked_at=None))
    assert found is not None
    assert found.reason is (Reason.CERTIFICATE_HOLD if state is CertificateState.ON_HOLD else None)


def test_a_serial_that_was_never_signed_is_not_issued(here: House) -> None:
    with here.work() as work:
        answer = check.by_serial(work, serial=Serial.of(7), now=here.now)
    assert (answer.verdict, answer.known) == (Verdict.NOT_ISSUED, None)


def test_the_certificate_itself_is_known_by_its_fingerprint(here: House, owned: Owned) -> None:
    with here.work() as work:
        der = work.certificates.der(owned.certificate.certificate_id)
    assert der is not None
    assert of_file(here, check.read(der)) is Verdict.VALID
    forger = Issuer(ISSUER, authorities.key(authorities.KeyKind.EC_P256), authorities.ISSUING_URLS)
    forged = build.sign(authorities.plan(serial=owned.certificate.serial.number), issuer=forger)
    assert of_file(here, forged) is Verdict.NOT_ISSUED


def test_a_certificate_in_our_name_that_is_not_on_record_was_not_issued(here: House) -> None:
    assert of_file(here, authorities.leaf()) is Verdict.NOT_ISSUED


def test_of_another_issuers_certificate_we_cannot_know(here: House) -> None:
    assert of_file(here, authorities.authority("rsa").root.certificate) is Verdict.CANNOT_KNOW


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@pytest.mark.parametrize("octet", [b"\x00", b"\xff"], ids=["zero", "negative"])
def test_of_a_serial_that_no_certificate_may_have_we_cannot_know(here: House, octet: bytes) -> None:
    """RFC 5280, 4.1.2.2: positive. Somebody wrote it in our name."""
    # The version, and an integer of one octet.
    before = b"\xa0\x03\x02\x01\x02\x02\x01"
    whole = authorities.der(authorities.leaf(serial=1))
    assert whole.count(before + b"\x01") == 1
    given = check.read(whole.replace(before + b"\x01", before + octet))
    assert of_file(here, given) is Verdict.CANNOT_KNOW


def test_a_certificate_is_read_as_pem_or_der_and_nothing_else() -> None:
    leaf = authorities.leaf()
    assert check.read(authorities.der(leaf)) == check.read(b"text before\n" + authorities.pem(leaf)) == leaf
    for rubbish in (b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(check.CertificateUnreadable):
            check.read(rubbish)


def crafted(place: bytes, instead: bytes) -> bytes:
    """A certificate of ours with other bytes in it, which nobody signed."""
    whole = authorities.der(authorities.leaf())
    assert whole.count(place) >= 1
    assert len(place) == len(instead)
    return whole.replace(place, instead)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(crafted("Қолтаңба".encode(), b"\xff" * 16), id="issuer is no UTF-8"),
        pytest.param(crafted(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"), id="version 8"),
    ],
)
def test_a_certificate_that_can_be_read_only_in_part_is_unreadable(raw: bytes) -> None:
    """The library parses late: the error would come out of the comparison."""
    with pytest.raises(check.CertificateUnreadable):
        check.read(raw)
