"""The log is sealed as it grows, however late an entry comes, and never over a past that does not fit."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from ca_core import audit, audit_check, audit_head, audit_view
from ca_core.audit import Entry
from ca_core.audit_check import Kind
from data import audit_tree as stored_tree
from data import migrate
from data.audit_schema import audit_head as heads
from data.audit_schema import audit_leaf as leaves
from data.audit_schema import audit_node as nodes
from runtime import audit_key, auditing, settings, wiring
from runtime.audit_sealing import LogDiverged
from runtime.auditing import Auditing
from runtime.service import Service
from tests.runtime.audit.conftest import (
    JOB,
    OFFICER,
    change,
    cut_with_head,
    entries,
    sealed,
    verified,
    with_key,
    write,
)


def test_entries_from_before_the_tree_are_sealed_at_the_first_run(either: Service) -> None:
    """A database that is older than the tree: nothing is left out, and old instants are no finding."""
    write(either, audit_check.SEAL_BATCH + 10, ago=timedelta(days=300))
    sealing = auditing.sealing(either)
    assert sealing.batch() == audit_check.SEAL_BATCH
    assert sealing.batch() == 10
    assert sealing.batch() == 0
    outcome = verified(either)
    assert (outcome.size, outcome.is_intact) == (audit_check.SEAL_BATCH + 10, True)


def test_a_database_of_the_version_before_is_sealed_after_its_upgrade(tmp_path: Path) -> None:
    """Its entries are older than the tables of the tree."""
    configured = settings.load({"var_dir": str(tmp_path)})
    engine = wiring.open_database(configured)
    command.upgrade(migrate.configuration(engine), "0006")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit (at, actor, role, door, event, subject, from_state, to_state, reason, policy_version,"
            " details) VALUES (1700000000, 'owner', '', 'portal', 'certificate:hold:done', 'x', '', '', '', '', '{}')"
        )
    assert migrate.upgrade(engine)
    engine.dispose()
    older = with_key(var_dir=str(tmp_path))
    sealed(older, 2)
    outcome = verified(older)
    older.close()
    assert (outcome.size, outcome.is_intact) == (3, True)


@pytest.mark.parametrize("anew", [False, True])
def test_nothing_is_sealed_over_a_cut(service: Service, anew: bool) -> None:
    """Neither by the sealer that saw it nor by one that starts afterwards; the log says why, once."""
    sealing = sealed(service, 3, 3)
    cut_with_head(service)
    sealing = auditing.sealing(service) if anew else sealing
    write(service, 3)
    with pytest.raises(LogDiverged):
        sealing.batch()
    assert sealing.round() is False
    assert sealing.round() is False
    with service.look() as work:
        said = work.audit_pages.newest(audit.TREE, (audit_view.SEAL_REFUSED,))
        assert work.connection.scalar(sa.select(sa.func.count()).where(entries.c.subject == audit.TREE)) == 1
    assert said is not None
    assert said.reason == "audit.diverged"


def test_a_restart_of_sealing_is_told_once(service: Service) -> None:
    sealing = sealed(service, 3, 3)
    with service.look() as work:
        kept = work.audit_heads.of_size(6)
        removed = work.audit_tree.leaves(3, 3)
    assert kept is not None
    change(
        service, sa.delete(heads).where(heads.c.size == 6), sa.delete(leaves).where(leaves.c.position >= 3)
    )
    sealing.round()
    with service.work() as work:
        work.audit_tree.add(3, [(leaf.entry_id, leaf.hash) for leaf in removed], [])
        work.audit_heads.add(kept)
    sealing.round()
    sealing.round()
    with service.look() as work:
        events = work.connection.scalars(
            sa.select(entries.c.event).where(entries.c.subject == audit.TREE).order_by(entries.c.audit_id)
        ).all()
    assert events == [audit_view.SEAL_REFUSED, audit_view.SEAL_RESUMED]
    assert verified(service).is_intact


def test_a_wrong_inner_hash_is_found_and_nothing_is_sealed_over_it(either: Service) -> None:
    sealing = sealed(either, 256)
    change(either, sa.update(nodes).values(hash=b"\0" * 32))
    [finding] = verified(either).findings
    assert (finding.kind, finding.first, finding.last) == (Kind.INNER_HASH_WRONG, 0, 255)
    assert sealing.round() is False
    with either.look() as work:
        said = work.audit_pages.newest(audit.TREE, (audit_view.SEAL_REFUSED,))
    assert said is not None
    assert said.reason == "audit.tree_damaged"


def test_a_sealer_that_was_down_finds_nobody_guilty(service: Service) -> None:
    """What was written in the meantime is old when it is sealed, yet younger than the head before."""
    sealed(service, 3)
    key = audit_key.signer(service.settings)
    with service.look() as work:
        newest = work.audit_heads.newest()
    assert newest is not None
    earlier = audit_head.sign(replace(newest.head, at=service.now() - timedelta(days=2)), key)
    change(service, sa.update(heads).values(at=earlier.head.at, signature=earlier.signature))
    for path in service.settings.audit_heads_dir.glob("*.jsonl"):
        path.unlink()
    write(service, audit_check.SEAL_BATCH + 5, ago=timedelta(days=1))
    sealed(service, 1)
    assert verified(service).is_intact


def test_entries_that_nobody_seals_are_said(service: Service) -> None:
    sealed(service, 3)
    write(service, 2, ago=timedelta(minutes=11))
    outcome = verified(service)
    assert [finding.kind for finding in outcome.findings] == [Kind.NOT_SEALED]
    assert not outcome.is_tampered


def test_what_nobody_said_is_sealed_as_nothing(service: Service) -> None:
    """An entry that names no reason has none: what is read from the log was said by somebody."""
    with service.work() as work:
        work.audit.add(Entry(service.now(), OFFICER, "person:view:done", "holder/1"))
    auditing.sealing(service).round()
    with service.look() as work:
        entry = work.audit_tree.entry(1)
    assert entry is not None
    said = (entry.from_state, entry.to_state, entry.reason, entry.policy_version, entry.details)
    assert said == ("", "", "", "", "{}")
    assert verified(service).is_intact


def test_what_was_verified_stands_in_the_log(service: Service) -> None:
    sealed(service, 3)
    verified(service)
    change(service, sa.update(entries).where(entries.c.audit_id == 2).values(reason="other"))
    verified(service)
    with service.look() as work:
        last = work.audit_pages.newest(audit.TREE, (audit_view.VERIFIED, audit_view.FAILED))
    assert last is not None
    assert (last.event, json.loads(last.details)) == (
        audit_view.FAILED, {"size": "3", "findings": "1", "kinds": "entry_changed"}
    )  # fmt: skip


def test_an_entry_committed_late_under_a_lower_id_is_sealed_after_the_others(either: Service) -> None:
    """PostgreSQL gives ids before it commits; SQLite has one writer, so that it cannot happen there."""
    if either.store.engine.dialect.name == "sqlite":
        pytest.skip("one writer")
    sealing = sealed(either, 2)
    with either.work() as slow:
        slow.audit.add(Entry(either.now(), OFFICER, "slow:entry:done", "x"))
        slow.flush()
        write(either, 2)
        sealing.round()
        with either.look() as work:
            assert [leaf.entry_id for leaf in work.audit_tree.leaves(0, 10)] == [1, 2, 4, 5]
    sealing.round()
    with either.look() as work:
        assert [leaf.entry_id for leaf in work.audit_tree.leaves(0, 10)] == [1, 2, 4, 5, 3]
    assert verified(either).is_intact


def test_an_entry_that_came_later_than_anybody_looks_back_is_sealed_by_looking_at_all(
    either: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_tree, "LOOK_BACK", 2)
    write(either, 9)
    with either.look() as work:
        late = work.audit_tree.entry(3)
    change(either, sa.delete(entries).where(entries.c.audit_id == 3))
    sealing = sealed(either, 1)
    assert sealing.batch() == 0
    assert late is not None
    change(
        either,
        sa.insert(entries).values(
            audit_id=3, at=late.at, actor=late.actor, staff_id=late.staff_id, role=late.role, door=late.door,
            event=late.event, subject=late.subject, from_state="", to_state="", reason=late.reason,
            policy_version="", details="{}",
        ),
    )  # fmt: skip
    assert sealing.batch() == 0
    assert auditing.sealing(either).batch() == 1
    assert verified(either).is_intact


def test_two_sealers_and_three_writers_at_once_make_one_tree(either: Service) -> None:
    """Each entry is one leaf, each head continues the one before, and the copies are in order."""
    stop, failed = threading.Event(), []

    def again(act: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                while not stop.is_set():
                    act()
            except Exception as error:  # noqa: BLE001 - told by the test
                failed.append(error)

        return run

    sealers = [auditing.sealing(either) for _ in range(2)]
    threads = [threading.Thread(target=again(sealer.batch)) for sealer in sealers]
    threads += [threading.Thread(target=again(lambda: write(either, 7))) for _ in range(3)]
    for thread in threads:
        thread.start()
    stop.wait(2)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert failed == []
    auditing.sealing(either).round()
    outcome = verified(either)
    with either.look() as work:
        count = work.connection.scalar(sa.select(sa.func.count()).select_from(entries))
    assert outcome.is_intact
    assert count is not None
    assert outcome.size == count - 1 > 0


def test_the_job_runner_seals_and_verifies_once_a_day(service: Service) -> None:
    keeper = Auditing(service, sealing=auditing.sealing(service))
    write(service, 3)

    def walks(now_in: timedelta) -> int:
        keeper.seal()
        now = service.now() + now_in
        while keeper.verify(by=JOB, now=now):
            pass
        with service.look() as work:
            query = sa.select(sa.func.count()).where(entries.c.event == audit_view.VERIFIED)
            return int(work.connection.scalar(query) or 0)

    assert walks(timedelta(0)) == 1
    assert walks(timedelta(hours=1)) == 1
    assert walks(timedelta(days=1, minutes=1)) == 2
    another = Auditing(service, sealing=auditing.sealing(service))
    assert another.verify(by=JOB, now=service.now()) is False
