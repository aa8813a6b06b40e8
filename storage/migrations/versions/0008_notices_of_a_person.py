"""The notices of one person, the newest first: what a pressed button and a page of one's own ask for."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_notice_person", "notice", ["person", "queued_at"], unique=False)
