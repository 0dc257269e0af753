"""How a migration runs: on the engine that it is handed, in one transaction where the database allows."""

from alembic import context

from data import call_schema, schema
from data.engine import WRITE
from data.tables import metadata

# Both files of tables are known to the metadata once they are imported.
assert schema.person.metadata is call_schema.call.metadata is metadata

engine = context.config.attributes["engine"]
with engine.connect().execution_options(**{WRITE: True}) as connection:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
