"""An index by which a country's register of notices is read in its order: a round queues very many at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_notice_newest", "notice", [sa.text("queued_at DESC"), "key"])
