"""Proposals that wait for a second person."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, not_, or_, select, update

from ca_core.approval import DISMISSAL, NOBODY, STAFF_SUBJECTS, Proposal, ProposalClosed, ProposalState
from data.schema import proposal as table


def _of_row(row: Row[Any]) -> Proposal:
    return Proposal(
        proposal_id=row.proposal_id,
        act=row.act,
        subject=row.subject,
        payload=tuple((key, value) for key, value in json.loads(row.payload)),
        digest=row.digest,
        asked_by=row.asked_by,
        asked_by_name=row.asked_by_name,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        state=ProposalState(row.state),
        agreed_by=row.agreed_by,
        agreed_at=row.agreed_at,
    )


def _about_staff() -> ColumnElement[bool]:
    return table.c.subject.startswith(STAFF_SUBJECTS, autoescape=True)


def waits(now: datetime) -> ColumnElement[bool]:
    """For officers: open, and about a certificate.

    A report also waits only while no open proposal answers it and stands in its place (`approval.answers`).
    """
    answer = table.alias("answer")
    answered = exists().where(
        answer.c.subject == table.c.subject,
        answer.c.asked_by != NOBODY,
        answer.c.state == int(ProposalState.OPEN),
        answer.c.expires_at > now,
        or_(answer.c.act == table.c.act, answer.c.act == DISMISSAL),
    )
    is_open = and_(table.c.state == int(ProposalState.OPEN), table.c.expires_at > now, not_(_about_staff()))
    return and_(is_open, or_(table.c.asked_by != NOBODY, not_(answered)))


class Proposals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, proposal_id: int) -> Proposal | None:
        row = self._connection.execute(select(table).where(table.c.proposal_id == proposal_id)).one_or_none()
        return _of_row(row) if row is not None else None

    def open_for(self, subjects: Sequence[str], now: datetime) -> list[Proposal]:
        query = select(table).where(
            table.c.state == int(ProposalState.OPEN), table.c.subject.in_(subjects), table.c.expires_at > now
        )
        return [_of_row(row) for row in self._connection.execute(query.order_by(table.c.proposal_id))]

    def open_at(self, now: datetime, limit: int) -> list[Proposal]:
        query = select(table).where(waits(now)).order_by(table.c.proposal_id).limit(limit)
        rows = self._connection.execute(query)
        return [_of_row(row) for row in rows]

    def open_of_staff(self, now: datetime) -> list[Proposal]:
        query = select(table).where(
            table.c.state == int(ProposalState.OPEN), table.c.expires_at > now, _about_staff()
        )
        return [_of_row(row) for row in self._connection.execute(query.order_by(table.c.proposal_id))]

    def count_open(self, now: datetime) -> int:
        query = select(func.count()).where(table.c.state == int(ProposalState.OPEN), table.c.expires_at > now)
        return int(self._connection.scalar(query) or 0)

    def add(self, proposal: Proposal) -> int:
        done = self._connection.execute(
            insert(table).values(
                act=proposal.act,
                subject=proposal.subject,
                payload=json.dumps(proposal.payload, ensure_ascii=False),
                digest=proposal.digest,
                asked_by=proposal.asked_by,
                asked_by_name=proposal.asked_by_name,
                asked_at=proposal.asked_at,
                expires_at=proposal.expires_at,
                state=int(proposal.state),
            )
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one

    def close(self, proposal: Proposal) -> None:
        """Conditional on its being open still: two seconds cannot both be the second person."""
        done = self._connection.execute(
            update(table)
            .where(table.c.proposal_id == proposal.proposal_id, table.c.state == int(ProposalState.OPEN))
            .values(state=int(proposal.state), agreed_by=proposal.agreed_by, agreed_at=proposal.agreed_at)
        )
        if done.rowcount != 1:
            raise ProposalClosed(state=proposal.state.name)
