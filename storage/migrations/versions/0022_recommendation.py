"""Recommendations of all cases as lines that are narrowed and counted without reading the cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

# Written out, for what a migration does must not change with the code around it.
_MEASURES = "state = 'open' AND substr(obligation, 1, 8) = 'measure.'"


def upgrade() -> None:
    op.create_table(
        "recommendation",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("alike", sa.String(), nullable=True),
        sa.Column("unasked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_recommendation_case_case")),
        sa.PrimaryKeyConstraint("case", "risk", "measure", name=op.f("pk_recommendation")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_recommendation_counted", "recommendation", ["unit", "status", "direction", "legal", "case"]
    )
    op.create_index(
        "ix_recommendation_alike",
        "recommendation",
        ["alike", "case", "risk", "unit", "unasked"],
        sqlite_where=sa.text("alike IS NOT NULL"),
        postgresql_where=sa.text("alike IS NOT NULL"),
    )
    op.create_table(
        "unlisted",
        sa.Column("case", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_unlisted_case_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_unlisted")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deadline_measures",
        "deadline",
        ["due", "case", "obligation", "unit"],
        sqlite_where=sa.text(_MEASURES),
        postgresql_where=sa.text(_MEASURES),
    )
    # Who starts next lists them.
    op.execute('INSERT INTO unlisted ("case") SELECT DISTINCT "case" FROM event WHERE kind = \'risk_found\'')
