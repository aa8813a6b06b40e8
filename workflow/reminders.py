"""From a deadline to a reminder: ladders, rungs, and who is told on which day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from calendars import OutOfRange
from calendars.calendar import Calendar
from workflow.cases.case import Case
from workflow.cases.registers.assignments import Assignment, assignments
from workflow.cases.registers.entries import number_of, row_kind
from workflow.deadlines.lateness import Awaited, holds_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import EscalationPolicy, Obligation, Procedure, Step

HIMSELF = ("duty",)
"""A rung that tells only whoever must do the thing."""
PLANNED = "planned"
"""The step of a plan date itself."""
SLIPPED: Mapping[str, Step] = {
    "slipped+1": Step(at=1, to=HIMSELF),
    "slipped+5": Step(at=5, to=HIMSELF),
    "slipped+10": Step(at=10, to=("head_of_unit", "officer")),
}
"""The steps after a plan date that went by, in working days: record it or plan it anew. Ours, not the law's."""
ASKED = "asked"
"""The step of a decision without a term: it is asked in one letter, on the day it becomes open."""
PLAN_STEPS = frozenset({PLANNED, *SLIPPED})
"""Steps that speak of a plan date and not of a due date."""
UNDATED_STEPS = PLAN_STEPS | {ASKED}
"""Steps that speak of no due date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledStep:
    """A step with the working day it speaks on, and the day it speaks of: a due date or a plan date."""

    id: str
    on: date
    about: date
    step: Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """One rung of one deadline for one person; a notice is a reminder through one channel.

    Attributes:
        obligation: id with its period.
        due: the due date (or plan date) it speaks of; another date is another reminder.
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


# The deadlines of one schedule share their ladders and days.
@lru_cache(maxsize=8192)
def law_steps(ladder: EscalationPolicy, due: date, calendar: Calendar) -> tuple[ScheduledStep, ...]:
    """Return the steps of a due date with their days, in order; those beyond the records do not exist."""
    days = ((step, _day(step, due, calendar)) for step in sorted(ladder.rungs, key=lambda step: step.at))
    return tuple(ScheduledStep(id=step.id, on=on, about=due, step=step) for step, on in days if on is not None)


def plan_steps(deadline: Awaited, law_days: Collection[date], calendar: Calendar) -> Iterator[ScheduledStep]:
    """Yield the reminder of a plan date and the questions of one that went by, in order.

    The plan date is reminded of on its day, or on the working day before a day off; not where a step of the
    law's term falls on that day or the due day has passed. A question gives way to a step of the law's term by
    a working day, and is not asked of what is overdue by then.

    Args:
        law_days: the days on which steps of the law's term speak.
    """
    planned, due = deadline.planned_on, deadline.due
    if planned is None:
        return
    try:
        on = calendar.previous_working(planned)
        # Of what was taken up after its term only the plan date is left.
        is_bound = deadline.counts_until is None or deadline.waiting_for is not None
        if on not in law_days and (due is None or on <= due or not is_bound):
            yield ScheduledStep(id=PLANNED, on=on, about=planned, step=Step(at=0, to=HIMSELF))
        for name, step in SLIPPED.items():
            on = calendar.add(planned, step.at)
            while on in law_days:
                on = calendar.add(on, 1)
            if not (due is not None and due < on and holds_on(deadline, on)):
                yield ScheduledStep(id=name, on=on, about=planned, step=step)
    except OutOfRange:
        return


def asked_on(case: Case, obligation: Obligation) -> date | None:
    """Return the local date a decision became open: of the last fact it follows, or of the case's opening.

    None while one of these facts is not recorded, and of what is no decision.
    """
    opened_by = (*obligation.after, *([obligation.when] if obligation.when else ()))
    if not obligation.options or any(fact not in case.facts for fact in opened_by):
        return None
    return max((case.facts[fact].on for fact in opened_by), default=case.opened_on)


def steps_of(
    case: Case, procedure: Procedure, name: str, deadline: Awaited, calendar: Calendar, *, today: date
) -> tuple[ScheduledStep, ...]:
    """Return all steps that may speak of a deadline as it stands on `today` (local date), by day.

    What its due date says is true only while that holds: of a deadline that waits no step of the law's term
    speaks, nor any whose day comes when it would wait.

    Args:
        name: the obligation's id with its period.
    """
    law: Sequence[ScheduledStep] = ()
    if deadline.due is not None:
        law = law_steps(ladder_of(case, procedure, name, deadline.due, calendar), deadline.due, calendar)
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
    if deadline.due is None and (asked := asked_on(case, entry_obligation(case, procedure, name))):
        # Facts are recorded after their day: the question comes with the record, and never twice.
        on = calendar.next_working(max(asked, today))
        steps.append(ScheduledStep(id=ASKED, on=on, about=asked, step=Step(at=0, to=HIMSELF)))
    return tuple(sorted(steps, key=lambda step: step.on))


def _steps_after_its_letter(
    steps: Iterable[ScheduledStep], assignment: Assignment | None
) -> Iterator[ScheduledStep]:
    """Yield the steps that come after the letter that gave an assignment: that letter named its day."""
    told_on = assignment.told_on if assignment else None
    yield from (step for step in steps if told_on is None or step.on > told_on)


def next_step(steps: Sequence[ScheduledStep], *, today: date) -> ScheduledStep | None:
    """Return the step that speaks next: the latest whose day has come, else the first to come.

    So steps missed (the service was down, a case was imported late) are collapsed into the latest one. None
    when there are none.
    """
    come = [step for step in steps if step.on <= today]
    return come[-1] if come else next(iter(steps), None)


def following_step(steps: Sequence[ScheduledStep], *, after: date) -> ScheduledStep | None:
    """Return the first step whose day is later than `after`, of several that day the last; None: all have
    spoken."""
    ahead = [step for step in steps if step.on > after]
    return [step for step in ahead if step.on == ahead[0].on][-1] if ahead else None


def step_named(
    case: Case, procedure: Procedure, name: str, due: date, calendar: Calendar, step: str
) -> Step | None:
    """Return the step of that id: of the plan, of a question, or of the deadline with that due date."""
    if step in UNDATED_STEPS:
        return SLIPPED.get(step, Step(at=0, to=HIMSELF))
    return rung_named(ladder_of(case, procedure, name, due, calendar), step)


def rung_named(ladder: EscalationPolicy, rung: str) -> Step | None:
    """The rung of that id."""
    return next((step for step in ladder.rungs if step.id == rung), None)


def _day(rung: Step, due: date, calendar: Calendar) -> date | None:
    """The day of a rung; None beyond the records."""
    try:
        return rung_on(rung, due, calendar)
    except OutOfRange:
        return None
