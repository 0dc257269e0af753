"""Brings a database to the newest schema: forward only, one head, safe to repeat."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_FOLDER = Path(__file__).parent / "migrations"


class DatabaseFromNewerVersion(Exception):
    """The database knows a revision that this version of the program does not."""


def configuration(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head(engine: Engine) -> str | None:
    return ScriptDirectory.from_config(configuration(engine)).get_current_head()


def upgrade(engine: Engine) -> bool:
    """Whether anything had to be done. Raises DatabaseFromNewerVersion."""
    script = ScriptDirectory.from_config(configuration(engine))
    before = current(engine)
    if before is not None and before not in {revision.revision for revision in script.walk_revisions()}:
        raise DatabaseFromNewerVersion(before)
    if before == script.get_current_head():
        return False
    command.upgrade(configuration(engine), "head")
    return True
