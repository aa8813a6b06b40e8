"""Adds the names of people in Kazakh and in Russian, for documents in each language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    for name in ("name_kk", "name_ru"):
        op.add_column("person", sa.Column(name, sa.Text(), nullable=False, server_default=""))
