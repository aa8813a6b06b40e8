"""Adds to the board the moment at which a term in hours ends, and an index of the few rows that have one.

Existing rows get it when the board is rebuilt (`storage.maintenance.after_migration`).
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
