"""The application is sent: a request for a certificate with proof of possession of its key (RFC 3647 4.1.2, 4.2)."""

from dataclasses import replace
from datetime import datetime, timedelta

from ca_core import application, audit, certificate, lifecycle, notices, records, roles
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Iin
from ca_core.ports import Command, CommandKind, Work
from ca_core.x509 import csr

OPEN_FOR = timedelta(days=30)


class KeyAlreadyUsed(Refusal):
    """The key was certified or submitted before: every certificate but a renewal has a key of its own (R6, R11)."""

    code = "submit.key_already_used"


class AlreadySent(Refusal):
    """The application went off with another key; it has one certificate (R5). Facts: number."""

    code = "submit.already_sent"


class StorageDiffers(Refusal):
    """The key was made on another medium than the application names (R6): what it says must be true (R12)."""

    code = "submit.storage_differs"


class CounterClosed(Refusal):
    """Under this policy counters do not issue directly."""

    code = "submit.counter_closed"


def issue_command(number: ApplicationId) -> Command:
    """The job runner's order to issue; the number makes it safe to store twice."""
    return Command(CommandKind.ISSUE, number.digits, f"issue:{number.digits}")


def require_fresh_key(work: Work, key_id: bytes, *, of: ApplicationId | None = None) -> None:
    """`of`: the application that may have it already. Raises KeyAlreadyUsed, and ChangedMeanwhile where that one got
    it a moment ago, by the same request from another tab.
    """
    submitted = [one.number for one in work.applications.with_key(key_id)]
    certified = [ApplicationId.of(one.application_id) for one in work.certificates.with_key(key_id)]
    if any(number != of for number in (*submitted, *certified)):
        raise KeyAlreadyUsed
    if submitted or certified:
        raise records.ChangedMeanwhile


def with_request(
    work: Work,
    *,
    actor: roles.Actor,
    iin: Iin,
    raw_request: bytes,
    storage: certificate.StorageKind,
    purpose: certificate.Purpose = certificate.Purpose.SIGNING,
    email: str = "",
    now: datetime,
) -> application.Application:
    """Over the counter (F6): the officer has identified the person, the request comes from the person's own medium.

    Raises NotAllowed, CounterClosed, PersonUnknown, PersonDeceased, DocumentExpired, KeyAlreadyUsed and
    the refusals of `csr.check`.
    """
    roles.require(actor, roles.Permission.SUBMIT_APPLICATION)
    if not work.policy.identification.counter_issues_directly:
        raise CounterClosed
    request = csr.check(raw_request)
    require_fresh_key(work, request.key_id)
    subscriber = records.subscriber_for(work, iin=iin, email=email, now=now)
    submitted = application.Application(
        number=ApplicationId.draw(),
        subscriber_id=subscriber.subscriber_id,
        kind=certificate.Kind.NEW,
        purpose=purpose,
        channel=certificate.Channel.COUNTER,
        storage=storage,
        method=certificate.Method.COUNTER,
        region=actor.region or subscriber.region,
        state=lifecycle.APPLICATION.after("submit_in_person", lifecycle.APPLICATION.first),
        opened_at=now,
        changed_at=now,
        policy_version=work.policy.version,
        opened_by=actor.name,
        opened_by_id=actor.staff_id,
        public_key=request.public_key_der,
        key_id=request.key_id,
    )
    work.applications.add(submitted)
    work.commands.add(issue_command(submitted.number), now=now)
    work.audit.add(
        audit.Entry(
            now, actor, "application:submit:done", submitted.number.digits,
            to_state=submitted.state.name, policy_version=work.policy.version,
        )
    )  # fmt: skip
    return submitted


def by_owner(
    work: Work,
    *,
    number: ApplicationId,
    raw_request: bytes,
    made_on: certificate.StorageKind = certificate.StorageKind.FILE,
    now: datetime,
) -> application.Application:
    """Step 14: the key agent's request for an application whose owner is identified and has agreed to everything.

    The same request again finds the application as it stands: nothing is ordered twice. `made_on`: where the agent
    says that it made the key; a file where it says nothing. Raises ApplicationUnknown, AlreadySent, StorageDiffers,
    TransitionRefused, PersonUnknown, PersonDeceased, DocumentExpired, KeyAlreadyUsed, ChangedMeanwhile and the refusals
    of `csr.check`.
    """
    agreed = records.application(work, number)
    request = csr.check(raw_request)
    if agreed.key_id:
        if agreed.key_id != request.key_id:
            raise AlreadySent(number=str(number))
        return agreed
    state = lifecycle.APPLICATION.after("submit", agreed.state)
    if made_on is not agreed.storage:
        raise StorageDiffers
    require_fresh_key(work, request.key_id, of=number)
    owner = records.subscriber(work, agreed.subscriber_id)
    subscriber = records.subscriber_for(work, iin=owner.iin, now=now)
    submitted = replace(
        agreed,
        state=state,
        changed_at=now,
        # R12: where the register says that the person lives now.
        region=subscriber.region,
        public_key=request.public_key_der,
        key_id=request.key_id,
    )
    work.applications.save(submitted, expected=agreed)
    work.commands.add(issue_command(number), now=now)
    work.audit.add(
        audit.Entry(
            now, roles.OWNER, "application:submit:done", number.digits, agreed.state.name, state.name,
            policy_version=work.policy.version,
        )
    )  # fmt: skip
    return submitted


def _end(
    work: Work, *, actor: roles.Actor, number: ApplicationId, act: str, reason: str, now: datetime
) -> None:
    found = records.application(work, number)
    state = lifecycle.APPLICATION.after(act, found.state)
    work.applications.save(replace(found, state=state, changed_at=now, reason=reason), expected=found)
    work.audit.add(
        audit.Entry(
            now, actor, f"application:{act}:done", number.digits, found.state.name, state.name, reason,
            work.policy.version,
        )
    )  # fmt: skip


def withdraw(work: Work, *, actor: roles.Actor, number: ApplicationId, reason: str, now: datetime) -> None:
    """The applicant no longer wants it; an officer writes it down. Raises ApplicationUnknown, TransitionRefused."""
    roles.require(actor, roles.Permission.SUBMIT_APPLICATION)
    _end(work, actor=actor, number=number, act="withdraw", reason=reason, now=now)


def expire(work: Work, *, actor: roles.Actor, number: ApplicationId, now: datetime) -> None:
    """Open for thirty days: its owner is told that it is over, and asked for nothing (R13).

    Raises NotAllowed, ApplicationUnknown, TransitionRefused.
    """
    roles.require_system(actor)
    _end(work, actor=actor, number=number, act="expire", reason="", now=now)
    expired = records.application(work, number)
    records.tell_owner(
        work,
        expired.subscriber_id,
        kind=notices.NoticeKind.APPLICATION_EXPIRED,
        words={"number": str(number)},
        now=now,
    )
