"""Whom a row of the board waits for, and the sums of the board.

The rows there are say for whom they wait when they are next written; `merzim rebuild` writes them all.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KEY = ("unit", "state", "month", "edition", "stage", "obligation", "duty", "responsible", "person")


def upgrade() -> None:
    for name in ("duty", "responsible", "person"):
        op.add_column("deadline", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_index("ix_deadline_unit_state_due", "deadline", ["unit", "state", "due"])
    op.create_index(
        "ix_case_confidential",
        "case",
        ["id"],
        sqlite_where=sa.text("confidential = 1"),
        postgresql_where=sa.text("confidential"),
    )
    op.create_table(
        "total",
        *(sa.Column(name, sa.String(), nullable=False) for name in _KEY),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_total")),
        sqlite_with_rowid=False,
    )
    _sum_up()


def _sum_up() -> None:
    # Written out, for what a migration does must not change with the code around it.
    op.execute(
        f"""
        INSERT INTO total (unit, state, month, edition, stage, obligation, duty, responsible, person, n)
        SELECT unit, state, month, edition, stage, obligation, '', '', '', COUNT(*) FROM (
            SELECT d.unit AS unit, d.state AS state,
                   CASE WHEN d.due IS NULL THEN '' ELSE SUBSTR(CAST(d.due AS TEXT), 1, 7) END AS month,
                   c.edition AS edition, d.stage AS stage,
                   {_without_period()} AS obligation
            FROM deadline d JOIN "case" c ON c.id = d."case"
            WHERE (d.state = 'missed' OR (d.state = 'open' AND d.due IS NOT NULL)) AND NOT c.confidential
        ) AS rows_now
        GROUP BY unit, state, month, edition, stage, obligation
        """
    )


def _without_period() -> str:
    if op.get_bind().dialect.name == "postgresql":
        return "SPLIT_PART(SPLIT_PART(d.obligation, '.', 1), '#', 1)"
    plain = "SUBSTR(d.obligation || '.', 1, INSTR(d.obligation || '.', '.') - 1)"
    return f"SUBSTR({plain} || '#', 1, INSTR({plain} || '#', '#') - 1)"
