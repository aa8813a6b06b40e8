"""Adds whether somebody refused what a campaign asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
_COUNTED = ["campaign", "name", "person", "unit", "answer", "left_on", "reached"]


def upgrade() -> None:
    refused: sa.Column[bool] = sa.Column("refused", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaign_person", refused)
    op.drop_index("ix_campaign_person_counted", "campaign_person")
    op.create_index("ix_campaign_person_counted", "campaign_person", [*_COUNTED, "refused"])
