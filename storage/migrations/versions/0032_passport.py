"""Adds the object of a case by its passport, and the words by which another schedule names the case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0030"


def upgrade() -> None:
    for name in ("object_kk", "object_ru", "object_also"):
        op.add_column("case", sa.Column(name, sa.String(), nullable=False, server_default=""))
    named = sa.text("object_also <> ''")
    op.create_index("ix_case_object_also", "case", ["object_also"], sqlite_where=named, postgresql_where=named)
