"""Alembic's entry: it runs on the connection `storage.maintenance.schema` hands it, inside that transaction."""

from __future__ import annotations

from alembic import context

from storage.tables.base import TableBase


def run() -> None:
    """Run the migrations asked for."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=TableBase.metadata,
        render_as_batch=True,
        transactional_ddl=False,
    )
    context.run_migrations()


run()
