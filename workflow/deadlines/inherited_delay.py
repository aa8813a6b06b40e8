"""Inherited delay: by how many working days due dates moved because earlier steps were done late.

A term begins with an earlier fact. If that fact came after its own original due date, the term ends later by
the same number of working days: these are inherited. Working days from the present due date to the day the step
was done are its own delay; both together are its delay against the original due date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from calendars import OutOfRange
from calendars.calendar import Calendar
from calendars.counting import count
from workflow.cases.case import EXTENDED, Case
from workflow.deadlines.anchors import AnchorDate, DueDateResolver
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import late_by
from workflow.deadlines.waiting import COUNTED
from workflow.law.procedure import Procedure
from workflow.periods import Span


class _FirstCounted(DueDateResolver):
    """Counts the terms of a case as if no fact had come after its own due date."""

    def expected(self, fact: str, span: Span | None = None) -> AnchorDate:
        day = super().expected(fact, span)
        if day.on is None or day.state != "happened" or fact.startswith(EXTENDED):
            return day
        obligation = self.procedure.anchor_by_id[fact]
        due = self.link(obligation, span).counted.due
        if due is None and fact in self.procedure.answered_by:
            due = self.link(self.procedure.answered_by[fact], None).counted.due
        return day if due is None or day.on <= due else day._replace(on=due, at=None)


def inherited_days(
    case: Case,
    procedure: Procedure,
    calendar: Calendar,
    dues: Mapping[str, date | None],
    entries: Iterable[Deadline] = (),
    *,
    today: date,
) -> dict[str, int]:
    """Return by how many working days late facts moved later due dates, by id of the deadline.

    Due dates that did not move are left out.

    Args:
        dues: the due dates of the procedure's obligations as they stand, by id with period.
        entries: the deadlines of the case's registers; those of measures count from the approval of their plan.
        today: local date, as of the resolver.
    """
    chain = _FirstCounted(case, procedure, calendar, today=today)
    if not any(_is_late(fact.on, name, procedure, dues) for name, fact in chain.case.facts.items()):
        return {}
    first = {link.id: link.counted.due for link in chain.links()}
    moved = {name: late_by(first.get(name), due, chain.calendar) for name, due in dues.items()}
    for entry in entries:
        moved[entry.id] = late_by(_first_due(entry, chain, calendar), entry.due, calendar)
    return {name: days for name, days in moved.items() if days}


def _is_late(on: date, name: str, procedure: Procedure, dues: Mapping[str, date | None]) -> bool:
    """Return whether a fact on that day came after its due date, or after the due date of the decision it
    answers.
    """
    decision = procedure.answered_by.get(name)
    due = dues.get(name) or (dues.get(decision.id) if decision else None)
    return due is not None and on > due


def _first_due(entry: Deadline, chain: DueDateResolver, calendar: Calendar) -> date | None:
    """Return the original due date of a register's deadline: counted from its fact's original due date."""
    if entry.anchor != "happened" or entry.anchor_fact is None or type(entry.obligation.term) not in COUNTED:
        return entry.due
    try:
        return count(entry.obligation.term, chain.expected(entry.anchor_fact).on, calendar).due
    except OutOfRange:
        return entry.due
