"""An older database is upgraded when the system starts, after a copy was made, or left exactly as it was."""

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from data import copying, migrate
from data import engine as engines
from runtime import settings, upgrading
from runtime.backup_parts import BackupRefused
from runtime.settings import Settings
from tests.servers import disks


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A database of an earlier version with a row in it."""
    var, name = tmp_path / "var", "older_version"
    var.mkdir()
    url = f"sqlite:///{var}/qoltanba.sqlite"
    admin = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = f"{server}/{name}"
    engine = engines.open_engine(url)
    command.upgrade(migrate.configuration(engine), "0006")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE keepsake (word TEXT)")
        connection.exec_driver_sql("INSERT INTO keepsake VALUES ('kept')")
    engine.dispose()
    yield settings.load({"var_dir": str(var), "database_url": url})
    if admin is not None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def copies(configured: Settings) -> list[Path]:
    return sorted((configured.var_dir / "before-upgrade").glob("*"))


def revision(configured: Settings) -> str | None:
    engine = engines.open_engine(configured.database_url)
    try:
        return migrate.current(engine)
    finally:
        engine.dispose()


def test_an_older_database_is_copied_and_then_upgraded(older: Settings) -> None:
    assert upgrading.bring_up(older) is True
    assert revision(older) != "0006"
    (copy,) = copies(older)
    assert copy.name.startswith("0006-")
    assert copy.stat().st_mode & 0o077 == 0
    if copy.suffix == ".sqlite":
        opened = sqlite3.connect(copy)
        assert opened.execute("SELECT version_num FROM alembic_version").fetchone() == ("0006",)
        assert opened.execute("SELECT word FROM keepsake").fetchone() == ("kept",)
        opened.close()
    else:
        listed = subprocess.run(
            ["pg_restore", "--list", str(copy)], capture_output=True, text=True, check=True, timeout=30
        )
        assert "TABLE DATA public keepsake" in listed.stdout


def test_a_database_of_this_version_is_neither_copied_nor_touched(older: Settings) -> None:
    upgrading.bring_up(older)
    assert upgrading.bring_up(older) is False
    assert len(copies(older)) == 1


def test_without_room_for_a_copy_nothing_is_upgraded(older: Settings, tmp_path: Path) -> None:
    """A file system of its own that is full."""
    folder = older.var_dir / "before-upgrade"
    with disks.small(folder, size="64k"):
        with pytest.raises(BackupRefused, match="MB free"):
            upgrading.bring_up(older)
        assert copies(older) == []
    assert revision(older) == "0006"


def test_a_copy_that_breaks_off_leaves_the_database_and_no_half_copy(older: Settings) -> None:
    """The folder takes no file: it is one that is mounted read-only."""
    folder = older.var_dir / "before-upgrade"
    with disks.small(folder, size="64m", read_only=True):
        with pytest.raises(BackupRefused, match="no copy, no upgrade"):
            upgrading.bring_up(older)
        assert copies(older) == []
    assert revision(older) == "0006"


def test_a_database_of_a_newer_version_is_left_alone(older: Settings) -> None:
    engine = engines.open_engine(older.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert not copying.is_empty(engine)
    engine.dispose()
    with pytest.raises(migrate.DatabaseFromNewerVersion, match="Nothing was changed"):
        upgrading.bring_up(older)
    assert revision(older) == "9999"
    assert copies(older) == []
