"""Which rows of registers changed: every migration writes the triggers anew, so nothing is left to do here."""

from __future__ import annotations

revision = "0062"
down_revision = "0060"


def upgrade() -> None:
    """Do nothing: the triggers are no part of the tables."""
