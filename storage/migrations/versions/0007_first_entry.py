"""Which cases have a register (risks, positions, remarks): an index over the first lines of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_FIRST = "kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')"


def upgrade() -> None:
    op.create_index(
        "ix_event_first_entry",
        "event",
        ["case"],
        sqlite_where=sa.text(_FIRST),
        postgresql_where=sa.text(_FIRST),
    )
