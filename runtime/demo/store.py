"""Writes what was told and signed, in the caller's one transaction, and makes the figures from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from ca_core.application import Application
from ca_core.audit import Entry
from ca_core.certificate import Certificate
from ca_core.identifiers import Serial
from ca_core.notices import Notice, NoticeKind
from ca_core.registration import not_me
from ca_core.subscriber import MobileRegistration, Person, Subscriber
from data import rollups
from data.bulk import Bulk, Enrolled, Happened
from data.work import Work
from runtime import notice_texts
from runtime.demo import traces
from runtime.demo.photos import Taken
from runtime.demo.records import Desk, Recorded
from runtime.demo.signing import Signed
from runtime.settings import Settings

# The outbox keeps the messages of this time before the last day; the demo phone shows the newest of them.
_MESSAGES_OF = timedelta(days=60)
_ON_THE_PHONE = 40
_DELIVERED_AFTER = timedelta(seconds=4)
# Measured; a progress bar needs no more.
_ROWS_A_CERTIFICATE = 8.6

# The caller learns what is being done, how far it is, and how far it goes.
Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """All of it, before it is stored."""

    people: list[Person]
    registrations: list[MobileRegistration]
    subscribers: list[tuple[Subscriber, Person]]
    records: list[Recorded]
    signed: list[Signed]
    pending: list[Application]
    photos: list[Taken]


@dataclass(frozen=True, slots=True)
class _Traces:
    history: list[Happened]
    audit: list[Entry]
    messages: list[Notice]


def store(work: Work, demo: Demo, *, desk: Desk, settings: Settings, end: datetime, watch: Watch) -> None:
    rows, total = 0, int(len(demo.signed) * _ROWS_A_CERTIFICATE)

    def wrote(more: int) -> None:
        nonlocal rows
        rows += more
        watch("storing", min(rows, total), total)

    bulk = Bulk(work.connection, wrote=wrote)
    bulk.people(demo.people)
    bulk.registrations(demo.registrations)
    bulk.subscribers(
        [Enrolled(one.subscriber_id, person, one.phone, one.email) for one, person in demo.subscribers]
    )
    bulk.applications(chain((one.application for one in demo.signed), demo.pending))
    bulk.certificates([one.certificate for one in demo.signed])
    bulk.ders((one.certificate.certificate_id, one.der) for one in demo.signed)
    bulk.list_entries(_list_entries(demo.records))
    bulk.uses(
        (one.certificate.certificate_id, one.issuance.last_seen_on)
        for one in demo.records
        if one.issuance.last_seen_on is not None
    )
    left = _traces(demo.records, desk, since=end - _MESSAGES_OF)
    bulk.history(left.history)
    bulk.audit(left.audit)
    bulk.sent(left.messages, after=_DELIVERED_AFTER)
    _photos(work, bulk, demo.photos)
    _show_on_phone(work, left.messages[-_ON_THE_PHONE:], settings)
    watch("storing", total, total)
    watch("counting", 0, total)
    rollups.rebuild(work.connection)
    bulk.finish()
    watch("counting", total, total)


def _photos(work: Work, bulk: Bulk, photos: Sequence[Taken]) -> None:
    bulk.portraits((one.iin, one.portrait) for one in photos)
    for one in photos:
        attempt_id = work.face_attempts.add(one.attempt)
        work.reviews.add(replace(one.review, attempt_id=attempt_id))


def _list_entries(records: Sequence[Recorded]) -> Iterator[tuple[Certificate, bytes]]:
    for one in records:
        entry = traces.list_entry(one)
        if entry is not None:
            yield one.certificate, entry


def _traces(records: Sequence[Recorded], desk: Desk, *, since: datetime) -> _Traces:
    """In order of time, as if every operation had written its own."""
    by_key = {one.certificate.certificate_id: one for one in records}
    steps = [step for one in records for step in traces.steps(one, desk)]
    steps += [step for one in records if (step := traces.asked(one, desk)) is not None]
    steps.sort(key=lambda step: (step.at, step.certificate_id))
    return _Traces(
        history=[traces.line(step) for step in steps],
        audit=[traces.entry(step, by_key[step.certificate_id]) for step in steps],
        messages=[
            message
            for step in steps
            if step.at >= since
            for message in traces.messages(step, by_key[step.certificate_id])
        ],
    )


def _show_on_phone(work: Work, messages: Sequence[Notice], settings: Settings) -> None:
    """With links that work: the owner can still answer that it was not them (R14)."""
    minutes = int(work.policy.codes.validity.total_seconds()) // 60
    for message in messages:
        link = ""
        if message.kind is NoticeKind.ISSUED:
            token = not_me.make(work, serial=Serial.parse(message.words["serial"]), now=message.at)
            link = f"{settings.portal_url.rstrip('/')}/not-me/{token}"
        text = notice_texts.render(
            kind=message.kind.value,
            language=message.language,
            words=message.words,
            minutes=minutes,
            link=link,
        )
        work.demo_messages.add(
            medium=message.medium.value,
            recipient=message.recipient,
            text=text,
            at=message.at + _DELIVERED_AFTER,
        )
