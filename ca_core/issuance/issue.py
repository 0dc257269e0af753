"""Here it is: the CA makes the certificate (RFC 3647 4.3), in an order that a power cut cannot break.

1. reserve: a random serial is committed before anything is signed
2. rehearse: the exact content is signed with a throw-away key and linted
3. prepare: that content is committed
4. sign: the issuing key signs; the result must equal the rehearsed content byte for byte
5. store: certificate, application, rollups, notices and audit in one transaction

Steps 1, 3 and 5 each have a work of their own and are safe to repeat; 2 and 4 touch no database.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ca_core import audit, certificate, lifecycle, notices, records, roles, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.ports import Work
from ca_core.subscriber import Subscriber
from ca_core.x509 import build, lint, profiles
from ca_core.x509.subject import Subject

_PROFILES = {
    certificate.Purpose.SIGNING: profiles.SIGNING,
    certificate.Purpose.AUTHENTICATION: profiles.AUTHENTICATION,
}


UNFINISHED = (lifecycle.CertificateState.RESERVED, lifecycle.CertificateState.PREPARED)


class RenewalTooLate(Refusal):
    """The certificate to be extended ended before the renewal could be issued (R8)."""

    code = "issue.renewal_too_late"


class PredecessorRevoked(Refusal):
    """The certificate to be extended was revoked meanwhile; its key is extended no more (R8, R9a)."""

    code = "issue.predecessor_revoked"


class RevokedBeforeIssue(Refusal):
    """The prepared certificate was revoked before it was signed."""

    code = "issue.revoked_before"


@dataclass(frozen=True, slots=True)
class Order:
    """A reserved certificate and everything that will stand in it."""

    certificate: Certificate
    plan: build.LeafPlan


def _validity(work: Work, wanted: Application, now: datetime) -> tuple[datetime, datetime]:
    span = work.policy.certificates.validity
    if wanted.kind is not certificate.Kind.RENEWAL or wanted.previous_certificate_id is None:
        return now, now + span
    previous = work.certificates.by_id(wanted.previous_certificate_id)
    if previous is None or certificate.status(previous, now) is not certificate.Status.VALID:
        raise RenewalTooLate
    return now, previous.not_after + span


def _drawn(work: Work, wanted: Application, subscriber: Subscriber, now: datetime) -> Certificate:
    not_before, not_after = _validity(work, wanted, now)
    return Certificate(
        certificate_id=0,
        serial=Serial.of(build.new_serial(secrets.token_bytes)),
        subscriber_id=wanted.subscriber_id,
        application_id=wanted.number.number,
        purpose=wanted.purpose,
        facets=certificate.Facets(
            kind=wanted.kind,
            channel=wanted.channel,
            storage=wanted.storage,
            region=wanted.region,
            method=wanted.method,
            age_band=certificate.age_band(subscriber.born_on, statistics.local_day(now)),
        ),
        mobile_only=wanted.mobile_only,
        state=lifecycle.CERTIFICATE.first,
        not_before=not_before,
        not_after=not_after,
        policy_version=wanted.policy_version,
        key_id=wanted.key_id,
        fingerprint=b"",
        previous_id=wanted.previous_certificate_id,
    )


def reserve(work: Work, *, actor: roles.Actor, number: ApplicationId, now: datetime) -> Order:
    """Commits a fresh serial to the application; an application that has one keeps it.

    Raises NotAllowed, ApplicationUnknown, TransitionRefused, RenewalTooLate.
    """
    roles.require_system(actor)
    wanted = records.application(work, number)
    subscriber = records.subscriber(work, wanted.subscriber_id)
    reserved = work.certificates.of_application(number)
    if reserved is None:
        lifecycle.APPLICATION.after("issue", wanted.state)
        drawn = _drawn(work, wanted, subscriber, now)
        reserved = replace(drawn, certificate_id=work.certificates.reserve(drawn))
    elif reserved.issued_at is None and reserved.state not in UNFINISHED:
        raise lifecycle.TransitionRefused(life="certificate", state=reserved.state.name, act="issue")
    return Order(reserved, _plan(wanted, subscriber, reserved))


def _plan(wanted: Application, subscriber: Subscriber, reserved: Certificate) -> build.LeafPlan:
    return build.LeafPlan(
        profile=_PROFILES[wanted.purpose],
        serial=reserved.serial.number,
        subject=Subject(
            surname=subscriber.surname,
            given_name=subscriber.given_name,
            patronymic=subscriber.patronymic,
            iin=subscriber.iin.digits,
        ),
        public_key_der=wanted.public_key,
        not_before=reserved.not_before,
        not_after=reserved.not_after,
        method=profiles.IdentificationMethod[wanted.method.name],
        mobile_only=wanted.mobile_only,
    )


def rehearse(order: Order, *, issuer: build.Issuer, linter: lint.Linter | None) -> bytes:
    """The content that will be signed, found clean by the linter (None: linting is off). Raises LintFailed."""
    rehearsed = build.rehearse(order.plan, issuer=issuer)
    if linter is not None:
        linter.require_clean(rehearsed.public_bytes(serialization.Encoding.DER))
    return rehearsed.tbs_certificate_bytes


def prepare(work: Work, *, actor: roles.Actor, order: Order, to_be_signed: bytes) -> tuple[Order, bytes]:
    """Commits the linted content: from here on the certificate can be revoked even if signing crashed.

    Gives back what is to be signed: content that was committed before stays what it was.
    """
    roles.require_system(actor)
    if order.certificate.state is not lifecycle.CertificateState.RESERVED:
        return order, work.certificates.prepared(order.certificate.certificate_id) or to_be_signed
    prepared = replace(
        order.certificate, state=lifecycle.CERTIFICATE.after("prepare", order.certificate.state)
    )
    work.certificates.save(prepared, expected=order.certificate)
    work.certificates.keep_prepared(prepared.certificate_id, to_be_signed)
    return replace(order, certificate=prepared), to_be_signed


def sign(order: Order, *, issuer: build.Issuer, to_be_signed: bytes) -> x509.Certificate:
    """Raises SignedContentDiffers where the signed bytes are not the rehearsed ones."""
    signed = build.sign(order.plan, issuer=issuer)
    build.require_same_content(signed.tbs_certificate_bytes, to_be_signed)
    return signed


def store(
    work: Work, *, actor: roles.Actor, order: Order, signed: x509.Certificate, now: datetime
) -> Certificate:
    """Certificate, application, figures, notice and audit together. Repeating it changes nothing.

    Raises NotAllowed, PredecessorRevoked, RevokedBeforeIssue.
    """
    roles.require_system(actor)
    current = work.certificates.by_id(order.certificate.certificate_id) or order.certificate
    if current.issued_at is not None:
        return current
    if current.state is not lifecycle.CertificateState.PREPARED:
        raise RevokedBeforeIssue
    _require_living_predecessor(work, current)
    issued = replace(
        current,
        state=lifecycle.CERTIFICATE.after("issue", current.state),
        issued_at=now,
        fingerprint=signed.fingerprint(hashes.SHA256()),
    )
    work.certificates.save(issued, expected=current)
    work.certificates.keep_der(issued.certificate_id, signed.public_bytes(serialization.Encoding.DER))
    _close_application(work, issued, now)
    count(work, issued, now=now)
    _tell(work, actor, issued, now)
    return issued


def _require_living_predecessor(work: Work, current: Certificate) -> None:
    if current.facets.kind is not certificate.Kind.RENEWAL or current.previous_id is None:
        return
    previous = work.certificates.by_id(current.previous_id)
    if previous is not None and previous.state is lifecycle.CertificateState.REVOKED:
        raise PredecessorRevoked


def _close_application(work: Work, issued: Certificate, now: datetime) -> None:
    wanted = records.application(work, ApplicationId.of(issued.application_id))
    done = replace(wanted, state=lifecycle.APPLICATION.after("issue", wanted.state), changed_at=now)
    work.applications.save(done, expected=wanted)


def count(work: Work, issued: Certificate, *, now: datetime) -> None:
    """Moves the published figures by one certificate."""
    deltas = statistics.issued(issued)
    if work.rollups.holder_was_issued(issued):
        deltas += statistics.first_of_holder(issued)
    before = work.rollups.cover_until(issued.subscriber_id)
    after = max(before, issued.not_after) if before else issued.not_after
    deltas += statistics.coverage(before, after, at=now)
    work.rollups.set_cover_until(issued.subscriber_id, after)
    work.rollups.apply(deltas)


def _tell(work: Work, actor: roles.Actor, issued: Certificate, now: datetime) -> None:
    records.tell_owner(
        work,
        issued.subscriber_id,
        kind=notices.NoticeKind.ISSUED,
        words={"serial": issued.serial.hex, "number": str(ApplicationId.of(issued.application_id))},
        now=now,
    )
    work.certificates.tell(issued.certificate_id, at=now, event="issued", by=actor.name)
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:issue:done", issued.serial.hex,
            lifecycle.CertificateState.PREPARED.name, issued.state.name, policy_version=issued.policy_version,
        )
    )  # fmt: skip


def abandon(work: Work, *, actor: roles.Actor, unfinished: Certificate, reason: str, now: datetime) -> None:
    """A reserved serial that will never be signed stays on the books as such. Raises TransitionRefused."""
    roles.require_system(actor)
    state = lifecycle.CERTIFICATE.after("abandon", unfinished.state)
    work.certificates.save(replace(unfinished, state=state), expected=unfinished)
    work.certificates.tell(unfinished.certificate_id, at=now, event="abandoned", by=actor.name, note=reason)
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:abandon:done", unfinished.serial.hex,
            unfinished.state.name, state.name, reason, unfinished.policy_version,
        )
    )  # fmt: skip


def give_up(work: Work, *, actor: roles.Actor, number: ApplicationId, reason: str, now: datetime) -> None:
    """What cannot be issued ends: serial, application and owner all learn it. Raises NotAllowed, ApplicationUnknown."""
    roles.require_system(actor)
    reserved = work.certificates.of_application(number)
    if reserved is not None and lifecycle.CERTIFICATE.allows("abandon", reserved.state):
        abandon(work, actor=actor, unfinished=reserved, reason=reason, now=now)
    wanted = records.application(work, number)
    if not lifecycle.APPLICATION.allows("give_up", wanted.state):
        return
    state = lifecycle.APPLICATION.after("give_up", wanted.state)
    work.applications.save(replace(wanted, state=state, changed_at=now, reason=reason), expected=wanted)
    records.tell_owner(
        work,
        wanted.subscriber_id,
        kind=notices.NoticeKind.NOT_ISSUED,
        words={"number": str(number)},
        now=now,
    )
    work.audit.add(
        audit.Entry(
            now, actor, "application:give_up:done", number.digits, wanted.state.name, state.name, reason,
            wanted.policy_version,
        )
    )  # fmt: skip
