"""How the database stands, as whoever looks for us says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """How the database stands: whether it answers, is of a version this code may use, and has its board whole.

    `round`: when a round last ended (UTC); None before the first.
    """

    database: bool
    schema: bool
    board: bool
    round: datetime | None = None


Look = Callable[[], Readiness]
