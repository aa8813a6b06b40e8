"""What a new plan date breaks, and on which days it would keep every term."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import is_overdue
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import feasibility
from workflow.law.procedure import Procedure

LATE_PLANS = ("planned_late", "too_long_planned")
"""Codes of findings that a plan date lies after its due date."""

AHEAD = timedelta(days=365)
"""How far ahead days to plan for are looked for."""


class PlanDays(NamedTuple):
    """The first and last working day (local dates) to plan a fact for; `last` None: any later day does too."""

    first: date
    last: date | None


def broken(all_deadlines: Iterable[Deadline], calendar: Kazakhstan, *, today: date) -> frozenset[str]:
    """Return the ids of deadlines that are overdue, or planned after their due date."""
    listed = tuple(all_deadlines)
    late_plans = (finding for finding in feasibility(listed, calendar) if finding.code in LATE_PLANS)
    overdue = {deadline.id for deadline in listed if is_overdue(deadline, today=today)}
    return frozenset(overdue | {finding.obligation for finding in late_plans})


def days_that_keep(
    case: Case, procedure: Procedure, calendar: Kazakhstan, fact: str, *, today: date
) -> PlanDays | None:
    """Return the days within the year ahead for which a fact can be planned so that no term is broken by it;
    None where there is none.

    What counts from the fact ends later the later it is planned; its own term, and the room left for what must
    come after it, end the days. What no day of it can mend is left out.
    """
    until = min(calendar.last, max(today, case.planned.get(fact, today)) + AHEAD)
    ahead = (today + timedelta(days=days) for days in range((until - today).days + 1))
    days = [day for day in ahead if calendar.is_working_day(day)]
    if not days:
        return None

    def planned(day: date, *, bare: bool) -> Sequence[Deadline]:
        moved = replace(case, planned={**case.planned, fact: day})
        return deadlines(moved, procedure, calendar, today=today, bare=bare)

    def too_early(day: date) -> frozenset[str]:
        return broken(planned(day, bare=True), calendar, today=today) - {fact}

    def too_late(day: date) -> frozenset[str]:
        conflicts = feasibility(planned(day, bare=False), calendar)
        return frozenset(
            conflict.obligation
            for conflict in conflicts
            if conflict.code == "no_room" or (conflict.obligation == fact and conflict.code in LATE_PLANS)
        )

    unmended, without_room = too_early(days[-1]), too_late(days[0]) - {fact}
    first = bisect_left(days, True, key=lambda day: too_early(day) <= unmended)
    end = bisect_left(days, True, key=lambda day: not too_late(day) <= without_room)
    if first >= end:
        return None
    return PlanDays(days[first], days[end - 1] if end < len(days) else None)
