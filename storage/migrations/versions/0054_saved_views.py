"""Adds saved views: filters of lists stored under a name, personal or shared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_login_list_name"), "saved_view", ["login", "list", "name"], unique=True)
    op.create_index(
        "ix_saved_view_shared",
        "saved_view",
        ["list", "unit"],
        sqlite_where=sa.text("shared = 1"),
        postgresql_where=sa.text("shared"),
    )
