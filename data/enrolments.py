"""The staff's enrolments that wait: one an account at most."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from ca_core.staff_enrolment import Enrolment
from data import upsert
from data.enrolment_schema import staff_enrolment as table


class Enrolments:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_code(self, code_digest: bytes) -> Enrolment | None:
        return self._one(table.c.code_digest == code_digest)

    def by_token(self, token_digest: bytes) -> Enrolment | None:
        return self._one(table.c.token_digest == token_digest)

    def _one(self, condition: ColumnElement[bool]) -> Enrolment | None:
        row: Any = self._connection.execute(select(table).where(condition)).one_or_none()
        if row is None:
            return None
        return Enrolment(
            staff_id=row.staff_id,
            code_digest=bytes(row.code_digest),
            expires_at=row.expires_at,
            token_digest=bytes(row.token_digest) if row.token_digest is not None else None,
            totp_secret=row.totp_secret,
            open_until=row.open_until,
        )

    def put(self, enrolment: Enrolment) -> None:
        row: dict[str, object] = {
            "staff_id": enrolment.staff_id,
            "code_digest": enrolment.code_digest,
            "expires_at": enrolment.expires_at,
            "token_digest": enrolment.token_digest,
            "totp_secret": enrolment.totp_secret,
            "open_until": enrolment.open_until,
        }
        upsert.put(self._connection, table, [row])

    def take(self, enrolment: Enrolment) -> bool:
        is_this = table.c.token_digest == enrolment.token_digest
        done = self._connection.execute(delete(table).where(table.c.staff_id == enrolment.staff_id, is_this))
        return done.rowcount == 1

    def void(self, staff_id: int) -> None:
        self._connection.execute(delete(table).where(table.c.staff_id == staff_id))
