"""Adds an index of obligatory rows without a due date, for the checklists of the task page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

# Written out, for what a migration does must not change with the code around it.
_COLUMNS = ("unit", "duty", "responsible", "person")
_WHERE = sa.text("coalesce(due, due) IS NULL AND coalesce(state, state) = 'open' AND force = 'obligatory'")


def upgrade() -> None:
    op.create_index(
        "ix_deadline_undated", "deadline", [*_COLUMNS], sqlite_where=_WHERE, postgresql_where=_WHERE
    )
