"""A fresh, migrated database for one test."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from data import engine as engines
from data import migrate

_numbers = itertools.count(1)


@contextlib.contextmanager
def fresh(kind: str, folder: Path, fixture: Callable[[str], Any]) -> Iterator[str]:
    """The address of a database of this kind; `fixture` gives the cluster when PostgreSQL is asked for."""
    if kind == "sqlite":
        url = f"sqlite:///{folder}/test.sqlite"
        engine = engines.open_engine(url)
        migrate.upgrade(engine)
        engine.dispose()
        yield url
        return
    server = fixture("postgres_server")
    name = f"t{next(_numbers)}"
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE migrated")
    try:
        yield f"{server}/{name}"
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()
