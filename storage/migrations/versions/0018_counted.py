"""An index by which cases everybody may know of are counted without being looked up: the number of a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_index(
        "ix_case_counted",
        "case",
        ["unit", "stage", "standing", "procedure"],
        sqlite_where=sa.text("confidential = 0"),
        postgresql_where=sa.text("NOT confidential"),
    )
