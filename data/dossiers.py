"""The read side of the holder page: history, notices, who looked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, literal, select, union_all

from ca_core.identifiers import Iin
from ca_core.ports import HistoryLine, SentNotice, View
from data.call_schema import call
from data.schema import audit, certificate, certificate_event, outbox, subscriber


class Dossiers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self, subscriber_id: int, limit: int) -> list[HistoryLine]:
        query = (
            select(certificate_event, certificate.c.serial)
            .join_from(certificate_event, certificate)
            .where(certificate.c.subscriber_id == subscriber_id)
            .order_by(certificate_event.c.at.desc(), certificate_event.c.event_id.desc())
            .limit(limit)
        )
        return [
            HistoryLine(row.at, bytes(row.serial).hex(), row.event, row.by, row.note)
            for row in self._connection.execute(query)
        ]

    def notices(self, subscriber_id: int, limit: int) -> list[SentNotice]:
        query = (
            select(outbox)
            .where(outbox.c.subscriber_id == subscriber_id)
            .order_by(outbox.c.notice_id.desc())
            .limit(limit)
        )
        return [
            SentNotice(row.created_at, row.kind, row.medium, row.recipient, row.state)
            for row in self._connection.execute(query)
        ]

    def looks(self, iin: Iin, events: Sequence[str], limit: int) -> list[View]:
        of_subscriber = select(literal("subscriber/") + cast(subscriber.c.subscriber_id, Text)).where(
            subscriber.c.iin == iin.number
        )
        of_calls = select(literal("call/") + cast(call.c.call_id, Text)).where(call.c.iin == iin.number)
        query = (
            select(audit)
            .where(audit.c.subject.in_(union_all(of_subscriber, of_calls)), audit.c.event.in_(events))
            .order_by(audit.c.audit_id.desc())
            .limit(limit)
        )
        return [_view(row) for row in self._connection.execute(query)]

    def views(self, subscriber_id: int, limit: int) -> list[View]:
        query = (
            select(audit)
            .where(audit.c.subject == f"subscriber/{subscriber_id}")
            .order_by(audit.c.audit_id.desc())
            .limit(limit)
        )
        return [_view(row) for row in self._connection.execute(query)]


def _view(row: Row[Any]) -> View:
    return View(row.at, row.actor, row.role, row.event, row.reason)
