"""A service with a key for its audit log, what somebody with the database's password does, and the verdict."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca_core import audit_head, roles
from ca_core.audit import Entry
from ca_core.audit_check import Kind, Outcome
from data import engine as engines
from data import migrate, schema
from data.audit_schema import audit_head as heads
from data.audit_schema import audit_leaf as leaves
from runtime import audit_key, auditing, settings, wiring
from runtime.audit_sealing import Sealing
from runtime.service import Service

OFFICER = roles.Actor("Үлгі О.", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)
JOB = roles.Actor("jobs", None, roles.Door.JOB)
entries = schema.audit


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, copied for each test: what is tested here needs no authority."""
    path = tmp_path_factory.mktemp("migrated") / "qoltanba.sqlite"
    engine = engines.open_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


def with_key(**given: str) -> Service:
    made = wiring.make_service(settings.load(given))
    audit_key.make(made.settings)
    return made


@pytest.fixture
def service(tmp_path: Path, migrated: Path) -> Iterator[Service]:
    shutil.copy(migrated, tmp_path)
    made = with_key(var_dir=str(tmp_path))
    yield made
    made.close()


@pytest.fixture
def either(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """On both databases: what depends on how they write and order."""
    made = with_key(var_dir=str(tmp_path / "var"), database_url=database_url)
    yield made
    made.close()


def write(service: Service, count: int, *, ago: timedelta = timedelta(0)) -> None:
    with service.work() as work:
        for number in range(count):
            work.audit.add(
                Entry(
                    service.now() - ago, OFFICER, "certificate:hold:done", f"{number:040x}", reason="тексеру"
                )
            )


def sealed(service: Service, *steps: int) -> Sealing:
    """A head after each step, with its copy outside."""
    sealing = auditing.sealing(service)
    for count in steps:
        write(service, count)
        sealing.round()
    return sealing


def verified(service: Service, *, keys: audit_head.PublicKeys | None = None) -> Outcome:
    walk = auditing.verification(service)
    if keys is not None:
        walk._check._keys = keys
    while walk.step():
        pass
    return walk.finish(by=JOB)


def found(service: Service) -> set[Kind]:
    return {finding.kind for finding in verified(service).findings}


def change(service: Service, *statements: sa.Executable) -> None:
    """What somebody with the database's password does, past every operation."""
    with service.work() as work:
        for statement in statements:
            work.connection.execute(statement)


def content_of(service: Service, entry_id: int) -> bytes:
    with service.look() as work:
        entry = work.audit_tree.entry(entry_id)
    assert entry is not None
    return entry.content


def cut_with_head(service: Service) -> None:
    """Back to the state of the first head, leaving no trace in the database."""
    change(
        service,
        sa.delete(entries).where(entries.c.audit_id > 3),
        sa.delete(leaves).where(leaves.c.position >= 3),
        sa.delete(heads).where(heads.c.size > 3),
    )
