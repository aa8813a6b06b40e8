"""Makes the rows of the board, one for each deadline of a case; counts of them, and filters for lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import AWAITED, Case, CaseStatus
from workflow.deadlines.deadline import AssigneeKey, Deadline, Row
from workflow.law.procedure import Obligation, Procedure
from workflow.org.office import OUTSIDE
from workflow.reminders import next_step, steps_of

CaseOrder = Literal["newest", "earliest", "urgent", "object", "unit"]
"""Orders of lists of cases: by the day they were opened, by their first day, by what is due first, by
name.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFilter:
    """Filter for lists of cases; a field left empty does not restrict the list.

    Attributes:
        unit: that unit and all units below it.
        search: words to find in id, object or unit, ignoring letter case.
        late_on: only cases with something open whose due date lies before that local date.
        year: only cases with a day in that year; of those without any day, the ones opened in it.
    """

    unit: str | None = None
    procedure: str | None = None
    stage: str | None = None
    status: CaseStatus | None = None
    search: str = ""
    late_on: date | None = None
    year: int | None = None


def rows(
    case: Case, procedure: Procedure, deadlines: Iterable[Deadline], calendar: Kazakhstan, *, today: date
) -> tuple[Row, ...]:
    """Return the board rows of a case. `today` (local date) decides which reminder step comes next."""
    return tuple(_row(case, procedure, deadline, calendar, today) for deadline in deadlines)


def _row(case: Case, procedure: Procedure, deadline: Deadline, calendar: Kazakhstan, today: date) -> Row:
    """Return the board row of a deadline, with its next reminder step; a body outside the office has none."""
    obligation, state, step = deadline.obligation, deadline.state, None
    if state in AWAITED:
        # Whether a period has begun depends on the day of reading, not of writing; and an obligation that is
        # fulfilled by itself waits for nobody.
        state = "done" if obligation.by_itself else "open"
    if state in AWAITED and obligation.duty != OUTSIDE:
        steps = steps_of(case, procedure, deadline.id, deadline, calendar, today=today)
        step = next_step(steps, today=today)
    return Row(
        case=case.id,
        obligation=deadline.id,
        stage=obligation.stage,
        unit=case.unit,
        due=deadline.due,
        safe_by=deadline.safe_by,
        planned_on=deadline.planned_on,
        done_on=deadline.done_on,
        late_by=deadline.late_by,
        anchor=deadline.anchor,
        calendar=deadline.calendar,
        status=deadline.status,
        state=state,
        force=obligation.force,
        next_step_on=step.on if step else None,
        span_first=deadline.span_first,
        span_last=deadline.span_last,
        version=calendar.version,
        duty=obligation.duty,
        responsible=responsible_for(case, obligation, deadline.id),
        person=case.person,
        waiting_for=deadline.waiting_for,
        counts_until=deadline.counts_until,
        reminds_from=deadline.reminds_from,
    )


_ByDueDate = Literal["overdue", "today", "near", "later", "due"]
Urgency = Literal[_ByDueDate, "missed", "unconfirmed", "never_confirmed", "slipped", "undated", "open"]
"""The kind of rows in a list: `near` after today and `due` from today, to the last day that counts as near;
`slipped` past their plan date, `open` all with a valid due date, `undated` obligatory ones without a due date
that can be done now, `unconfirmed` those missed or open without a due date since before today,
`never_confirmed` those that a completed case still waits for.
"""
APART: tuple[Urgency, ...] = ("today", "near", "later", "undated")
"""The kinds without rows past their plan date: a desk shows each row in one group, and links to its list."""


def responsible_for(case: Case, obligation: Obligation, deadline: str) -> str:
    """Return the schedule's words for who must fulfil a deadline (its id with its period); "" for none."""
    return case.responsible.get(deadline) or case.responsible.get(obligation.id) or ""


def assignee_key(case: Case, obligation: Obligation, deadline: str) -> AssigneeKey:
    """Return what identifies the assignees of an obligation of a case. `deadline`: its id with its period."""
    return AssigneeKey(case.unit, obligation.duty, responsible_for(case, obligation, deadline), case.person)


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """Limits of the day groups a page counts by (local dates): `soon` ends what is near."""

    today: date
    soon: date


@dataclass(frozen=True, slots=True)
class Sum:
    """Counts of open rows with the same assignees, edition, stage and obligation (without its period).
    `overdue`: due before today; `due`: from today to `Horizon.soon`; `first_due`: the earliest due date of all.
    """

    assignee: AssigneeKey
    edition: str
    stage: str
    obligation: str
    overdue: int
    today: int
    due: int
    first_due: date


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineFilter:
    """Filter for lists of board rows: by urgency, unit, day and assignee.

    Attributes:
        on, unit: due on that day alone; of that unit and those below it.
        assignees: rows that wait for these assignees; None for all.
        is_obligatory: obligatory rows alone, or the others alone; None for both.
    """

    urgency: Urgency = "open"
    horizon: Horizon
    on: date | None = None
    unit: str | None = None
    stage: str | None = None
    assignees: frozenset[AssigneeKey] | None = None
    is_obligatory: bool | None = None


def base(obligation: str) -> str:
    """Return the id of an obligation without its period and number: the key rows are summed by."""
    return obligation.partition(".")[0].partition("#")[0]


def total(sums: Iterable[Sum], figure: Literal["overdue", "today", "due"]) -> int:
    """Return the sum of one figure over these counts."""
    return sum(getattr(subtotal, figure) for subtotal in sums)
