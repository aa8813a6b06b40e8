"""Adds people who left, until an order anonymises them, and the chain events such an order has rewritten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0055"


def upgrade() -> None:
    op.create_table(
        "former_person",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=False),
        sa.Column("anonymised_on", sa.Date(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("act_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_former_person")),
    )
    op.create_index(op.f("ix_former_person_key"), "former_person", ["key"], unique=True)
    op.create_table(
        "rewritten",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "place", "seq", name=op.f("pk_rewritten")),
        sqlite_with_rowid=False,
    )
