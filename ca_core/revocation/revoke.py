"""It is over: only the owner ends a certificate; the law's exceptions need two officers and a document (R9).

Final once recorded (R10): the OCSP answer, the next list, the figures and the notice all follow from the
one transaction in which the state changes.
"""

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from ca_core import (
    audit,
    certificate,
    consent,
    lifecycle,
    notices,
    records,
    roles,
    statistics,
)
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.ports import Command, CommandKind, Work
from ca_core.revocation import reasons, reports, two_officers
from ca_core.revocation.reasons import Reason
from ca_core.x509 import crl

PURPOSE = "revoke"
ACT_BY_LAW = "revoke_by_law"
GATHER_SECONDS = 10
# Why an application ended whose certificate was revoked before its owner took it.
UNTAKEN = "revoke.before_taken"


class AlreadyRevoked(Refusal):
    """A revocation is final. Facts: revoked_at."""

    code = "revoke.already_revoked"


class AlreadyExpired(Refusal):
    """A certificate that ran out needs no revocation. Facts: not_after."""

    code = "revoke.already_expired"


class DocumentMissing(Refusal):
    """Revoking by law needs the number of the document that orders it (R9)."""

    code = "revoke.document_missing"


def require_revocable(found: Certificate, *, now: datetime) -> None:
    """Raises AlreadyRevoked, AlreadyExpired. Screens use it to say why the act is off."""
    standing = certificate.status(found, now)
    if standing is certificate.Status.REVOKED:
        raise AlreadyRevoked(revoked_at=found.revoked_at)
    if standing is certificate.Status.EXPIRED:
        raise AlreadyExpired(not_after=found.not_after)


def by_owner(
    work: Work,
    *,
    actor: roles.Actor,
    serial: Serial,
    owner: consent.OwnerConsent,
    reason: Reason,
    lost: bool = False,
    now: datetime,
) -> Certificate:
    """The owner revokes, in the cabinet or helped by an officer, on the code sent to the owner's BMG phone (R4, R9).

    Raises NotAllowed, NotTheCaller, ConsentMissing, CertificateUnknown, AlreadyRevoked, AlreadyExpired,
    ReasonNotAllowed.
    """
    permission = roles.Permission.REVOKE_WITH_OWNER
    if actor != roles.OWNER:
        roles.require(actor, permission)
    consent.require(owner, purpose=PURPOSE, subject=serial.hex, now=now)
    reasons.require(reason, reasons.BY_OWNER)
    found = records.certificate(work, serial)
    records.require_for_owner(work, actor, permission, subscriber_id=found.subscriber_id)
    require_revocable(found, now=now)
    if lost:
        found = records.report_lost(work, found, now=now)
    revoked = record(work, actor=actor, found=found, reason=reason, why=f"owner by {owner.by}", now=now)
    if lost or reason is Reason.KEY_COMPROMISE:
        _list_certificates_with_the_same_key(work, actor=actor, compromised=revoked, now=now)
    return revoked


def _list_certificates_with_the_same_key(
    work: Work, *, actor: roles.Actor, compromised: Certificate, now: datetime
) -> None:
    """R9a: every other living certificate with that key waits for two officers, who see why."""
    document = f"R9a: {compromised.serial.hex}"
    payload = (("document", document), ("reason", str(int(Reason.KEY_COMPROMISE))))
    for twin in work.certificates.with_key(compromised.key_id):
        living = certificate.status(twin, now) in (certificate.Status.VALID, certificate.Status.ON_HOLD)
        if living and not reports.is_reported(work, serial=twin.serial, act=ACT_BY_LAW, now=now):
            reports.note(work, actor=actor, act=ACT_BY_LAW, found=twin, payload=payload, now=now)


def propose_by_law(
    work: Work, *, actor: roles.Actor, serial: Serial, reason: Reason, document: str, now: datetime
) -> int:
    """First of two officers: death, court order, error of the CA, proven compromise (R9).

    Raises NotAllowed, CertificateUnknown, AlreadyRevoked, AlreadyExpired, ReasonNotAllowed, DocumentMissing.
    """
    roles.require(actor, roles.Permission.PROPOSE_BY_LAW)
    reasons.require(reason, reasons.BY_LAW)
    require_revocable(records.certificate(work, serial), now=now)
    if len(document.strip()) < 3:
        raise DocumentMissing
    payload = (("document", document.strip()), ("reason", str(int(reason))))
    return two_officers.propose(work, actor=actor, act=ACT_BY_LAW, serial=serial, payload=payload, now=now)


def agree_by_law(work: Work, *, actor: roles.Actor, proposal_id: int, now: datetime) -> Certificate:
    """Second of two officers.

    Raises NotAllowed, ProposalUnknown, ProposalClosed, ProposalChanged, SecondPersonNeeded, FirstOfficerNeeded,
    AlreadyRevoked, AlreadyExpired.
    """
    agreed = two_officers.agree(work, actor=actor, act=ACT_BY_LAW, proposal_id=proposal_id, now=now)
    payload = dict(agreed.payload)
    found = records.certificate(work, Serial.parse(agreed.subject))
    require_revocable(found, now=now)
    why = f"by law: {payload['document']}; asked by {agreed.asked_by_name}"
    return record(work, actor=actor, found=found, reason=Reason(int(payload["reason"])), why=why, now=now)


def record(
    work: Work, *, actor: roles.Actor, found: Certificate, reason: Reason, why: str, now: datetime
) -> Certificate:
    """The revocation itself: state, list entry, figures, notice, audit."""
    revoked = replace(
        found,
        state=lifecycle.CERTIFICATE.after("revoke", found.state),
        revoked_at=now,
        reason=int(reason),
        held_at=None,
        hold_until=None,
    )
    work.certificates.save(revoked, expected=found)
    work.certificates.keep_crl_entry(
        found.certificate_id, crl.entry(found.serial.number, now, reasons.flag(reason))
    )
    work.rollups.apply(statistics.revoked(found, at=now, reason=int(reason)))
    recount_cover(work, found.subscriber_id, now=now)
    _end_untaken(work, actor, found, now)
    reports.settle(work, actor=actor, serial=found.serial, now=now)
    work.commands.add(publish_command(found.serial, now), now=now)
    records.tell_owner(
        work,
        found.subscriber_id,
        kind=notices.NoticeKind.REVOKED,
        words={"serial": found.serial.hex, "reason": reason.name},
        now=now,
    )
    work.certificates.tell(found.certificate_id, at=now, event="revoked", by=actor.name, note=why)
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:revoke:done", found.serial.hex, found.state.name, revoked.state.name,
            f"{reason.name}; {why}", work.policy.version,
        )
    )  # fmt: skip
    return revoked


def _end_untaken(work: Work, actor: roles.Actor, found: Certificate, now: datetime) -> None:
    """Nobody installs it any more: its application is over, and the waiting key is erased (F1, step 15). The key of a
    renewal has been its owner's for a year.
    """
    wanted = records.application(work, ApplicationId.of(found.application_id))
    is_renewal = wanted.kind is certificate.Kind.RENEWAL
    if is_renewal or not lifecycle.APPLICATION.allows("end_untaken", wanted.state):
        return
    state = lifecycle.APPLICATION.after("end_untaken", wanted.state)
    work.applications.save(replace(wanted, state=state, changed_at=now, reason=UNTAKEN), expected=wanted)
    work.audit.add(
        audit.Entry(
            now, actor, "application:end_untaken:done", wanted.number.digits, wanted.state.name, state.name,
            UNTAKEN, work.policy.version,
        )
    )  # fmt: skip


def recount_cover(work: Work, subscriber_id: int, *, now: datetime) -> None:
    """Until when the person has a valid certificate after this change."""
    before = work.rollups.cover_until(subscriber_id)
    after = statistics.covered_until(work.certificates.of_subscriber(subscriber_id))
    work.rollups.apply(statistics.coverage(before, after, at=now))
    work.rollups.set_cover_until(subscriber_id, after)


def publish_command(serial: Serial, now: datetime) -> Command:
    """Due at the end of a window of ten seconds: one publication gathers whatever changed within it."""
    window = int(now.timestamp()) // GATHER_SECONDS
    due_at = datetime.fromtimestamp((window + 1) * GATHER_SECONDS, UTC)
    key = f"crl:{serial.hex}:{secrets.token_hex(8)}"
    return Command(CommandKind.PUBLISH_CRL, "issuing", key, due_at)
