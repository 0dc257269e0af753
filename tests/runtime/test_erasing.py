"""R14: what was kept for its term is erased, with a tombstone; the audit log verifies as before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from ca_core import retention
from ca_core.audit_check import Kind
from ca_core.call import EvidenceKind
from ca_core.face_attempt import AttemptOutcome, Band, FaceAttempt, Move, StoredPicture
from ca_core.identifiers import ApplicationId
from data.audit_schema import audit_head as heads
from data.call_schema import evidence as pieces
from data.schema import audit as entries
from runtime import audit_key, auditing, calling
from runtime.calling import EvidenceErased
from runtime.erasing import Erasing
from runtime.service import Service
from tests import builders
from tests.runtime.audit.conftest import JOB, verified, write
from tests.runtime.test_calling import WHY, Shelf, film, log
from video.inspection import Found

# What depends on the computer and not on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Later(Service):
    by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.fixture
def later(service: Service) -> Iterator[Later]:
    made = Later(
        settings=service.settings,
        store=service.store,
        policy=service.policy,
        passwords=service.passwords,
        watcher=service.watcher,
    )
    yield made
    made._standings.close()


class Runner:
    """The job runner's part, on a computer that was never off: its ticks go with the clock."""

    def __init__(self, service: Later) -> None:
        self.service, self.ticks = service, 0.0
        self.erasing = Erasing(service, ticking=lambda: self.ticks)
        self.round()

    def round(self) -> None:
        while self.erasing.round(by=JOB, now=self.service.now()):
            pass

    def pass_by(self, time: timedelta) -> None:
        self.service.by += time
        self.ticks += time.total_seconds()
        self.round()


def events(service: Service) -> list[tuple[str, str]]:
    with service.look() as work:
        wanted = (retention.EVIDENCE_ERASED, retention.AUDIT_ERASED)
        query = sa.select(entries.c.event, entries.c.subject).where(entries.c.event.in_(wanted))
        return [(row.event, row.subject) for row in work.connection.execute(query)]


def test_evidence_goes_after_its_term_and_not_before(later: Later) -> None:
    """The row stays with its digest; who asks is told that it was erased, not that it is missing."""
    shelf = Shelf(later)
    one, other = shelf.calls
    recording, lines = (
        shelf.keep(one, EvidenceKind.RECORDING, film(9)),
        shelf.keep(one, EvidenceKind.LOG, log(one)),
    )
    files = [shelf.path(recording), shelf.path(lines)]
    runner, term = Runner(later), later.policy.retention.evidence
    runner.pass_by(term - timedelta(days=1))
    kept = shelf.keep(other, EvidenceKind.RECORDING, film(9))
    assert shelf.play(recording)
    runner.pass_by(timedelta(days=2))
    assert [path.exists() for path in files] == [False, False]
    assert shelf.play(kept)
    assert events(later) == [(retention.EVIDENCE_ERASED, f"call/{one}")]
    runner.pass_by(timedelta(hours=1))
    assert len(events(later)) == 1
    with pytest.raises(EvidenceErased):
        shelf.play(recording)
    checked = calling.check_files(later, actor=builders.AUDITOR, call_id=one, reason=WHY)
    assert {found.found for found in checked} == {Found.ERASED}
    assert not any(found.is_bad or found.is_unchanged for found in checked)


@ON_SQLITE
def test_what_a_killed_process_left_behind_its_tombstone_goes_too(later: Later) -> None:
    shelf = Shelf(later)
    recording = shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(9))
    path = shelf.path(recording)
    later.by = later.policy.retention.evidence + timedelta(days=1)
    with later.look() as work:
        (kept,) = work.retention.calls(after=0, limit=9)
    with later.work() as work:
        retention.evidence(work, actor=JOB, kept=kept, now=later.now())
    assert path.exists()
    Runner(later)
    assert not path.exists()
    assert len(events(later)) == 1


@ON_SQLITE
def test_a_file_that_somebody_took_away_is_missing_whatever_the_log_says(later: Later) -> None:
    """A tombstone before the term is none."""
    shelf = Shelf(later)
    shelf.path(shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(9))).unlink()
    with later.look() as work:
        (kept,) = work.retention.calls(after=0, limit=9)
    with later.work() as work:
        retention.evidence(work, actor=JOB, kept=kept, now=later.now())
    (checked,) = calling.check_files(later, actor=builders.AUDITOR, call_id=shelf.calls[0], reason=WHY)
    assert checked.found is Found.MISSING


@ON_SQLITE
def test_a_name_that_leads_elsewhere_erases_nothing(later: Later) -> None:
    """Whoever may change the database must not have the CA's keys erased."""
    shelf = Shelf(later)
    shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(9))
    key = later.settings.keys_dir / "issuing.key"
    with later.work() as work:
        work.connection.execute(
            sa.update(pieces).values(name=f"../{key.relative_to(later.settings.var_dir)}")
        )
    later.by = later.policy.retention.evidence + timedelta(days=1)
    Runner(later)
    assert key.exists()


def test_the_pictures_of_a_face_check_go_with_their_folder(later: Later) -> None:
    """The attempt and its verdict stay."""
    number = ApplicationId.of(builders.issued(later).certificate.application_id)
    folder = later.settings.evidence_dir / "faces" / "ab12"
    folder.mkdir(parents=True)
    live, frame = (StoredPicture(f"faces/ab12/{name}.jpg", b"d" * 32, 640, 480) for name in "lf")
    for picture in (live, frame):
        (later.settings.evidence_dir / picture.name).write_bytes(b"sealed")
    attempt = FaceAttempt(
        0, number, later.now(), (Move.TURN_LEFT,), AttemptOutcome.PASSED, Band.SAME, 0.2, (), live, (live, frame), True,
        "test/1",
    )  # fmt: skip
    with later.work() as work:
        attempt_id = work.face_attempts.add(attempt)
    runner = Runner(later)
    runner.pass_by(later.policy.retention.evidence - timedelta(days=1))
    assert len(list(folder.iterdir())) == 2
    runner.pass_by(timedelta(days=2))
    assert not folder.exists()
    assert events(later) == [(retention.EVIDENCE_ERASED, f"face_attempt/{attempt_id}")]
    with later.look() as work:
        assert work.face_attempts.by_id(attempt_id) is not None


def test_entries_of_the_audit_log_go_and_the_tree_verifies(later: Later) -> None:
    """Their leaves stay: one that goes before its term is missed, on both databases."""
    audit_key.make(later.settings)
    sealing = auditing.sealing(later)
    runner, term = Runner(later), later.policy.retention.audit
    for _ in range(2):
        write(later, 5)
        sealing.round()
        runner.pass_by(term / 2 + timedelta(days=1))
    sealing.round()
    # The first five were sealed two halves and two days ago, the next five one half.
    assert events(later) == [(retention.AUDIT_ERASED, "audit")]
    with later.look() as work:
        assert work.connection.scalar(sa.select(sa.func.min(entries.c.audit_id))) == 6
    outcome = verified(later)
    assert (outcome.is_intact, outcome.erased) == (True, 5)
    with later.work() as work:
        work.connection.execute(sa.delete(entries).where(entries.c.audit_id == 7))
    (finding,) = verified(later).findings
    assert (finding.kind, finding.entry_id) == (Kind.ENTRY_MISSING, 7)


@ON_SQLITE
def test_a_head_that_was_dated_back_excuses_no_missing_entry(later: Later) -> None:
    """Only what the log's key signed says when an entry was sealed."""
    audit_key.make(later.settings)
    write(later, 3)
    auditing.sealing(later).round()
    long_ago = later.now() - later.policy.retention.audit - timedelta(days=1)
    with later.work() as work:
        work.connection.execute(sa.update(heads).values(at=long_ago))
        work.connection.execute(sa.delete(entries).where(entries.c.audit_id == 2))
    assert {Kind.HEAD_FORGED, Kind.ENTRY_MISSING} <= {one.kind for one in verified(later).findings}


@ON_SQLITE
def test_nothing_is_erased_for_a_day_after_the_clock_leapt(later: Later) -> None:
    """What is erased does not come back; a clock that is years ahead makes everything look old."""
    shelf = Shelf(later)
    path = shelf.path(shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(9)))
    runner = Runner(later)
    later.by = later.policy.retention.evidence + timedelta(days=9)
    runner.round()
    runner.pass_by(timedelta(hours=23))
    assert path.exists()
    runner.pass_by(timedelta(hours=2))
    assert not path.exists()


@ON_SQLITE
def test_nothing_is_erased_for_a_day_after_a_long_standstill(later: Later) -> None:
    """To a process that starts, a system that was off and a wrong clock look the same."""
    audit_key.make(later.settings)
    shelf = Shelf(later)
    path = shelf.path(shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(9)))
    auditing.sealing(later).round()
    later.by = later.policy.retention.evidence + timedelta(days=9)
    runner = Runner(later)
    assert path.exists()
    runner.pass_by(timedelta(hours=25))
    assert not path.exists()
