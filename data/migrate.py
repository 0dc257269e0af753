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

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database is of a newer version (revision {revision}) than this program: start the newer program"
            " again, or restore a backup made with this one. Nothing was changed."
        )


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


def knows(engine: Engine, revision: str) -> bool:
    script = ScriptDirectory.from_config(configuration(engine))
    return revision in {known.revision for known in script.walk_revisions()}


def require_known(engine: Engine) -> str | None:
    """The database's revision, None for an empty one. Raises DatabaseFromNewerVersion."""
    found = current(engine)
    if found is not None and not knows(engine, found):
        raise DatabaseFromNewerVersion(found)
    return found


def upgrade(engine: Engine) -> bool:
    """Whether anything had to be done. Raises DatabaseFromNewerVersion."""
    if require_known(engine) == head(engine):
        return False
    command.upgrade(configuration(engine), "head")
    return True
