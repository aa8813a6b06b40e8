"""Adds the person in an external directory (LDAP, OpenID Connect) that an account belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("by_group", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login", "provider", name=op.f("pk_identity")),
    )
    op.create_index("ix_identity_subject", "identity", ["provider", "subject"], unique=True)
