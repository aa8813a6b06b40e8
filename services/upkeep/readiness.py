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
    """The state of the database: whether it answers, has a usable schema version, and a complete board.

    Attributes:
        database: `moved`, `replaced`: the opened SQLite file is no longer at its path.
        round: end of the last round (UTC); None before the first.
    """

    database: DatabaseState
    schema: bool
    board: bool
    round: datetime | None = None


def readiness(app: AppContext) -> Readiness:
    """Check the state of the database now."""
    from storage.maintenance.readiness import look
    from storage.refusals import StorageUnavailable

    try:
        state = look(app.engine)
    except StorageUnavailable as trouble:
        log.warning("not ready: %s", trouble)
        states: dict[str, DatabaseState] = {"moved": "moved", "replaced": "replaced"}
        return Readiness(database=states.get(trouble.what, "unreachable"), schema=False, board=False)
    return Readiness(database="ok", schema=state.schema, board=state.board, round=state.round)
