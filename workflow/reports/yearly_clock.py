"""How often an organisation must hold an internal analysis: the last one, the embargo, the next one. Pure.

That every organisation must hold one ("per unit") is practice, not law. "Once a year" is read as once in each
calendar year (contradictions 3, 19 and 20).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Embargo
from workflow.cases.case import Case

TurnState = Literal["closed", "overdue", "running", "planned", "waiting"]
"""An analysis is running; else the embargo holds (`closed`); else the last day for the next one has passed;
else it is planned, or not even that (`waiting`).
"""
STARTED, ENDED, EXTERNAL = "analysis_started", "analysis_ended", "external_analysis_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The status of one organisation in the yearly cycle of analyses.

    Attributes:
        last, last_case: the day the last internal analysis ended.
        closed_until: the last day on which no internal one may run after an external one by the authorised
            body; instead the plan after the external one is assessed.
        due: the last day for the next one to end.
        postponed: whether `due` is counted from the end of the embargo (our reading).
        next_on: the day the next one started or is planned to start.
        next_closed: whether it starts (or is planned) during the embargo.
    """

    unit: str
    state: TurnState
    last: date | None = None
    last_case: str = ""
    closed_until: date | None = None
    due: date
    postponed: bool = False
    next_on: date | None = None
    next_case: str = ""
    next_closed: bool = False


def days_of(cases: Sequence[Case], fact: str, today: date) -> list[tuple[date, str]]:
    """Return the days up to today on which a fact happened, each with its case."""
    days = ((case.facts[fact].on, case.id) for case in cases if fact in case.facts)
    return [(on, case) for on, case in days if on <= today]


def turn(unit: str, analyses: Sequence[Case], *, embargo: Embargo, calendar: Kazakhstan, today: date) -> Turn:
    """Return the status of an organisation on a local date, by the cases of its analyses.

    Args:
        embargo: how long after an external analysis no internal one may start, from the edition.
    """
    ended = days_of(analyses, ENDED, today)
    last, last_case = max(ended, default=(None, ""))
    external, _ = max(days_of(analyses, EXTERNAL, today), default=(None, ""))
    opens = count(embargo, external, calendar).opens if external else None
    closed = opens - timedelta(days=1) if opens else None
    # Without any on record this year is required, since none is known to have been held before.
    due = date(last.year + 1 if last else today.year, 12, 31)
    postponed = closed is not None and due <= closed
    if opens is not None and postponed:
        # Counted anew from the end of the embargo, during which the external analysis took its place.
        due = date(opens.year, 12, 31)
    over = {case for _, case in ended}
    open_ones = [case for case in analyses if case.id not in over]
    running = days_of(open_ones, STARTED, today)
    planned = [
        (case.planned[STARTED], case.id)
        for case in open_ones
        if STARTED in case.planned and STARTED not in case.facts
    ]
    next_on, next_case = min(running or planned, default=(None, ""))
    state: TurnState
    if running:
        state = "running"
    elif closed and today <= closed:
        state = "closed"
    elif due < today:
        state = "overdue"
    else:
        state = "planned" if planned else "waiting"
    return Turn(
        unit=unit,
        state=state,
        last=last,
        last_case=last_case,
        closed_until=closed,
        due=due,
        postponed=postponed,
        next_on=next_on,
        next_case=next_case,
        next_closed=bool(closed and external and next_on and external < next_on <= closed),
    )
