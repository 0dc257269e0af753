"""Sends what waits in the outbox, outside every transaction, with pauses that grow after a failure.

It has a thread of its own: an SMS centre that takes its time must not hold up certificates and lists.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.identifiers import Serial
from ca_core.notices import NoticeKind
from ca_core.registration import not_me
from data.outbox import Waiting
from runtime import notice_texts, rounds
from runtime.rounds import Rounds
from runtime.service import Service

log = logging.getLogger(__name__)

BATCH = 20
_PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 6 * 3600))
# How long a medium is left alone whose way out did not answer, by how often in a row.
_REST = tuple(timedelta(seconds=s) for s in (5, 30, 120))
# One message can take several waits of ten seconds: for the connection, for TLS, for each answer.
_SILENT_TOO_LONG = timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class _Failure:
    """`away`: the way out did not answer, which says nothing about the message."""

    problem: str
    away: bool


@dataclass(frozen=True, slots=True)
class _Fate:
    """What came of one message: delivered where there is no failure, given up where there is no next try."""

    notice: Waiting
    failure: _Failure | None
    next_try_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Rest:
    """A medium that is left alone for a while."""

    until: datetime
    times: int
    problem: str


class Gateway(Protocol):
    def send(self, *, recipient: str, text: str, reference: str) -> None: ...


class Sending:
    """`gateways` by medium: sms, email."""

    def __init__(self, service: Service, gateways: dict[str, Gateway]) -> None:
        self._service = service
        self._gateways = gateways
        self._resting: dict[str, _Rest] = {}
        # Known, and not written down yet: nothing else goes out before it is.
        self._unkept: _Fate | None = None
        self._rounds = Rounds(
            service, lambda: self.batch() > 0, name="sending", silent_too_long=_SILENT_TOO_LONG
        )
        self.run = self._rounds.run
        self.stop = self._rounds.stop
        self.problem = self._rounds.problem

    def batch(self) -> int:
        """How many messages were due. The fate of each is kept as soon as it is known: none is sent twice, also where
        the database takes nothing for a while.
        """
        if self._unkept is not None:
            self._write(self._unkept)
        with self._service.look() as work:
            due = work.outbox.due(self._service.now(), BATCH)
        left = []
        for notice in due:
            if self._rounds.stopped:
                break
            if self._rests(notice.medium):
                left.append(notice)
                continue
            self._keep(notice, self._send(notice))
            self._rounds.beat()
        self._put_off(left)
        return len(due)

    def _send(self, notice: Waiting) -> _Failure | None:
        """What nobody foresaw is the failure of this one message, and not tried again."""
        try:
            text = self._text(notice)
            self._gateways[notice.medium].send(
                recipient=notice.recipient, text=text, reference=f"q{notice.notice_id}"
            )
        except GatewayUnavailable as error:
            return self._failure(notice, str(error) or "unavailable", away=True)
        except GatewayRejected as error:
            return self._failure(notice, str(error) or "rejected", away=False)
        except rounds.DATABASE_AWAY:
            raise
        except Exception:  # the job loop's own handler
            error_id = rounds.error_id()
            log.exception("sending failed", extra={"notice_id": notice.notice_id, "error_id": error_id})
            return _Failure(f"error {error_id}", away=False)
        return None

    def _text(self, notice: Waiting) -> str:
        return notice_texts.render(
            kind=notice.kind,
            language=notice.language,
            words=notice.words,
            minutes=int(self._service.policy.codes.validity.total_seconds()) // 60,
            link=self._link(notice),
        )

    def _link(self, notice: Waiting) -> str:
        """Every issuance can be answered with 'it was not me' (R14); who is called back gets the way in."""
        if notice.kind == NoticeKind.CALL_BACK.value:
            return notice_texts.invitation(self._service.settings.portal_url, notice.words["token"])
        if notice.kind != NoticeKind.ISSUED.value:
            return ""
        serial = Serial.parse(notice.words["serial"])
        with self._service.work() as work:
            token = not_me.make(work, serial=serial, now=self._service.now())
        return f"{self._service.settings.portal_url.rstrip('/')}/not-me/{token}"

    def _failure(self, notice: Waiting, problem: str, *, away: bool) -> _Failure:
        log.warning("message not sent", extra={"notice_id": notice.notice_id, "problem": problem})
        return _Failure(problem, away)

    def _keep(self, notice: Waiting, failure: _Failure | None) -> None:
        now = self._service.now()
        next_try_at = None
        if failure is None or not failure.away:
            self._resting.pop(notice.medium, None)
        else:
            self._rest(notice.medium, failure.problem, now)
            next_try_at = self._next_try(notice, now)
        self._write(_Fate(notice, failure, next_try_at, now))

    def _write(self, fate: _Fate) -> None:
        self._unkept = fate
        with self._service.work() as work:
            if fate.failure is None:
                work.outbox.delivered(fate.notice, fate.at)
            else:
                problem = fate.failure.problem
                work.outbox.failed(fate.notice, problem=problem, next_try_at=fate.next_try_at)
        self._unkept = None

    def _rest(self, medium: str, problem: str, now: datetime) -> None:
        before = self._resting.get(medium)
        times = before.times + 1 if before else 0
        self._resting[medium] = _Rest(now + _REST[min(times, len(_REST) - 1)], times, problem)

    def _rests(self, medium: str) -> bool:
        rest = self._resting.get(medium)
        return rest is not None and self._service.now() < rest.until

    def _put_off(self, notices: list[Waiting]) -> None:
        """Until their medium's rest is over; that is no attempt of theirs. They make room for other media."""
        if not notices:
            return
        with self._service.work() as work:
            for notice in notices:
                rest = self._resting[notice.medium]
                next_try_at = None if self._too_late(notice, rest.until) else rest.until
                # The outbox counts an attempt with each failure.
                uncounted = replace(notice, attempts=notice.attempts - 1)
                work.outbox.failed(uncounted, problem=rest.problem, next_try_at=next_try_at)

    def _next_try(self, notice: Waiting, now: datetime) -> datetime | None:
        """A code is worth sending only while it is valid; other messages are tried for seven hours."""
        if notice.attempts >= len(_PAUSES):
            return None
        # Behind those that were put off, lest one message that fails by itself stand before them for ever.
        behind = self._resting[notice.medium].until + timedelta(seconds=1)
        next_try_at = max(now + _PAUSES[notice.attempts], behind)
        return None if self._too_late(notice, next_try_at) else next_try_at

    def _too_late(self, notice: Waiting, at: datetime) -> bool:
        """What is good for minutes only is not sent after them."""
        rules = self._service.policy
        good_for = (
            rules.calls.call_back if notice.kind == NoticeKind.CALL_BACK.value else rules.codes.validity
        )
        return notice.secret and at > notice.created_at + good_for
