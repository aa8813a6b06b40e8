"""Adds an index that finds assignments by the account that gave them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    given = sa.text("kind = 'assignment_given'")
    columns = ["by", "case", "name"]
    op.create_index("ix_event_assignment", "event", columns, sqlite_where=given, postgresql_where=given)
