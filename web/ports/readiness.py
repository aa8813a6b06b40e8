"""How the database stands, as whoever looks for us says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

DatabaseState = Literal["ok", "unreachable", "moved", "replaced"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """How the database stands: whether it answers, is of a version this code may use, and has its board whole.

    Attributes:
        database: `moved` and `replaced`: the file of SQLite that was opened does not stand in its place.
        round: when a round last ended (UTC); None before the first.
    """

    database: DatabaseState
    schema: bool
    board: bool
    round: datetime | None = None


Look = Callable[[], Readiness]
