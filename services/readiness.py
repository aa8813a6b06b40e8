"""Readiness of the database: whether requests can be answered now."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from services.app import AppContext

log = logging.getLogger("merzim.web")
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


def readiness(app: AppContext) -> Readiness:
    """How the database stands at this moment."""
    from storage.maintenance.readiness import look
    from storage.refusals import StorageUnavailable

    try:
        found = look(app.engine)
    except StorageUnavailable as trouble:
        log.warning("not ready: %s", trouble)
        states: dict[str, DatabaseState] = {"moved": "moved", "replaced": "replaced"}
        return Readiness(database=states.get(trouble.what, "unreachable"), schema=False, board=False)
    return Readiness(database="ok", schema=found.schema, board=found.board, round=found.round)
