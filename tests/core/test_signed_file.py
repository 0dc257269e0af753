"""Who signed this file, and may it be trusted: good only as far as we can know (F8, R7)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from ca_core.certificate import Certificate, Purpose
from ca_core.revocation import check, hold, past, revoke, signed_file
from ca_core.revocation.reasons import Reason
from ca_core.revocation.signed_file import Cause, Report, Signature, TimeKind, Trust
from ca_core.x509 import build, keys
from ca_core.x509.build import Issuer
from tests import builders
from tests.builders import Owned
from tests.core.x509 import authorities
from tests.core.x509.signed_files import DOCUMENT, signed
from tests.fakes import House

pytestmark = pytest.mark.judge
ISSUER = authorities.authority().issuing.certificate


@pytest.fixture
def here() -> House:
    """At this very moment: openssl signs by the machine's clock, however long the suite has been running."""
    house = builders.house()
    house.now = datetime.now(UTC).replace(microsecond=0)
    return house


def file_of(here: House, owned: Owned, **different: object) -> bytes:
    with here.work() as work:
        der = work.certificates.der(owned.certificate.certificate_id)
    assert der is not None
    certificate = x509.load_der_x509_certificate(der)
    return signed((certificate, owned.key), **different)  # type: ignore[arg-type]  # passed through


def verified(here: House, raw: bytes, document: bytes | None = None) -> Report:
    with here.work() as work:
        return signed_file.verify(work, raw=raw, document=document, issuer=ISSUER, now=here.now)


def only(report: Report) -> Signature:
    (found,) = report.signatures
    return found


def revoked(here: House, owned: Owned) -> None:
    with here.work() as work:
        found = work.certificates.by_id(owned.certificate.certificate_id)
        assert found is not None
        revoke.record(
            work, actor=builders.OFFICER, found=found, reason=Reason.KEY_COMPROMISE, why="test", now=here.now
        )


def held(here: House, owned: Owned) -> Certificate:
    with here.work() as work:
        found = work.certificates.by_id(owned.certificate.certificate_id)
        assert found is not None
        return hold.place(work, actor=builders.OFFICER, found=found, why="test", now=here.now)


def released(here: House, owned: Owned) -> None:
    with here.work() as work:
        found = work.certificates.by_id(owned.certificate.certificate_id)
        assert found is not None
        hold.lift(work, actor=builders.OFFICER, found=found, why="test", now=here.now)


@pytest.mark.parametrize("switches", [(), ("-cades",), ("-noattr",), ("-stream",)], ids="-".join)
def test_a_good_signature_of_a_valid_certificate_is_good(here: House, switches: tuple[str, ...]) -> None:
    owned = builders.issued(here)
    report = verified(here, file_of(here, owned, switches=switches))
    assert (report.trust, only(report).cause) == (Trust.GOOD, Cause.NONE)
    expected = TimeKind.ABSENT if "-noattr" in switches else TimeKind.CLAIMED
    assert only(report).time is expected
    assert signed_file.serials(report) == [owned.certificate.serial]


def test_a_detached_signature_cannot_be_known_without_its_document(here: House) -> None:
    raw = file_of(here, builders.issued(here), detached=True)
    assert only(verified(here, raw)).cause is Cause.DOCUMENT_MISSING
    assert verified(here, raw).trust is Trust.CANNOT_KNOW
    assert verified(here, raw, DOCUMENT).trust is Trust.GOOD
    changed = verified(here, raw, DOCUMENT.replace(b"C", b"D", 1))
    assert (changed.trust, only(changed).cause) == (Trust.BAD, Cause.ALTERED)


def test_an_attached_signature_is_not_about_another_file_beside_it(here: House) -> None:
    raw = file_of(here, builders.issued(here))
    assert verified(here, raw, DOCUMENT).trust is Trust.GOOD
    assert only(verified(here, raw, b"another")).cause is Cause.OTHER_DOCUMENT
    assert verified(here, raw, b"another").trust is Trust.BAD


def test_one_changed_octet_is_bad(here: House) -> None:
    raw = file_of(here, builders.issued(here))
    changed = raw.replace("Договор".encode(), "Приговор".encode()[:14], 1)
    assert changed != raw
    assert verified(here, changed).trust is Trust.BAD


def test_a_certificate_that_is_not_in_the_file_is_taken_from_our_record(here: House) -> None:
    owned = builders.issued(here)
    assert verified(here, file_of(here, owned, switches=("-nocerts",))).trust is Trust.GOOD
    named_by_key = file_of(here, owned, switches=("-nocerts", "-keyid"))
    assert only(verified(here, named_by_key)).cause is Cause.CERTIFICATE_MISSING


@pytest.mark.parametrize("detached", [True, False])
def test_whose_a_serial_is_we_tell_nobody_who_brings_no_signature(here: House, detached: bool) -> None:
    """R14: the serials of a list are public; with one in a file that proves nothing, no name is shown."""
    raw = file_of(here, builders.issued(here), detached=detached, switches=("-nocerts",))
    report = verified(here, raw if detached else raw.replace(b"Contract", b"Kontrakt"))
    assert report.trust is not Trust.GOOD
    assert only(report).certificate is None


def test_of_another_issuers_signature_we_cannot_know(here: House) -> None:
    foreign = authorities.authority("rsa")
    key = builders.new_key()
    plan = authorities.plan(public_key_der=keys.public_der(key.public_key()))
    other = Issuer(foreign.root.certificate, foreign.root.key, foreign.root.urls)
    report = verified(here, signed((build.sign(plan, issuer=other), key)))
    assert (report.trust, only(report).cause) == (Trust.CANNOT_KNOW, Cause.NOT_OURS)


def test_a_certificate_in_our_name_that_we_never_issued_is_bad(here: House) -> None:
    """With a serial of ours and with one of nobody: made by somebody with a CA of the same name."""
    owned = builders.issued(here)
    forger = Issuer(ISSUER, builders.new_key(), authorities.ISSUING_URLS)
    key = builders.new_key()
    for serial in (owned.certificate.serial.number, authorities.serial()):
        plan = authorities.plan(serial=serial, public_key_der=keys.public_der(key.public_key()))
        report = verified(here, signed((build.sign(plan, issuer=forger), key)))
        assert (report.trust, only(report).cause) == (Trust.BAD, Cause.FORGED)


def test_revoked_after_the_claimed_time_cannot_be_known(here: House) -> None:
    """The time is the signer's own word: whoever stole the key says what they like."""
    owned = builders.issued(here)
    raw, unsaid = file_of(here, owned), file_of(here, owned, switches=("-noattr",))
    here.later(hours=1)
    revoked(here, owned)
    found = only(verified(here, raw))
    assert (found.trust, found.cause) == (Trust.CANNOT_KNOW, Cause.TIME_UNPROVEN)
    assert found.standing_then is check.Verdict.VALID
    assert found.standing is not None
    assert found.standing.verdict is check.Verdict.REVOKED
    assert only(verified(here, unsaid)).cause is Cause.TIME_UNPROVEN


def test_revoked_before_the_claimed_time_is_bad(here: House) -> None:
    owned = builders.issued(here)
    revoked(here, owned)
    here.later(minutes=4)
    found = only(verified(here, file_of(here, owned)))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.REVOKED_THEN)


def test_expired_since_cannot_be_known_without_a_time_stamp(here: House) -> None:
    owned = builders.issued(here)
    raw = file_of(here, owned)
    here.later(days=400)
    assert only(verified(here, raw)).cause is Cause.TIME_UNPROVEN


def test_a_claimed_time_outside_the_validity_is_bad(here: House) -> None:
    here.later(days=2)
    owned = builders.issued(here)
    found = only(verified(here, file_of(here, owned)))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.NOT_VALID_THEN)


def test_a_claimed_time_in_the_future_is_not_believed(here: House) -> None:
    owned = builders.issued(here)
    raw = file_of(here, owned)
    here.now -= timedelta(hours=1)
    assert only(verified(here, raw)).cause is Cause.TIME_IMPOSSIBLE


def test_held_now_is_never_good(here: House) -> None:
    owned = builders.issued(here)
    raw = file_of(here, owned)
    here.later(hours=1)
    held(here, owned)
    assert only(verified(here, raw)).cause is Cause.TIME_UNPROVEN
    released(here, owned)
    assert verified(here, raw).trust is Trust.GOOD


def test_signed_during_a_hold_that_was_lifted_is_bad(here: House) -> None:
    """R10a: the history knows, though the record does not."""
    here.now -= timedelta(hours=1)
    owned = builders.issued(here)
    raw = file_of(here, owned)
    here.later(minutes=50)
    held(here, owned)
    here.later(hours=1)
    released(here, owned)
    assert only(verified(here, raw)).cause is Cause.ON_HOLD_THEN


def test_the_standing_of_a_past_instant_follows_from_the_history(here: House) -> None:
    owned = builders.issued(here)
    steps = [here.now]
    for act in (held, released, held, revoked):
        here.later(hours=1)
        act(here, owned)
        steps.append(here.now)
    with here.work() as work:
        found = work.certificates.by_serial(owned.certificate.serial)
        assert found is not None
        told = [past.at(work, found=found, instant=at + timedelta(minutes=1)).value for at in steps]
    assert told == ["valid", "on_hold", "valid", "on_hold", "revoked"]


def test_a_mobile_certificate_is_refused_here(here: House) -> None:
    """R7."""
    found = only(verified(here, file_of(here, builders.issued(here, mobile_only=True))))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.MOBILE_ONLY)


def test_an_authentication_certificate_signs_no_documents(here: House) -> None:
    owned = builders.issued(here, purpose=Purpose.AUTHENTICATION)
    assert only(verified(here, file_of(here, owned))).cause is Cause.NOT_FOR_SIGNING


def test_a_file_is_as_bad_as_its_worst_signature(here: House) -> None:
    good, bad = builders.issued(here), builders.issued(here)
    revoked(here, bad)
    here.later(minutes=4)
    with here.work() as work:
        pairs = [
            (
                x509.load_der_x509_certificate(work.certificates.der(one.certificate.certificate_id) or b""),
                one.key,
            )
            for one in (good, bad)
        ]
    report = verified(here, signed(*pairs))
    assert sorted(one.trust.value for one in report.signatures) == ["bad", "good"]
    assert report.trust is Trust.BAD
