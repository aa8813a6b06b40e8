"""Facts leave marks, too: what points are counted from is kept while it holds. Only triggers, which are put in
place anew after every migration."""

from __future__ import annotations

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """No table changes."""
