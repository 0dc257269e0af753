"""The figures of the home page, read from rollups and short index ranges; never from all certificates."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from ca_core.call import CONNECTED, Decision, EndCause, Need
from ca_core.identifiers import Serial, SerialInvalid
from ca_core.lifecycle import CallState, CertificateState
from ca_core.overview import (
    CallLine,
    FailedCommand,
    FailedMessage,
    OpenProposal,
    PublishedList,
    Queue,
    Stock,
)
from ca_core.statistics import Measure, end_of_day
from data import proposals
from data.call_schema import call, call_back, call_settlement
from data.commands import DEAD as COMMAND_DEAD
from data.lists import Lists
from data.outbox import DEAD as MESSAGE_DEAD
from data.review_overview import ReviewOverview
from data.rollups import month_number
from data.schema import (
    certificate,
    command,
    outbox,
    proposal,
    staff,
    stat_day,
    stat_month,
)

_COUNTED = (Measure.ISSUED, Measure.REVOKED, Measure.DUE, Measure.HOLDER_NEW)


_UNSETTLED = (call.c.decision == int(Decision.ESCALATED), call_settlement.c.call_id.is_(None))


class Overview(ReviewOverview):
    def _one(self, query: Select[int]) -> int:
        return int(self._connection.scalar(query) or 0)

    def stock(self, *, today: date, now: datetime) -> Stock:
        """Months that are over from `stat_month`, the current one from `stat_day`, today's lapses by index."""
        before = self._by_measure(
            select(stat_month.c.measure, func.sum(stat_month.c.n)).where(
                stat_month.c.month < month_number(today), stat_month.c.measure.in_(_COUNTED)
            ).group_by(stat_month.c.measure)
        )  # fmt: skip
        month = self._days(today.replace(day=1), today)
        day = self._days(today, today)
        begun = end_of_day(today - timedelta(days=1)) + timedelta(seconds=1)
        due_today_already = self._expired_since(begun, now)
        due_before_today = before[Measure.DUE] + month[Measure.DUE] - day[Measure.DUE]
        return Stock(
            issued=before[Measure.ISSUED] + month[Measure.ISSUED],
            issued_today=day[Measure.ISSUED],
            issued_month=month[Measure.ISSUED],
            revoked=before[Measure.REVOKED] + month[Measure.REVOKED],
            revoked_today=day[Measure.REVOKED],
            revoked_month=month[Measure.REVOKED],
            expired=due_before_today + due_today_already,
            on_hold=self._on_hold(now),
            holders=before[Measure.HOLDER_NEW] + month[Measure.HOLDER_NEW],
        )

    def _by_measure(self, query: Select[int, int]) -> dict[Measure, int]:
        counts = dict.fromkeys(_COUNTED, 0)
        counts.update({Measure(measure): int(n) for measure, n in self._connection.execute(query)})
        return counts

    def _days(self, first: date, last: date) -> dict[Measure, int]:
        return self._by_measure(
            select(stat_day.c.measure, func.sum(stat_day.c.n))
            .where(stat_day.c.day >= first, stat_day.c.day <= last, stat_day.c.measure.in_(_COUNTED))
            .group_by(stat_day.c.measure)
        )

    def _expired_since(self, begun: datetime, now: datetime) -> int:
        out = (CertificateState.ISSUED, CertificateState.ACCEPTED, CertificateState.ON_HOLD)
        return self._one(
            select(func.count()).where(
                certificate.c.not_after >= begun.astimezone(UTC),
                certificate.c.not_after < now,
                certificate.c.state.in_([int(state) for state in out]),
            )
        )

    def _on_hold(self, now: datetime) -> int:
        return self._one(
            select(func.count()).where(
                certificate.c.state == int(CertificateState.ON_HOLD), certificate.c.not_after >= now
            )
        )

    def callers_waiting(self) -> Queue:
        query = select(func.count(), func.min(call.c.queued_at)).where(call.c.state == int(CallState.QUEUED))
        row = self._connection.execute(query).one()
        return Queue(int(row[0]), row[1])

    def call_backs_waiting(self) -> Queue:
        query = select(func.count(), func.min(call_back.c.asked_at)).where(call_back.c.invited_at.is_(None))
        row = self._connection.execute(query).one()
        return Queue(int(row[0]), row[1])

    def calls_escalated(self) -> Queue:
        row = self._connection.execute(
            select(func.count(), func.min(call.c.decided_at))
            .outerjoin(call_settlement, call_settlement.c.call_id == call.c.call_id)
            .where(*_UNSETTLED)
        ).one()
        return Queue(int(row[0]), row[1])

    def calls(self, *, before: int | None, limit: int) -> Sequence[CallLine]:
        return self._calls(*([call.c.call_id < before] if before is not None else []), limit=limit)

    def escalated_calls(self, limit: int) -> Sequence[CallLine]:
        return self._calls(*_UNSETTLED, limit=limit)

    def connected_calls(self, limit: int) -> Sequence[CallLine]:
        return self._calls(call.c.state.in_([int(state) for state in CONNECTED]), limit=limit)

    def calls_of_agent(self, staff_id: int, *, since: datetime, limit: int) -> Sequence[CallLine]:
        return self._calls(call.c.agent_id == staff_id, call.c.opened_at >= since, limit=limit)

    def _calls(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[CallLine]:
        query = (
            select(
                call.c.call_id,
                call.c.state,
                call.c.language,
                call.c.need,
                call.c.opened_at,
                call.c.accepted_at,
                call.c.ended_at,
                func.coalesce(staff.c.name, "").label("agent"),
                call.c.cause,
                call.c.decision,
                call.c.decision_reason,
                call.c.sealed_at,
                call_settlement.c.decision.label("settled"),
            )
            .outerjoin(staff, staff.c.staff_id == call.c.agent_id)
            .outerjoin(call_settlement, call_settlement.c.call_id == call.c.call_id)
            .where(*conditions)
            .order_by(call.c.call_id.desc())
            .limit(limit)
        )
        return [_call_line(dict(row._mapping)) for row in self._connection.execute(query)]

    def proposals_open(self, *, not_asked_by: int, now: datetime) -> Queue:
        row = self._connection.execute(
            select(func.count(), func.min(proposal.c.asked_at)).where(
                proposals.waits(now), proposal.c.asked_by != not_asked_by
            )
        ).one()
        return Queue(int(row[0]), row[1])

    def list_of(self, issuer: str) -> PublishedList | None:
        newest = Lists(self._connection).newest(issuer)
        if newest is None:
            return None
        return PublishedList(
            newest.issuer, newest.number, newest.this_update, newest.next_update, newest.entries
        )

    def commands_failed(self) -> int:
        return self._one(select(func.count()).where(command.c.state == COMMAND_DEAD))

    def messages_failed(self) -> int:
        return self._one(select(func.count()).where(outbox.c.state == MESSAGE_DEAD))

    def open_proposals(self, *, now: datetime, limit: int) -> Sequence[OpenProposal]:
        waiting = proposals.Proposals(self._connection).open_at(now, limit)
        holders = self._holders([p.subject for p in waiting])
        return [OpenProposal(p, holders.get(p.subject)) for p in waiting]

    def _holders(self, subjects: Sequence[str]) -> dict[str, int]:
        """Whose certificate each proposal is about, in one query."""
        serials = [serial for serial in map(_serial, subjects) if serial is not None]
        query = select(certificate.c.serial, certificate.c.subscriber_id)
        rows = self._connection.execute(query.where(certificate.c.serial.in_([s.octets for s in serials])))
        found = {bytes(row.serial): int(row.subscriber_id) for row in rows}
        return {s.hex: found[s.octets] for s in serials if s.octets in found}

    def failed_commands(self, limit: int) -> Sequence[FailedCommand]:
        query = (
            select(
                command.c.command_id,
                command.c.kind,
                command.c.subject,
                command.c.attempts,
                command.c.asked_at,
                command.c.problem,
            )
            .where(command.c.state == COMMAND_DEAD)
            .order_by(command.c.command_id.desc())
            .limit(limit)
        )
        return [FailedCommand(*row) for row in self._connection.execute(query)]

    def failed_messages(self, limit: int) -> Sequence[FailedMessage]:
        query = (
            select(
                outbox.c.notice_id,
                outbox.c.kind,
                outbox.c.medium,
                outbox.c.attempts,
                outbox.c.created_at,
                outbox.c.problem,
            )
            .where(outbox.c.state == MESSAGE_DEAD)
            .order_by(outbox.c.notice_id.desc())
            .limit(limit)
        )
        return [FailedMessage(*row) for row in self._connection.execute(query)]


def _call_line(row: dict[str, Any]) -> CallLine:
    cause, decision, settled = row["cause"], row["decision"], row["settled"]
    typed = {
        "state": CallState(row["state"]),
        "need": Need(row["need"]),
        "cause": EndCause(cause) if cause else None,
        "decision": Decision(decision) if decision else None,
        "settled": Decision(settled) if settled else None,
    }
    return CallLine(**{**row, **typed})


def _serial(text: str) -> Serial | None:
    try:
        return Serial.parse(text)
    except SerialInvalid:
        return None
