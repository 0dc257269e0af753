"""Sends what waits in the outbox, outside every transaction, with pauses that grow after a failure."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.identifiers import Serial
from ca_core.notices import NoticeKind
from ca_core.registration import not_me
from data.outbox import Waiting
from runtime import notice_texts
from runtime.service import Service

log = logging.getLogger(__name__)

BATCH = 200
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 6 * 3600))


@dataclass(frozen=True, slots=True)
class _Failure:
    problem: str
    again: bool


class Gateway(Protocol):
    def send(self, *, recipient: str, text: str, reference: str) -> None: ...


class Sending:
    """`gateways` by medium: sms, email."""

    def __init__(self, service: Service, gateways: dict[str, Gateway]) -> None:
        self._service = service
        self._gateways = gateways

    def batch(self) -> int:
        """How many messages were tried: their links are made in one transaction, their fates kept in another."""
        now = self._service.now()
        with self._service.look() as work:
            due = work.outbox.due(now, BATCH)
        if not due:
            return 0
        links = self._not_me_links(due, now)
        fates = [(notice, self._send(notice, links.get(notice.notice_id, ""))) for notice in due]
        with self._service.work() as work:
            for notice, fate in fates:
                if fate is None:
                    work.outbox.delivered(notice, now)
                    continue
                next_try_at = self._next_try(notice, now) if fate.again else None
                work.outbox.failed(notice, problem=fate.problem, next_try_at=next_try_at)
        return len(due)

    def _send(self, notice: Waiting, link: str) -> "_Failure | None":
        minutes = int(self._service.policy.codes.validity.total_seconds()) // 60
        text = notice_texts.render(
            kind=notice.kind, language=notice.language, words=notice.words, minutes=minutes, link=link
        )
        try:
            self._gateways[notice.medium].send(
                recipient=notice.recipient, text=text, reference=f"q{notice.notice_id}"
            )
        except GatewayUnavailable as error:
            return self._failure(notice, str(error) or "unavailable", again=True)
        except GatewayRejected as error:
            return self._failure(notice, str(error) or "rejected", again=False)
        return None

    def _failure(self, notice: Waiting, problem: str, *, again: bool) -> "_Failure":
        log.warning("message not sent", extra={"notice_id": notice.notice_id, "problem": problem})
        return _Failure(problem, again)

    def _not_me_links(self, due: list[Waiting], now: datetime) -> dict[int, str]:
        """Every issuance can be answered with 'it was not me' (R14)."""
        issued = [notice for notice in due if notice.kind == NoticeKind.ISSUED.value]
        if not issued:
            return {}
        base = self._service.settings.portal_url.rstrip("/")
        with self._service.work() as work:
            tokens = {
                n.notice_id: not_me.make(work, serial=Serial.parse(n.words["serial"]), now=now)
                for n in issued
            }
        return {notice_id: f"{base}/not-me/{token}" for notice_id, token in tokens.items()}

    def _next_try(self, notice: Waiting, now: datetime) -> datetime | None:
        """A code is worth sending only while it is valid; other messages are tried for seven hours."""
        if notice.attempts >= len(_PAUSES):
            return None
        next_try_at = now + _PAUSES[notice.attempts]
        too_late = notice.secret and next_try_at > notice.created_at + self._service.policy.codes.validity
        return None if too_late else next_try_at
