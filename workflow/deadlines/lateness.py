"""Whether a deadline is overdue, waits for something, or was planned for a day that went by: the one place.

Everything here holds of a deadline and of its row on the board alike, and costs a comparison of days. A term in
hours is overdue from the moment it ends, where `today` carries one (`calendars.hours.Today`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from calendars.hours import present
from workflow.cases.states import AWAITED, State


class Awaited(Protocol):
    """What lateness is decided by."""

    @property
    def due(self) -> date | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def state(self) -> State: ...
    @property
    def planned_on(self) -> date | None: ...
    @property
    def waiting_for(self) -> str | None: ...
    @property
    def counts_until(self) -> date | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """How an open deadline stands on a day; never overdue and waiting (or slipped) at once.

    Attributes:
        overdue: its last day (of a term in hours its moment) has passed, and the day it is computed from has
            happened or still lies ahead.
        waiting_for: the unrecorded fact without which its date says nothing any more, None where it holds.
        slipped: the day it was planned for has passed; a question, not a lateness.
    """

    overdue: bool = False
    waiting_for: str | None = None
    slipped: bool = False


def lateness(deadline: Awaited, *, today: date) -> Lateness:
    """Return how a deadline stands on that local date."""
    if deadline.state not in AWAITED:
        return Lateness()
    holds = holds_on(deadline, today)
    if deadline.due is not None and holds and (deadline.due < today or has_ended(deadline, today)):
        return Lateness(overdue=True)
    waits = deadline.waiting_for if deadline.due is None or not holds else None
    slipped = deadline.planned_on is not None and deadline.planned_on < today
    return Lateness(waiting_for=waits, slipped=slipped)


def has_ended(deadline: Awaited, today: date) -> bool:
    """Return whether its term in hours has ended, be it within that day.

    What waits for an unrecorded fact, or is owed by a body outside the office, is never late within its day.
    """
    ends = deadline.due_at
    return ends is not None and deadline.counts_until is None and ends <= present(today)


def holds_on(deadline: Awaited, day: date) -> bool:
    """Return whether the due date still says something on that day."""
    return deadline.counts_until is None or day <= deadline.counts_until


def is_overdue(deadline: Awaited, *, today: date) -> bool:
    """Return whether it is overdue on that local date."""
    return lateness(deadline, today=today).overdue


def is_ahead(deadline: Awaited, *, today: date) -> bool:
    """Return whether it is open with a due date that holds and lies on that local date or later."""
    due = deadline.due
    is_open = deadline.state in AWAITED and due is not None and due >= today and holds_on(deadline, today)
    return is_open and not has_ended(deadline, today)


def urgency(deadline: Awaited, *, today: date) -> tuple[int, date]:
    """Return the place of an open deadline among others, the most pressing first: what is overdue, what is
    ahead, what waits or has no due date; each by its day."""
    standing, day = lateness(deadline, today=today), deadline.due or date.max
    if standing.overdue:
        return 0, day
    return (1 if deadline.due is not None and holds_on(deadline, today) else 2), day
