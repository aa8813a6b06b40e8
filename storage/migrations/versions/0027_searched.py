"""Adds indexes for statements that read whole tables, as found in SQLite's query plans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"

# Written out, for what a migration does must not change with the code around it.
_INDEXES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ix_deadline_planned_on", "deadline", ("planned_on", "obligation"), "planned_on IS NOT NULL"),
    ("ix_case_edition", "case", ("edition", "standing"), ""),
    ("ix_recommendation_status", "recommendation", ("status", "case", "risk", "measure"), ""),
    ("ix_notice_case_person", "notice", ("case", "person"), ""),
    ("ix_notice_channel", "notice", ("channel", "queued_at DESC", "key"), ""),
    ("ix_notice_unsent", "notice", ("state", "queued_at DESC", "key"), "state <> 'sent'"),
    ("ix_act_kind", "act", ("kind", "seq"), ""),
    ("ix_upload_at", "upload", ("at",), ""),
    ("ix_link_code_until", "link_code", ("until",), ""),
)
# PostgreSQL has had the first since 0021, and chooses by its figures.
_OF_SQLITE = (
    ("ix_notice_by_date", "notice", ("queued_at DESC", "key"), ""),
    ("ix_notice_lost", "notice", ("queued_at DESC", "key"), "state IN ('failed', 'unknown')"),
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, columns, where in (*_INDEXES, *(_OF_SQLITE if sqlite else ())):
        condition = sa.text(where) if where else None
        expressions = [sa.text(one) if " " in one else one for one in columns]
        op.create_index(name, table, expressions, sqlite_where=condition, postgresql_where=condition)
