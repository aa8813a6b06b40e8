"""Adds to the board the working days by which late facts moved a due date.

Existing rows get them when the board is rebuilt (`storage.maintenance.after_migration`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0049"


def upgrade() -> None:
    op.add_column("deadline", sa.Column("inherited", sa.Integer(), nullable=True))
