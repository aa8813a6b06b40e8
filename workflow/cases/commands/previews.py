"""Previews a command by running it without storing what it writes: what it changes and breaks, and which days
for a new plan date would keep every term.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Drafts, View
from workflow.cases.states import AWAITED, State
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import holds_on, is_overdue
from workflow.deadlines.resolver import deadlines
from workflow.findings.finding import Finding
from workflow.findings.findings import feasibility
from workflow.law.procedure import Procedure, Text
from workflow.moments import Moment
from workflow.ports import Change

LATE_PLANS = ("planned_late", "too_long_planned")
"""Codes of findings that a plan date lies after its due date."""

AHEAD = timedelta(days=365)
"""How far ahead days to plan for are looked for."""


class PlanDays(NamedTuple):
    """The first and last working day (local dates) to plan a fact for; `last` None: any later day does too."""

    first: date
    last: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineChange:
    """One deadline before and after a command.

    `before`, `after`: its due date while it is required; None while it is not, or has no date. A past date
    counted from an unrecorded fact counts as none after the command. `state_before`, `state_after`: its state.
    """

    obligation: str
    title: Text
    before: date | None
    after: date | None
    state_before: State
    state_after: State

    @property
    def required_before(self) -> bool:
        return self.state_before in AWAITED

    @property
    def required_after(self) -> bool:
        return self.state_after in AWAITED


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The events a command would write, and the deadlines it would change (not those it fulfils itself).

    `late_plans`: plan dates it would leave after their due date, and did not before or sets itself. `breaks`:
    the deadlines of these, and those that would become overdue. `planned`: the one fact it plans, None for
    others; `keeps`: the days to plan it for that break no term.
    """

    change: Change
    deadlines: tuple[DeadlineChange, ...]
    late_plans: tuple[Finding, ...] = ()
    breaks: tuple[Deadline, ...] = ()
    planned: str | None = None
    keeps: PlanDays | None = None

    @property
    def moved(self) -> tuple[DeadlineChange, ...]:
        """Deadlines still required whose due date would change or disappear."""
        return tuple(change for change in self.deadlines if change.required_before and change.required_after)

    @property
    def dropped(self) -> tuple[DeadlineChange, ...]:
        """Deadlines that would no longer be required."""
        return tuple(change for change in self.deadlines if not change.required_after)

    @property
    def opened(self) -> tuple[DeadlineChange, ...]:
        """Deadlines that would be open and were not before: done, missed or not required."""
        return tuple(change for change in self.deadlines if not change.required_before)


def preview(
    case_commands: CaseCommands, case_id: str, command: Callable[[View], Drafts], *, at: Moment
) -> Preview:
    """Return what a command would do; nothing is stored."""
    calendar, today = case_commands.calendar, at.today
    before = case_commands.view(case_id, today=today)
    change = case_commands.preview(case_id, at, command)
    after = case_commands.view_of(change.case, today=today)
    planned = [event.name for event in change.events if event.kind == "planned"]
    (fact,) = planned if len(planned) == 1 else (None,)
    known = broken(before.deadlines, calendar, today=today) - {*planned}
    broken_now = broken(after.deadlines, calendar, today=today) - known
    breaks = tuple(deadline for deadline in after.deadlines if deadline.id in broken_now)
    return Preview(
        change=change,
        deadlines=tuple(_changes(before.deadlines, after.deadlines, today)),
        late_plans=_late_plans(breaks, calendar),
        breaks=breaks,
        planned=fact,
        keeps=days_that_keep(after.case, after.procedure, calendar, fact, today=today) if fact else None,
    )


def _changes(before: Sequence[Deadline], after: Sequence[Deadline], today: date) -> Iterator[DeadlineChange]:
    """Yield the deadlines whose date or requirement a command changes, without those it fulfils."""
    was, becomes = ({deadline.id: deadline for deadline in deadlines} for deadlines in (before, after))
    for name, either in {**was, **becomes}.items():
        old, new = was.get(name), becomes.get(name)
        state, next_state = _state(name, was), _state(name, becomes)
        due = old.due if old and state in AWAITED else None
        next_due = new.due if new and next_state in AWAITED else None
        goes_stale = new is not None and not holds_on(new, today) and (old is None or holds_on(old, today))
        is_same = (state in AWAITED, due) == (next_state in AWAITED, next_due) and not (due and goes_stale)
        if not is_same and next_state not in ("done", "missed"):
            yield DeadlineChange(
                obligation=name,
                title=either.obligation.title,
                before=due,
                after=None if goes_stale else next_due,
                state_before=state,
                state_after=next_state,
            )


def _state(name: str, deadlines: Mapping[str, Deadline]) -> State:
    """Return the state of a deadline; of a recurring obligation one period stands for all while no day is known
    from which they begin.
    """
    if (deadline := deadlines.get(name)) is not None:
        return deadline.state
    recurring, dot, _ = name.partition(".")
    others = [
        deadline.state
        for id, deadline in deadlines.items()
        if (id == recurring if dot else id.startswith(f"{name}."))
    ]
    return next((state for state in others if state in AWAITED), "not_required")


def broken(all_deadlines: Sequence[Deadline], calendar: Kazakhstan, *, today: date) -> frozenset[str]:
    """Return the ids of deadlines that are overdue, or planned after their due date."""
    overdue = {deadline.id for deadline in all_deadlines if is_overdue(deadline, today=today)}
    return frozenset(overdue | {finding.obligation for finding in _late_plans(all_deadlines, calendar)})


def _late_plans(all_deadlines: Iterable[Deadline], calendar: Kazakhstan) -> tuple[Finding, ...]:
    return tuple(finding for finding in feasibility(all_deadlines, calendar) if finding.code in LATE_PLANS)


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
