"""Computes reminders from a deadline: its steps, and the working day of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, get_args

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Before
from workflow.cases.case import Case
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.rows import number_of, row_kind
from workflow.deadlines.deadline import Awaited, holds_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Procedure, Step

RESPONSIBLE = ("duty",)
"""The recipients of a step that is sent to the responsible person alone."""
WITH_OFFICER = (*RESPONSIBLE, "officer")
PLANNED = "planned"
"""The step of a plan date itself."""
SLIPPED: Mapping[str, Step] = {
    "slipped+1": Step(at=1, to=RESPONSIBLE),
    "slipped+5": Step(at=5, to=RESPONSIBLE),
    "slipped+10": Step(at=10, to=("head_of_unit", "officer")),
}
"""The steps after a plan date has passed, in working days: record it or plan it anew. Ours, not the law's."""
PLAN_STEPS: Mapping[str, Step] = {PLANNED: Step(at=0, to=RESPONSIBLE), **SLIPPED}
"""Steps about a plan date, not a due date."""
OPEN_EVERY = 5
"""A duty without a due date is reminded of on the first working day after its condition is met, then after so
many working days again and again. Ours, not the law's."""
OFFICER_FROM = 4
"""The number of the reminder of an open duty that goes to the officer too."""
BEFORE: Mapping[str, Step] = {"before-5": Step(at=-5, to=RESPONSIBLE), "before-1": Step(at=-1, to=RESPONSIBLE)}
"""The steps of a duty required before a fact, in working days before that fact's expected day."""
POINTS: Mapping[str, int] = {"points-11": 11, "points-12": 12}
"""The steps of a duty without a due date on which points of the year hang, by month: its first working day."""
_OF_OURS = {**PLAN_STEPS, **BEFORE, **dict.fromkeys(POINTS, Step(at=0, to=WITH_OFFICER))}
_OPEN = "open+"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledStep:
    """A step with the working day on which its reminder is sent, and the date it is about: a due date, a plan
    date, or the day a duty without a due date counts from (`Awaited.reminds_from`; of its points the year's
    end).
    """

    id: str
    on: date
    about: date
    step: Step


def steps_of(
    case: Case, procedure: Procedure, name: str, deadline: Awaited, calendar: Kazakhstan, *, today: date
) -> tuple[ScheduledStep, ...]:
    """Return all reminder steps that apply to a deadline as of `today` (local date), in order of day.

    Steps of the law's term apply only while the due date is valid: none for a deadline that waits, and none on
    a day on which it would wait. `name`: the obligation's id with its period.
    """
    if deadline.due is None:
        of_row = deadline.obligation
        obligation = entry_obligation(case, procedure, name) if isinstance(of_row, str) else of_row
        undated = _undated_steps(procedure, obligation, name, deadline, calendar, today=today)
        steps = [*_plan_date_steps(deadline, (), calendar), *undated]
    else:
        law = law_steps(snoozed_steps(case, procedure, name, deadline.due, calendar), deadline.due, calendar)
        given = assignments(case).get(number_of(name)) if row_kind(name) == "assignment" else None
        # The letter that gave an assignment named its due day already.
        told_on = given.told_on or date.min if given else date.min
        valid = [step for step in law if step.on > told_on and holds_on(deadline, step.on)]
        plan = _plan_date_steps(deadline, {step.on for step in valid}, calendar)
        steps = [*(valid if holds_on(deadline, today) else ()), *plan]
    return tuple(sorted(steps, key=lambda step: step.on))


# The deadlines of one schedule share their steps and days.
@lru_cache(maxsize=8192)
def law_steps(steps: tuple[Step, ...], due: date, calendar: Kazakhstan) -> tuple[ScheduledStep, ...]:
    """Return the reminder steps of a due date with their days, in order, without those outside the calendar."""
    ordered = sorted(steps, key=lambda step: step.at)
    return tuple(_scheduled({step.id: step for step in ordered}, due, calendar))


def _scheduled(steps: Mapping[str, Step], about: date, calendar: Kazakhstan) -> Iterator[ScheduledStep]:
    """Yield steps, given by id, with their days counted from `about`, without those outside the calendar."""
    for id, step in steps.items():
        if (on := day_of_step(step, about, calendar)) is not None:
            yield ScheduledStep(id=id, on=on, about=about, step=step)


def day_of_step(step: Step, due: date, calendar: Kazakhstan) -> date | None:
    """Return the working day of a reminder step; None outside the calendar.

    That is so many working days before or after the due date (which is not counted). The step of the due date
    itself falls on it, or on the working day before if it is a day off, when it can still be done in time.
    """
    try:
        return calendar.add_working_days(due, step.at) if step.at else calendar.find_previous_working_day(due)
    except OutOfRange:
        return None


def snoozed_steps(
    case: Case, procedure: Procedure, deadline: str, due: date, calendar: Kazakhstan
) -> tuple[Step, ...]:
    """Return the steps of a deadline; once snoozed, those to the responsible person alone wait (see `snoozed`).
    `deadline`: the obligation's id with its period. `due`: a reminder snoozed for another due date is no longer
    snoozed.
    """
    later = case.snoozed.get(deadline)
    if later is None or later.due != due:
        return procedure.steps
    return snoozed(procedure.steps, due, later.until, calendar)


def snoozed(steps: tuple[Step, ...], due: date, until: date, calendar: Kazakhstan) -> tuple[Step, ...]:
    """Return the steps without those before `until`, a working day, and with a step on that day.

    Only steps sent to nobody but the responsible person are suppressed; steps that notify somebody above them,
    and all steps from `until` on, stay on their days.
    """
    days = {step.id: day_of_step(step, due, calendar) for step in steps}
    loud = [step for step in steps if step.to != RESPONSIBLE or (days[step.id] or until) >= until]
    if not any(RESPONSIBLE[0] in step.to and days[step.id] == until for step in loud):
        left = calendar.count_working_days(until, date.fromordinal(due.toordinal() - 1))
        loud.append(Step(at=-left, to=RESPONSIBLE))
    return tuple(sorted(loud, key=lambda step: step.at))


def latest_snooze(steps: Sequence[Step], due: date, calendar: Kazakhstan) -> date | None:
    """Return the day beyond which no reminder can be snoozed: that of the last reminder step up to the due
    date, without one the last working day up to it. None where a step would lie outside the calendar.
    """
    before = [step for step in steps if step.at <= 0] or [Step(at=0)]
    days = [day_of_step(step, due, calendar) for step in before]
    return None if None in days else max(filter(None, days))


def _plan_date_steps(
    deadline: Awaited, law_days: Collection[date], calendar: Kazakhstan
) -> Iterator[ScheduledStep]:
    """Yield the reminder of a plan date and the questions after it has passed ("planned for ..., record it or
    replan"), in order; none without a plan date, and none outside the calendar.

    The reminder is sent on the plan date, or on the working day before a day off; not on the day of a step of
    the law's term (`law_days`) or after the due day. A question that meets such a step moves by a working day,
    and is not asked once the deadline is overdue.
    """
    planned, due = deadline.planned_on, deadline.due
    if planned is None:
        return
    # If it was planned only after its term had passed, only the plan date has reminders.
    is_bound = deadline.counts_until is None or deadline.waiting_for is not None
    for id, step in PLAN_STEPS.items():
        on = day_of_step(step, planned, calendar)
        while on is not None and id != PLANNED and on in law_days:
            on = day_of_step(Step(at=1), on, calendar)
        if on is None:
            return
        has_passed = due is not None and due < on and (is_bound if id == PLANNED else holds_on(deadline, on))
        if on not in law_days and not has_passed:
            yield ScheduledStep(id=id, on=on, about=planned, step=step)


def _undated_steps(
    procedure: Procedure,
    obligation: Obligation,
    name: str,
    deadline: Awaited,
    calendar: Kazakhstan,
    *,
    today: date,
) -> Iterator[ScheduledStep]:
    """Yield the reminder steps of a duty without a due date (`workflow.deadlines.resolver`), not in order:
    before a planned day, or while it is open and no plan date speaks; and towards the end of the year where
    points hang on it. `name`: id of the obligation with its period.
    """
    since = deadline.reminds_from if holds_on(deadline, today) else None
    is_before = isinstance(obligation.term, Before) and deadline.anchor != "none"
    if since is not None and is_before and since > today:
        yield from _scheduled(BEFORE, since, calendar)
    elif since is not None:
        is_asked_once = bool(obligation.options) and obligation.force != "obligatory"
        steps = _open_steps(since, calendar, today=today, once=is_asked_once)
        yield from (step for step in steps if not _plan_speaks(deadline.planned_on, step.on, calendar))
    of_another_year = "." in name and name.partition(".")[2][:4] != str(today.year)
    if obligation.force == "obligatory" and not of_another_year and obligation.id in procedure.with_points:
        yield from _points_steps(calendar, today=today)


def _open_steps(since: date, calendar: Kazakhstan, *, today: date, once: bool) -> Iterator[ScheduledStep]:
    """Yield the reminder whose turn it is of a duty open since a day, and unless `once` the one after it."""
    try:
        passed = calendar.count_working_days(since + timedelta(days=1), today)
    except OutOfRange:
        return
    first = 0 if once else max(0, (passed - 1) // OPEN_EVERY)
    numbers = range(first, first + (1 if once else 2))
    steps = (_open_step(1 + OPEN_EVERY * number) for number in numbers)
    yield from _scheduled({f"{_OPEN}{step.at}": step for step in steps}, since, calendar)


def _open_step(at: int) -> Step:
    """Return the step of an open duty so many working days after its condition was met."""
    number = 1 + (at - 1) // OPEN_EVERY
    return Step(at=at, to=RESPONSIBLE if number < OFFICER_FROM else WITH_OFFICER)


def _plan_speaks(planned_on: date | None, day: date, calendar: Kazakhstan) -> bool:
    """Return whether the steps of a plan date speak on a day: up to its last question, which is included."""
    last = day_of_step(SLIPPED["slipped+10"], planned_on, calendar) if planned_on else date.min
    return last is None or day <= last


def _points_steps(calendar: Kazakhstan, *, today: date) -> Iterator[ScheduledStep]:
    """Yield the reminders of this year's points: on the first working day of November, and of December."""
    for id, month in POINTS.items():
        try:
            on = calendar.find_following_working_day(date(today.year, month, 1))
        except OutOfRange:
            return
        yield ScheduledStep(id=id, on=on, about=date(today.year, 12, 31), step=_OF_OURS[id])


def next_step(steps: Sequence[ScheduledStep], *, today: date) -> ScheduledStep | None:
    """Return the step to send next: the latest whose day has come, else the first to come; None when there is
    none.

    So steps missed (the service was down, a case was imported late) are collapsed into the latest one.
    """
    come = [step for step in steps if step.on <= today]
    return come[-1] if come else next(iter(steps), None)


def following_step(steps: Sequence[ScheduledStep], *, after: date) -> ScheduledStep | None:
    """Return the first step with a day after `after`, of several that day the last; None if none is left."""
    ahead = [step for step in steps if step.on > after]
    return [step for step in ahead if step.on == ahead[0].on][-1] if ahead else None


def undated_kind(step: str) -> str:
    """Return what a step of a duty without a due date says: "open", "before" or "points"; "" for all others."""
    kind = step.rstrip("0123456789").rstrip("+-")
    return kind if kind in ("open", "before", "points") else ""


def is_about(deadline: Awaited, step: str, day: date) -> bool:
    """Return whether a step still speaks of the day it was queued for."""
    kind = undated_kind(step)
    if kind == "points":
        return deadline.due is None
    if kind:
        return deadline.due is None and deadline.reminds_from == day
    return day == (deadline.planned_on if step in PLAN_STEPS else deadline.due)


def step_order(step: str) -> tuple[str, int]:
    """Return what a step counts from (a due date, a plan date, a day open since), and its place among those."""
    if step in PLAN_STEPS:
        return PLANNED, PLAN_STEPS[step].at
    kind = undated_kind(step)
    return kind or "due", POINTS[step] if kind == "points" else int(step.removeprefix(kind))


def step_named(
    case: Case, procedure: Procedure, name: str, due: date, calendar: Kazakhstan, step: str
) -> Step | None:
    """Return the step with that id: of a plan date, an open duty or a due date; None where it has none."""
    if step in _OF_OURS:
        return _OF_OURS[step]
    if step.startswith(_OPEN):
        return _open_step(int(step.removeprefix(_OPEN)))
    steps = snoozed_steps(case, procedure, name, due, calendar)
    return next((law_step for law_step in steps if law_step.id == step), None)


LetterAnswer = Literal["acknowledged", "said_done", "not_mine"]
LETTER_ANSWERS: tuple[LetterAnswer, ...] = get_args(LetterAnswer)


def offered_answers(obligation: Obligation, *, theirs: bool) -> tuple[LetterAnswer, ...]:
    """Return what a letter about an obligation may be answered with: who must not act on it (`theirs`) can only
    acknowledge it, and of a decision nobody can say that it is done.
    """
    answers = LETTER_ANSWERS if theirs else LETTER_ANSWERS[:1]
    return tuple(answer for answer in answers if answer != "said_done" or not obligation.options)
