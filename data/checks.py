"""What a call rests on: the checklist's history, the list of sealed files, tickets and call-backs."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from ca_core.call import CallBack, Check, Evidence, EvidenceKind, Gate, Leg, Outcome, Ticket
from ca_core.identifiers import Phone
from data.call_schema import call_back, call_check, call_ticket
from data.call_schema import evidence as evidence_table


class Checks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_call(self, call_id: int) -> list[Check]:
        query = select(call_check).where(call_check.c.call_id == call_id).order_by(call_check.c.check_id)
        return [
            Check(
                call_id=row.call_id,
                gate=Gate(row.gate),
                outcome=Outcome(row.outcome),
                at=row.at,
                by=row.by,
                facts=json.loads(row.facts),
                evidence_id=row.evidence_id,
                check_id=row.check_id,
            )
            for row in self._connection.execute(query)
        ]

    def add(self, check: Check) -> None:
        self._connection.execute(
            insert(call_check).values(
                call_id=check.call_id,
                gate=check.gate.value,
                outcome=check.outcome.value,
                at=check.at,
                by=check.by,
                facts=json.dumps(check.facts, ensure_ascii=False),
                evidence_id=check.evidence_id,
            )
        )


def _evidence_of_row(row: Row[Any]) -> Evidence:
    return Evidence(
        call_id=row.call_id,
        kind=EvidenceKind(row.kind),
        name=row.name,
        sha256=bytes(row.sha256),
        size_bytes=row.size_bytes,
        taken_at=row.taken_at,
        asked_by=row.asked_by,
        width_px=row.width_px,
        height_px=row.height_px,
        closed=bool(row.closed),
        evidence_id=row.evidence_id,
    )


class EvidenceList:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, evidence_id: int) -> Evidence | None:
        query = select(evidence_table).where(evidence_table.c.evidence_id == evidence_id)
        row = self._connection.execute(query).one_or_none()
        return _evidence_of_row(row) if row is not None else None

    def of_call(self, call_id: int) -> list[Evidence]:
        query = (
            select(evidence_table)
            .where(evidence_table.c.call_id == call_id)
            .order_by(evidence_table.c.evidence_id)
        )
        return [_evidence_of_row(row) for row in self._connection.execute(query)]

    def add(self, evidence: Evidence) -> int:
        done = self._connection.execute(
            insert(evidence_table).values(
                call_id=evidence.call_id,
                kind=evidence.kind.value,
                name=evidence.name,
                sha256=evidence.sha256,
                size_bytes=evidence.size_bytes,
                taken_at=evidence.taken_at,
                asked_by=evidence.asked_by,
                width_px=evidence.width_px,
                height_px=evidence.height_px,
                closed=int(evidence.closed),
            )
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def close(self, evidence_id: int, *, sha256: bytes, size_bytes: int) -> None:
        self._connection.execute(
            update(evidence_table)
            .where(evidence_table.c.evidence_id == evidence_id, evidence_table.c.closed == 0)
            .values(sha256=sha256, size_bytes=size_bytes, closed=1)
        )


# In the place of a leg.
_OBSERVER = "observer"


class Tickets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, ticket: Ticket) -> None:
        self._connection.execute(
            insert(call_ticket).values(
                token_digest=ticket.token_digest,
                leg=ticket.leg.value if ticket.leg is not None else _OBSERVER,
                expires_at=ticket.expires_at,
                call_id=ticket.call_id,
                staff_id=ticket.staff_id,
                session_digest=ticket.session_digest,
            )
        )

    def by_digest(self, token_digest: bytes) -> Ticket | None:
        query = select(call_ticket).where(call_ticket.c.token_digest == token_digest)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Ticket(
            token_digest=bytes(row.token_digest),
            leg=None if row.leg == _OBSERVER else Leg(row.leg),
            expires_at=row.expires_at,
            call_id=row.call_id,
            staff_id=row.staff_id,
            session_digest=bytes(row.session_digest),
            used_at=row.used_at,
        )

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        done = self._connection.execute(
            update(call_ticket)
            .where(call_ticket.c.token_digest == token_digest, call_ticket.c.used_at.is_(None))
            .values(used_at=now)
        )
        return done.rowcount == 1

    def erase(self, *, expired_before: datetime, limit: int) -> int:
        key = call_ticket.c.token_digest
        old = select(key).where(call_ticket.c.expires_at < expired_before).limit(limit)
        return self._connection.execute(delete(call_ticket).where(key.in_(old))).rowcount


class CallBacks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _list(self, *conditions: Any, limit: int | None = None) -> list[CallBack]:
        query = select(call_back).where(*conditions).order_by(call_back.c.asked_at, call_back.c.call_back_id)
        return [
            CallBack(
                token_digest=bytes(row.token_digest),
                phone=Phone.of(row.phone),
                language=row.language,
                asked_at=row.asked_at,
                invited_at=row.invited_at,
                used_at=row.used_at,
                call_back_id=row.call_back_id,
            )
            for row in self._connection.execute(query.limit(limit))
        ]

    def add(self, wish: CallBack) -> int:
        done = self._connection.execute(
            insert(call_back).values(
                token_digest=wish.token_digest,
                phone=wish.phone.number,
                language=wish.language,
                asked_at=wish.asked_at,
                invited_at=wish.invited_at,
                used_at=wish.used_at,
            )
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def by_digest(self, token_digest: bytes) -> CallBack | None:
        return next(iter(self._list(call_back.c.token_digest == token_digest)), None)

    def waiting(self, limit: int, *, since: datetime) -> list[CallBack]:
        return self._list(call_back.c.invited_at.is_(None), call_back.c.asked_at >= since, limit=limit)

    def living_of_phone(self, phone: Phone, *, since: datetime) -> CallBack | None:
        found = self._list(
            call_back.c.phone == phone.number, call_back.c.used_at.is_(None), call_back.c.asked_at >= since
        )
        return next(iter(found), None)

    def erase(self, *, used_before: datetime, asked_before: datetime, limit: int) -> int:
        key, used_at = call_back.c.call_back_id, call_back.c.used_at
        is_old = or_(used_at < used_before, and_(used_at.is_(None), call_back.c.asked_at < asked_before))
        old = select(key).where(is_old).order_by(key).limit(limit)
        return self._connection.execute(delete(call_back).where(key.in_(old))).rowcount

    def renew(self, wish: CallBack, *, token_digest: bytes, invited_at: datetime) -> None:
        renewed = replace(wish, token_digest=token_digest, invited_at=invited_at)
        self._connection.execute(
            update(call_back)
            .where(call_back.c.call_back_id == wish.call_back_id)
            .values(token_digest=renewed.token_digest, invited_at=renewed.invited_at)
        )

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        done = self._connection.execute(
            update(call_back)
            .where(call_back.c.token_digest == token_digest, call_back.c.used_at.is_(None))
            .values(used_at=now)
        )
        return done.rowcount == 1
