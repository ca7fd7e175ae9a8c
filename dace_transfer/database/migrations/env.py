"""Run by Alembic: uses the connection, and the transaction, of `schema.upgrade`."""

from __future__ import annotations

from alembic import context

from dace_transfer.database.models import Base
from dace_transfer.database.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
