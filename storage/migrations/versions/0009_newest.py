"""The list of cases is read off an index, the newest first."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_case_newest", "case", ["opened_at", "id"])
