"""The audit log: append only, and read by page for the auditor."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from ca_core.audit import Entry, Recorded
from ca_core.audit_view import Criteria, Position
from data.pending import Pending
from data.schema import audit as table


def to_row(entry: Entry) -> dict[str, object]:
    return {
        "at": entry.at,
        "actor": entry.actor.name,
        "staff_id": entry.actor.staff_id,
        "role": entry.actor.role.value if entry.actor.role else "",
        "door": entry.actor.door.value,
        "event": entry.event,
        "subject": entry.subject,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "reason": entry.reason,
        "policy_version": entry.policy_version,
        "details": json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
    }


def of_row(row: Row[Any]) -> Recorded:
    return Recorded(
        row.audit_id, row.at, row.actor, row.staff_id, row.role, row.door, row.event, row.subject, row.from_state,
        row.to_state, row.reason, row.policy_version, row.details,
    )  # fmt: skip


class AuditLog:
    def __init__(self, connection: Connection) -> None:
        self._pending = Pending(connection, table)
        self.flush = self._pending.flush

    def add(self, entry: Entry) -> None:
        self._pending.add(to_row(entry))


class AuditPages:
    """The read side of the auditor's page."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, criteria: Criteria, *, after: Position | None, size: int) -> Sequence[Recorded]:
        """Newest first. By instant and not by id: both indexes and the eye go along with it."""
        conditions = _conditions(criteria)
        if after is not None:
            conditions.append(tuple_(table.c.at, table.c.audit_id) < (after.at, after.entry_id))
        query = (
            select(table).where(*conditions).order_by(table.c.at.desc(), table.c.audit_id.desc()).limit(size)
        )
        return [of_row(row) for row in self._connection.execute(query)]

    def newest(self, subject: str, events: Sequence[str]) -> Recorded | None:
        query = (
            select(table)
            .where(table.c.subject == subject, table.c.event.in_(events))
            .order_by(table.c.audit_id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return of_row(row) if row is not None else None

    def last_backup_at(self) -> datetime | None:
        """Their objects are named for their times, so that the index of objects knows the last one."""
        named = table.c.subject
        query = (
            select(table.c.at)
            .where(named >= "backup of 2", named < "backup of 3", table.c.event == "backup:make:done")
            .order_by(named.desc())
            .limit(1)
        )
        found: datetime | None = self._connection.scalar(query)
        return found


def _conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if criteria.about:
        found.append(table.c.event.startswith(f"{criteria.about}:", autoescape=True))
    if criteria.actor:
        found.append(table.c.actor == criteria.actor)
    if criteria.subject:
        found.append(table.c.subject == criteria.subject)
    if criteria.since is not None:
        found.append(table.c.at >= criteria.since)
    if criteria.until is not None:
        found.append(table.c.at < criteria.until)
    return found
