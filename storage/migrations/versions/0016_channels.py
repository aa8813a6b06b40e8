"""What is wrong with a channel, and counts of notices by channel and state, which triggers keep from now on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "channel_fault",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_fault")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_tally",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_tally")),
    )
    op.execute(
        "INSERT INTO notice_tally (channel, state, n) "
        "SELECT channel, state, COUNT(*) FROM notice GROUP BY channel, state"
    )
