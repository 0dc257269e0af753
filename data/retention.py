"""What is kept for a term: sealed files of calls and face checks by age, and the oldest entries of the audit log."""

import json
from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ca_core.retention import Kept, Span
from data.audit_heads import AuditHeads
from data.audit_schema import audit_leaf
from data.call_schema import evidence
from data.face_schema import face_attempt
from data.schema import audit


class Retention:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def calls(self, *, after: int, limit: int) -> list[Kept]:
        """Calls are numbered as they come, so their evidence is about as old as their number."""
        query = (
            select(evidence.c.call_id, func.max(evidence.c.taken_at).label("at"))
            .where(evidence.c.call_id > after)
            .group_by(evidence.c.call_id)
            .order_by(evidence.c.call_id)
            .limit(limit)
        )
        last = {row.call_id: row.at for row in self._connection.execute(query)}
        names: defaultdict[int, list[str]] = defaultdict(list)
        files = select(evidence.c.call_id, evidence.c.name).where(evidence.c.call_id.in_(last))
        for row in self._connection.execute(files):
            names[row.call_id].append(row.name)
        return [Kept(f"call/{number}", number, at, tuple(names[number])) for number, at in last.items()]

    def face_checks(self, *, after: int, limit: int) -> list[Kept]:
        query = (
            select(face_attempt.c.attempt_id, face_attempt.c.at, face_attempt.c.live, face_attempt.c.frames)
            .where(face_attempt.c.attempt_id > after)
            .order_by(face_attempt.c.attempt_id)
            .limit(limit)
        )
        return [
            Kept(f"face_attempt/{row.attempt_id}", row.attempt_id, row.at, _names(row.live, row.frames))
            for row in self._connection.execute(query)
        ]

    def erase_entries(self, *, sealed_before: datetime, limit: int) -> Span | None:
        """An entry without a leaf is none: there would be no trace of it."""
        query = (
            select(audit.c.audit_id, audit_leaf.c.position)
            .join(audit_leaf, audit_leaf.c.audit_id == audit.c.audit_id)
            .order_by(audit.c.audit_id)
            .limit(limit)
        )
        oldest = self._connection.execute(query).all()
        positions = [row.position for row in oldest]
        up_to = self._sealed_up_to(positions, sealed_before)
        due = [row.audit_id for row in oldest if row.position < up_to]
        if not due:
            return None
        self._connection.execute(delete(audit).where(audit.c.audit_id.in_(due)))
        return Span(len(due), due[0], due[-1])

    def _sealed_up_to(self, positions: list[int], sealed_before: datetime) -> int:
        """The size of the newest head from before then, among those over these positions."""
        if not positions:
            return 0
        heads = AuditHeads(self._connection)
        over_last = heads.covering(max(positions))
        over_all = heads.between(min(positions), max(positions), limit=len(positions))
        signed = [*over_all, *([over_last] if over_last is not None else [])]
        return max((one.head.size for one in signed if one.head.at < sealed_before), default=0)


def _names(live: str, frames: str) -> tuple[str, ...]:
    pictures = [json.loads(live), *json.loads(frames)]
    return tuple(dict.fromkeys(str(name) for name, *_ in pictures))
