"""The status of a deadline on a given day, as pages show it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from calendars.calendar import Calendar
from workflow.cases.states import State

DeadlineStatus = State | Literal["overdue", "soon", "done_late"]
SOON_WORKING_DAYS = 7


def status_on(
    state: State, due: date | None, *, late_by: int | None, today: date, soon: date
) -> DeadlineStatus:
    """Return the status of a deadline on a day. `soon`: the last day that counts as near."""
    if state == "done":
        return "done" if late_by is None else "done_late"
    if state == "open" and due is not None:
        if due < today:
            return "overdue"
        if due <= soon:
            return "soon"
    return state


def working_days_between(due: date | None, today: date, calendar: Calendar) -> int:
    """Count the working days after the earlier of two days up to the later; 0 without a due date."""
    if due is None or due == today:
        return 0
    first, last = sorted((due, today))
    return calendar.count(first, last) - (1 if calendar.is_working(first) else 0)
