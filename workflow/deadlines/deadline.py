"""A deadline: a due date with its explanation, always computed, never entered or stored as the source; its row
on the board, for lists; and how it stands on a day: overdue, waiting for something, or slipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from calendars import OutOfRange
from calendars.counting import CountedTerm
from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.terms import Explanation
from workflow.cases.case import AWAITED, Case, Exemption, State
from workflow.law.procedure import Obligation, Option

AnchorState = Literal["happened", "planned", "derived", "none"]
"""What gives the day counted from: a fact, its plan date, its own due date; or nothing."""
Status = Literal["planned", "provisional", "firm"]
"""`planned` until its anchor has happened; then `provisional` while the calendar of its days may change."""


def knowledge_of(counted: CountedTerm, calendar: Kazakhstan) -> Knowledge:
    """Return whether the calendar of the days a term was counted over may still change."""
    if counted.first is None or counted.last is None:
        return "confirmed"
    return calendar.knowledge(counted.first, counted.last)


class AnchorDate(NamedTuple):
    """The day (local date) a term counts from, and what gives it; `fact`: of a row's term, whose day it is."""

    on: date | None
    state: AnchorState
    fact: str | None = None


class Deadline(NamedTuple):
    """When one obligation of one case is due, and why.

    A named tuple: the board creates some forty for every case, and creating a frozen dataclass takes three
    times as long.

    Attributes:
        id: the obligation's id, with its period when it recurs (`quarter_reported.2026Q3`).
        due: the last day in time (local date); None without a number, without a date to count from, or beyond
            the horizon.
        earliest, latest: differ from `due` only where a religious day may still move by one day.
        safe_by: the more careful reading.
        opens: the first day it can be done, where an earlier step decides that; `opens_in_practice`: by our own
            checks besides the law's.
        closes: the last day of a right that may be used within a time.
        answer: of a decision the option chosen, None while it is unanswered.
        state: status of the obligation; `done_on` is the day judged, `recorded_on` the fact's own day.
        late_by: working days late when done after its term (0 if days off alone lie between), else None; never
            of one planned only after its term had passed.
        waiting_for: the unrecorded fact it is counted from or opened by, with its period; None where it can be
            late by itself.
        counts_until: the last day (local date) on which a due date computed from that fact holds, or the due
            date itself where a body outside the office must act, or where it was planned after its due date;
            None where nothing limits it. `workflow.deadlines.deadline` applies it to a day.
        reminds_from: without a due date the day its reminders count from (`workflow.deadlines.resolver`).
        taken_up_on: the local date on which the organisation planned what the act did not require of it, if
            after `due`: the plan counts and it is never late. None for all others.
        exempted: the exemption of the case from it; None for all others.
        span_first, span_last: first and last calendar day whose change could move `due`.
    """

    id: str
    obligation: Obligation
    due: date | None
    earliest: date | None
    latest: date | None
    anchor: AnchorState
    state: State
    calendar: Knowledge = "confirmed"
    safe_by: date | None = None
    period: str | None = None
    opens: date | None = None
    opens_in_practice: date | None = None
    closes: date | None = None
    anchor_fact: str | None = None
    anchor_on: date | None = None
    answer: Option | None = None
    planned_on: date | None = None
    done_on: date | None = None
    recorded_on: date | None = None
    late_by: int | None = None
    waiting_for: str | None = None
    counts_until: date | None = None
    reminds_from: date | None = None
    taken_up_on: date | None = None
    exempted: Exemption | None = None
    explanation: Explanation = ()
    span_first: date | None = None
    span_last: date | None = None

    @property
    def status(self) -> Status:
        """How firm the due date is, by its anchor and by the calendar of its days."""
        if self.anchor != "happened":
            return "planned"
        return "provisional" if self.calendar == "provisional" else "firm"

    @property
    def fact(self) -> str:
        """Name of the fact that fulfils it; of a decision, the fact of the option chosen."""
        return self.answer.fact if self.answer else self.id


def late_by(due: date | None, on: date | None, calendar: Kazakhstan) -> int | None:
    """Return how many working days late: the days d with due < d <= on; None if it is not late."""
    if due is None or on is None or on <= due:
        return None
    return calendar.count_working_days(date.fromordinal(due.toordinal() + 1), on)


def is_before_records(case: Case, due: date | None) -> bool:
    """Return whether a due date lies before the office's records of the case: it is never overdue then."""
    return due is not None and case.kept_from is not None and due < case.kept_from


class AssigneeKey(NamedTuple):
    """What identifies the assignees of rows: the arguments of `workflow.org.duties.resolve` except the day.

    `responsible`: the schedule's own words; `person`: key of whom the case is about; in counts one for all who
    could not be asked to act themselves.
    """

    unit: str
    duty: str
    responsible: str
    person: str


class Row(NamedTuple):
    """One deadline as stored on the board; a named tuple, because a national database has millions of them.

    Attributes:
        obligation: id with its period.
        state: of the deadline, but `open` whatever it is awaited as, and `done` if it is fulfilled by itself.
        next_step_on: the working day of the next reminder step; None when no step is left.
        span_first, span_last: first and last calendar day whose change could move `due`.
        version: of the calendar the row was computed by.
        waiting_for, counts_until, reminds_from: as of the deadline (`workflow.deadlines.deadline`).
        duty: the duty that must do it; responsible: the words of the schedule for that person; person: key of
            whom the case is about.
    """

    case: str
    obligation: str
    stage: str
    unit: str
    due: date | None
    safe_by: date | None
    planned_on: date | None
    done_on: date | None
    late_by: int | None
    anchor: AnchorState
    calendar: Knowledge
    status: Status
    state: State
    force: str
    next_step_on: date | None
    span_first: date | None
    span_last: date | None
    version: str
    duty: str = ""
    responsible: str = ""
    person: str = ""
    waiting_for: str | None = None
    counts_until: date | None = None
    reminds_from: date | None = None

    @property
    def assignee(self) -> AssigneeKey:
        return AssigneeKey(self.unit, self.duty, self.responsible, self.person)


Awaited: TypeAlias = Deadline | Row
"""What is late and reminded of: a deadline, or its row on the board."""
AnyAwaited = TypeVar("AnyAwaited", Deadline, Row)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """The lateness of an open deadline on a day; never overdue and waiting (or slipped) at once.

    Attributes:
        overdue: its last day has passed, and its anchor has happened or still lies ahead.
        waiting_for: the unrecorded fact without which its date is no longer valid; None while it is.
        slipped: its plan date has passed, which is not a lateness.
    """

    overdue: bool = False
    waiting_for: str | None = None
    slipped: bool = False


def lateness(deadline: Awaited, *, today: date) -> Lateness:
    """Return the lateness of a deadline on a local date; none for one nobody must act on any more."""
    if deadline.state not in AWAITED:
        return Lateness()
    holds = holds_on(deadline, today)
    if deadline.due is not None and holds and deadline.due < today:
        return Lateness(overdue=True)
    waits = deadline.waiting_for if deadline.due is None or not holds else None
    slipped = deadline.planned_on is not None and deadline.planned_on < today
    return Lateness(waiting_for=waits, slipped=slipped)


def holds_on(deadline: Awaited, day: date) -> bool:
    """Return whether the due date is still valid on that day."""
    return deadline.counts_until is None or day <= deadline.counts_until


def is_overdue(deadline: Awaited, *, today: date) -> bool:
    """Return whether a deadline is overdue on a local date."""
    return lateness(deadline, today=today).overdue


def is_unconfirmed(deadline: Awaited, *, today: date) -> bool:
    """Return whether an obligation waits for its record though its day has passed: it is overdue, or without a
    due date open since before that local date.
    """
    if deadline.state != "open":
        return False
    since = deadline.reminds_from if deadline.due is None and holds_on(deadline, today) else None
    return is_overdue(deadline, today=today) or (since is not None and since < today)


def can_be_done(deadline: Awaited) -> bool:
    """Return whether it can be done already: nothing it counts from, or is opened by, is still to happen.

    What counts back from a day ahead can be done before that day.
    """
    due, until = deadline.due, deadline.counts_until
    return deadline.waiting_for is None or (due is not None and until is not None and due < until)


def most_urgent(deadlines: Iterable[AnyAwaited], *, today: date) -> AnyAwaited | None:
    """Return the open deadline whose due date is valid and comes first; None if there is none."""
    dated = (
        deadline
        for deadline in deadlines
        if deadline.state == "open" and deadline.due is not None and holds_on(deadline, today)
    )
    return min(dated, key=lambda deadline: deadline.due or date.max, default=None)


DeadlineStatus = State | Literal["overdue", "soon", "done_late", "slipped", "waits", "not_recorded"]
"""`slipped`: past its plan date; `waits`: for a fact not recorded; `not_recorded`: its due date has passed,
which is no lateness (of a body outside the office, or from before the office kept records).
"""
SOON_WORKING_DAYS = 7


def status_on(deadline: Awaited, *, today: date, soon: date) -> DeadlineStatus:
    """Return what lists show of a deadline on a local date: its state; if open or done, how it stands in time.
    `soon`: the last day that counts as near (seven working days on).
    """
    if deadline.state == "done":
        return "done" if deadline.late_by is None else "done_late"
    if deadline.state != "open":
        return deadline.state
    status = lateness(deadline, today=today)
    if status.overdue:
        return "overdue"
    if status.slipped:
        return "slipped"
    if status.waiting_for is not None:
        return "waits"
    if deadline.due is not None and not holds_on(deadline, today):
        return "not_recorded"
    return "soon" if deadline.due is not None and deadline.due <= soon else "open"


def working_days_between(due: date | None, today: date, calendar: Kazakhstan) -> int:
    """Count the working days after the earlier of two days up to the later; 0 without a due date."""
    return 0 if due is None else abs(calendar.distance(due, today))


def last_near_day(calendar: Kazakhstan, today: date, working_days: int = SOON_WORKING_DAYS) -> date:
    """Return the last day that counts as near: so many working days on (beyond the calendar, calendar days)."""
    try:
        return calendar.add_working_days(today, working_days)
    except OutOfRange:
        return today + timedelta(days=working_days)
