"""A new key replaces a lost or damaged one; the old certificate stays until its owner ends it (R11; RFC 3647 4.7)."""

from datetime import datetime

from ca_core import audit, certificate, consent, lifecycle, notices, records, roles
from ca_core.application import Application
from ca_core.certificate import Certificate, Channel, Kind, Method, Status, StorageKind
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.issuance import submit
from ca_core.ports import Work
from ca_core.x509 import csr

PURPOSE = "reissue"


class NothingToReplace(Refusal):
    """A certificate that ran out, or never was signed, is not replaced: the person applies anew. Facts: not_after."""

    code = "reissue.ended"


class SecondFactorMissing(Refusal):
    """This policy wants a second factor for a new key, and there is none here yet."""

    code = "reissue.second_factor_missing"


class AlreadyReplaced(Refusal):
    """A successor with a new key exists or is being issued. Facts: number."""

    code = "reissue.already_replaced"


def require_replaceable(work: Work, found: Certificate, *, now: datetime) -> None:
    """Raises NothingToReplace, AlreadyReplaced."""
    if certificate.status(found, now) in (Status.EXPIRED, Status.NOT_ISSUED):
        raise NothingToReplace(not_after=found.not_after)
    for follower in work.certificates.following(found.certificate_id):
        if (
            follower.facets.kind is Kind.REISSUE
            and follower.state is not lifecycle.CertificateState.ABANDONED
        ):
            raise AlreadyReplaced(number=str(ApplicationId.of(follower.application_id)))
    waiting = work.applications.open_for_certificate(found.certificate_id, Kind.REISSUE)
    if waiting is not None:
        raise AlreadyReplaced(number=str(waiting.number))


def _require_policy_allows(work: Work) -> None:
    if not work.policy.identification.counter_issues_directly:
        raise submit.CounterClosed
    if work.policy.certificates.reissue_second_factor:
        raise SecondFactorMissing


def request(
    work: Work,
    *,
    actor: roles.Actor,
    serial: Serial,
    raw_request: bytes,
    storage: StorageKind,
    lost: bool,
    owner: consent.OwnerConsent,
    now: datetime,
) -> Application:
    """An officer hands in the owner's new key; the job runner issues. The old certificate is at most marked lost.

    Raises NotAllowed, NotTheCaller, ConsentMissing, CounterClosed, SecondFactorMissing, CertificateUnknown,
    PersonDeceased, DocumentExpired, NothingToReplace, AlreadyReplaced, KeyAlreadyUsed and
    the refusals of `csr.check`.
    """
    roles.require(actor, roles.Permission.REISSUE)
    consent.require(owner, purpose=PURPOSE, subject=serial.hex, now=now)
    _require_policy_allows(work)
    found = records.certificate(work, serial)
    records.require_for(work, actor, roles.Permission.REISSUE, subscriber_id=found.subscriber_id)
    require_replaceable(work, found, now=now)
    checked = csr.check(raw_request)
    submit.require_fresh_key(work, checked.key_id)
    owner_record = records.subscriber(work, found.subscriber_id)
    subscriber = records.subscriber_for(work, iin=owner_record.iin, now=now)
    wanted = Application(
        number=ApplicationId.draw(),
        subscriber_id=found.subscriber_id,
        kind=Kind.REISSUE,
        purpose=found.purpose,
        channel=Channel.EGOV if actor.role is roles.Role.CALL_AGENT else Channel.COUNTER,
        storage=storage,
        # Whoever asked on the line was identified by video; everybody else stands at a counter.
        method=Method.VIDEO_CALL if actor.role is roles.Role.CALL_AGENT else Method.COUNTER,
        # R12: the office's region counts at a counter only.
        region=subscriber.region
        if actor.role is roles.Role.CALL_AGENT
        else actor.region or subscriber.region,
        state=lifecycle.APPLICATION.after("submit_in_person", lifecycle.APPLICATION.first),
        opened_at=now,
        changed_at=now,
        policy_version=work.policy.version,
        opened_by=actor.name,
        opened_by_id=actor.staff_id,
        previous_certificate_id=found.certificate_id,
        public_key=checked.public_key_der,
        key_id=checked.key_id,
    )
    work.applications.add(wanted)
    if lost:
        records.report_lost(work, found, now=now)
    work.commands.add(submit.issue_command(wanted.number), now=now)
    records.tell_owner(
        work,
        found.subscriber_id,
        kind=notices.NoticeKind.REISSUE_REQUESTED,
        words={"number": str(wanted.number)},
        now=now,
    )
    work.certificates.tell(
        found.certificate_id, at=now, event="reissue_requested", by=actor.name, note=str(wanted.number)
    )
    work.audit.add(
        audit.Entry(
            now, actor, "certificate:reissue:requested", serial.hex, policy_version=work.policy.version,
            details={"application": wanted.number.digits, "lost": str(lost)},
        )
    )  # fmt: skip
    return wanted
