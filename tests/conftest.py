"""For all tests. Databases: a fresh one each, on SQLite and on a private PostgreSQL cluster."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data import engine as engines
from data import migrate
from tests.servers import databases, postgres


@pytest.fixture(autouse=True)
def main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's AppTest puts its script in the place of `__main__`, which every process spawned later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.cluster() as address:
        template = sa.create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with template.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE migrated")
        migrated = engines.open_engine(f"{address}/migrated")
        migrate.upgrade(migrated)
        migrated.dispose()
        template.dispose()
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database; each test that asks for it runs on both kinds."""
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    opened = engines.open_engine(database_url)
    yield opened
    opened.dispose()
