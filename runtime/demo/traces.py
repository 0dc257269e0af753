"""What the operations would have left behind: history, audit entries, list entries and messages of each certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ca_core import audit, notices, roles
from ca_core.certificate import Channel, Kind
from ca_core.lifecycle import CertificateState
from ca_core.notices import Notice, NoticeKind
from ca_core.revocation import reasons
from ca_core.revocation.reasons import Reason
from ca_core.roles import Actor
from ca_core.x509 import crl
from data.bulk import Happened
from runtime.demo.records import Desk, Recorded
from runtime.issuing import JOB

_SYSTEM = Actor("jobs", None, roles.Door.JOB)
_CODE = "owner by sms_code"
_LINK = "owner by link in a message"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one certificate: a line of its history, an audit entry, perhaps a message."""

    certificate_id: int
    at: datetime
    event: str
    audited: str
    by: Actor
    before: CertificateState | None = None
    after: CertificateState | None = None
    note: str = ""
    notice: NoticeKind | None = None


def steps(record: Recorded, desk: Desk) -> Iterator[Step]:
    """In the order in which they happened, except those that a successor causes: see `asked`."""
    one, key = record.issuance, record.certificate.certificate_id
    states = CertificateState
    yield Step(
        key, one.issued_at, "issued", "certificate:issue:done", JOB, states.PREPARED, states.ISSUED,
        notice=NoticeKind.ISSUED,
    )  # fmt: skip
    if one.accepted_at:
        taken_by = desk.of(one) if one.channel is Channel.COUNTER else roles.OWNER
        yield Step(
            key, one.accepted_at, "accepted", "certificate:accept:done", taken_by,
            states.ISSUED, states.ACCEPTED,
        )  # fmt: skip
    yield from _hold(record, desk)
    yield from _revocation(record, desk)


def _hold(record: Recorded, desk: Desk) -> Iterator[Step]:
    hold, key = record.issuance.hold, record.certificate.certificate_id
    if hold is None:
        return
    free, held = _free(record), CertificateState.ON_HOLD
    first, second = desk.of(record.issuance), desk.other(record.issuance)
    by = roles.OWNER if hold.by_owner else second
    case = f"case F-{record.issuance.number.digits[1:6]}; asked by {first.name}"
    why = _LINK if hold.by_owner else case
    yield Step(key, hold.held_at, "hold", "certificate:hold:done", by, free, held, why, NoticeKind.HELD)
    if hold.ended_at is not None and record.issuance.revocation is None:
        by, why = (first, _CODE) if hold.by_owner else (_SYSTEM, "time is over")
        yield Step(
            key, hold.ended_at, "release_hold", "certificate:release_hold:done", by, held, free, why,
            NoticeKind.RELEASED,
        )  # fmt: skip


def _revocation(record: Recorded, desk: Desk) -> Iterator[Step]:
    one = record.issuance
    if one.revocation is None:
        return
    first, second = desk.of(one), desk.other(one)
    document = f"2-{one.number.digits[1:6]}/{one.revocation.at:%Y}"
    by_law = f"by law: {document}; asked by {first.name}"
    yield Step(
        record.certificate.certificate_id, one.revocation.at, "revoked", "certificate:revoke:done",
        second if one.revocation.by_law else first,
        CertificateState.ON_HOLD if one.hold else _free(record), CertificateState.REVOKED,
        by_law if one.revocation.by_law else _CODE, NoticeKind.REVOKED,
    )  # fmt: skip


def asked(record: Recorded, desk: Desk) -> Step | None:
    """What the old certificate's history says of its successor."""
    one, previous_id = record.issuance, record.certificate.previous_id
    if previous_id is None or (one.kind is Kind.RENEWAL and one.channel is not Channel.COUNTER):
        return None
    renewal = one.kind is Kind.RENEWAL
    return Step(
        previous_id,
        one.opened_at,
        "renewal_opened" if renewal else "reissue_requested",
        "certificate:renew:opened" if renewal else "certificate:reissue:requested",
        desk.of(one) if one.channel is Channel.COUNTER else roles.OWNER,
        note=str(one.number),
    )


def _free(record: Recorded) -> CertificateState:
    return CertificateState.ACCEPTED if record.issuance.accepted_at else CertificateState.ISSUED


def line(step: Step) -> Happened:
    return Happened(step.certificate_id, step.at, step.event, step.by.name, step.note)


def entry(step: Step, record: Recorded) -> audit.Entry:
    """`record` is the certificate that the step is about."""
    revocation = record.issuance.revocation
    revoked = step.after is CertificateState.REVOKED and revocation is not None
    return audit.Entry(
        at=step.at,
        actor=step.by,
        event=step.audited,
        subject=record.certificate.serial.hex,
        from_state=step.before.name if step.before else "",
        to_state=step.after.name if step.after else "",
        reason=f"{revocation.reason.name}; {step.note}" if revoked and revocation else step.note,
        policy_version=record.certificate.policy_version,
    )


def messages(step: Step, record: Recorded) -> list[Notice]:
    if step.notice is None:
        return []
    words = {"serial": record.certificate.serial.hex}
    if step.notice is NoticeKind.ISSUED:
        words["number"] = str(record.issuance.number)
    if step.notice is NoticeKind.REVOKED and record.issuance.revocation:
        words["reason"] = record.issuance.revocation.reason.name
    owner = record.subscriber
    return notices.to_owner(owner, phone=owner.phone, kind=step.notice, words=words, now=step.at)


def list_entry(record: Recorded) -> bytes | None:
    """What the next list says of it."""
    held = record.certificate
    if record.issuance.revocation is not None:
        reason, at = record.issuance.revocation.reason, record.issuance.revocation.at
        return crl.entry(held.serial.number, at, reasons.flag(reason))
    if held.held_at is not None:
        return crl.entry(held.serial.number, held.held_at, reasons.flag(Reason.CERTIFICATE_HOLD))
    return None
