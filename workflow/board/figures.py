"""How deadlines went: how many of those that came due were met and how late, how long stages took, how far a
case drifted from its approved schedule and what slack its plan leaves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Literal, NamedTuple, TypeVar

from workflow.cases.case import APPROVAL, Event, effective_events
from workflow.cases.registers.rows import is_entry
from workflow.deadlines.deadline import Row, holds_on

Outcome = Literal["on_time", "late", "open", "missed"]
"""How a deadline that came due ended; `open`: it is still overdue."""
Key = TypeVar("Key", bound=Hashable)


class Outcomes(NamedTuple):
    """A number of obligatory deadlines of one unit and stage that came due in one month and ended the same way.

    Attributes:
        edition: an edition that has the stage.
        month: the first day of the month they were due in.
        late_by: working days, of deadlines met late; else 0.
        since: the due date of deadlines that are still overdue; None for all others.
    """

    unit: str
    stage: str
    edition: str
    month: date
    outcome: Outcome
    late_by: int
    number: int
    since: date | None = None


class StageSpan(NamedTuple):
    """So many stages of one unit that began, were due and were finished on the same days (local dates)."""

    unit: str
    stage: str
    edition: str
    first: date
    due: date
    done: date
    number: int


@dataclass(slots=True)
class Performance:
    """Counts of deadlines by how they ended.

    Attributes:
        numbers: by outcome.
        lateness: working days -> how many were done so late.
        delay: working days after their due dates, of deadlines met late or overdue.
    """

    numbers: Counter[Outcome] = field(default_factory=Counter)
    lateness: Counter[int] = field(default_factory=Counter)
    delay: int = 0

    @property
    def due(self) -> int:
        return self.numbers.total()

    @property
    def on_time(self) -> int:
        return self.numbers["on_time"]

    @property
    def late(self) -> int:
        return self.numbers["late"]

    @property
    def unmet(self) -> int:
        """Number of deadlines still overdue or missed for good."""
        return self.numbers["open"] + self.numbers["missed"]

    @property
    def rate(self) -> int | None:
        """Percentage met in time, rounded half up, but 100 only where all were; None where none came due."""
        if not self.due or self.on_time == self.due:
            return 100 if self.due else None
        return min(99, (200 * self.on_time + self.due) // (2 * self.due))

    @property
    def median_late(self) -> float | None:
        """Median number of working days late of the deadlines met late; None where none was."""
        return _median(self.lateness) if self.lateness else None


def performance_by(
    outcomes: Iterable[Outcomes], key: Callable[[Outcomes], Key], delay: Callable[[date], int] = lambda _: 0
) -> dict[Key, Performance]:
    """Return the statistics grouped by a key of the outcomes: their unit, stage or month. `delay`: function
    that counts the working days from the due date (local) of what is still overdue to the day of the
    statistics; where it is left out, that counts as no delay.
    """
    performances: dict[Key, Performance] = {}
    for outcome in outcomes:
        figures = performances.setdefault(key(outcome), Performance())
        figures.numbers[outcome.outcome] += outcome.number
        late_by = outcome.late_by if outcome.since is None else delay(outcome.since)
        figures.delay += late_by * outcome.number
        if outcome.outcome == "late":
            figures.lateness[outcome.late_by] += outcome.number
    return performances


def pace_by_stage(
    spans: Iterable[StageSpan], working_days: Callable[[date, date], int]
) -> dict[str, tuple[float, float]]:
    """Return by stage the medians of the working days it took, and would have taken to its due date.

    `working_days` counts from one local date to another.
    """
    took, norm = defaultdict[str, Counter[int]](Counter), defaultdict[str, Counter[int]](Counter)
    for span in spans:
        took[span.stage][working_days(span.first, span.done)] += span.number
        norm[span.stage][working_days(span.first, span.due)] += span.number
    return {stage: (_median(took[stage]), _median(norm[stage])) for stage in took}


def _median(numbers: Counter[int]) -> float:
    return float(median(numbers.elements()))


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
    `events`: of one chain, in order; those of other kinds than facts, plan dates and withdrawals may be left
    out.
    """
    planned: dict[str, date] = {}
    for event in effective_events(events):
        if event.on is None:
            continue
        if event.kind == "planned":
            planned[event.name] = event.on
        elif event.kind == "fact" and event.name == APPROVAL:
            return planned
    return {}


def plan_steps(
    rows: Iterable[Row], approved: Mapping[str, date], working_days: Callable[[date, date], int], *, today: date
) -> tuple[PlanStep, ...]:
    """Return the steps of a case that have a plan date, are done or had an approved date, ordered by day; no
    rows of registers, nothing not required. With their working days of drift from the approved date, and of
    slack while the due date counts. `working_days` counts from one local date to another, negative backwards.
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
    """Return the step that drifted most (where all moved ahead, the least), the first of several; or None."""
    moved_steps = (step for step in steps if step.drift is not None)
    return max(moved_steps, key=lambda step: step.drift or 0, default=None)
