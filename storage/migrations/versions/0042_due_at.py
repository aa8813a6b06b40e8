"""The moment at which a term in hours ends, on the board; an index of the few rows that have one.

The rows there are say so once the board is written anew (`storage.maintenance.after_migration`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("deadline", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    condition = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_deadline_due_at",
        "deadline",
        ["state", "due_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
