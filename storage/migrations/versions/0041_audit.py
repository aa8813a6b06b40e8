"""Adds the audit log (who did what, when and from where) as one chain, with addresses stored outside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(_text(name) for name in ("by", "topic", "kind", "name", "case", "way")),
        sa.Column("payload", sa.Text(), nullable=False),
        *(_text(name) for name in ("previous", "hash")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    for name in ("at", "by", "topic", "case"):
        op.create_index(f"ix_audit_{name}", "audit", [name, "seq"])
    op.create_table(
        "audit_origin",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_origin")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_position",
        _text("receiver"),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_audit_position")),
        sqlite_with_rowid=False,
    )
