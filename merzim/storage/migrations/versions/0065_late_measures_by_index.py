"""Makes indexes: late measures are counted, and a person's unread letters found, by them alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"

# Written out, for what a migration does must not change with the code around it.
_MEASURES = sa.text("coalesce(state, state) = 'open' AND substr(obligation, 1, 8) = 'measure.'")
_COLUMNS = ["due", "case", "obligation", "state", "counts_until"]
_UNREAD = sa.text("state = 'sent' AND acknowledged_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_deadline_measures", "deadline")
    op.create_index(
        "ix_deadline_measures", "deadline", _COLUMNS, sqlite_where=_MEASURES, postgresql_where=_MEASURES
    )
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["person", sa.text("queued_at DESC"), "key"],
        sqlite_where=_UNREAD,
        postgresql_where=_UNREAD,
    )
