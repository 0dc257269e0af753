"""Random lives of certificates, lived through the real operations on a real database; the same seed, the same lives."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from ca_core import certificate as certificates
from ca_core import records, roles, statistics
from ca_core.certificate import (
    AgeBand,
    Certificate,
    Channel,
    Facets,
    Kind,
    Method,
    Purpose,
    Status,
    StorageKind,
)
from ca_core.identifiers import ApplicationId, Serial
from ca_core.issuance import issue
from ca_core.lifecycle import CertificateState
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import BY_OWNER
from ca_core.statistics import Hold
from data import certificates as rows
from data.schema import application, certificate, certificate_event
from data.work import Store, Work
from tests import builders

BEGIN = datetime(2024, 12, 20, 6, tzinfo=UTC)
JOB = roles.Actor("jobs", None, roles.Door.JOB)
OFFICER = builders.OFFICER


class Seal:
    def seal(self, code: str, binding: str) -> bytes:
        return f"{code}{binding}".encode()


class Lives:
    """A town of a dozen people over two years; every step is one transaction."""

    def __init__(self, engine: sa.Engine, seed: int, people: int = 12, begin: datetime = BEGIN) -> None:
        self.store = Store(engine, code_seal=Seal())
        self.policy = builders.policy()
        self.random = random.Random(seed)
        self.now = begin
        with self.store.write(policy=self.policy, now=self.now) as work:
            self.people = [self._person(work, number) for number in range(people)]

    def _person(self, work: Work, number: int) -> int:
        known = builders.person(iin=builders.iin(number=1 + number * 10))
        return work.subscribers.add(known, phone=None, email="").subscriber_id

    def busy_days(self, count: int) -> Iterator[None]:
        """Days with one to three steps, many of them near midnight in Kazakhstan, and quiet days between."""
        for _ in range(count):
            for _ in range(self.random.randint(1, 3)):
                self._step()
            quiet = timedelta(days=self.random.choice((1, 1, 4, 14)))
            self.now = statistics.start_of_day(statistics.local_day(self.now) + quiet) + timedelta(
                seconds=self.random.choice((0, 0, 1, 30_000))
            )
            yield

    def _step(self) -> None:
        left = statistics.end_of_day(statistics.local_day(self.now)) - self.now
        self.now += min(left, timedelta(seconds=self.random.choice((0, 0, 1, 60, 7_200, 86_399))))
        act = self.random.choices(
            (self.issue, self.revoke, self._hold, self._lift, self._lose), (6, 2, 3, 3, 1)
        )
        with self.store.write(policy=self.policy, now=self.now) as work:
            act[0](work)

    def _some(self, work: Work, *wanted: Status) -> Certificate | None:
        found = work.certificates.of_subscriber(self.random.choice(self.people))
        standing = [one for one in found if certificates.status(one, self.now) in wanted]
        return self.random.choice(standing) if standing else None

    def issue(self, work: Work) -> None:
        drawn = self._drawn(self.random.choice(self.people))
        work.connection.execute(sa.insert(application).values(self._application(drawn)))
        issued = replace(drawn, certificate_id=work.certificates.reserve(drawn))
        issue.count(work, issued, now=self.now)

    def _ends(self) -> datetime:
        """Short lives, and ends on the very seconds at which a day begins or ends."""
        days = self.random.randint(1, 150)
        day = statistics.local_day(self.now) + timedelta(days=days)
        return self.random.choice(
            (self.now + timedelta(days=days), statistics.start_of_day(day), statistics.end_of_day(day))
        )

    def _drawn(self, person: int) -> Certificate:
        pick = self.random.choice
        accepted_at = pick((None, self.now))
        return Certificate(
            certificate_id=0,
            serial=Serial(bytes([0x40]) + self.random.randbytes(19)),
            subscriber_id=person,
            application_id=ApplicationId.form(1_000_000_000 + self.random.randrange(6_000_000_000)).number,
            purpose=Purpose.SIGNING,
            facets=Facets(
                pick(list(Kind)), pick(list(Channel)), pick(list(StorageKind)), pick((3, 18, 19)),
                pick(list(Method)), pick(list(AgeBand)),
            ),
            mobile_only=False,
            state=CertificateState.ACCEPTED if accepted_at else CertificateState.ISSUED,
            not_before=self.now - timedelta(seconds=pick((0, 3))),
            not_after=self._ends(),
            policy_version="test",
            key_id=b"",
            fingerprint=self.random.randbytes(32),
            issued_at=self.now,
            accepted_at=accepted_at,
        )  # fmt: skip

    def _application(self, of: Certificate) -> dict[str, object]:
        numbers = dict.fromkeys(("kind", "purpose", "channel", "storage", "method", "region", "state"), 1)
        return {
            "number": of.application_id, "subscriber_id": of.subscriber_id, **numbers, "opened_at": self.now,
            "changed_at": self.now, "policy_version": "test", "opened_by": "", "label": "", "mobile_only": 0,
            "public_key": b"", "key_id": b"", "reason": "",
        }  # fmt: skip

    def revoke(self, work: Work) -> None:
        found = self._some(work, Status.VALID, Status.ON_HOLD)
        if found is not None:
            reason = self.random.choice(BY_OWNER)
            revoke.record(work, actor=OFFICER, found=found, reason=reason, why="test", now=self.now)

    def _hold(self, work: Work) -> None:
        found = self._some(work, Status.VALID)
        if found is not None:
            hold.place(work, actor=OFFICER, found=found, why="case 1", now=self.now)

    def _lift(self, work: Work) -> None:
        """Also holds of certificates that ran out meanwhile: the job comes late."""
        held = [one for p in self.people for one in work.certificates.of_subscriber(p)]
        held = [one for one in held if one.state is CertificateState.ON_HOLD]
        if held:
            hold.lift(work, actor=JOB, found=self.random.choice(held), why="test", now=self.now)

    def _lose(self, work: Work) -> None:
        found = self._some(work, Status.VALID, Status.EXPIRED)
        if found is not None:
            records.report_lost(work, found, now=self.now)


def certificates_of(engine: sa.Engine) -> list[Certificate]:
    with engine.connect() as connection:
        return [rows.of_row(row) for row in connection.execute(sa.select(certificate))]


def holds_of(engine: sa.Engine) -> dict[int, list[Hold]]:
    """Begin and end of each hold, from the history."""
    found: dict[int, list[Hold]] = {}
    e = certificate_event.c
    with engine.connect() as connection:
        for row in connection.execute(sa.select(e.certificate_id, e.at, e.event).order_by(e.event_id)):
            of = found.setdefault(row.certificate_id, [])
            if row.event == "hold":
                of.append((row.at, None))
            elif of and of[-1][1] is None:
                of[-1] = (of[-1][0], row.at)
    return found
