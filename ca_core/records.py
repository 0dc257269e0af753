"""What every operation begins with: find the record, or refuse."""

from dataclasses import replace
from datetime import datetime

from ca_core import notices, roles, statistics
from ca_core.application import Application
from ca_core.call import Call, Decision, Gate, Outcome
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Iin, Serial
from ca_core.lifecycle import CallState, CertificateState
from ca_core.notices import NoticeKind
from ca_core.ports import Work
from ca_core.subscriber import Person, Subscriber


class CertificateUnknown(Refusal):
    code = "certificate.unknown"


class ApplicationUnknown(Refusal):
    code = "application.unknown"


class SubscriberUnknown(Refusal):
    code = "subscriber.unknown"


class ChangedMeanwhile(Refusal):
    """Somebody else changed the record between reading and writing it."""

    code = "record.changed_meanwhile"


class CallUnknown(Refusal):
    code = "call.unknown"


class NotTheCaller(Refusal):
    """A call agent acts for the identified caller of their own call, and for nobody else (F2, R9)."""

    code = "call.not_the_caller"


class PhoneOfAnother(Refusal):
    """The phone serves another IIN; an officer moves it after both owners were told (R3)."""

    code = "bmg.phone_of_another"


class PersonUnknown(Refusal):
    """The state register has no such person."""

    code = "submit.person_unknown"


class PersonDeceased(Refusal):
    code = "submit.person_deceased"


class DocumentExpired(Refusal):
    """The identity document ran out (R2)."""

    code = "submit.document_expired"


_NEVER_SIGNED = (CertificateState.RESERVED, CertificateState.ABANDONED)
_ON_THE_LINE = (CallState.ACTIVE, CallState.HELD)
# Who the caller is, is proven by these; the phone and its code are about the registration.
IDENTIFYING = (Gate.RECORDING, Gate.PRESSURE, Gate.DOCUMENT, Gate.READING, Gate.FEATURES, Gate.FACE)


def certificate(work: Work, serial: Serial) -> Certificate:
    """Raises CertificateUnknown, also for a serial that was reserved and never signed."""
    found = work.certificates.by_serial(serial)
    if found is None or found.state in _NEVER_SIGNED:
        raise CertificateUnknown
    return found


def application(work: Work, number: ApplicationId) -> Application:
    """Raises ApplicationUnknown."""
    found = work.applications.by_number(number)
    if found is None:
        raise ApplicationUnknown
    return found


def subscriber(work: Work, subscriber_id: int) -> Subscriber:
    """Raises SubscriberUnknown."""
    found = work.subscribers.by_id(subscriber_id)
    if found is None:
        raise SubscriberUnknown
    return found


def require_entitled(work: Work, iin: Iin, *, now: datetime) -> Person:
    """The person as the state register has them now (R1, R2). Raises PersonUnknown, PersonDeceased, DocumentExpired."""
    person = work.register.person(iin)
    if person is None:
        raise PersonUnknown
    if person.deceased_on is not None:
        raise PersonDeceased
    if person.document_expires_on < statistics.local_day(now):
        raise DocumentExpired
    return person


def subscriber_for(work: Work, *, iin: Iin, email: str = "", now: datetime) -> Subscriber:
    """Our entry of the person, with the names and the phone of this moment. Raises as `require_entitled`."""
    person = require_entitled(work, iin, now=now)
    registration = work.bmg.of_iin(iin)
    phone = registration.phone if registration else None
    known = work.subscribers.by_iin(iin)
    if known is None:
        return work.subscribers.add(person, phone=phone, email=email)
    return work.subscribers.refresh(known, person, phone=phone)


def call(work: Work, call_id: int) -> Call:
    """Raises CallUnknown."""
    found = work.calls.by_id(call_id)
    if found is None:
        raise CallUnknown
    return found


def require_for(work: Work, actor: roles.Actor, permission: roles.Permission, *, subscriber_id: int) -> None:
    """The actor may do this, and for this person: a call agent for the caller of their call only.

    Raises NotAllowed, NotTheCaller.
    """
    roles.require(actor, permission)
    if actor.role is not roles.Role.CALL_AGENT:
        return
    caller = caller_of(work, actor)
    owner = work.subscribers.by_id(subscriber_id)
    if caller is None or owner is None or owner.iin != caller:
        raise NotTheCaller


def require_for_owner(
    work: Work, actor: roles.Actor, permission: roles.Permission, *, subscriber_id: int
) -> None:
    """Owners at their own door need no permission, only their consent, which is demanded beside this; staff need both.

    Raises NotAllowed, NotTheCaller.
    """
    if actor != roles.OWNER:
        require_for(work, actor, permission, subscriber_id=subscriber_id)


def caller_of(work: Work, actor: roles.Actor) -> Iin | None:
    """Whom the agent has on the line and has identified, freely there and recorded; nobody whom the agent refused."""
    desk = work.desks.by_id(actor.staff_id or 0)
    found = work.calls.by_id(desk.call_id) if desk is not None and desk.call_id is not None else None
    if found is None or found.agent_id != actor.staff_id or found.state not in _ON_THE_LINE:
        return None
    if found.decision not in (None, Decision.REGISTERED):
        return None
    newest = {check.gate: check.outcome for check in work.checks.of_call(found.call_id)}
    proven = all(newest.get(gate) is Outcome.PASSED for gate in IDENTIFYING)
    return found.iin if proven else None


def tell_owner(
    work: Work,
    subscriber_id: int,
    *,
    kind: NoticeKind,
    words: dict[str, str],
    language: str = "",
    now: datetime,
) -> None:
    """A notice to the owner, by SMS to the phone that the BMG has now, not to one that was theirs once (R3, R14).

    In the register's language of the person, unless the pages that they use speak another.
    """
    known = subscriber(work, subscriber_id)
    owner = replace(known, language=language) if language else known
    registration = work.bmg.of_iin(owner.iin)
    phone = registration.phone if registration else None
    work.outbox.add(notices.to_owner(owner, phone=phone, kind=kind, words=words, now=now))


def report_lost(work: Work, found: Certificate, *, now: datetime) -> Certificate:
    """Counts the first report that the owner lost the key (R12); a later one changes nothing."""
    if found.lost_reported_at is not None:
        return found
    lost = replace(found, lost_reported_at=now)
    work.certificates.save(lost, expected=found)
    work.rollups.apply(statistics.reported_lost(found, at=now))
    return lost
