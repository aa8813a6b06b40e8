"""From a deadline to a reminder: ladders, rungs, and who is told on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from calendars import OutOfRange
from calendars.calendar import Calendar
from workflow.cases.case import Case
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import EscalationPolicy, Procedure, Step

HIMSELF = ("duty",)
"""A rung that tells only whoever must do the thing."""


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


def ladder_of(
    case: Case, procedure: Procedure, deadline: str, due: date, calendar: Calendar
) -> EscalationPolicy:
    """The ladder of a deadline of the case, with what somebody has put off.

    Args:
        deadline: the obligation's id with its period.
        due: a reminder put off for another due date is put off no more.
    """
    ladder = procedure.ladders[entry_obligation(case, procedure, deadline).ladder]
    later = case.put_off.get(deadline)
    return ladder if later is None or later.due != due else put_off(ladder, due, later.until, calendar)


def put_off(ladder: EscalationPolicy, due: date, until: date, calendar: Calendar) -> EscalationPolicy:
    """The ladder that keeps quiet before `until`, a working day, and speaks on it.

    Only what tells nobody but whoever must do the thing can be quiet: a rung that tells somebody above them
    speaks on its day all the same, and so does every rung from `until` on.
    """
    days = {rung.id: _day(rung, due, calendar) for rung in ladder.rungs}
    loud = [rung for rung in ladder.rungs if rung.to != HIMSELF or (days[rung.id] or until) >= until]
    if not any(HIMSELF[0] in rung.to and days[rung.id] == until for rung in loud):
        left = calendar.count(until, date.fromordinal(due.toordinal() - 1))
        loud.append(Step(at=-left, to=HIMSELF))
    return replace(ladder, rungs=tuple(sorted(loud, key=lambda rung: rung.at)))


def last_before(ladder: EscalationPolicy, due: date, calendar: Calendar) -> date:
    """The day of the last rung that speaks while there is still time: nothing is put off beyond it."""
    days = [rung_on(rung, due, calendar) for rung in ladder.rungs if rung.at <= 0]
    return max(days, default=calendar.previous_working(due))


def rung_on(rung: Step, due: date, calendar: Calendar) -> date:
    """The working day on which a rung speaks.

    So many working days before or after the due date (which is not counted); the rung of the due date itself
    speaks on it, or on the working day before when it is a day off: on that day it can still be done in time.

    Raises:
        OutOfRange: the day lies outside the records.
    """
    if rung.at == 0:
        return calendar.previous_working(due)
    return calendar.add(due, rung.at)


def next_rung(
    ladder: EscalationPolicy, due: date, calendar: Calendar, *, today: date
) -> tuple[str, date] | None:
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


def following_rung(
    ladder: EscalationPolicy, due: date, calendar: Calendar, *, after: date
) -> tuple[str, date] | None:
    """The first rung whose day is later than `after`, of several that day the last; None: all have spoken."""
    ahead = [step for step in _days(ladder, due, calendar) if step[1] > after]
    if not ahead:
        return None
    return [step for step in ahead if step[1] == ahead[0][1]][-1]


def rung_named(ladder: EscalationPolicy, rung: str) -> Step | None:
    """The rung of that id."""
    return next((step for step in ladder.rungs if step.id == rung), None)


def _days(ladder: EscalationPolicy, due: date, calendar: Calendar) -> Iterator[tuple[str, date]]:
    """Rungs with their days, in order; those beyond the horizon do not exist."""
    for rung in sorted(ladder.rungs, key=lambda step: step.at):
        day = _day(rung, due, calendar)
        if day is not None:
            yield rung.id, day


def _day(rung: Step, due: date, calendar: Calendar) -> date | None:
    """The day of a rung; None beyond the records."""
    try:
        return rung_on(rung, due, calendar)
    except OutOfRange:
        return None
