"""Certificates: the narrow row, the DER beside it, the linted content, the list entry, the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from ca_core.certificate import (
    AgeBand,
    Certificate,
    Channel,
    Facets,
    Kind,
    Method,
    Purpose,
    StorageKind,
)
from ca_core.identifiers import ApplicationId, Serial
from ca_core.lifecycle import CertificateState
from ca_core.records import ChangedMeanwhile
from data.pending import Pending
from data.schema import certificate as table
from data.schema import certificate_der, certificate_event, certificate_prepared, crl_entry

# Made once: building a statement costs more than running it.
_INSERT = insert(table)
_UPDATE = update(table).where(
    table.c.certificate_id == bindparam("was_id"),
    table.c.state == bindparam("was_state"),
    table.c.lost_reported_at.is_not_distinct_from(bindparam("was_lost", type_=table.c.lost_reported_at.type)),
)
_BY_ID = select(table).where(table.c.certificate_id == bindparam("key"))
_BY_SERIAL = select(table).where(table.c.serial == bindparam("key"))
_BY_APPLICATION = select(table).where(table.c.application_number == bindparam("key"))

UNFINISHED = (CertificateState.RESERVED, CertificateState.PREPARED)


def of_row(row: Any) -> Certificate:
    return Certificate(
        certificate_id=row.certificate_id,
        serial=Serial(bytes(row.serial)),
        subscriber_id=row.subscriber_id,
        application_id=row.application_number,
        purpose=Purpose(row.purpose),
        facets=Facets(
            kind=Kind(row.kind),
            channel=Channel(row.channel),
            storage=StorageKind(row.storage),
            region=row.region,
            method=Method(row.method),
            age_band=AgeBand(row.age_band),
        ),
        mobile_only=bool(row.mobile_only),
        state=CertificateState(row.state),
        not_before=row.not_before,
        not_after=row.not_after,
        policy_version=row.policy_version,
        key_id=bytes(row.key_id),
        fingerprint=bytes(row.fingerprint),
        previous_id=row.previous_id,
        issued_at=row.issued_at,
        accepted_at=row.accepted_at,
        lost_reported_at=row.lost_reported_at,
        held_at=row.held_at,
        hold_until=row.hold_until,
        revoked_at=row.revoked_at,
        reason=row.reason,
    )


def to_row(record: Certificate) -> dict[str, object]:
    """Every column but the key; demo data and the operations write the same."""
    facets = record.facets
    return {
        "serial": record.serial.octets,
        "subscriber_id": record.subscriber_id,
        "application_number": record.application_id,
        "purpose": int(record.purpose),
        "kind": int(facets.kind),
        "channel": int(facets.channel),
        "storage": int(facets.storage),
        "region": facets.region,
        "method": int(facets.method),
        "age_band": int(facets.age_band),
        "mobile_only": int(record.mobile_only),
        "state": int(record.state),
        "reason": record.reason,
        "not_before": record.not_before,
        "not_after": record.not_after,
        "issued_at": record.issued_at,
        "accepted_at": record.accepted_at,
        "lost_reported_at": record.lost_reported_at,
        "held_at": record.held_at,
        "hold_until": record.hold_until,
        "revoked_at": record.revoked_at,
        "previous_id": record.previous_id,
        "key_id": record.key_id,
        "fingerprint": record.fingerprint,
        "policy_version": record.policy_version,
    }


class Certificates:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events = Pending(connection, certificate_event)
        self.flush = self._events.flush

    def _one(self, query: Select[Any], key: object) -> Certificate | None:
        row = self._connection.execute(query, {"key": key}).one_or_none()
        return of_row(row) if row is not None else None

    def _many(self, *conditions: Any, order: Any = None, limit: int | None = None) -> list[Certificate]:
        query = (
            select(table).where(*conditions).order_by(order if order is not None else table.c.certificate_id)
        )
        return [of_row(row) for row in self._connection.execute(query.limit(limit))]

    def by_serial(self, serial: Serial) -> Certificate | None:
        return self._one(_BY_SERIAL, serial.octets)

    def by_id(self, certificate_id: int) -> Certificate | None:
        return self._one(_BY_ID, certificate_id)

    def of_subscriber(self, subscriber_id: int) -> list[Certificate]:
        return self._many(table.c.subscriber_id == subscriber_id, order=table.c.not_before.desc())

    def of_application(self, number: ApplicationId) -> Certificate | None:
        return self._one(_BY_APPLICATION, number.number)

    def with_key(self, key_id: bytes) -> list[Certificate]:
        return self._many(table.c.key_id == key_id)

    def following(self, certificate_id: int) -> list[Certificate]:
        return self._many(table.c.previous_id == certificate_id)

    def reserve(self, certificate: Certificate) -> int:
        done = self._connection.execute(_INSERT, to_row(certificate))
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one

    def save(self, certificate: Certificate, *, expected: Certificate) -> None:
        where = {
            "was_id": expected.certificate_id,
            "was_state": int(expected.state),
            "was_lost": expected.lost_reported_at,
        }
        done = self._connection.execute(_UPDATE, where | to_row(certificate))
        if done.rowcount != 1:
            raise ChangedMeanwhile

    def keep_prepared(self, certificate_id: int, to_be_signed: bytes) -> None:
        self._connection.execute(
            insert(certificate_prepared).values(certificate_id=certificate_id, to_be_signed=to_be_signed)
        )

    def prepared(self, certificate_id: int) -> bytes | None:
        query = select(certificate_prepared.c.to_be_signed)
        found = self._connection.scalar(query.where(certificate_prepared.c.certificate_id == certificate_id))
        return bytes(found) if found is not None else None

    def keep_der(self, certificate_id: int, der: bytes) -> None:
        self._connection.execute(insert(certificate_der).values(certificate_id=certificate_id, der=der))
        # The certificate contains what was prepared.
        self._connection.execute(
            delete(certificate_prepared).where(certificate_prepared.c.certificate_id == certificate_id)
        )

    def der(self, certificate_id: int) -> bytes | None:
        query = select(certificate_der.c.der).where(certificate_der.c.certificate_id == certificate_id)
        found = self._connection.scalar(query)
        return bytes(found) if found is not None else None

    def keep_crl_entry(self, certificate_id: int, entry: bytes | None) -> None:
        self._connection.execute(delete(crl_entry).where(crl_entry.c.certificate_id == certificate_id))
        if entry is not None:
            not_after = select(table.c.not_after).where(table.c.certificate_id == certificate_id)
            self._connection.execute(
                insert(crl_entry).values(
                    certificate_id=certificate_id, not_after=not_after.scalar_subquery(), entry=entry
                )
            )

    def holds_due(self, now: datetime, limit: int) -> list[Certificate]:
        return self._many(
            table.c.hold_until <= now, table.c.state == int(CertificateState.ON_HOLD), limit=limit
        )

    def unfinished(self) -> list[Certificate]:
        return self._many(table.c.state.in_([int(state) for state in UNFINISHED]))

    def tell(self, certificate_id: int, *, at: datetime, event: str, by: str, note: str = "") -> None:
        self._events.add({"certificate_id": certificate_id, "at": at, "event": event, "by": by, "note": note})

    def list_entries(self, *, unexpired_at: datetime) -> Sequence[bytes]:
        """The encoded list entries of certificates that have not run out, in order of recording."""
        query = select(crl_entry.c.entry).where(crl_entry.c.not_after >= unexpired_at)
        return [bytes(e) for e in self._connection.scalars(query.order_by(crl_entry.c.certificate_id))]

    def der_before(self, certificate_id: int | None, size: int) -> list[tuple[int, bytes, bytes]]:
        """Key, serial and DER of issued certificates, newest first, below a key."""
        query = select(table.c.certificate_id, table.c.serial, certificate_der.c.der).join_from(
            table, certificate_der, table.c.certificate_id == certificate_der.c.certificate_id
        )
        if certificate_id is not None:
            query = query.where(table.c.certificate_id < certificate_id)
        rows = self._connection.execute(query.order_by(table.c.certificate_id.desc()).limit(size))
        return [(row.certificate_id, bytes(row.serial), bytes(row.der)) for row in rows]
