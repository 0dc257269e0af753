"""Proposals that wait for a second person."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from ca_core.approval import NOBODY, AlreadyTakenUp, Proposal, ProposalClosed, ProposalState
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
        query = select(table).where(table.c.state == int(ProposalState.OPEN), table.c.expires_at > now)
        rows = self._connection.execute(query.order_by(table.c.proposal_id).limit(limit))
        return [_of_row(row) for row in rows]

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

    def take_up(self, proposal: Proposal) -> None:
        """Conditional on nobody's having taken it up: two officers cannot both be the first."""
        done = self._connection.execute(
            update(table)
            .where(
                table.c.proposal_id == proposal.proposal_id,
                table.c.state == int(ProposalState.OPEN),
                table.c.asked_by == NOBODY,
            )
            .values(
                asked_by=proposal.asked_by,
                asked_by_name=proposal.asked_by_name,
                asked_at=proposal.asked_at,
                expires_at=proposal.expires_at,
            )
        )
        if done.rowcount != 1:
            raise AlreadyTakenUp

    def close(self, proposal: Proposal) -> None:
        """Conditional on its being open still: two seconds cannot both be the second person."""
        done = self._connection.execute(
            update(table)
            .where(table.c.proposal_id == proposal.proposal_id, table.c.state == int(ProposalState.OPEN))
            .values(state=int(proposal.state), agreed_by=proposal.agreed_by, agreed_at=proposal.agreed_at)
        )
        if done.rowcount != 1:
            raise ProposalClosed(state=proposal.state.name)
