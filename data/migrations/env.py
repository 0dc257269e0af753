"""How a migration runs: on the engine that it is handed, in one transaction where the database allows."""

from alembic import context

from data.engine import WRITE
from data.schema import metadata

engine = context.config.attributes["engine"]
with engine.connect().execution_options(**{WRITE: True}) as connection:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
