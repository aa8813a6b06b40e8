"""Counts the bytes of each upload; the files themselves are in the folder of evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    op.add_column("upload", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
