"""Adds the inbox: events of cases that concern a person, read or not yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_inbox_case_case")),
        sa.PrimaryKeyConstraint("person", "case", "seq", name=op.f("pk_inbox")),
        sqlite_with_rowid=False,
    )
    unread = sa.text("read_at IS NULL")
    op.create_index("ix_inbox_newest", "inbox", ["person", "at", "case", "seq"])
    op.create_index("ix_inbox_unread", "inbox", ["person"], sqlite_where=unread, postgresql_where=unread)
    op.create_index(
        "ix_inbox_untold",
        "inbox",
        ["at"],
        sqlite_where=sa.text("untold = 1"),
        postgresql_where=sa.text("untold"),
    )
    op.create_index("ix_inbox_case", "inbox", ["case", "seq"])
