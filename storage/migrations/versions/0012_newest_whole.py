"""The index of the list of cases has all a list narrows by, so that far pages and counts read nothing else."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.drop_index("ix_case_newest", "case")
    op.create_index(
        "ix_case_newest",
        "case",
        ["opened_at", "id", "confidential", "unit", "standing", "procedure", "stage"],
    )
