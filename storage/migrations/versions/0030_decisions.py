"""Decisions hold a case at its stage, and a case of which no term runs any more is closed.

No table changes: the stages there are say so once the board is written anew
(`storage.maintenance.after_migration`).
"""

from __future__ import annotations

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Change no table."""
