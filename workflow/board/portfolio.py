"""Compares the plan of a case with its approved schedule and the law: how far it drifted and what slack it
leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from workflow.board.rows import Row
from workflow.cases.case import Event, effective_events
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.lateness import holds_on

APPROVAL = "schedule_approved"
"""The fact that approves the plan dates recorded so far as the schedule of the analysis."""


class PlanStep(NamedTuple):
    """A step of a case with its dates.

    Attributes:
        approved: its plan date as it stood when the schedule was approved.
        drift: working days from that date to the day the step was done, else to its plan date; positive when
            later.
        slack: working days from the plan date of an open step to its due date; None where one of them is
            missing, or the due date waits for something.
    """

    row: Row
    approved: date | None
    drift: int | None
    slack: int | None

    @property
    def on(self) -> date | None:
        """Day on which the step was done, else the plan date."""
        return self.row.done_on or self.row.planned_on


def approved_plan(events: Sequence[Event]) -> dict[str, date]:
    """Return the plan dates by fact as they stood when the schedule was approved; none before the approval.

    Args:
        events: of one chain, in order; those of other kinds than facts, plan dates and withdrawals may be
            left out.
    """
    planned: dict[str, date] = {}
    for event in effective_events(events):
        if event is None or event.on is None:
            continue
        if event.kind == "planned":
            planned[event.name] = event.on
        elif event.kind == "fact" and event.name == APPROVAL:
            return planned
    return {}


def plan_steps(
    rows: Iterable[Row],
    approved: Mapping[str, date],
    working_days: Callable[[date, date], int],
    *,
    today: date,
) -> tuple[PlanStep, ...]:
    """Return the steps of a case that have a plan date, are done or had an approved date, ordered by day,
    without measures.

    Args:
        working_days: function that counts the working days from one local date to another; negative backwards.
    """
    steps = []
    for row in rows:
        was, on = approved.get(row.obligation), row.done_on or row.planned_on
        if row.state == "not_required" or is_entry(row.obligation) or (was is None and on is None):
            continue
        slack = None
        if row.state == "open" and row.planned_on and row.due and holds_on(row, today):
            slack = working_days(row.planned_on, row.due)
        drift = working_days(was, on) if was and on else None
        steps.append(PlanStep(row, was, drift, slack))
    return tuple(sorted(steps, key=lambda step: (step.on or step.approved or date.max, step.row.obligation)))


def critical_step(steps: Iterable[PlanStep]) -> PlanStep | None:
    """Return the open step with the least slack, the first of several; None where no step has slack."""
    with_slack = (step for step in steps if step.slack is not None)
    return min(with_slack, key=lambda step: (step.slack, step.row.planned_on), default=None)


def most_drifted(steps: Iterable[PlanStep]) -> PlanStep | None:
    """Return the step with the greatest drift, the first of several: where all moved ahead, the one that moved
    ahead least; None where no step has a drift.
    """
    moved_steps = (step for step in steps if step.drift is not None)
    return max(moved_steps, key=lambda step: step.drift or 0, default=None)
