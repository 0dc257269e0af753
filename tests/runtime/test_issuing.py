"""A certificate's whole life on a real database: issued, renewed, reissued, revoked, and what a crash leaves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import update

from ca_core import certificate, records, roles, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate, Kind, Status, StorageKind
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.issuance import issue, reissue, renew, submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.registration import sms_code
from ca_core.revocation import revoke
from ca_core.revocation.reasons import Reason
from data.schema import bmg, person
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


def consented(
    service: Service, found: Certificate, purpose: sms_code.CodePurpose, now: datetime
) -> tuple[str, sms_code.Try]:
    """The digits on the owner's phone, and a try to type them."""
    with service.work() as work:
        owner = work.subscribers.by_id(found.subscriber_id)
        assert owner is not None
        sms_code.send(
            work, actor=OFFICER, owner=owner, purpose=purpose, subject=found.serial.hex, page="p", now=now
        )
    with service.work() as work:
        attempt = sms_code.take_try(
            work, actor=OFFICER, purpose=purpose, subject=found.serial.hex, page="p", now=now
        )
    return code_sent(service), attempt


def owner_revokes(service: Service, found: Certificate) -> None:
    now = service.now()
    code, attempt = consented(service, found, sms_code.CodePurpose.REVOKE, now)
    with service.work() as work:
        consent = sms_code.confirm(
            work, actor=OFFICER, attempt=attempt, purpose=sms_code.CodePurpose.REVOKE,
            subject=found.serial.hex, page="p", typed=code, now=now,
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
    now = service.now()
    code, attempt = consented(service, old, sms_code.CodePurpose.REISSUE, now)
    with service.work() as work:
        consent = sms_code.confirm(
            work, actor=OFFICER, attempt=attempt, purpose=sms_code.CodePurpose.REISSUE,
            subject=old.serial.hex, page="p", typed=code, now=now,
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


def test_tries_are_counted_one_by_one_also_when_they_come_at_once(service: Service, issuing: Issuing) -> None:
    """R4: three tries, whatever else is undone and however many come together."""
    who = iin(1)
    register(service, who, phone=77010000001)
    _, made = issued(service, issuing, who)
    bound = {"purpose": sms_code.CodePurpose.REVOKE, "subject": made.serial.hex, "page": "p"}
    with service.work() as work:
        owner = work.subscribers.by_id(made.subscriber_id)
        assert owner is not None
        sms_code.send(work, actor=OFFICER, owner=owner, now=service.now(), **bound)
    right = code_sent(service)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    def guess(_number: int) -> str:
        try:
            with service.work(by=OFFICER, on=made.serial.hex) as work:
                attempt = sms_code.take_try(work, actor=OFFICER, now=service.now(), **bound)
            with service.work(by=OFFICER, on=made.serial.hex) as work:
                sms_code.confirm(
                    work, actor=OFFICER, attempt=attempt, typed=wrong, now=service.now(), **bound
                )
        except (sms_code.CodeWrong, sms_code.CodeUsedUp) as refusal:
            return refusal.code
        return "confirmed"

    with ThreadPoolExecutor(8) as together:
        refusals = sorted(together.map(guess, range(8)))
    assert refusals == ["sms_code.used_up"] * 5 + ["sms_code.wrong"] * 3


def renewal_signed(service: Service, key: ec.EllipticCurvePrivateKey, found: Certificate) -> Application:
    with service.work() as work:
        opened = renew.open_for_owner(work, actor=OFFICER, serial=found.serial, now=service.now())
    signature = key.sign(renew.statement(opened.number), ec.ECDSA(hashes.SHA256()))
    with service.work() as work:
        return renew.confirm(work, number=opened.number, signature=signature, now=service.now())


def test_compromised_key_is_listed_under_every_certificate_that_has_it(
    service: Service, issuing: Issuing
) -> None:
    """R9a: a report puts every certificate with that key on the two-officer list."""
    who = iin(1)
    register(service, who, phone=77010000001)
    key, first = issued(service, issuing, who)
    [outcome] = issuing.batch([renewal_signed(service, key, first).number])
    assert outcome.certificate is not None
    owner_revokes(service, outcome.certificate)
    with service.look() as work:
        report, asked = work.proposals.open_for([first.serial.hex], service.now())
    assert report.is_report
    # The officer who helped the owner is the first of the two at once.
    assert asked.asked_by == OFFICER.staff_id
    for one in (report, asked):
        assert dict(one.payload)["document"] == f"R9a: {outcome.certificate.serial.hex}"


def test_renewal_of_a_certificate_that_was_revoked_meanwhile_is_given_up_and_told(
    service: Service, issuing: Issuing
) -> None:
    """R8, R9a: nothing waits for ever, and a revoked key is extended no more."""
    who = iin(1)
    register(service, who, phone=77010000001)
    key, first = issued(service, issuing, who)
    confirmed = renewal_signed(service, key, first)
    with service.work() as work:
        order = issue.reserve(work, actor=publication.JOB, number=confirmed.number, now=service.now())
    owner_revokes(service, first)
    [outcome] = issuing.batch([confirmed.number])
    with service.look() as work:
        ended = work.applications.by_number(confirmed.number)
        reserved = work.certificates.by_id(order.certificate.certificate_id)
        told = [m.kind for m in work.outbox.due(service.now(), 100)]
    assert outcome.refusal == "issue.predecessor_revoked"
    assert ended is not None
    assert ended.state is ApplicationState.REJECTED
    assert reserved is not None
    assert reserved.state is CertificateState.ABANDONED
    assert "not_issued" in told


def test_certificate_revoked_before_it_was_signed_ends_its_application(
    service: Service, issuing: Issuing
) -> None:
    who = iin(1)
    register(service, who, phone=None)
    _, application = submitted(service, who)
    with service.work() as work:
        order = issue.reserve(work, actor=publication.JOB, number=application.number, now=service.now())
    content = issue.rehearse(order, issuer=authority.issuer(service.settings), linter=None)
    with service.work() as work:
        order, _ = issue.prepare(work, actor=publication.JOB, order=order, to_be_signed=content)
        revoke.record(
            work, actor=publication.JOB, found=order.certificate, reason=Reason.SUPERSEDED, why="test",
            now=service.now(),
        )  # fmt: skip
    [outcome] = issuing.batch([application.number])
    with service.look() as work:
        ended = work.applications.by_number(application.number)
    assert outcome.refusal in ("issue.revoked_before", "life.transition_refused")
    assert ended is not None
    assert ended.state is ApplicationState.REJECTED


def test_two_renewals_asked_for_at_the_same_moment_are_one(service: Service, issuing: Issuing) -> None:
    """R8: once, also when two officers press at once."""
    who = iin(1)
    register(service, who, phone=None)
    _, found = issued(service, issuing, who)

    def press(_number: int) -> str:
        try:
            with service.work() as work:
                renew.open_for_owner(work, actor=OFFICER, serial=found.serial, now=service.now())
        except Refusal as refusal:
            return refusal.code
        return "opened"

    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(press, range(4)))
    assert answers.count("opened") == 1


def test_one_key_submitted_for_two_people_at_once_is_certified_once(service: Service) -> None:
    """R6, R11: a key belongs to one certificate."""
    people = [iin(1), iin(101)]
    for who in people:
        register(service, who, phone=None)
    _, request = new_request()

    def submit_for(who: Iin) -> str:
        try:
            with service.work() as work:
                submit.with_request(
                    work, actor=OFFICER, iin=who, raw_request=request, storage=StorageKind.FILE,
                    now=service.now(),
                )  # fmt: skip
        except Refusal as refusal:
            return refusal.code
        return "submitted"

    with ThreadPoolExecutor(2) as together:
        answers = list(together.map(submit_for, people))
    assert answers.count("submitted") == 1


def test_deceased_or_undocumented_owner_gets_no_new_certificate(service: Service, issuing: Issuing) -> None:
    """R2: every new certificate asks the state register."""
    who = iin(1)
    register(service, who, phone=77010000001)
    _, found = issued(service, issuing, who)
    with service.work() as work:
        work.connection.execute(
            update(person).where(person.c.iin == who.number).values(deceased_on=date(2026, 1, 1))
        )
    with pytest.raises(records.PersonDeceased), service.work() as work:
        renew.open_for_owner(work, actor=OFFICER, serial=found.serial, now=service.now())


def test_names_and_phone_are_taken_from_the_registers_of_this_moment(
    service: Service, issuing: Issuing
) -> None:
    """Names always come from the state register; R3: messages go to the phone that the BMG has now."""
    who = iin(1)
    register(service, who, phone=77010000001)
    issued(service, issuing, who)
    with service.work() as work:
        work.connection.execute(update(person).where(person.c.iin == who.number).values(surname="ЖАҢАЕВ"))
        work.connection.execute(update(bmg).where(bmg.c.iin == who.number).values(phone=77010000002))
    _, second = issued(service, issuing, who)
    with service.look() as work:
        der = work.certificates.der(second.certificate_id)
        recipients = [m.recipient for m in work.outbox.due(service.now(), 100) if m.medium == "sms"]
    assert der is not None
    assert "ЖАҢАЕВ" in x509.load_der_x509_certificate(der).subject.rfc4514_string()
    assert recipients[-1] == "77010000002"
