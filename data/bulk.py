"""Many records at once, for the demo data: the same rows as the operations write, a statement for thousands.

Everything is written in the caller's transaction. Rollups are made afterwards, by `rollups.rebuild`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Table, func, insert, select, text

from ca_core.application import Application
from ca_core.audit import Entry
from ca_core.certificate import Certificate
from ca_core.identifiers import Iin, Phone, fold_name
from ca_core.notices import Notice
from ca_core.subscriber import MobileRegistration, Person
from data import applications, audit, certificates, outbox, people, schema, upsert

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person who applied, with the key that the subscriber's row gets."""

    subscriber_id: int
    person: Person
    phone: Phone | None
    email: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of a certificate's history."""

    certificate_id: int
    at: datetime
    event: str
    by: str
    note: str = ""


class Bulk:
    """`wrote` is told the number of rows after each statement."""

    def __init__(self, connection: Connection, *, wrote: Callable[[int], None]) -> None:
        self._connection = connection
        self._wrote = wrote

    def people(self, known: Iterable[Person]) -> None:
        self._insert(schema.person, map(people.person_row, known))

    def registrations(self, registered: Iterable[MobileRegistration]) -> None:
        rows = (
            {
                "iin": one.iin.number,
                "phone": one.phone.number,
                "since": one.since,
                "registered_by": one.registered_by,
            }
            for one in registered
        )
        self._insert(schema.bmg, rows)

    def portraits(self, known: Iterable[tuple[Iin, bytes]]) -> None:
        self._insert(schema.portrait, ({"iin": iin.number, "jpeg": jpeg} for iin, jpeg in known))

    def subscribers(self, enrolled: Sequence[Enrolled]) -> None:
        rows = (
            {
                "subscriber_id": one.subscriber_id,
                **people.subscriber_row(one.person, phone=one.phone, email=one.email),
            }
            for one in enrolled
        )
        self._insert(schema.subscriber, rows)
        self._name_tokens(one.person for one in enrolled)

    def applications(self, records: Iterable[Application]) -> None:
        self._insert(schema.application, map(applications.to_row, records))

    def certificates(self, records: Sequence[Certificate]) -> None:
        rows = ({"certificate_id": one.certificate_id, **certificates.to_row(one)} for one in records)
        self._insert(schema.certificate, rows)

    def ders(self, encoded: Iterable[tuple[int, bytes]]) -> None:
        self._insert(schema.certificate_der, ({"certificate_id": key, "der": der} for key, der in encoded))

    def list_entries(self, entries: Iterable[tuple[Certificate, bytes]]) -> None:
        rows = (
            {"certificate_id": one.certificate_id, "not_after": one.not_after, "entry": entry}
            for one, entry in entries
        )
        self._insert(schema.crl_entry, rows)

    def history(self, lines: Iterable[Happened]) -> None:
        rows = (
            {
                "certificate_id": one.certificate_id,
                "at": one.at,
                "event": one.event,
                "by": one.by,
                "note": one.note,
            }
            for one in lines
        )
        self._insert(schema.certificate_event, rows)

    def uses(self, seen: Iterable[tuple[int, date]]) -> None:
        rows = ({"certificate_id": key, "last_seen_on": day} for key, day in seen)
        self._insert(schema.certificate_use, rows)

    def audit(self, entries: Iterable[Entry]) -> None:
        self._insert(schema.audit, map(audit.to_row, entries))

    def sent(self, notices: Iterable[Notice], *, after: timedelta) -> None:
        """Messages of the past, delivered at once."""
        rows = (
            {
                "kind": one.kind.value,
                "medium": one.medium.value,
                "recipient": one.recipient,
                "subscriber_id": one.subscriber_id,
                "language": one.language,
                "words": json.dumps(one.words, ensure_ascii=False),
                "secret": int(one.secret),
                "created_at": one.at,
                "state": outbox.SENT,
                "attempts": 1,
                "next_try_at": one.at,
                "delivered_at": one.at + after,
                "problem": "",
            }
            for one in notices
        )
        self._insert(schema.outbox, rows)

    def finish(self) -> None:
        """Keys that were given by hand are counted, and the planner learns what is there now."""
        if self._connection.dialect.name == "postgresql":
            for key in (schema.subscriber.c.subscriber_id, schema.certificate.c.certificate_id):
                highest = select(func.max(key)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(key.table.name, key.name)
                self._connection.execute(select(func.setval(sequence, highest)))
        self._connection.execute(text("analyze"))

    def _name_tokens(self, known: Iterable[Person]) -> None:
        """As `Subscribers.add` counts them, for the search that forgives a typo."""
        counts: Counter[tuple[str, int]] = Counter()
        for one in known:
            folded = fold_name(one.surname, one.given_name, one.patronymic)
            counts.update((token, place) for place, token in enumerate(folded.split()))
        rows: list[dict[str, object]] = [
            {"token": token, "position": place, "n": n} for (token, place), n in counts.items()
        ]
        upsert.add_counts(self._connection, schema.name_token, rows)

    def _insert(self, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
        for chunk in _chunks(iter(rows)):
            self._connection.execute(insert(table), chunk)
            self._wrote(len(chunk))


def _chunks(rows: Iterator[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk
