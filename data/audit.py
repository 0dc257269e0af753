"""The audit log: append only."""

import json

from sqlalchemy import Connection

from ca_core.audit import Entry
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


class AuditLog:
    def __init__(self, connection: Connection) -> None:
        self._pending = Pending(connection, table)
        self.flush = self._pending.flush

    def add(self, entry: Entry) -> None:
        self._pending.add(to_row(entry))
