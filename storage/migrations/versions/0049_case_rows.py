"""Adds search texts of the rows of cases' registers; the first start writes them, case by case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0046"
_KINDS = ("risk_found", "measure_set", "position_exposed", "remark_made")


def upgrade() -> None:
    op.create_table(
        "case_row",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("row", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_case_row_case_case")),
        sa.PrimaryKeyConstraint("case", "row", name=op.f("pk_case_row")),
        sqlite_with_rowid=False,
    )
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.execute(
        f'INSERT INTO unlisted ("case") SELECT DISTINCT "case" FROM event WHERE kind IN ({kinds}) '
        'AND "case" NOT IN (SELECT "case" FROM unlisted)'
    )
