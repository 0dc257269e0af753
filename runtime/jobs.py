"""The job runner: the one process that opens the issuing key.

It is woken by commands and messages, and looks by itself at what time brings: lists, holds, open applications.
No part of a round stops another one, and messages go out by a thread of their own.
"""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from ca_core import roles
from ca_core.application import Application
from ca_core.cabinet import sessions
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId
from ca_core.issuance import submit
from ca_core.ports import CommandKind
from ca_core.registration import call_back, dossier, ticket
from ca_core.revocation import hold
from ca_core.x509 import build
from ca_core.x509.crl import CrlNotPublishable
from data.commands import Ordered
from runtime import issuing, publication, reviewing, rounds, troubles, unused, verifying
from runtime.auditing import Auditing
from runtime.erasing import Erasing
from runtime.issuing import Issuing
from runtime.job_book import JobBook
from runtime.rounds import Rounds
from runtime.sending import Sending
from runtime.service import Service

log = logging.getLogger(__name__)

JOB = roles.Actor("jobs", None, roles.Door.JOB)
_PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120))
_ROUTINE_EVERY = timedelta(seconds=5)
_SILENT_TOO_LONG = timedelta(seconds=60)
_UNUSED_EVERY = timedelta(hours=6)
_FORGET_EVERY = timedelta(hours=1)
_ERASE_EVERY = timedelta(hours=1)
# A list that was counted but not written is not due by the record; it is tried again all the same.
_LIST_AGAIN_AFTER = timedelta(minutes=1)
# At the end, for the message that is just on its way.
_LAST_MESSAGE_SECONDS = 5.0


class JobRunner:
    def __init__(
        self,
        service: Service,
        *,
        issuer: build.Issuer,
        issuing_batch: Issuing,
        sending: Sending,
        auditing: Auditing | None = None,
    ) -> None:
        self._service = service
        self._issuer = issuer
        self._issuing = issuing_batch
        self._sending = sending
        # None where a trial has no key for the heads.
        self._auditing = auditing
        self._book = JobBook(service)
        self._rounds = Rounds(service, self._own, name="jobs", silent_too_long=_SILENT_TOO_LONG)
        self._erasing = Erasing(service)
        never = datetime.min.replace(tzinfo=service.now().tzinfo)
        self._routine_at = self._unused_at = self._forget_at = self._erase_at = self._term_at = never
        self._list_again_at: datetime | None = None
        self._clock: tuple[troubles.Trouble, ...] = ()
        self._audit_log: tuple[troubles.Trouble, ...] = ()

    def stop(self) -> None:
        self._rounds.stop()
        self._sending.stop()
        self._service.watcher.stop()

    def problem(self) -> str:
        """Why the runner cannot do its work; empty when it can."""
        disks = troubles.disks(self._service.settings)
        found = (str(one) for one in (*disks, *self._clock, *self._audit_log))
        return "; ".join(filter(None, (self._rounds.problem(), self._sending.problem(), *found)))

    def stop_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop())

    def run(self) -> None:
        """Until stopped. What a crash left half done still has its command, and is taken up with it."""
        sending = threading.Thread(target=self._sending.run, name="sending", daemon=True)
        sending.start()
        try:
            self._rounds.run()
        finally:
            self._sending.stop()
            sending.join(_LAST_MESSAGE_SECONDS)

    def once(self) -> bool:
        """One round with the sending in it, for who has no thread."""
        busy = self._own()
        return rounds.contained("sending", lambda: self._sending.batch() > 0) or busy

    def _own(self) -> bool:
        if self._is_clock_off():
            return False
        now = self._service.now()
        busy = self._part("commands", self._commands, now)
        if now >= self._routine_at:
            self._routine_at = now + _ROUTINE_EVERY
            self._routine(now)
        return busy

    def _is_clock_off(self) -> bool:
        """A wrong time in a certificate or a list cannot be called back, and what ends by its term would end wrongly:
        everything waits, and goes on by itself once the clock is right.
        """
        before, self._clock = self._clock, troubles.clock(self._service)
        if self._clock and not before:
            log.error("clock is off, nothing is signed", extra={"problem": str(self._clock[0])})
        elif before and not self._clock:
            log.info("clock is right again")
        return bool(self._clock)

    def _commands(self) -> bool:
        now = self._service.now()
        with self._service.look() as work:
            due = work.commands.due(now, issuing.BATCH)
        to_issue = [c for c in due if c.kind == CommandKind.ISSUE]
        if to_issue:
            self._issue(to_issue)
        to_publish = [c for c in due if c.kind == CommandKind.PUBLISH_CRL]
        if to_publish:
            self._attempt(to_publish, lambda: self._publish(self._service.now()))
        for command in due:
            if command.kind == CommandKind.APPLY_REVIEW:
                self._attempt([command], partial(self._apply_review, int(command.subject)))
        return bool(due)

    def _issue(self, commands: list[Ordered]) -> None:
        """A command that nobody foresaw to fail must not keep the others from being done: it is tried alone."""
        try:
            self._issue_batch(commands)
        except rounds.DATABASE_AWAY:
            raise
        except Exception:  # the job loop's own handler
            if len(commands) > 1:
                for command in commands:
                    self._issue([command])
                return
            error_id = rounds.error_id()
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

    def _attempt(self, commands: list[Ordered], act: Callable[[], None]) -> None:
        """One act that does what all these commands ask for."""
        problem = self._problem_of(act)
        if problem:
            for command in commands:
                self._failed(command, problem)
            return
        with self._service.work() as work:
            for command in commands:
                work.commands.done(command.command_id, self._service.now())

    def _problem_of(self, act: Callable[[], None]) -> str:
        try:
            act()
        except Refusal as refusal:
            return refusal.code
        except rounds.DATABASE_AWAY:
            raise
        except Exception:  # the job loop's own handler
            error_id = rounds.error_id()
            log.exception("command broke", extra={"error_id": error_id})
            return f"error {error_id}"
        return ""

    def _failed(self, command: Ordered, problem: str) -> None:
        more = command.attempts < len(_PAUSES)
        next_try_at = self._service.now() + _PAUSES[command.attempts] if more else None
        with self._service.work() as work:
            work.commands.failed(command.command_id, problem=problem, next_try_at=next_try_at)
        log.error("command failed", extra={"kind": command.kind, "problem": problem, "again": more})

    def _publish(self, now: datetime) -> None:
        publication.publish(self._service, self._issuer, now=now)

    def _apply_review(self, review_id: int) -> None:
        reviewing.apply(self._service, actor=JOB, review_id=review_id)

    def _routine(self, now: datetime) -> None:
        for part, act in (
            ("list", self._list),
            ("holds", self._end_holds),
            ("applications", self._expire_applications),
            ("reviews", self._withdraw_reviews),
            ("forgetting", self._forget),
            ("face checks", self._sweep_face_checks),
            ("unused", self._estimate_unused),
            ("call traces", self._erase_call_traces),
            ("terms", self._erase_by_term),
            ("audit log", self._keep_audit_log),
            ("audit log's state", self._look_at_audit_log),
        ):
            self._part(part, partial(act, now), now)
        self._note_sending(now)
        soon = {"unused": self._unused_at, "forgetting": self._forget_at, "call traces": self._erase_at}
        self._book.write(now, soon)

    def _part(self, part: str, act: Callable[[], bool], now: datetime) -> bool:
        """Whether there was anything to do; how it went stands in the book."""
        problems: list[str] = []
        busy = rounds.contained(part, act, problems.append)
        if problems:
            self._book.failed(part, now, problems[0])
        else:
            self._book.ran(part, now)
        return busy

    def _note_sending(self, now: datetime) -> None:
        """Messages go out by a thread of their own, which says how it is."""
        problem = self._sending.problem()
        if problem:
            self._book.failed("messages", now, problem)
        else:
            self._book.ran("messages", now)

    def _list(self, now: datetime) -> bool:
        again = self._list_again_at is not None and now >= self._list_again_at
        if not again and not publication.is_due(self._service, now=now):
            return False
        self._list_again_at = now + _LIST_AGAIN_AFTER
        try:
            self._publish(now)
        except CrlNotPublishable as refusal:
            log.error("list not published", extra={"problem": refusal.code})
            return False
        self._list_again_at = None
        return True

    def _end_holds(self, now: datetime) -> bool:
        with self._service.look() as work:
            due = work.certificates.holds_due(now, issuing.BATCH)
        for held in due:
            rounds.contained("hold", partial(self._end_hold, held, now))
        return bool(due)

    def _end_hold(self, held: Certificate, now: datetime) -> bool:
        try:
            with self._service.work() as work:
                hold.expire(work, actor=JOB, serial=held.serial, now=now)
        except Refusal as refusal:
            log.info("hold was lifted meanwhile", extra={"refusal": refusal.code})
        return True

    def _expire_applications(self, now: datetime) -> bool:
        with self._service.look() as work:
            stale = work.applications.open_before(now - submit.OPEN_FOR, issuing.BATCH)
        for application in stale:
            rounds.contained("application", partial(self._expire_application, application, now))
        return bool(stale)

    def _expire_application(self, application: Application, now: datetime) -> bool:
        try:
            with self._service.work() as work:
                submit.expire(work, actor=JOB, number=application.number, now=now)
        except Refusal as refusal:
            log.info("application moved meanwhile", extra={"refusal": refusal.code})
        return True

    def _withdraw_reviews(self, _now: datetime) -> bool:
        return reviewing.withdraw_stale(self._service, actor=JOB)

    def _forget(self, now: datetime) -> bool:
        """R14: what nobody came back to, who asked the BMG about whom, and who was signed in. Each hour; at the next
        round while there are more.
        """
        if now < self._forget_at:
            return False
        with self._service.work() as work:
            forgotten = dossier.forget(work, actor=JOB, now=now, limit=issuing.BATCH)
            sessions.forget(work, actor=JOB, now=now)
        more = forgotten == issuing.BATCH
        if not more:
            self._forget_at = now + _FORGET_EVERY
        return more

    def _sweep_face_checks(self, _now: datetime) -> bool:
        """R14: the frames of checks that nobody finished, or that a killed process left."""
        return verifying.sweep(self._service) > 0

    def _estimate_unused(self, now: datetime) -> bool:
        if now < self._unused_at:
            return False
        self._unused_at = now + _UNUSED_EVERY
        unused.refresh(self._service, now=now)
        return True

    def _erase_call_traces(self, now: datetime) -> bool:
        """Tickets and call-backs whose time is over. Each hour; at the next round while there are more."""
        if now < self._erase_at:
            return False
        with self._service.work() as work:
            more_tickets = ticket.erase_old(work, actor=JOB, now=now)
            more_call_backs = call_back.erase_old(work, actor=JOB, now=now)
        more = more_tickets or more_call_backs
        if not more:
            self._erase_at = now + _ERASE_EVERY
        return more

    def _erase_by_term(self, now: datetime) -> bool:
        """Evidence and entries of the audit log (R14). Each hour; at the next round while there are more."""
        if now < self._term_at:
            return False
        more = self._erasing.round(by=JOB, now=now)
        if not more:
            self._term_at = now + _ERASE_EVERY
        return more

    def _keep_audit_log(self, now: datetime) -> bool:
        """Sealed each time; verified when a day has passed."""
        if self._auditing is None:
            return False
        is_busy = self._auditing.seal()
        return self._auditing.verify(by=JOB, now=now) or is_busy

    def _look_at_audit_log(self, _now: datetime) -> bool:
        """Also when sealing broke for a reason that nobody foresaw."""
        if self._auditing is not None:
            self._audit_log = troubles.audit_log(self._service)
        return False
