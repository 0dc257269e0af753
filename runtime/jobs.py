"""The job runner: the one process that opens the issuing key.

It is woken by commands and messages, and looks by itself at what time brings: lists, holds, open applications.
"""

import logging
import secrets
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from ca_core import roles
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId
from ca_core.issuance import submit
from ca_core.ports import CommandKind
from ca_core.revocation import hold
from ca_core.x509 import build
from ca_core.x509.crl import CrlNotPublishable
from data.commands import Ordered
from runtime import issuing, publication, unused
from runtime.issuing import Issuing
from runtime.sending import Sending
from runtime.service import Service

log = logging.getLogger(__name__)

JOB = roles.Actor("jobs", None, roles.Door.JOB)
_IDLE_SECONDS = 1.0
_PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120))
_ROUTINE_EVERY = timedelta(seconds=5)
_SILENT_TOO_LONG = timedelta(seconds=60)
_UNUSED_EVERY = timedelta(hours=6)


@dataclass(slots=True)
class Heart:
    """When the loop last came round: what `/ready` looks at."""

    beat_at: datetime


class JobRunner:
    def __init__(
        self, service: Service, *, issuer: build.Issuer, issuing_batch: Issuing, sending: Sending
    ) -> None:
        self._service = service
        self._issuer = issuer
        self._issuing = issuing_batch
        self._sending = sending
        self._stopped = threading.Event()
        self._routine_at = self._unused_at = datetime.min.replace(tzinfo=service.now().tzinfo)
        self.heart = Heart(service.now())

    def stop(self) -> None:
        self._stopped.set()
        self._service.watcher.stop()

    def problem(self) -> str:
        """Why the runner cannot do its work; empty when it can."""
        silent = self._service.now() - self.heart.beat_at
        return f"no round for {int(silent.total_seconds())} s" if silent > _SILENT_TOO_LONG else ""

    def stop_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())

    def run(self) -> None:
        """Until stopped. What a crash left half done still has its command, and is taken up with it."""
        while not self._stopped.is_set():
            seen = self._service.watcher.version
            if not self._round():
                self._service.watcher.wait_for_change(seen, _IDLE_SECONDS)

    def _round(self) -> bool:
        """Everything that is due, once; whether there was anything."""
        try:
            busy = self.once()
        except DBAPIError as error:
            # The database may be away for a while; what is due stays due.
            log.warning("database not reached", extra={"problem": type(error).__name__})
            self._stopped.wait(_IDLE_SECONDS)
            return False
        self.heart.beat_at = self._service.now()
        return busy

    def once(self) -> bool:
        commands = self._commands()
        sent = self._sending.batch()
        now = self._service.now()
        if now >= self._routine_at:
            self._routine_at = now + _ROUTINE_EVERY
            self._routine(now)
        return bool(commands or sent)

    def _commands(self) -> int:
        now = self._service.now()
        with self._service.look() as work:
            due = work.commands.due(now, issuing.BATCH)
        to_issue = [c for c in due if c.kind == CommandKind.ISSUE]
        if to_issue:
            self._issue(to_issue)
        for command in due:
            if command.kind == CommandKind.PUBLISH_CRL:
                self._attempt(command, lambda: self._publish(self._service.now()))
        return len(due)

    def _issue(self, commands: list[Ordered]) -> None:
        """A command that nobody foresaw to fail must not keep the others from being done: it is tried alone."""
        try:
            self._issue_batch(commands)
        except DBAPIError:
            raise
        except Exception:  # the job loop's own handler
            if len(commands) > 1:
                for command in commands:
                    self._issue([command])
                return
            error_id = secrets.token_hex(4)
            log.exception("issuing failed", extra={"error_id": error_id})
            self._failed(commands[0], f"error {error_id}")

    def _issue_batch(self, commands: list[Ordered]) -> None:
        by_number = {c.subject: c for c in commands}
        outcomes = self._issuing.batch([ApplicationId(c.subject) for c in commands])
        now = self._service.now()
        with self._service.work() as work:
            for outcome in outcomes:
                command = by_number[outcome.number.digits]
                if outcome.refusal:
                    work.commands.failed(command.command_id, problem=outcome.refusal, next_try_at=None)
                else:
                    work.commands.done(command.command_id, now)

    def _attempt(self, command: Ordered, act: Callable[[], None]) -> None:
        try:
            act()
        except Refusal as refusal:
            self._failed(command, refusal.code)
            return
        with self._service.work() as work:
            work.commands.done(command.command_id, self._service.now())

    def _failed(self, command: Ordered, problem: str) -> None:
        more = command.attempts < len(_PAUSES)
        next_try_at = self._service.now() + _PAUSES[command.attempts] if more else None
        with self._service.work() as work:
            work.commands.failed(command.command_id, problem=problem, next_try_at=next_try_at)
        log.error("command failed", extra={"kind": command.kind, "problem": problem, "again": more})

    def _publish(self, now: datetime) -> None:
        publication.publish(self._service, self._issuer, now=now)

    def _routine(self, now: datetime) -> None:
        if publication.is_due(self._service, now=now):
            try:
                self._publish(now)
            except CrlNotPublishable as refusal:
                log.error("list not published", extra={"problem": refusal.code})
        self._end_holds(now)
        self._expire_applications(now)
        if now >= self._unused_at:
            self._unused_at = now + _UNUSED_EVERY
            unused.refresh(self._service, now=now)

    def _end_holds(self, now: datetime) -> None:
        with self._service.look() as work:
            due = work.certificates.holds_due(now, issuing.BATCH)
        for held in due:
            try:
                with self._service.work() as work:
                    hold.expire(work, actor=JOB, serial=held.serial, now=now)
            except Refusal as refusal:
                log.info("hold was lifted meanwhile", extra={"refusal": refusal.code})

    def _expire_applications(self, now: datetime) -> None:
        with self._service.look() as work:
            stale = work.applications.open_before(now - submit.OPEN_FOR, issuing.BATCH)
        for application in stale:
            try:
                with self._service.work() as work:
                    submit.expire(work, actor=JOB, number=application.number, now=now)
            except Refusal as refusal:
                log.info("application moved meanwhile", extra={"refusal": refusal.code})
