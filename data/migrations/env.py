"""How a migration runs: on the engine that it is handed, in one transaction where the database allows."""

from alembic import context

from data import audit_schema, call_schema, dossier_schema, face_schema, review_schema, schema
from data.engine import WRITE
from data.tables import metadata

# All files of tables are known to the metadata once they are imported.
assert schema.person.metadata is call_schema.call.metadata is review_schema.review.metadata is metadata
assert dossier_schema.dossier.metadata is face_schema.face_attempt.metadata is metadata
assert audit_schema.audit_leaf.metadata is metadata

engine = context.config.attributes["engine"]
with engine.connect().execution_options(**{WRITE: True}) as connection:
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
