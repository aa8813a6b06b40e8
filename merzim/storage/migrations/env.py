"""Alembic's entry point: runs on the connection passed by `merzim.storage.maintenance.schema`, inside its
transaction.
"""

from __future__ import annotations

from alembic import context

from merzim.storage.tables.base import TableBase


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=TableBase.metadata,
        render_as_batch=True,
        transactional_ddl=False,
    )
    context.run_migrations()


run()
