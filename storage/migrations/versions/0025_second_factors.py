"""Adds recovery codes of second factors, and open requests to remove one.

The secrets themselves are encrypted by the first start of `merzim serve`, which has the key; a migration does
not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"


def _moment(name: str, *, empty: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def upgrade() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        _moment("made_at"),
        _moment("used_at", empty=True),
        sa.PrimaryKeyConstraint("login", "hash", name=op.f("pk_recovery_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "factor_removal",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_factor_removal")),
        sqlite_with_rowid=False,
    )
