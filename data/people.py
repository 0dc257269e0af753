"""People: the state register and the BMG (ours until an interface of the state replaces them), and subscribers."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca_core.identifiers import Iin, Phone, Sex, fold_name
from ca_core.records import PhoneOfAnother
from ca_core.subscriber import DocumentKind, MobileRegistration, PastRegistration, Person, Subscriber
from data import upsert
from data.schema import bmg, bmg_history, name_token, person, portrait
from data.schema import subscriber as table

# Made once: building a statement costs more than running it.
_INSERT = insert(table)
_BY_ID = select(table).where(table.c.subscriber_id == bindparam("key"))
_BY_IIN = select(table).where(table.c.iin == bindparam("key"))


def subscriber_of_row(row: Any) -> Subscriber:
    return Subscriber(
        subscriber_id=row.subscriber_id,
        iin=Iin.of(row.iin),
        surname=row.surname,
        given_name=row.given_name,
        patronymic=row.patronymic,
        born_on=row.born_on,
        sex=Sex(row.sex),
        region=row.region,
        language=row.language,
        phone=Phone.of(row.phone) if row.phone is not None else None,
        email=row.email,
    )


def subscriber_row(known: Person, *, phone: Phone | None, email: str) -> dict[str, object]:
    return {
        "iin": known.iin.number,
        "surname": known.surname,
        "given_name": known.given_name,
        "patronymic": known.patronymic,
        "name_fold": fold_name(known.surname, known.given_name, known.patronymic),
        "phone": phone.number if phone else None,
        "email": email.lower(),
        "born_on": known.born_on,
        "sex": known.sex.value,
        "region": known.region,
        "language": known.language,
    }


def person_row(known: Person) -> dict[str, object]:
    return {
        "iin": known.iin.number,
        "surname": known.surname,
        "given_name": known.given_name,
        "patronymic": known.patronymic,
        "surname_latin": known.surname_latin,
        "given_name_latin": known.given_name_latin,
        "born_on": known.born_on,
        "sex": known.sex.value,
        "region": known.region,
        "language": known.language,
        "document_kind": int(known.document_kind),
        "document_number": known.document_number,
        "document_expires_on": known.document_expires_on,
        "deceased_on": known.deceased_on,
    }


class Subscribers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, query: Select[Any], key: int) -> Subscriber | None:
        row = self._connection.execute(query, {"key": key}).one_or_none()
        return subscriber_of_row(row) if row is not None else None

    def by_id(self, subscriber_id: int) -> Subscriber | None:
        return self._one(_BY_ID, subscriber_id)

    def by_iin(self, iin: Iin) -> Subscriber | None:
        return self._one(_BY_IIN, iin.number)

    def add(self, person: Person, *, phone: Phone | None, email: str) -> Subscriber:
        values = subscriber_row(person, phone=phone, email=email)
        done = self._connection.execute(_INSERT, values)
        tokens = str(values["name_fold"]).split()
        upsert.add_counts(
            self._connection,
            name_token,
            [{"token": token, "position": place, "n": 1} for place, token in enumerate(tokens)],
        )
        return Subscriber(
            subscriber_id=int(done.inserted_primary_key[0]),  # type: ignore[index]  # one row has one
            iin=person.iin,
            surname=person.surname,
            given_name=person.given_name,
            patronymic=person.patronymic,
            born_on=person.born_on,
            sex=person.sex,
            region=person.region,
            language=person.language,
            phone=phone,
            email=email.lower(),
        )

    def refresh(self, known: Subscriber, person: Person, *, phone: Phone | None) -> Subscriber:
        fresh = replace(
            known,
            surname=person.surname,
            given_name=person.given_name,
            patronymic=person.patronymic,
            region=person.region,
            language=person.language,
            phone=phone,
        )
        if fresh != known:
            values = subscriber_row(person, phone=phone, email=known.email)
            self._connection.execute(
                update(table).where(table.c.subscriber_id == known.subscriber_id).values(values)
            )
        return fresh

    def set_email(self, known: Subscriber, email: str) -> Subscriber:
        told = replace(known, email=email.lower())
        self._connection.execute(
            update(table).where(table.c.subscriber_id == known.subscriber_id).values(email=told.email)
        )
        return told


class StateRegister:
    """The state register of persons, from our own table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def person(self, iin: Iin) -> Person | None:
        row = self._connection.execute(select(person).where(person.c.iin == iin.number)).one_or_none()
        if row is None:
            return None
        return Person(
            iin=iin,
            surname=row.surname,
            given_name=row.given_name,
            patronymic=row.patronymic,
            surname_latin=row.surname_latin,
            given_name_latin=row.given_name_latin,
            born_on=row.born_on,
            sex=Sex(row.sex),
            region=row.region,
            language=row.language,
            document_kind=DocumentKind(row.document_kind),
            document_number=row.document_number,
            document_expires_on=row.document_expires_on,
            deceased_on=row.deceased_on,
        )


class MobileBase:
    """The BMG, from our own table: the unique keys are rule R3."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, condition: Any) -> MobileRegistration | None:
        row = self._connection.execute(select(bmg).where(condition)).one_or_none()
        if row is None:
            return None
        return MobileRegistration(Iin.of(row.iin), Phone.of(row.phone), row.since, row.registered_by)

    def of_iin(self, iin: Iin) -> MobileRegistration | None:
        return self._one(bmg.c.iin == iin.number)

    def of_phone(self, phone: Phone) -> MobileRegistration | None:
        return self._one(bmg.c.phone == phone.number)

    def enter(self, registration: MobileRegistration, *, call_id: int | None) -> None:
        iin, since = registration.iin.number, registration.since
        before = self.of_iin(registration.iin)
        if before is not None:
            self._close(before, registration)
            self._connection.execute(delete(bmg).where(bmg.c.iin == iin))
        values = {
            "iin": iin,
            "phone": registration.phone.number,
            "since": since,
            "registered_by": registration.registered_by,
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(bmg).values(values))
        except IntegrityError as error:
            # Somebody registered this phone for another IIN at the same moment.
            raise PhoneOfAnother from error
        self._connection.execute(insert(bmg_history).values({**values, "call_id": call_id, "ended_by": ""}))

    def _close(self, before: MobileRegistration, after: MobileRegistration) -> None:
        """The earlier phone's line ends; an entry from before the history was kept gets its line now."""
        closed = self._connection.execute(
            update(bmg_history)
            .where(bmg_history.c.iin == before.iin.number, bmg_history.c.until.is_(None))
            .values(until=after.since, ended_by=after.registered_by)
        )
        if closed.rowcount == 0:
            self._connection.execute(
                insert(bmg_history).values(
                    iin=before.iin.number,
                    phone=before.phone.number,
                    since=before.since,
                    registered_by=before.registered_by,
                    until=after.since,
                    ended_by=after.registered_by,
                )
            )

    def history(self, iin: Iin) -> list[PastRegistration]:
        query = (
            select(bmg_history).where(bmg_history.c.iin == iin.number).order_by(bmg_history.c.entry_id.desc())
        )
        return [
            PastRegistration(
                phone=Phone.of(row.phone),
                since=row.since,
                registered_by=row.registered_by,
                call_id=row.call_id,
                until=row.until,
                ended_by=row.ended_by,
            )
            for row in self._connection.execute(query)
        ]


class Portraits:
    """The state register's portraits, from our own table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_iin(self, iin: Iin) -> bytes | None:
        found = self._connection.scalar(select(portrait.c.jpeg).where(portrait.c.iin == iin.number))
        return bytes(found) if found is not None else None
