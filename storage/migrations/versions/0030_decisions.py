"""Marks the board for a rebuild: decisions hold a case at its stage, and a case without running terms is
closed.

No table changes; stages are updated when the board is rebuilt (`storage.maintenance.after_migration`).
"""

from __future__ import annotations

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Change no table."""
