"""Run by Alembic: the connection and its transaction come from `faceline.db.migrate`."""

from alembic import context

from faceline.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
