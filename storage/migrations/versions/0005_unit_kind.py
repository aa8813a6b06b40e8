"""The kind of organisation a unit is: what the law asks of it depends on it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("unit") as unit:
        unit.add_column(sa.Column("kind", sa.String(), nullable=False, server_default=""))
