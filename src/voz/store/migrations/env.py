"""Alembic's entry: runs the migrations in the transaction that voz.store.migrate holds."""

from alembic import context

from voz.store.schema import metadata
from voz.store.search import declared

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_server_default=False,
    include_name=declared,
)
context.run_migrations()
