"""Who signed this file, and may it be trusted: good only as far as we can know (F8, R7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from ca_core.certificate import Certificate, Purpose
from ca_core.lifecycle import CertificateState
from ca_core.revocation import check, hold, past, revoke, signed_file
from ca_core.revocation.reasons import Reason
from ca_core.revocation.signed_file import Cause, Report, Signature, TimeKind, Trust
from ca_core.x509 import build, der, keys
from ca_core.x509.build import Issuer
from tests import builders
from tests.builders import Owned
from tests.core.x509 import authorities, test_cms
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
        stored = work.certificates.der(owned.certificate.certificate_id)
    assert stored is not None
    certificate = x509.load_der_x509_certificate(stored)
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


def reissue_asked_for(here: House, owned: Owned) -> None:
    """In its history, and of no consequence to it (R11)."""
    with here.work() as work:
        work.certificates.tell(
            owned.certificate.certificate_id, at=here.now, event="reissue_requested", by="test"
        )


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
    assert not verified(here, raw, DOCUMENT).attached
    changed = verified(here, raw, DOCUMENT.replace(b"C", b"D", 1))
    assert (changed.trust, only(changed).cause) == (Trust.BAD, Cause.ALTERED)


def test_an_attached_signature_is_not_about_another_file_beside_it(here: House) -> None:
    raw = file_of(here, builders.issued(here))
    assert (verified(here, raw, DOCUMENT).trust, verified(here, raw).attached) == (Trust.GOOD, True)
    assert only(verified(here, raw, b"another")).cause is Cause.OTHER_DOCUMENT
    assert verified(here, raw, b"another").trust is Trust.BAD


def test_one_changed_octet_is_bad(here: House) -> None:
    raw = file_of(here, builders.issued(here))
    changed = raw.replace("Договор".encode(), "Приговор".encode()[:14], 1)
    assert changed != raw
    assert verified(here, changed).trust is Trust.BAD
    # Whose certificate lies in the file is no secret to who brings it.
    assert only(verified(here, changed)).certificate is not None


def test_a_certificate_that_is_not_in_the_file_is_taken_from_our_record(here: House) -> None:
    owned = builders.issued(here)
    report = verified(here, file_of(here, owned, switches=("-nocerts",)))
    assert (report.trust, only(report).certificate is not None) == (Trust.GOOD, True)
    named_by_key = file_of(here, owned, switches=("-nocerts", "-keyid"))
    assert only(verified(here, named_by_key)).cause is Cause.CERTIFICATE_MISSING


@pytest.mark.parametrize("detached", [True, False])
def test_whose_a_serial_is_we_tell_nobody_who_brings_no_signature(here: House, detached: bool) -> None:
    """R14: the serials of a list are public; with one in a file that proves nothing, no name is shown."""
    raw = file_of(here, builders.issued(here), detached=detached, switches=("-nocerts",))
    report = verified(here, raw if detached else raw.replace(b"Contract", b"Kontrakt"))
    assert report.trust is not Trust.GOOD
    assert only(report).certificate is None


def test_by_a_broken_or_an_unknown_hash_nothing_is_proven(here: House) -> None:
    """However good the certificate is."""
    owned = builders.issued(here)
    sha256, sha3_256 = (bytes.fromhex(f"6086480165030402{last}") for last in ("01", "08"))
    unknown = file_of(here, owned).replace(sha256, sha3_256)
    broken = file_of(here, owned, switches=("-md", "sha1"))
    for raw, cause in ((broken, Cause.WEAK), (unknown, Cause.UNSUPPORTED)):
        found = only(verified(here, raw))
        assert (found.trust, found.cause) == (Trust.CANNOT_KNOW, cause)


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
        # Nothing is said of the one whose serial was borrowed.
        assert only(report).standing_then is check.Verdict.CANNOT_KNOW


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


def test_a_claimed_time_after_the_validity_is_bad(here: House) -> None:
    here.now -= timedelta(days=400)
    owned = builders.issued(here)
    here.later(days=400)
    found = only(verified(here, file_of(here, owned)))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.NOT_VALID_THEN)


def test_of_a_history_too_long_to_read_nothing_is_concluded(here: House) -> None:
    """Somewhere in it may be a hold that the claimed time lies in (R10a)."""
    owned = builders.issued(here)
    raw = file_of(here, owned)
    with here.work() as work:
        for _ in range(2000 - len(here.memory.told)):
            work.certificates.tell(
                owned.certificate.certificate_id, at=here.now, event="release_hold", by="test"
            )
    found = only(verified(here, raw))
    assert (found.trust, found.cause) == (Trust.CANNOT_KNOW, Cause.TIME_UNPROVEN)
    assert found.standing_then is check.Verdict.CANNOT_KNOW


def test_a_claimed_time_in_the_future_is_not_believed(here: House) -> None:
    """But for five minutes, by which clocks differ."""
    here.now -= timedelta(hours=1)
    raw = file_of(here, builders.issued(here))
    here.later(hours=2)
    claimed_at = only(verified(here, raw)).claimed_at
    assert claimed_at is not None
    here.now = claimed_at - timedelta(minutes=5)
    assert only(verified(here, raw)).cause is Cause.NONE
    here.now -= timedelta(seconds=1)
    assert only(verified(here, raw)).cause is Cause.TIME_IMPOSSIBLE


def test_a_time_stamp_of_a_service_that_we_do_not_know_proves_no_time(here: House) -> None:
    token = test_cms.attribute("16.2.14", der.sequence())
    raw = test_cms.by_hand(test_cms.TYPE, test_cms.attribute("4", test_cms.GOOD), unsigned=(token,))
    assert only(verified(here, raw)).time is TimeKind.STAMP_NOT_CHECKED


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
    found = only(verified(here, raw))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.ON_HOLD_THEN)


def test_the_standing_of_a_past_instant_follows_from_the_history(here: House) -> None:
    """The same as it was called then, from its first second on, whatever else was done meanwhile."""
    owned = builders.issued(here)
    another = builders.issued(here, owned.owner)

    def at(instant: datetime) -> str:
        with here.work() as work:
            found = work.certificates.by_serial(owned.certificate.serial)
            assert found is not None
            return past.at(work, found=found, instant=instant).value

    said = {here.now: at(here.now)}
    for act, whose in (
        (held, owned), (held, another), (released, owned), (reissue_asked_for, owned), (held, owned),
        (released, another), (reissue_asked_for, owned), (released, owned), (held, owned), (revoked, owned),
    ):  # fmt: skip
        here.later(hours=1)
        act(here, whose)
        said[here.now] = at(here.now)
    assert list(said.values()) == [
        "valid", "on_hold", "on_hold", "valid", "valid", "on_hold", "on_hold", "on_hold", "valid", "on_hold",
        "revoked",
    ]  # fmt: skip
    assert {instant: at(instant) for instant in said} == said


def test_a_certificate_is_valid_from_its_first_second_to_its_last(here: House) -> None:
    """RFC 5280, 4.1.2.5: both belong to it. What is not out yet was never valid."""
    found, second = builders.issued(here).certificate, timedelta(seconds=1)
    first, last = found.not_before, found.not_after
    with here.work() as work:
        told = [
            past.at(work, found=found, instant=instant).value
            for instant in (first - second, first, last, last + second)
        ]
        prepared = replace(found, state=CertificateState.PREPARED)
        assert past.at(work, found=prepared, instant=here.now) is check.Verdict.NOT_ISSUED
    assert told == ["not_yet_valid", "valid", "valid", "expired"]


def test_a_mobile_certificate_is_refused_here(here: House) -> None:
    """R7: by its own mark or by the one in our record."""
    for in_itself, on_record in ((True, True), (True, False), (False, True)):
        owned = builders.issued(here, mobile_only=in_itself)
        number = owned.certificate.certificate_id
        stored = here.memory.certificates[number]
        here.memory.certificates[number] = replace(stored, mobile_only=on_record)
        found = only(verified(here, file_of(here, owned)))
        assert (found.trust, found.cause) == (Trust.BAD, Cause.MOBILE_ONLY)


def test_an_authentication_certificate_signs_no_documents(here: House) -> None:
    owned = builders.issued(here, purpose=Purpose.AUTHENTICATION)
    found = only(verified(here, file_of(here, owned)))
    assert (found.trust, found.cause) == (Trust.BAD, Cause.NOT_FOR_SIGNING)


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
