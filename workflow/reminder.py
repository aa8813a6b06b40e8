"""From a deadline to a reminder: ladders, rungs, and who is told on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from calendars.calendar import Calendar
from workflow.procedure import Ladder, Rung


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """One rung of one deadline for one person; a notice is a reminder through one channel.

    Attributes:
        obligation: id with its period.
        due: the due date it speaks of; another due date is another reminder.
        rung: id of the rung ("-5", "0", "+1").
        on: the working day of the rung.
    """

    case: str
    obligation: str
    due: date
    rung: str
    on: date
    person: str

    def key(self, channel: str) -> str:
        """The unique key of the notice: `case:obligation:due:rung:person:channel`."""
        return f"{self.case}:{self.obligation}:{self.due.isoformat()}:{self.rung}:{self.person}:{channel}"


def rung_on(rung: Rung, due: date, calendar: Calendar) -> date:
    """The working day on which a rung speaks.

    So many working days before or after the due date (which is not counted); the rung of the due date itself
    speaks on it, or on the working day before when it is a day off: on that day it can still be done in time.

    Raises:
        OutOfRange: the day lies outside the records.
    """
    if rung.at == 0:
        return calendar.previous_working(due)
    return calendar.add(due, rung.at)


def next_rung(ladder: Ladder, due: date, calendar: Calendar, *, today: date) -> tuple[str, date] | None:
    """The rung that speaks next, and its day: the latest whose day has come, else the first to come.

    So rungs missed (the service was down, a case was imported late) are collapsed into the latest one. None
    when the records of days reach none of them.
    """
    latest = None
    for step in _days(ladder, due, calendar):
        if step[1] > today:
            return latest or step
        latest = step
    return latest


def following_rung(ladder: Ladder, due: date, calendar: Calendar, *, after: date) -> tuple[str, date] | None:
    """The first rung whose day is later than `after`, of several that day the last; None: all have spoken."""
    ahead = [step for step in _days(ladder, due, calendar) if step[1] > after]
    if not ahead:
        return None
    return [step for step in ahead if step[1] == ahead[0][1]][-1]


def rung_named(ladder: Ladder, rung: str) -> Rung | None:
    """The rung of that id."""
    return next((step for step in ladder.rungs if step.id == rung), None)


def _days(ladder: Ladder, due: date, calendar: Calendar) -> Iterator[tuple[str, date]]:
    """Rungs with their days, in order; those beyond the horizon do not exist."""
    for rung in sorted(ladder.rungs, key=lambda step: step.at):
        try:
            yield rung.id, rung_on(rung, due, calendar)
        except OutOfRange:
            continue
