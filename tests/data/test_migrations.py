"""The migrations make what the schema says, on both databases."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from data import migrate
from data.schema import metadata


def test_migrated_database_equals_the_schema(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_there_is_one_head_and_it_is_in_force(engine: sa.Engine) -> None:
    assert migrate.current(engine) == migrate.head(engine)


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    assert migrate.upgrade(engine) is False


def test_database_of_a_newer_version_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.DatabaseFromNewerVersion):
        migrate.upgrade(engine)
