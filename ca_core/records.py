"""What every operation begins with: find the record, or refuse."""

from dataclasses import replace
from datetime import datetime

from ca_core import notices, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Serial
from ca_core.lifecycle import CertificateState
from ca_core.notices import NoticeKind
from ca_core.ports import Work
from ca_core.subscriber import Subscriber


class CertificateUnknown(Refusal):
    code = "certificate.unknown"


class ApplicationUnknown(Refusal):
    code = "application.unknown"


class SubscriberUnknown(Refusal):
    code = "subscriber.unknown"


class ChangedMeanwhile(Refusal):
    """Somebody else changed the record between reading and writing it."""

    code = "record.changed_meanwhile"


_NEVER_SIGNED = (CertificateState.RESERVED, CertificateState.ABANDONED)


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


def tell_owner(
    work: Work, subscriber_id: int, *, kind: NoticeKind, words: dict[str, str], now: datetime
) -> None:
    """A notice to the owner, by SMS to the phone that the BMG has now, not to one that was theirs once (R3, R14)."""
    owner = subscriber(work, subscriber_id)
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
