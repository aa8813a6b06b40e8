"""Finds the due dates that move with changed calendar days."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from calendars import FIRST
from calendars.kazakhstan import Day, Kazakhstan
from workflow.cases.case import Case
from workflow.cases.states import State
from workflow.deadlines.resolver import deadlines
from workflow.law.procedure import Obligation, Procedure


class DayChange(NamedTuple):
    """The change of one calendar day: to a day off or to a working day."""

    on: date
    before: Day
    after: Day


class MovedDeadline(NamedTuple):
    """A due date that moves when the calendar or the rules change.

    Attributes:
        id: the obligation's id with its period.
        old, new: the due date by the calendar before and after; None where there is none.
        state: status of the deadline; one that is done or not required needs no attention.
    """

    case: str
    id: str
    obligation: Obligation
    old: date | None
    new: date | None
    state: State


def changed_days(before: Kazakhstan, after: Kazakhstan) -> tuple[DayChange, ...]:
    """Return the days that are working days in one calendar and not in the other, in order."""
    pairs = zip(before.days(FIRST, before.last), after.days(FIRST, after.last), strict=True)
    return tuple(DayChange(old.on, old, new) for old, new in pairs if old.working != new.working)


def reach(before: Kazakhstan, after: Kazakhstan) -> tuple[tuple[date, date], ...]:
    """Return the spans of days over which deadlines may be affected, ascending.

    They are the changed days; whole years whose transfers are decided in one calendar alone; and religious days
    that move or become final, with the days they may fall on.
    """
    spans = [(change.on, change.on) for change in changed_days(before, after)]
    everything = before.first, before.last
    unsure = set(before.provisional_years(*everything)) ^ set(after.provisional_years(*everything))
    spans += [(date(year, 1, 1), date(year, 12, 31)) for year in unsure]
    moving = set(before.religious_windows(*everything)) ^ set(after.religious_windows(*everything))
    spans += [(day.earliest, day.latest) for day in moving]
    return tuple(sorted({*spans}))


def moved(
    case: Case,
    procedure: Procedure,
    before: Kazakhstan,
    after: Kazakhstan,
    *,
    today: date,
) -> tuple[MovedDeadline, ...]:
    """Return the case's due dates that move from one calendar to the other, in the order of the procedure.

    Args:
        today: as in `deadlines`.
    """
    was, becomes = (
        {deadline.id: deadline for deadline in deadlines(case, procedure, calendar, today=today, bare=True)}
        for calendar in (before, after)
    )
    compared = (
        MovedDeadline(
            case=case.id,
            id=name,
            obligation=deadline.obligation,
            old=was[name].due if name in was else None,
            new=becomes[name].due if name in becomes else None,
            state=deadline.state,
        )
        for name, deadline in {**was, **becomes}.items()
    )
    return tuple(deadline for deadline in compared if deadline.old != deadline.new)
