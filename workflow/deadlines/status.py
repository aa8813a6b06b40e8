"""The status of a deadline on a given day, as pages show it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, Protocol

from calendars import OutOfRange
from calendars.calendar import Calendar
from workflow.cases.states import State
from workflow.deadlines.lateness import Awaited, lateness

DeadlineStatus = State | Literal["overdue", "soon", "done_late", "slipped", "waits"]
SOON_WORKING_DAYS = 7


class Shown(Awaited, Protocol):
    """The attributes of a deadline, or of its row on the board, that decide its status."""

    @property
    def late_by(self) -> int | None: ...


def status_on(deadline: Shown, *, today: date, soon: date) -> DeadlineStatus:
    """Return the status of a deadline on a day.

    Args:
        soon: the last day that counts as near (seven working days on).
    """
    if deadline.state == "done":
        return "done" if deadline.late_by is None else "done_late"
    if deadline.state != "open":
        return deadline.state
    standing = lateness(deadline, today=today)
    if standing.overdue:
        return "overdue"
    if standing.slipped:
        return "slipped"
    if standing.waiting_for is not None:
        return "waits"
    return "soon" if deadline.due is not None and deadline.due <= soon else "open"


def working_days_between(due: date | None, today: date, calendar: Calendar) -> int:
    """Count the working days after the earlier of two days up to the later; 0 without a due date."""
    return 0 if due is None else abs(calendar.distance(due, today))


def near(calendar: Calendar, today: date, working_days: int = SOON_WORKING_DAYS) -> date:
    """Return the last day that counts as near; beyond the calendar's records, counted in calendar days."""
    try:
        return calendar.add(today, working_days)
    except OutOfRange:
        return today + timedelta(days=working_days)
