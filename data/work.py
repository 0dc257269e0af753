"""The unit of work: one transaction, with a repository for each noun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from ca_core.policy import Policy
from ca_core.ports import CodeSeal
from ca_core.ports import Work as CoreWork
from ca_core.staff import StaffWork
from data import engine as engines
from data.applications import Applications
from data.audit import AuditLog, AuditPages
from data.audit_heads import AuditHeads
from data.audit_tree import AuditTree
from data.calls import Calls, Desks
from data.certificates import Certificates
from data.checks import CallBacks, Checks, EvidenceList, Tickets
from data.codes import Codes
from data.commands import Commands
from data.demo import DemoMessages
from data.dossiers import Dossiers
from data.enrolments import Enrolments
from data.face_attempts import FaceAttempts, FaceChallenges
from data.finder import Finder
from data.jobs import Jobs
from data.links import NotMeLinks
from data.lists import Lists
from data.outbox import Outbox
from data.overview import Overview
from data.own_dossiers import LookUps, OwnDossiers
from data.owner_sessions import OwnerSessions
from data.people import MobileBase, Portraits, StateRegister, Subscribers
from data.policies import Policies
from data.proposals import Proposals
from data.reporting import Reporting
from data.retention import Retention
from data.reviews import Reviews
from data.rollups import Rollups
from data.staff import Accounts, Sessions
from data.turns import Turns
from data.uses import Uses


class Work:
    """What operations gather in one transaction. Never commits by itself."""

    def __init__(self, connection: Connection, *, policy: Policy, code_seal: CodeSeal, now: datetime) -> None:
        self.connection = connection
        self.policy = policy
        self.code_seal = code_seal
        self.certificates = Certificates(connection)
        self.applications = Applications(connection)
        self.subscribers = Subscribers(connection)
        self.register = StateRegister(connection)
        self.bmg = MobileBase(connection)
        self.portraits = Portraits(connection)
        self.calls = Calls(connection)
        self.desks = Desks(connection)
        self.checks = Checks(connection)
        self.evidence = EvidenceList(connection)
        self.tickets = Tickets(connection)
        self.call_backs = CallBacks(connection)
        self.codes = Codes(connection, now)
        self.not_me_links = NotMeLinks(connection)
        self.outbox = Outbox(connection)
        self.audit = AuditLog(connection)
        self.audit_pages = AuditPages(connection)
        self.audit_tree = AuditTree(connection)
        self.audit_heads = AuditHeads(connection)
        self.rollups = Rollups(connection)
        self.reporting = Reporting(connection)
        self.commands = Commands(connection)
        self.proposals = Proposals(connection)
        self.finder = Finder(connection)
        self.dossiers = Dossiers(connection)
        self.lists = Lists(connection)
        self.jobs = Jobs(connection)
        self.policies = Policies(connection)
        self.overview = Overview(connection)
        self.accounts = Accounts(connection)
        self.sessions = Sessions(connection)
        self.enrolments = Enrolments(connection)
        self.uses = Uses(connection)
        self.face_attempts = FaceAttempts(connection)
        self.face_challenges = FaceChallenges(connection)
        self.reviews = Reviews(connection)
        self.retention = Retention(connection)
        self.demo_messages = DemoMessages(connection)
        self.owner_sessions = OwnerSessions(connection)
        self.own_dossiers = OwnDossiers(connection)
        self.look_ups = LookUps(connection)
        self.kept: list[Callable[[Any], None]] = []

    def flush(self) -> None:
        """Writes what the repositories gathered; always in one order, so that two writers never wait in a circle."""
        self.rollups.flush()
        self.certificates.flush()
        self.outbox.flush()
        self.audit.flush()

    def after_refusal(self, write: Callable[[CoreWork], None]) -> None:
        self.kept.append(write)

    def after_staff_refusal(self, write: Callable[[StaffWork], None]) -> None:
        self.kept.append(write)


class Store:
    """Opens units of work on one database. On SQLite the writers of a process take turns, so that nobody starves."""

    def __init__(self, engine: Engine, *, code_seal: CodeSeal) -> None:
        self.engine = engine
        self._code_seal = code_seal
        self.turns = Turns() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def write(self, *, policy: Policy, now: datetime) -> Iterator[Work]:
        """Commits at a clean exit, rolls back at an exception."""
        if self.turns is None:
            with self._transaction(True, policy, now) as work:
                yield work
            return
        with self.turns, self._transaction(True, policy, now) as work:
            yield work

    @contextmanager
    def read(self, *, policy: Policy, now: datetime) -> Iterator[Work]:
        """One snapshot; what is written in it is rolled back."""
        with self._transaction(False, policy, now) as work:
            yield work

    @contextmanager
    def _transaction(self, write: bool, policy: Policy, now: datetime) -> Iterator[Work]:
        options: dict[str, Any] = {engines.WRITE: write}
        if not write and self.turns is None:
            # PostgreSQL's default would show each statement another moment.
            options["isolation_level"] = "REPEATABLE READ"
        connecting = self.engine.connect().execution_options(**options)
        with connecting as connection, connection.begin() as transaction:
            work = Work(connection, policy=policy, code_seal=self._code_seal, now=now)
            yield work
            if write:
                work.flush()
            else:
                transaction.rollback()
