"""What only demo mode has: the messages that the demo phone shows, and holders worth a first look."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select

from ca_core.certificate import Channel, Kind, StorageKind
from ca_core.lifecycle import CertificateState
from ca_core.subscriber import Person, Subscriber
from data import people
from data.schema import bmg, certificate, portrait, subscriber
from data.schema import demo_message as table
from data.schema import person as person_table

_LIVE = (int(CertificateState.ISSUED), int(CertificateState.ACCEPTED))


@dataclass(frozen=True, slots=True)
class Message:
    """An SMS or e-mail as its recipient reads it."""

    message_id: int
    medium: str
    recipient: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """A phone (eleven digits) or an e-mail address that got messages."""

    medium: str
    recipient: str
    messages: int
    latest_at: datetime


class DemoMessages:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, medium: str, recipient: str, text: str, at: datetime) -> None:
        self._connection.execute(insert(table).values(medium=medium, recipient=recipient, text=text, at=at))

    def of(self, recipient: str, limit: int = 50) -> list[Message]:
        """Newest first."""
        return self._messages(table.c.recipient == recipient, limit)

    def latest(self, limit: int = 50) -> list[Message]:
        """Of everybody, newest first."""
        return self._messages(table.c.message_id > 0, limit)

    def recipients(self, limit: int = 20) -> list[Recipient]:
        """Who got messages lately; whoever got the newest stands first."""
        newest = func.max(table.c.message_id)
        query = (
            select(
                table.c.medium,
                table.c.recipient,
                func.count().label("messages"),
                func.max(table.c.at).label("latest_at"),
            )
            .group_by(table.c.medium, table.c.recipient)
            .order_by(newest.desc())
            .limit(limit)
        )
        return [
            Recipient(row.medium, row.recipient, int(row.messages), row.latest_at)
            for row in self._connection.execute(query)
        ]

    def _messages(self, condition: ColumnElement[bool], limit: int) -> list[Message]:
        query = select(table).where(condition).order_by(table.c.message_id.desc()).limit(limit)
        return [
            Message(row.message_id, row.medium, row.recipient, row.text, row.at)
            for row in self._connection.execute(query)
        ]


class DemoRegister:
    """Lets the demo's callers be known to the state register, with their portraits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enter(self, known: Person, jpeg: bytes) -> bool:
        """False where the register knows this IIN already."""
        there = select(person_table.c.iin).where(person_table.c.iin == known.iin.number)
        if self._connection.scalar(there) is not None:
            return False
        self._connection.execute(insert(person_table).values(people.person_row(known)))
        self._connection.execute(insert(portrait).values(iin=known.iin.number, jpeg=jpeg))
        return True


class Showcases:
    """Holders who show something, as the database is now: the newest that fits, or None."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_empty(self) -> bool:
        """Nobody ever applied here."""
        return self._connection.scalar(select(subscriber.c.subscriber_id).limit(1)) is None

    def renewable(self, now: datetime) -> Subscriber | None:
        """One valid first certificate in a file, in its last months, and a phone in the BMG."""
        return self._newest(
            certificate.c.state == int(CertificateState.ACCEPTED),
            certificate.c.not_after > now,
            certificate.c.kind == int(Kind.NEW),
            certificate.c.storage == int(StorageKind.FILE),
            self._certificates() == 1,
            subscriber.c.phone.is_not(None),
            oldest=True,
        )

    def replaced(self, now: datetime) -> Subscriber | None:
        """A chain: the valid certificate replaces another, which replaced one before."""
        before = certificate.alias()
        return self._newest(
            certificate.c.state.in_(_LIVE),
            certificate.c.not_after > now,
            certificate.c.previous_id.in_(
                select(before.c.certificate_id).where(before.c.previous_id.is_not(None))
            ),
        )

    def held(self, now: datetime) -> Subscriber | None:
        return self._newest(
            certificate.c.state == int(CertificateState.ON_HOLD), certificate.c.hold_until > now
        )

    def lost(self, now: datetime) -> Subscriber | None:
        """Reported lost and still valid: nobody but the owner revokes it (R9)."""
        return self._newest(
            certificate.c.state.in_(_LIVE),
            certificate.c.not_after > now,
            certificate.c.lost_reported_at.is_not(None),
        )

    def mobile(self, now: datetime) -> Subscriber | None:
        """For mobile applications only (R7)."""
        return self._newest(
            certificate.c.state == int(CertificateState.ACCEPTED),
            certificate.c.not_after > now,
            certificate.c.channel == int(Channel.MOBILE),
        )

    def without_phone(self, now: datetime) -> Subscriber | None:
        """Valid, and no phone in the BMG that a code could be sent to (R4)."""
        return self._newest(
            certificate.c.state.in_(_LIVE),
            certificate.c.not_after > now,
            subscriber.c.phone.is_(None),
            subscriber.c.iin.not_in(select(bmg.c.iin)),
        )

    def _certificates(self) -> ColumnElement[int]:
        one = certificate.alias()
        counted = select(func.count()).where(one.c.subscriber_id == subscriber.c.subscriber_id)
        return counted.correlate(subscriber).scalar_subquery()

    def _newest(self, *conditions: ColumnElement[bool], oldest: bool = False) -> Subscriber | None:
        at = certificate.c.not_before
        query = (
            select(subscriber)
            .join_from(subscriber, certificate)
            .where(*conditions)
            .order_by(at if oldest else at.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return people.subscriber_of_row(row) if row is not None else None
