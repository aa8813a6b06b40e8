"""Adds registers as data: rows with chains of their own, and their index entries for lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "register_event",
        _text("row"),
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("kind"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _text("by"),
        sa.Column("payload", sa.Text(), nullable=False),
        _text("previous"),
        _text("hash"),
        sa.PrimaryKeyConstraint("row", "seq", name=op.f("pk_register_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "register_row",
        *(_text(name) for name in ("id", "register_id")),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *(_text(name) for name in ("version", "unit", "case", "opened_case")),
        sa.Column("seq", sa.Integer(), nullable=False),
        _text("head"),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _text("created_by"),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        _text("edited_by"),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_row")),
    )
    unsealed = sa.text("sealed < seq")
    op.create_index("uq_register_row_number", "register_row", ["register_id", "number"], unique=True)
    op.create_index("ix_register_row_listed", "register_row", ["register_id", "withdrawn", "number"])
    op.create_index("ix_register_row_unit", "register_row", ["register_id", "unit", "withdrawn", "number"])
    op.create_index("ix_register_row_case", "register_row", ["case", "register_id"])
    op.create_index("ix_register_row_opened_case", "register_row", ["opened_case"])
    op.create_index(
        "ix_register_row_unsealed", "register_row", ["id"], sqlite_where=unsealed, postgresql_where=unsealed
    )
    op.create_table(
        "register_cell",
        _text("row"),
        _text("field"),
        sa.Column("key", _KEY, nullable=False),
        _text("register_id"),
        sa.PrimaryKeyConstraint("row", "field", "key", name=op.f("pk_register_cell")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_register_cell_sorted", "register_cell", ["register_id", "field", "key", "row"])
    op.create_table(
        "register_secret",
        _text("row"),
        _text("field"),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row", "field", "seq", name=op.f("pk_register_secret")),
        sqlite_with_rowid=False,
    )
