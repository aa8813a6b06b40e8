"""A deadline: a due date with its explanation, always computed, never entered or stored as the source."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from calendars.counting import CountedTerm
from calendars.kazakhstan import Kazakhstan, Knowledge
from calendars.terms import Explanation
from workflow.cases.case import Exemption
from workflow.cases.states import State
from workflow.law.procedure import Obligation, Option

AnchorState = Literal["happened", "planned", "derived", "none"]
"""What gives the day counted from: a fact, its plan date, its own due date; or nothing."""
Status = Literal["planned", "provisional", "firm"]
"""`planned` until its anchor has happened; then `provisional` while the calendar of its days may change."""


def status_by(anchor: AnchorState, knowledge: Knowledge) -> Status:
    """Return how firm a due date is, by its anchor and by the calendar of its days."""
    if anchor != "happened":
        return "planned"
    return "provisional" if knowledge == "provisional" else "firm"


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
            None where nothing limits it. `workflow.deadlines.lateness` applies it to a day.
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
    status: Status = "planned"
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
    def fact(self) -> str:
        """Name of the fact that fulfils it; of a decision, the fact of the option chosen."""
        return self.answer.fact if self.answer else self.id
