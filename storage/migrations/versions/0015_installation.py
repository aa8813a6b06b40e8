"""Whose database this is, and whether the board was written anew after what migrations changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("n", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("board", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_installation")),
    )
