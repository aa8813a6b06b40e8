"""Computes reminders from a deadline: its escalation policy, the steps of it, and the working day of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case
from workflow.cases.registers.assignments import Assignment, assignments
from workflow.cases.registers.entries import number_of, row_kind
from workflow.deadlines.lateness import Awaited, holds_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import EscalationPolicy, Obligation, Procedure, Step

HIMSELF = ("duty",)
"""A reminder step sent only to the responsible person."""
_ON_THE_DAY = Step(at=0, to=HIMSELF)
PLANNED = "planned"
"""The step of a plan date itself."""
SLIPPED: Mapping[str, Step] = {
    "slipped+1": Step(at=1, to=HIMSELF),
    "slipped+5": Step(at=5, to=HIMSELF),
    "slipped+10": Step(at=10, to=("head_of_unit", "officer")),
}
"""The steps after a plan date has passed, in working days: record it or plan it anew. Ours, not the law's."""
ASKED = "asked"
"""The step of a decision without a term: one letter on the day it becomes open."""
PLAN_STEPS = frozenset({PLANNED, *SLIPPED})
"""Steps about a plan date, not a due date."""
UNDATED_STEPS = PLAN_STEPS | {ASKED}
"""Steps about no due date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledStep:
    """A step with the working day on which its reminder is sent, and the date it is about: a due date or plan
    date.
    """

    id: str
    on: date
    about: date
    step: Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """One reminder step of one deadline for one person; a notice is a reminder through one channel.

    Attributes:
        obligation: id with its period.
        due: the due date (or plan date) it is about; another date makes another reminder.
        rung: id of the step ("-5", "0", "+1").
        on: the working day of the step.
    """

    case: str
    obligation: str
    due: date
    rung: str
    on: date
    person: str

    def key(self, channel: str) -> str:
        """Return the unique key of the notice: `case:obligation:due:rung:person:channel`."""
        return f"{self.case}:{self.obligation}:{self.due.isoformat()}:{self.rung}:{self.person}:{channel}"


def policy_of(
    case: Case, procedure: Procedure, deadline: str, due: date, calendar: Kazakhstan
) -> EscalationPolicy:
    """Return the escalation policy of a deadline of the case, with snoozed reminders taken into account.

    Args:
        deadline: the obligation's id with its period.
        due: a reminder snoozed for another due date is no longer snoozed.
    """
    policy = procedure.ladders[entry_obligation(case, procedure, deadline).ladder]
    later = case.snoozed.get(deadline)
    return policy if later is None or later.due != due else snoozed(policy, due, later.until, calendar)


def snoozed(policy: EscalationPolicy, due: date, until: date, calendar: Kazakhstan) -> EscalationPolicy:
    """Return the policy without steps before `until`, a working day, and with a step on that day.

    Only steps sent to nobody but the responsible person are suppressed; steps that notify somebody above them,
    and all steps from `until` on, stay on their days.
    """
    days = {step.id: _day(step, due, calendar) for step in policy.rungs}
    loud = [step for step in policy.rungs if step.to != HIMSELF or (days[step.id] or until) >= until]
    if not any(HIMSELF[0] in step.to and days[step.id] == until for step in loud):
        left = calendar.count_working_days(until, date.fromordinal(due.toordinal() - 1))
        loud.append(Step(at=-left, to=HIMSELF))
    return replace(policy, rungs=tuple(sorted(loud, key=lambda step: step.at)))


def last_before(policy: EscalationPolicy, due: date, calendar: Kazakhstan) -> date:
    """Return the day of the last reminder step before the due date passes: nothing can be snoozed beyond it."""
    days = [day_of_step(step, due, calendar) for step in policy.rungs if step.at <= 0]
    return max(days, default=calendar.find_previous_working_day(due))


def day_of_step(step: Step, due: date, calendar: Kazakhstan) -> date:
    """Return the working day of a reminder step.

    That is so many working days before or after the due date (which is not counted). The step of the due date
    itself falls on it, or on the working day before if it is a day off, when it can still be done in time.

    Raises:
        OutOfRange: the day lies outside the records.
    """
    if step.at == 0:
        return calendar.find_previous_working_day(due)
    return calendar.add_working_days(due, step.at)


# The deadlines of one schedule share their policies and days.
@lru_cache(maxsize=8192)
def law_steps(policy: EscalationPolicy, due: date, calendar: Kazakhstan) -> tuple[ScheduledStep, ...]:
    """Return the reminder steps of a due date with their days, in order, without those beyond the calendar's
    records.
    """
    days = ((step, _day(step, due, calendar)) for step in sorted(policy.rungs, key=lambda step: step.at))
    return tuple(ScheduledStep(id=step.id, on=on, about=due, step=step) for step, on in days if on is not None)


def plan_steps(deadline: Awaited, law_days: Collection[date], calendar: Kazakhstan) -> Iterator[ScheduledStep]:
    """Yield the reminder of a plan date and the questions after it has passed ("planned for ..., record it or
    replan"), in order.

    The reminder is sent on the plan date, or on the working day before a day off; not if a step of the law's
    term falls on that day or the due day has passed. A question that meets a step of the law's term moves by a
    working day, and is not asked once the deadline is overdue.

    Args:
        law_days: the days of the steps of the law's term.
    """
    planned, due = deadline.planned_on, deadline.due
    if planned is None:
        return
    try:
        on = calendar.find_previous_working_day(planned)
        # If it was planned only after its term had passed, only the plan date has reminders.
        is_bound = deadline.counts_until is None or deadline.waiting_for is not None
        if on not in law_days and (due is None or on <= due or not is_bound):
            yield ScheduledStep(id=PLANNED, on=on, about=planned, step=_ON_THE_DAY)
        for name, step in SLIPPED.items():
            on = calendar.add_working_days(planned, step.at)
            while on in law_days:
                on = calendar.add_working_days(on, 1)
            if not (due is not None and due < on and holds_on(deadline, on)):
                yield ScheduledStep(id=name, on=on, about=planned, step=step)
    except OutOfRange:
        return


def asked_on(case: Case, obligation: Obligation) -> date | None:
    """Return the local date on which a decision became open: that of the last fact it follows, or of the case's
    opening.

    None while one of these facts is not recorded, and for obligations that are no decision.
    """
    opened_by = (*obligation.after, *([obligation.when] if obligation.when else ()))
    if not obligation.options or any(fact not in case.facts for fact in opened_by):
        return None
    return max((case.facts[fact].on for fact in opened_by), default=case.opened_on)


def steps_of(
    case: Case, procedure: Procedure, name: str, deadline: Awaited, calendar: Kazakhstan, *, today: date
) -> tuple[ScheduledStep, ...]:
    """Return all reminder steps that apply to a deadline as of `today` (local date), in order of day.

    Steps of the law's term apply only while the due date is valid: none for a deadline that waits, and none on
    a day on which it would wait.

    Args:
        name: the obligation's id with its period.
    """
    law: Sequence[ScheduledStep] = ()
    if deadline.due is not None:
        law = law_steps(policy_of(case, procedure, name, deadline.due, calendar), deadline.due, calendar)
        if row_kind(name) == "assignment":
            law = list(_steps_after_its_letter(law, assignments(case).get(number_of(name))))
        if deadline.counts_until is not None:
            law = [step for step in law if holds_on(deadline, step.on)]
        if deadline.planned_on is None:
            return tuple(law) if holds_on(deadline, today) else ()
    elif deadline.planned_on is None and not entry_obligation(case, procedure, name).options:
        return ()
    plan = plan_steps(deadline, frozenset(step.on for step in law), calendar)
    steps = [*(law if holds_on(deadline, today) else ()), *plan]
    if deadline.due is None and (asking_day := asked_on(case, entry_obligation(case, procedure, name))):
        # Facts are recorded after their day: the question is asked once, when the fact is recorded.
        on = calendar.find_following_working_day(max(asking_day, today))
        steps.append(ScheduledStep(id=ASKED, on=on, about=asking_day, step=_ON_THE_DAY))
    return tuple(sorted(steps, key=lambda step: step.on))


def _steps_after_its_letter(
    steps: Iterable[ScheduledStep], assignment: Assignment | None
) -> Iterator[ScheduledStep]:
    """Yield the steps after the day of the letter that gave an assignment, since that letter already named its
    due day.
    """
    told_on = assignment.told_on if assignment else None
    yield from (step for step in steps if told_on is None or step.on > told_on)


def next_step(steps: Sequence[ScheduledStep], *, today: date) -> ScheduledStep | None:
    """Return the step to send next: the latest whose day has come, else the first to come; None when there is
    none.

    So steps missed (the service was down, a case was imported late) are collapsed into the latest one.
    """
    come = [step for step in steps if step.on <= today]
    return come[-1] if come else next(iter(steps), None)


def following_step(steps: Sequence[ScheduledStep], *, after: date) -> ScheduledStep | None:
    """Return the first step with a day later than `after`, of several that day the last; None if none is
    left.
    """
    ahead = [step for step in steps if step.on > after]
    return [step for step in ahead if step.on == ahead[0].on][-1] if ahead else None


def step_order(step: str) -> tuple[str, int]:
    """Return what a step counts from (a due date, a plan date, a question) and its place among those."""
    if step in PLAN_STEPS:
        return PLANNED, 0 if step == PLANNED else SLIPPED[step].at
    return (ASKED, 0) if step == ASKED else ("due", int(step))


def step_named(
    case: Case, procedure: Procedure, name: str, due: date, calendar: Kazakhstan, step: str
) -> Step | None:
    """Return the step with that id: of a plan date, of a question, or of the deadline with that due date."""
    if step in UNDATED_STEPS:
        return SLIPPED.get(step, _ON_THE_DAY)
    return law_step_named(policy_of(case, procedure, name, due, calendar), step)


def law_step_named(policy: EscalationPolicy, id: str) -> Step | None:
    """Return the step of a policy with that id."""
    return next((step for step in policy.rungs if step.id == id), None)


def _day(step: Step, due: date, calendar: Kazakhstan) -> date | None:
    """Return the day of a reminder step; None beyond the calendar's records."""
    try:
        return day_of_step(step, due, calendar)
    except OutOfRange:
        return None
