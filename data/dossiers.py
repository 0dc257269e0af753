"""The read side of the holder page: history, notices, who looked."""

from sqlalchemy import Connection, select

from ca_core.ports import HistoryLine, SentNotice, View
from data.schema import audit, certificate, certificate_event, outbox


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

    def views(self, subscriber_id: int, limit: int) -> list[View]:
        query = (
            select(audit)
            .where(audit.c.subject == f"subscriber/{subscriber_id}")
            .order_by(audit.c.audit_id.desc())
            .limit(limit)
        )
        return [
            View(row.at, row.actor, row.role, row.event, row.reason)
            for row in self._connection.execute(query)
        ]
