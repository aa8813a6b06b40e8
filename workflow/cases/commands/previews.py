"""Previews a command by running it without storing what it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from workflow.cases.commands.case_commands import CaseCommands, Drafts, View
from workflow.cases.states import AWAITED, State
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import holds_on
from workflow.findings.finding import Finding
from workflow.findings.findings import feasibility
from workflow.findings.plan_days import LATE_PLANS, PlanDays, broken, days_that_keep
from workflow.law.procedure import Text
from workflow.org.audit import Stamp
from workflow.ports import Change


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
    case_commands: CaseCommands, case_id: str, command: Callable[[View], Drafts], *, at: Stamp
) -> Preview:
    """Return what a command would do; nothing is stored."""
    calendar, today = case_commands.calendar, at.today
    before = case_commands.view(case_id, today=today)
    change = case_commands.preview(case_id, at, command)
    after = case_commands.view_of(change.case, today=today)
    planned = [event.name for event in change.events if event.kind == "planned"]
    (fact,) = planned if len(planned) == 1 else (None,)
    known = broken(before.deadlines, calendar, today=today) - {*planned}
    breaks = broken(after.deadlines, calendar, today=today) - known
    conflicts = feasibility((deadline for deadline in after.deadlines if deadline.id in breaks), calendar)
    return Preview(
        change=change,
        deadlines=_changes(before.deadlines, after.deadlines, today),
        late_plans=tuple(conflict for conflict in conflicts if conflict.code in LATE_PLANS),
        breaks=tuple(deadline for deadline in after.deadlines if deadline.id in breaks),
        planned=fact,
        keeps=days_that_keep(after.case, after.procedure, calendar, fact, today=today) if fact else None,
    )


def _changes(before: Sequence[Deadline], after: Sequence[Deadline], today: date) -> tuple[DeadlineChange, ...]:
    """Return the deadlines whose date or requirement a command changes, without those it fulfils."""
    was = {deadline.id: deadline for deadline in before}
    becomes = {deadline.id: deadline for deadline in after}
    changes = []
    for name in dict.fromkeys((*was, *becomes)):
        old, new = was.get(name), becomes.get(name)
        state, next_state = _state(name, was), _state(name, becomes)
        required, next_required = state in AWAITED, next_state in AWAITED
        due, next_due = (old.due if old and required else None), (new.due if new and next_required else None)
        if next_state in ("done", "missed"):
            continue
        goes_stale = new is not None and not holds_on(new, today) and (old is None or holds_on(old, today))
        if (required, due) == (next_required, next_due) and not (due and goes_stale):
            continue
        either = new or old
        assert either is not None
        changes.append(
            DeadlineChange(
                obligation=name,
                title=either.obligation.title,
                before=due,
                after=None if goes_stale else next_due,
                state_before=state,
                state_after=next_state,
            )
        )
    return tuple(changes)


def _state(name: str, deadlines: Mapping[str, Deadline]) -> State:
    """Return the state of a deadline; of a recurring obligation one period stands for all while no day is known
    from which they begin.
    """
    if (deadline := deadlines.get(name)) is not None:
        return deadline.state
    recurring, dot, _ = name.partition(".")
    others = [deadlines[recurring]] if dot and recurring in deadlines else []
    if not dot:
        others = [deadline for deadline in deadlines.values() if deadline.id.startswith(f"{name}.")]
    return next((deadline.state for deadline in others if deadline.state in AWAITED), "not_required")
