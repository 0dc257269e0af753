"""Sealing that stands still, and a log that was changed, are said to who runs the system; no verdict looks too good."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from rich.console import Console

from ca_core import audit_view
from ca_core.audit_check import Kind as Finding
from data.audit_schema import audit_head as heads
from runtime import audit_commands, auditing, troubles
from runtime.service import Service
from runtime.troubles import Kind
from tests.runtime.audit.conftest import JOB, change, entries, sealed, verified, write
from tests.servers import disks

LONG = audit_view.SEALED_WITHIN + timedelta(minutes=1)


def kinds(service: Service) -> list[Kind]:
    return [trouble.kind for trouble in troubles.audit_log(service)]


def shown(service: Service) -> str:
    """The verdict on the auditor's page."""
    with service.look() as work:
        last = audit_view.last_verdict(work.audit_pages)
    assert last is not None
    return last.event


def test_a_log_that_is_sealed_has_no_trouble(either: Service) -> None:
    write(either, 1, ago=LONG)
    assert kinds(either) == [Kind.AUDIT_BEHIND]
    sealed(either, 2)
    assert kinds(either) == []


def test_who_does_not_seal_at_all_is_told_by_the_others(service: Service) -> None:
    """No secret, no key, no job runner: what waits for minutes says so."""
    sealed(service, 3)
    write(service, 1, ago=timedelta(seconds=5))
    assert kinds(service) == []
    change(service, sa.update(entries).where(entries.c.audit_id == 4).values(at=service.now() - LONG))
    assert kinds(service) == [Kind.AUDIT_BEHIND]


@pytest.mark.parametrize("fault", ["read-only", "full"])
def test_copies_that_cannot_be_written_are_said_until_they_can(service: Service, fault: str) -> None:
    """What was sealed meanwhile is copied then."""
    sealed(service, 3)
    folder = service.settings.audit_heads_dir
    lines = {path.name: path.read_bytes() for path in folder.glob("*.jsonl")}
    with disks.small(folder, size="8k", read_only=fault == "read-only"):
        if fault == "full":
            for name, content in lines.items():
                (folder / name).write_bytes(content)
            (folder / ".lock").touch()
            disks.fill(folder)
            for path in folder.glob("*.jsonl"):
                # To the end of its page: not a single octet more finds room.
                with path.open("ab") as file:
                    file.write(b" " * (4096 - len(lines[path.name]) - 1) + b"\n")
        sealing = sealed(service, 2)
        assert sealing.round() is False
        assert kinds(service) == [Kind.AUDIT_STOPPED]
        assert troubles.audit_log(service)[0].facts == {"code": "audit.heads_not_copied"}
    sealed(service, 1).round()
    assert kinds(service) == []
    assert verified(service).is_intact


def test_copies_that_cannot_be_read_are_no_verdict_and_are_said(service: Service) -> None:
    """A file of copies that gives an error when it is read (here: it is a folder)."""
    sealed(service, 3)
    (path,) = service.settings.audit_heads_dir.glob("*.jsonl")
    kept = path.rename(path.with_suffix(".kept"))
    path.mkdir()
    write(service, 1)
    auditing.sealing(service).round()
    assert troubles.audit_log(service)[0].facts == {"code": "audit.heads_not_readable"}
    outcome = verified(service)
    assert not outcome.is_intact
    assert not outcome.is_tampered
    assert shown(service) == audit_view.UNKNOWN
    path.rmdir()
    kept.rename(path)
    auditing.sealing(service).round()
    assert kinds(service) == []
    assert verified(service).is_intact


def test_a_change_that_was_found_stays_until_all_is_intact(service: Service) -> None:
    """Neither copies that were taken away nor a walk along somebody else's copies make it good."""
    sealed(service, 3)
    kept = service.settings.audit_heads_dir.with_name("an auditor's own")
    change(service, sa.update(entries).where(entries.c.audit_id == 2).values(reason="x"))
    verified(service)
    assert kinds(service) == [Kind.AUDIT_CHANGED]
    service.settings.audit_heads_dir.rename(kept)
    change(service, sa.update(entries).where(entries.c.audit_id == 2).values(reason="тексеру"))
    assert not verified(service).is_intact
    assert kinds(service) == [Kind.AUDIT_CHANGED]
    out = Console(quiet=True)
    assert audit_commands.verify(service, out, by=JOB, heads=kept, keys=[]) == audit_commands.INTACT
    assert shown(service) == audit_view.FAILED
    kept.rename(service.settings.audit_heads_dir)
    assert verified(service).is_intact
    assert shown(service) == audit_view.VERIFIED
    assert kinds(service) == []


def test_an_instant_that_no_clock_shows_is_found_and_hides_no_other_change(either: Service) -> None:
    """What cannot be read ended the walk, and the last good verdict stood for ever."""
    sealed(either, 5)
    is_sqlite = either.store.engine.dialect.name == "sqlite"
    nonsense = "100000000000000000" if is_sqlite else "'infinity'"
    with either.work() as work:
        work.connection.exec_driver_sql(f"UPDATE audit SET at = {nonsense} WHERE audit_id = 2")
        work.connection.exec_driver_sql("UPDATE audit SET reason = 'x' WHERE audit_id = 4")
    outcome = verified(either)
    assert [(one.kind, one.entry_id) for one in outcome.findings] == [
        (Finding.ENTRY_CHANGED, 2),
        (Finding.ENTRY_CHANGED, 4),
    ]
    assert kinds(either) == [Kind.AUDIT_CHANGED]


def test_a_log_that_nobody_walks_through_is_said(service: Service) -> None:
    """Never verified, or not for two days: a good verdict of long ago says nothing about now."""
    sealed(service, 3)
    with service.look() as work:
        first = work.audit_heads.covering(0)
    assert first is not None
    change(service, sa.update(heads).values(at=first.head.at - timedelta(days=3)))
    assert kinds(service) == [Kind.AUDIT_UNVERIFIED]
    change(service, sa.update(heads).values(at=first.head.at))
    verified(service)
    assert kinds(service) == []
    change(
        service,
        sa.update(entries)
        .where(entries.c.event == audit_view.VERIFIED)
        .values(at=service.now() - timedelta(days=3)),
    )
    assert Kind.AUDIT_UNVERIFIED in kinds(service)
