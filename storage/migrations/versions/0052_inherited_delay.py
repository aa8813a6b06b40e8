"""Working days by which late facts moved a due date, on the board.

The rows there are say so once the board is written anew (`storage.maintenance.after_migration`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0049"


def upgrade() -> None:
    op.add_column("deadline", sa.Column("inherited", sa.Integer(), nullable=True))
