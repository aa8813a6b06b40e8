"""Widens an index and adds one: unreported quarters and the analyses of a year are counted by them alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"

# Written out, for what a migration does must not change with the code around it.
_UNREPORTED = ["obligation", "due", "case", "unit", "state", "counts_until"]
_WHERE = sa.text(
    "coalesce(state, state) IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'"
)
_OF_YEAR = (
    *("procedure", "standing", "span_first", "span_last", "id"),
    *("stage", "unit", "confidential", "opened_at"),
)


def upgrade() -> None:
    op.drop_index("ix_deadline_unreported", "deadline")
    op.create_index(
        "ix_deadline_unreported", "deadline", _UNREPORTED, sqlite_where=_WHERE, postgresql_where=_WHERE
    )
    op.create_index("ix_case_of_year", "case", [*_OF_YEAR])
