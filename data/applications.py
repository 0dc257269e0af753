"""Applications."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca_core.application import Application
from ca_core.certificate import Channel, Kind, Method, Purpose, StorageKind
from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState
from ca_core.records import ChangedMeanwhile
from data.schema import application as table

# Made once: building a statement costs more than running it.
_INSERT = insert(table)
_UPDATE = update(table).where(
    table.c.number == bindparam("was_number"), table.c.state == bindparam("was_state")
)
_BY_NUMBER = select(table).where(table.c.number == bindparam("key"))

OPEN = (
    ApplicationState.STARTED,
    ApplicationState.IDENTIFIED,
    ApplicationState.IN_REVIEW,
    ApplicationState.AGREED,
)
UNDER_WAY = (*OPEN, ApplicationState.SUBMITTED)


def of_row(row: Row[Any]) -> Application:
    return Application(
        number=ApplicationId.of(row.number),
        subscriber_id=row.subscriber_id,
        kind=Kind(row.kind),
        purpose=Purpose(row.purpose),
        channel=Channel(row.channel),
        storage=StorageKind(row.storage),
        method=Method(row.method),
        region=row.region,
        state=ApplicationState(row.state),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        policy_version=row.policy_version,
        opened_by=row.opened_by,
        opened_by_id=row.opened_by_id,
        label=row.label,
        mobile_only=bool(row.mobile_only),
        previous_certificate_id=row.previous_certificate_id,
        public_key=bytes(row.public_key),
        key_id=bytes(row.key_id),
        reason=row.reason,
    )


def to_row(record: Application) -> dict[str, object]:
    return {
        "number": record.number.number,
        "subscriber_id": record.subscriber_id,
        "kind": int(record.kind),
        "purpose": int(record.purpose),
        "channel": int(record.channel),
        "storage": int(record.storage),
        "method": int(record.method),
        "region": record.region,
        "state": int(record.state),
        "opened_at": record.opened_at,
        "changed_at": record.changed_at,
        "policy_version": record.policy_version,
        "opened_by": record.opened_by,
        "opened_by_id": record.opened_by_id,
        "label": record.label,
        "mobile_only": int(record.mobile_only),
        "previous_certificate_id": record.previous_certificate_id,
        "public_key": record.public_key,
        "key_id": record.key_id,
        "reason": record.reason,
    }


class Applications:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _many(self, *conditions: Any, order: Any, limit: int | None = None) -> list[Application]:
        query = select(table).where(*conditions).order_by(order).limit(limit)
        return [of_row(row) for row in self._connection.execute(query)]

    def by_number(self, number: ApplicationId) -> Application | None:
        row = self._connection.execute(_BY_NUMBER, {"key": number.number}).one_or_none()
        return of_row(row) if row is not None else None

    def add(self, application: Application) -> None:
        try:
            self._connection.execute(_INSERT, to_row(application))
        except IntegrityError as error:
            # Somebody else submitted the same key, or asked for the same successor, a moment ago.
            raise ChangedMeanwhile from error

    def save(self, application: Application, *, expected: Application) -> None:
        where = {"was_number": expected.number.number, "was_state": int(expected.state)}
        try:
            done = self._connection.execute(_UPDATE, where | to_row(application))
        except IntegrityError as error:
            # The same key was handed in for another application a moment ago.
            raise ChangedMeanwhile from error
        if done.rowcount != 1:
            raise ChangedMeanwhile

    def open_for_certificate(self, certificate_id: int, kind: Kind) -> Application | None:
        found = self._many(
            table.c.previous_certificate_id == certificate_id,
            table.c.kind == int(kind),
            table.c.state.in_([int(state) for state in UNDER_WAY]),
            order=table.c.opened_at,
        )
        return found[0] if found else None

    def of_subscriber(self, subscriber_id: int) -> list[Application]:
        return self._many(table.c.subscriber_id == subscriber_id, order=table.c.opened_at.desc())

    def with_key(self, key_id: bytes) -> list[Application]:
        return self._many(table.c.key_id == key_id, order=table.c.number)

    def open_before(self, instant: datetime, limit: int) -> list[Application]:
        return self._many(
            table.c.state.in_([int(state) for state in OPEN]),
            table.c.opened_at < instant,
            order=table.c.opened_at,
            limit=limit,
        )
