"""Accounts, their ways in, and who was named to know of confidential cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _moment(name: str, *, empty: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "account",
        *map(_text, ("login", "access", "person", "name", "unit", "password", "totp")),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_person"), "account", ["person"])
    op.create_table(
        "entry",
        *map(_text, ("hash", "kind", "login", "name", "scope")),
        *map(_moment, ("created_at", "seen_at", "expires_at")),
        _moment("ended_at", empty=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_entry")),
    )
    op.create_index(op.f("ix_entry_login"), "entry", ["login"])
    op.create_table(
        "attempt",
        _text("name"),
        sa.Column("failed", sa.Integer(), nullable=False),
        _moment("failed_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attempt")),
    )
    op.create_table(
        "reader",
        *map(_text, ("case", "person")),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_reader_case_case")),
        sa.PrimaryKeyConstraint("case", "person", name=op.f("pk_reader")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reader_person"), "reader", ["person"])
    op.add_column("case", sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.false()))
