"""A certificate's whole life on a real database: issued, renewed, reissued, revoked, and what a crash leaves."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import certificate, roles, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate, Kind, Status, StorageKind
from ca_core.identifiers import Iin
from ca_core.issuance import issue, reissue, renew, submit
from ca_core.lifecycle import CertificateState
from ca_core.registration import sms_code
from ca_core.revocation import revoke
from ca_core.revocation.reasons import Reason
from runtime import authority, publication
from runtime.issuing import Issuing
from runtime.service import Service
from tests.runtime.conftest import iin, new_request, register

OFFICER = roles.Actor("Officer", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)


@pytest.fixture
def issuing(service: Service) -> Issuing:
    return Issuing(service, authority.issuer(service.settings), linter=None)


def submitted(service: Service, who: Iin) -> tuple[ec.EllipticCurvePrivateKey, Application]:
    key, request = new_request()
    with service.work() as work:
        application = submit.with_request(
            work,
            actor=OFFICER,
            iin=who,
            raw_request=request,
            storage=StorageKind.FILE,
            email="specimen@example.kz",
            now=service.now(),
        )
    return key, application


def issued(service: Service, issuing: Issuing, who: Iin) -> tuple[ec.EllipticCurvePrivateKey, Certificate]:
    key, application = submitted(service, who)
    [outcome] = issuing.batch([application.number])
    assert outcome.certificate is not None, outcome.refusal
    return key, outcome.certificate


def code_sent(service: Service) -> str:
    """The digits that the owner's phone shows."""
    with service.look() as work:
        messages = [m for m in work.outbox.due(service.now() + timedelta(days=1), 100) if m.kind == "code"]
    return messages[-1].words["code"]


def owner_revokes(service: Service, found: Certificate) -> None:
    with service.work() as work:
        owner = work.subscribers.by_id(found.subscriber_id)
        assert owner is not None
        sms_code.send(
            work, actor=OFFICER, owner=owner, purpose=sms_code.CodePurpose.REVOKE, subject=found.serial.hex,
            page="p", now=service.now(),
        )  # fmt: skip
    now = service.now()
    with service.work() as work:
        consent = sms_code.confirm(
            work, actor=OFFICER, purpose=sms_code.CodePurpose.REVOKE, subject=found.serial.hex, page="p",
            typed=code_sent(service), now=now,
        )  # fmt: skip
        revoke.by_owner(
            work, actor=OFFICER, serial=found.serial, owner=consent, reason=Reason.KEY_COMPROMISE, now=now
        )


def test_issued_certificate_is_stored_counted_and_told(service: Service, issuing: Issuing) -> None:
    who = iin(1)
    register(service, who, phone=77010000001)
    _, made = issued(service, issuing, who)
    with service.look() as work:
        der = work.certificates.der(made.certificate_id)
        owner = work.subscribers.by_iin(who)
        told = work.outbox.due(service.now(), 10)
    assert der is not None
    assert owner is not None
    parsed = x509.load_der_x509_certificate(der)
    assert parsed.serial_number == made.serial.number
    assert certificate.status(made, service.now()) is Status.VALID
    assert {m.medium for m in told} == {"sms", "email"}


def test_issuing_twice_issues_once(service: Service, issuing: Issuing) -> None:
    """R5: one certificate an application, also when the order comes twice."""
    who = iin(1)
    register(service, who, phone=None)
    _, application = submitted(service, who)
    [first] = issuing.batch([application.number])
    [again] = issuing.batch([application.number])
    assert first.certificate is not None
    assert again.certificate is not None
    assert again.certificate.serial == first.certificate.serial


@pytest.mark.parametrize("after", ["reserve", "prepare"])
def test_crash_between_the_steps_leaves_nothing_unknown_and_nothing_doubled(
    service: Service, issuing: Issuing, after: str
) -> None:
    """A serial that was committed is finished with the content that was committed."""
    who = iin(1)
    register(service, who, phone=None)
    _, application = submitted(service, who)
    with service.work() as work:
        order = issue.reserve(work, actor=publication.JOB, number=application.number, now=service.now())
    if after == "prepare":
        content = issue.rehearse(order, issuer=authority.issuer(service.settings), linter=None)
        with service.work() as work:
            issue.prepare(work, actor=publication.JOB, order=order, to_be_signed=content)
    [outcome] = issuing.batch([application.number])
    assert outcome.certificate is not None
    with service.look() as work:
        [made] = work.certificates.of_subscriber(application.subscriber_id)
    assert made.serial == order.certificate.serial
    assert made.state is CertificateState.ISSUED


def test_renewed_once_with_the_same_key_and_the_old_ones_end_plus_a_year(
    service: Service, issuing: Issuing
) -> None:
    """R8: extended once by one year, when the owner's certified key signs the number."""
    who = iin(1)
    register(service, who, phone=77010000001)
    key, first = issued(service, issuing, who)
    with service.work() as work:
        opened = renew.open_for_owner(work, actor=OFFICER, serial=first.serial, now=service.now())
    signature = key.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))
    with service.work() as work:
        renew.confirm(work, number=opened.number, signature=signature, now=service.now())
    [outcome] = issuing.batch([opened.number])
    renewed = outcome.certificate
    assert renewed is not None
    assert renewed.not_after == first.not_after + service.policy.certificates.validity
    assert (renewed.facets.kind, renewed.key_id, renewed.previous_id) == (
        Kind.RENEWAL, first.key_id, first.certificate_id,
    )  # fmt: skip
    for serial in (first.serial, renewed.serial):
        with pytest.raises(renew.RenewalAlreadyUsed), service.work() as work:
            renew.open_for_owner(work, actor=OFFICER, serial=serial, now=service.now())


def test_renewal_signed_with_another_key_is_refused(service: Service, issuing: Issuing) -> None:
    who = iin(1)
    register(service, who, phone=None)
    _, first = issued(service, issuing, who)
    with service.work() as work:
        opened = renew.open_for_owner(work, actor=OFFICER, serial=first.serial, now=service.now())
    stranger, _ = new_request()
    signature = stranger.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(renew.SignatureInvalid), service.work() as work:
        renew.confirm(work, number=opened.number, signature=signature, now=service.now())


def test_reissue_links_and_leaves_the_old_one_alone(service: Service, issuing: Issuing) -> None:
    """R11: a new key, a kept chain, no revocation by itself."""
    who = iin(1)
    register(service, who, phone=77010000001)
    _, old = issued(service, issuing, who)
    _, request = new_request()
    with service.work() as work:
        owner = work.subscribers.by_id(old.subscriber_id)
        assert owner is not None
        sms_code.send(
            work, actor=OFFICER, owner=owner, purpose=sms_code.CodePurpose.REISSUE, subject=old.serial.hex,
            page="p", now=service.now(),
        )  # fmt: skip
    now = service.now()
    with service.work() as work:
        consent = sms_code.confirm(
            work, actor=OFFICER, purpose=sms_code.CodePurpose.REISSUE, subject=old.serial.hex, page="p",
            typed=code_sent(service), now=now,
        )  # fmt: skip
        wanted = reissue.request(
            work, actor=OFFICER, serial=old.serial, raw_request=request, storage=StorageKind.USB_TOKEN,
            lost=True, owner=consent, now=now,
        )  # fmt: skip
    [outcome] = issuing.batch([wanted.number])
    assert outcome.certificate is not None
    assert outcome.certificate.previous_id == old.certificate_id
    with service.look() as work:
        still = work.certificates.by_serial(old.serial)
    assert still is not None
    assert certificate.status(still, service.now()) is Status.VALID
    assert still.lost_reported_at is not None


def test_revocation_is_on_the_next_list_and_in_the_figures(service: Service, issuing: Issuing) -> None:
    """R10: the list says it; R12: the figures equal a recount."""
    who = iin(1)
    register(service, who, phone=77010000001)
    _, made = issued(service, issuing, who)
    issuer = authority.issuer(service.settings)
    publication.publish(service, issuer, now=service.now())
    owner_revokes(service, made)
    published = publication.publish(service, issuer, now=service.now())
    listed = x509.load_der_x509_crl((authority.public_dir(service.settings) / "issuing.crl").read_bytes())
    revoked = listed.get_revoked_certificate_by_serial_number(made.serial.number)
    assert published.number == 2
    assert revoked is not None
    with service.look() as work:
        rows = work.certificates.of_subscriber(made.subscriber_id)
        assert work.rollups.cover_until(made.subscriber_id) is None
    assert statistics.recount(rows, at=service.now()).revoked == 1


def test_wrong_code_is_counted_although_the_rest_is_rolled_back(service: Service, issuing: Issuing) -> None:
    """R4: three tries, whatever else is undone."""
    who = iin(1)
    register(service, who, phone=77010000001)
    _, made = issued(service, issuing, who)
    with service.work() as work:
        owner = work.subscribers.by_id(made.subscriber_id)
        assert owner is not None
        sms_code.send(
            work, actor=OFFICER, owner=owner, purpose=sms_code.CodePurpose.REVOKE, subject=made.serial.hex,
            page="p", now=service.now(),
        )  # fmt: skip
    right = code_sent(service)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    refusals = []
    for typed in (wrong, wrong, wrong, right):
        with (
            pytest.raises((sms_code.CodeWrong, sms_code.CodeUsedUp)) as refused,
            service.work(by=OFFICER, on=made.serial.hex) as work,
        ):
            sms_code.confirm(
                work, actor=OFFICER, purpose=sms_code.CodePurpose.REVOKE, subject=made.serial.hex, page="p",
                typed=typed, now=service.now(),
            )  # fmt: skip
        refusals.append(refused.value.code)
    assert refusals == ["sms_code.wrong"] * 3 + ["sms_code.used_up"]
