"""What is erased after its term leaves a tombstone, once, and only the system erases (R11, R14)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from ca_core import retention, roles
from ca_core.audit import Entry, Recorded
from ca_core.policy import Policy
from ca_core.retention import Kept, Span
from tests import builders

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RUNNER = roles.Actor("job runner", None, roles.Door.JOB)
POLICY = builders.policy()
OLD = Kept("call/3", 3, NOW - POLICY.retention.evidence - timedelta(seconds=1), ("a.jpg", "b.mkv"))


@dataclass
class Work:
    """`due`: what the audit log has under heads of before the term."""

    due: Span | None = None
    policy: Policy = POLICY
    written: list[Entry] = field(default_factory=list)
    asked: list[tuple[datetime, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    retention = property(lambda self: self)
    audit = property(lambda self: self)
    audit_pages = property(lambda self: self)

    def add(self, entry: Entry) -> None:
        self.written.append(entry)
        self.told.append(entry.subject)

    def newest(self, subject: str, events: Sequence[str]) -> Recorded | str | None:
        assert events == (retention.EVIDENCE_ERASED,)
        return subject if subject in self.told else None

    def erase_entries(self, *, sealed_before: datetime, limit: int) -> Span | None:
        self.asked.append((sealed_before, limit))
        return self.due


def test_a_term_is_over_after_its_last_day() -> None:
    assert retention.is_over(OLD, policy=POLICY, now=NOW)
    assert not retention.is_over(replace(OLD, at=NOW - POLICY.retention.evidence), policy=POLICY, now=NOW)


def test_evidence_leaves_one_tombstone_that_says_what_was_there() -> None:
    work = Work()
    assert not retention.is_erased(work, OLD.subject)
    for _ in range(2):
        retention.evidence(work, actor=RUNNER, kept=OLD, now=NOW)
    (entry,) = work.written
    assert (entry.event, entry.subject, entry.reason) == ("evidence:erase:done", "call/3", "term")
    assert entry.details == {"files": "2", "taken_before": OLD.at.isoformat()}
    assert entry.policy_version == POLICY.version
    assert retention.is_erased(work, OLD.subject)


def test_entries_leave_one_tombstone_together() -> None:
    work = Work(Span(12, 4, 17))
    assert retention.entries(work, actor=RUNNER, now=NOW, limit=50) == 12
    assert work.asked == [(NOW - POLICY.retention.audit, 50)]
    (entry,) = work.written
    assert (entry.event, entry.subject, entry.reason) == ("audit:erase:done", "audit", "term")
    assert entry.details == {"entries": "12", "first": "4", "last": "17"}
    assert entry.policy_version == POLICY.version


def test_where_nothing_is_due_nothing_is_written() -> None:
    work = Work()
    assert retention.entries(work, actor=RUNNER, now=NOW, limit=50) == 0
    assert work.written == []


def test_nobody_erases_by_hand() -> None:
    work = Work(Span(1, 1, 1))
    for actor in (builders.OFFICER, builders.SUPERVISOR):
        with pytest.raises(roles.NotAllowed) as refused:
            retention.entries(work, actor=actor, now=NOW, limit=50)
        assert refused.value.facts == {"permission": "system"}
        with pytest.raises(roles.NotAllowed):
            retention.evidence(work, actor=actor, kept=OLD, now=NOW)
    assert work.asked == []
    assert work.written == []
