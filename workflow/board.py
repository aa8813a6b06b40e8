"""The board: the read model. One row per obligation of a case, nothing in it that depends on now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workflow.deadline import AnchorState, Knowledge, State, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What the board keeps of one deadline.

    Attributes:
        obligation: id with its period.
        next_rung_on: the working day of the next rung of its ladder, None when there is none left to speak.
        next_rung: that rung's id.
        span_first, span_last: first and last day whose moving could move `due`.
        stake: points at stake, a decimal string, negative for a deduction.
        version: the calendar version it was computed with.
    """

    case: str
    obligation: str
    stage: str
    unit: str
    due: date | None
    safe_by: date | None
    planned_on: date | None
    done_on: date | None
    late_by: int | None
    anchor: AnchorState
    calendar: Knowledge
    status: Status
    state: State
    force: str
    stake: str | None
    next_rung: str | None
    next_rung_on: date | None
    span_first: date | None
    span_last: date | None
    version: str
