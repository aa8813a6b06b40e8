"""Adds campaigns, in which many people confirm or fill in something, and the people they ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def _text(name: str, type_: sa.types.TypeEngine[str] | None = None) -> sa.Column[object]:
    return sa.Column(name, type_ or sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "campaign",
        *(_text(name) for name in ("id", "register_id", "version", "kind", "title")),
        _text("units", sa.Text()),
        sa.Column("until", sa.Date(), nullable=False),
        *(_text(name, sa.Text()) for name in ("document", "given")),
        sa.Column("started_on", sa.Date(), nullable=False),
        _text("started_by"),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "campaign_person",
        *(_text(name) for name in ("campaign", "person")),
        sa.Column("number", sa.Integer(), nullable=False),
        *(_text(name) for name in ("name", "unit", "post")),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("answer"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"], ["campaign.id"], name=op.f("fk_campaign_person_campaign_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign", "person", name=op.f("pk_campaign_person")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_campaign_person_number", "campaign_person", ["campaign", "number"], unique=True)
    counted = ["campaign", "name", "person", "unit", "answer", "left_on", "reached"]
    op.create_index("ix_campaign_person_counted", "campaign_person", counted)
    answered = sa.text("answer <> ''")
    op.create_index(
        "ix_campaign_person_answer",
        "campaign_person",
        ["answer"],
        sqlite_where=answered,
        postgresql_where=answered,
    )
    op.create_index("ix_campaign_person_unwritten", "campaign_person", ["campaign", "written", "number"])
