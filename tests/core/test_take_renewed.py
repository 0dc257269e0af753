"""The renewed certificate is put beside its key by the owner's key agent, and so taken (R8; RFC 3647 4.4, 4.6)."""

from datetime import timedelta

import pytest

from ca_core import records
from ca_core.cabinet import own
from ca_core.certificate import Certificate, Kind, StorageKind
from ca_core.consent import ConsentMissing, OwnerConsent
from ca_core.identifiers import ApplicationId, Serial
from ca_core.issuance import accept, issue, renew, renewal_stage, submit
from ca_core.issuance.renewal_stage import Stage
from ca_core.lifecycle import ApplicationState, CertificateState, TransitionRefused
from ca_core.owner_session import OwnerSession
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import Reason
from tests import builders
from tests.builders import JOB, OFFICER, Owned
from tests.core.x509 import authorities
from tests.fakes import House


@pytest.fixture
def here() -> House:
    return builders.house()


def consent(here: House, serial: Serial, purpose: str = accept.PURPOSE_TAKE) -> OwnerConsent:
    return OwnerConsent(purpose, serial.hex, here.now, "cabinet")


def take(here: House, owned: Owned) -> Certificate:
    serial = owned.certificate.serial
    with here.work() as work:
        return accept.renewed(work, serial=serial, owner=consent(here, serial), now=here.now)


def state_of_application(here: House, owned: Owned) -> ApplicationState:
    with here.work() as work:
        return records.application(work, ApplicationId.of(owned.certificate.application_id)).state


def stage(here: House, owned: Owned) -> Stage:
    with here.work() as work:
        return renewal_stage.of(work, owned.certificate, now=here.now).stage


def hold_it(here: House, owned: Owned) -> None:
    with here.work() as work:
        hold.place(work, actor=OFFICER, found=builders.stored(here, owned), why="case", now=here.now)


def revoke_it(here: House, owned: Owned) -> None:
    with here.work() as work:
        revoke.record(
            work, actor=OFFICER, found=builders.stored(here, owned), reason=Reason.SUPERSEDED, why="owner",
            now=here.now,
        )  # fmt: skip


def test_taken_once_however_often_it_is_said(here: House) -> None:
    second = builders.renewed(here, builders.issued(here))
    first_time = take(here, second)
    here.later(days=1)
    assert take(here, second) == first_time == builders.stored(here, second)
    assert first_time.state is CertificateState.ACCEPTED
    assert state_of_application(here, second) is ApplicationState.ACCEPTED
    assert builders.events(here).count("certificate:accept:done") == 1


def test_the_old_one_is_left_as_it_is(here: House) -> None:
    """R8: it runs out by itself."""
    first = builders.issued(here)
    before = builders.stored(here, first)
    take(here, builders.renewed(here, first))
    assert builders.stored(here, first) == before


@pytest.mark.parametrize("lacks", ["purpose", "subject", "step"])
def test_without_the_owners_consent_to_it_nothing_is_taken(here: House, lacks: str) -> None:
    first = builders.issued(here)
    second = builders.renewed(here, first)
    serial = second.certificate.serial
    given = {
        "purpose": consent(here, serial, renew.PURPOSE),
        "subject": consent(here, first.certificate.serial),
        "step": consent(here, serial),
    }[lacks]
    now = here.later(days=0) + timedelta(seconds=1) if lacks == "step" else here.now
    with pytest.raises(ConsentMissing), here.work() as work:
        accept.renewed(work, serial=serial, owner=given, now=now)
    assert builders.stored(here, second).accepted_at is None


def test_only_a_renewal_is_taken_so(here: House) -> None:
    """A first certificate is taken with the key that waits for it, or at the counter."""
    with pytest.raises(renew.NotARenewal):
        take(here, builders.issued(here))


def test_a_held_one_is_taken_and_stays_on_hold(here: House) -> None:
    """R10a: the file was being written while the hold was set."""
    second = builders.renewed(here, builders.issued(here))
    hold_it(here, second)
    taken = take(here, second)
    assert (taken.state, taken.accepted_at) == (CertificateState.ON_HOLD, here.now)


def test_a_revoked_one_is_not_taken(here: House) -> None:
    """R10; what was taken before stays taken, and revoked."""
    second = builders.renewed(here, builders.issued(here))
    revoke_it(here, second)
    with pytest.raises(TransitionRefused):
        take(here, second)
    assert builders.stored(here, second).accepted_at is None


def test_the_word_that_comes_again_after_a_revocation_changes_nothing(here: House) -> None:
    second = builders.renewed(here, builders.issued(here))
    take(here, second)
    revoke_it(here, second)
    assert take(here, second).state is CertificateState.REVOKED


def test_nothing_is_taken_before_it_is_issued(here: House) -> None:
    """Reserved, its serial is nobody's; prepared, it may be signed and is not ours to give yet."""
    first = builders.issued(here)
    number = opened_and_signed(here, first)
    issuer = authorities.authority().issuing
    with here.work() as work:
        order = issue.reserve(work, actor=JOB, number=number, now=here.now)
    second = Owned(order.certificate, first.key, first.owner)
    with pytest.raises(records.CertificateUnknown):
        take(here, second)
    content = issue.rehearse(order, issuer=issuer, linter=None)
    with here.work() as work:
        issue.prepare(work, actor=JOB, order=order, to_be_signed=content)
    with pytest.raises(accept.NotIssuedYet):
        take(here, second)
    assert stage(here, first) is Stage.SIGNED


def test_another_persons_renewal_is_unknown_in_ones_cabinet(here: House) -> None:
    second = builders.renewed(here, builders.issued(here))
    stranger = OwnerSession(b"stranger", builders.iin(number=700), "sms_code", here.now, here.now)
    serial = second.certificate.serial
    with pytest.raises(records.CertificateUnknown), here.work() as work:
        own.consent(work, stranger, serial=serial, purpose=accept.PURPOSE_TAKE, now=here.now)


def opened_and_signed(here: House, owned: Owned) -> ApplicationId:
    serial = owned.certificate.serial
    with here.work() as work:
        opened = renew.by_owner(work, serial=serial, owner=consent(here, serial, renew.PURPOSE), now=here.now)
    sign(here, owned, opened.number)
    return opened.number


def sign(here: House, owned: Owned, number: ApplicationId) -> None:
    with here.work() as work:
        renew.confirm(work, number=number, signature=builders.signed_number(owned, number), now=here.now)


@pytest.mark.parametrize("storage", [one for one in StorageKind if one is not StorageKind.FILE])
def test_a_key_that_is_in_no_file_is_renewed_elsewhere(here: House, storage: StorageKind) -> None:
    """R6, R7: the cabinet reaches no phone, no device and no cloud; an officer may still open it."""
    first = builders.issued(here, storage=storage, mobile_only=storage is StorageKind.MOBILE_APP)
    serial = first.certificate.serial
    with pytest.raises(renew.KeyElsewhere) as refused, here.work() as work:
        renew.by_owner(work, serial=serial, owner=consent(here, serial, renew.PURPOSE), now=here.now)
    assert refused.value.facts == {"storage": storage.name}
    assert stage(here, first) is Stage.NONE
    with pytest.raises(renew.KeyElsewhere):
        take(here, builders.renewed(here, first))


def test_a_certificate_for_mobile_applications_alone_is_renewed_elsewhere(here: House) -> None:
    """R7, whatever its storage is called."""
    serial = builders.issued(here, mobile_only=True).certificate.serial
    with pytest.raises(renew.KeyElsewhere), here.work() as work:
        renew.by_owner(work, serial=serial, owner=consent(here, serial, renew.PURPOSE), now=here.now)


def test_its_stages_follow_one_another(here: House) -> None:
    first = builders.issued(here)
    seen = [stage(here, first)]
    serial = first.certificate.serial
    with here.work() as work:
        opened = renew.by_owner(work, serial=serial, owner=consent(here, serial, renew.PURPOSE), now=here.now)
    seen.append(stage(here, first))
    sign(here, first, opened.number)
    seen.append(stage(here, first))
    second = Owned(builders.carry_out(here, opened.number), first.key, first.owner)
    seen.append(stage(here, first))
    take(here, second)
    seen.append(stage(here, first))
    revoke_it(here, second)
    assert [*seen, stage(here, first)] == list(Stage)
    # The owner's page goes by these words.
    assert " ".join(Stage) == "none opened signed issued taken over"


def test_a_renewal_that_was_withdrawn_may_be_opened_anew(here: House) -> None:
    first = builders.issued(here)
    serial = first.certificate.serial
    with here.work() as work:
        opened = renew.by_owner(work, serial=serial, owner=consent(here, serial, renew.PURPOSE), now=here.now)
        submit.withdraw(work, actor=OFFICER, number=opened.number, reason="owner's wish", now=here.now)
    assert stage(here, first) is Stage.NONE


def test_a_reissue_is_no_renewal(here: House) -> None:
    """R11: another key; the old one may still be renewed."""
    first = builders.issued(here)
    second = builders.issued(
        here, first.owner, kind=Kind.REISSUE, previous_certificate_id=first.certificate.certificate_id
    )
    assert second.certificate.previous_id == first.certificate.certificate_id
    assert stage(here, first) is Stage.NONE
    opened_and_signed(here, first)


def test_one_that_was_revoked_before_it_came_out_is_none(here: House) -> None:
    """It never was anybody's: the owner is not told that the one renewal is over."""
    first = builders.issued(here)
    number = opened_and_signed(here, first)
    with here.work() as work:
        order = issue.reserve(work, actor=JOB, number=number, now=here.now)
    content = issue.rehearse(order, issuer=authorities.authority().issuing, linter=None)
    with here.work() as work:
        issue.prepare(work, actor=JOB, order=order, to_be_signed=content)
    revoke_it(here, Owned(order.certificate, first.key, first.owner))
    assert stage(here, first) is not Stage.OVER


@pytest.mark.parametrize("end", ["taken", "held", "revoked", "expired"])
def test_only_one_that_is_good_for_something_waits_for_its_key(here: House, end: str) -> None:
    second = builders.renewed(here, builders.issued(here))
    assert renewal_stage.is_untaken(builders.stored(here, second), now=here.now)
    if end == "expired":
        here.later(days=800)
    else:
        {"taken": take, "held": hold_it, "revoked": revoke_it}[end](here, second)
    assert renewal_stage.is_untaken(builders.stored(here, second), now=here.now) == (end == "held")
