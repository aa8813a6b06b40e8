"""Adds what a board row waits for and until when its due date is valid, and indexes for slipped rows.

Existing rows get the values when the board is rebuilt (`storage.maintenance.after_migration`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

# Written out, for what a migration does must not change with the code around it.
_INDEXES = (
    ("ix_deadline_slipped", ("planned_on", "due"), "state = 'open' AND planned_on IS NOT NULL"),
    ("ix_deadline_counts_until", ("counts_until", "due"), "counts_until IS NOT NULL"),
)


def upgrade() -> None:
    op.add_column("deadline", sa.Column("waiting_for", sa.String(), nullable=True))
    op.add_column("deadline", sa.Column("counts_until", sa.Date(), nullable=True))
    for name, columns, where in _INDEXES:
        condition = sa.text(where)
        op.create_index(name, "deadline", [*columns], sqlite_where=condition, postgresql_where=condition)
