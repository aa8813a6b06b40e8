"""An index by which quarters nobody reported are counted, and the first of them found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

# Written out, for what a migration does must not change with the code around it.
_UNREPORTED = "state IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'"


def upgrade() -> None:
    op.create_index(
        "ix_deadline_unreported",
        "deadline",
        ["obligation", "due", "case", "unit"],
        sqlite_where=sa.text(_UNREPORTED),
        postgresql_where=sa.text(_UNREPORTED),
    )
