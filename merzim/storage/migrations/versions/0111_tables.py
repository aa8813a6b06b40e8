"""The tables as `merzim.storage.tables` declares them. Before the first release there is this one step."""

from __future__ import annotations

from alembic import op

from merzim.storage.tables.base import TableBase

revision = "0111"
down_revision = None


def upgrade() -> None:
    TableBase.metadata.create_all(op.get_bind())
