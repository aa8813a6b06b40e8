"""How often an organisation must hold an internal analysis: the last one, the embargo, the next one. Pure.

That every organisation must hold one ("per unit") is practice, not law; how "once a year" is read is asked
of who looks (contradictions 3, 19 and 20).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from calendars import OutOfRange
from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Embargo, Months

YEAR = "calendar_year"
State = Literal["unknown", "closed", "overdue", "running", "planned", "waiting"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """One analysis of an organisation (local dates).

    Attributes:
        external: whether it is an external analysis by the authorised body that ended that day.
        starts: the day it is planned to start, if it has not started.
    """

    case: str
    started: date | None = None
    ended: date | None = None
    starts: date | None = None
    external: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The status of one organisation in the yearly cycle of analyses.

    Attributes:
        once_in: how "once a year" is read.
        last, last_case: the day the last internal analysis ended.
        external, closed_until: the last external analysis, and the last day on which no internal one may run;
            instead the plan after the external one is assessed.
        due: the last day for the next one to end; None if there is nothing to count from.
        postponed: whether `due` is counted from the end of the embargo (our reading).
        next_on: the day the next one started or is planned to start.
        next_closed: whether it starts (or is planned) during the embargo.
    """

    unit: str
    once_in: str
    state: State
    last: date | None = None
    last_case: str = ""
    external: date | None = None
    closed_until: date | None = None
    due: date | None = None
    postponed: bool = False
    next_on: date | None = None
    next_case: str = ""
    next_closed: bool = False


def turn(
    unit: str,
    analyses: Iterable[Analysis],
    *,
    once_in: str,
    embargo: Embargo,
    calendar: Kazakhstan,
    today: date,
) -> Turn:
    """Return the status of an organisation on a local date, by its analyses.

    Args:
        once_in: "calendar_year" (one ends in each), "12_months" or "18_months" (since the last).
        embargo: how long after an external analysis no internal one may start, from the edition.
    """
    all_analyses = tuple(analyses)
    ended = [
        (analysis.ended, analysis.case)
        for analysis in all_analyses
        if analysis.ended is not None and analysis.ended <= today
    ]
    last, last_case = max(ended, default=(None, ""))
    external = max(
        (analysis.external for analysis in all_analyses if analysis.external and analysis.external <= today),
        default=None,
    )
    closed = _closed_until(external, embargo, calendar)
    due = _due(last, once_in, calendar, today)
    postponed = due is not None and closed is not None and due <= closed
    if closed is not None and (postponed or (due is None and last is None)):
        due, postponed = _after(closed, once_in, calendar), True
    next_on, next_case, running = _next(all_analyses, today)
    return Turn(
        unit=unit,
        once_in=once_in,
        state=_turn_state(due, closed, next_on, running=running, today=today),
        last=last,
        last_case=last_case,
        external=external,
        closed_until=closed,
        due=due,
        postponed=postponed,
        next_on=next_on,
        next_case=next_case,
        next_closed=bool(closed and external and next_on is not None and external < next_on <= closed),
    )


def _closed_until(external: date | None, embargo: Embargo, calendar: Kazakhstan) -> date | None:
    if external is None:
        return None
    opens = count(embargo, external, calendar).opens
    return date.fromordinal(opens.toordinal() - 1) if opens else None


def _due(last: date | None, once_in: str, calendar: Kazakhstan, today: date) -> date | None:
    if once_in != YEAR:
        return _months(last, once_in, calendar) if last else None
    # Without any on record this year is required, since none is known to have been held before.
    return date(last.year + 1 if last else today.year, 12, 31)


def _after(closed: date, once_in: str, calendar: Kazakhstan) -> date | None:
    """Return the due date counted anew from the end of the embargo, during which the external analysis took its
    place.
    """
    if once_in != YEAR:
        return _months(closed, once_in, calendar)
    return date(date.fromordinal(closed.toordinal() + 1).year, 12, 31)


def _months(since: date, once_in: str, calendar: Kazakhstan) -> date | None:
    """Return the day so many months later as the reading's name says; None beyond the calendar."""
    try:
        return count(Months(int(once_in.removesuffix("_months"))), since, calendar).due
    except OutOfRange:
        return None


def _next(analyses: Iterable[Analysis], today: date) -> tuple[date | None, str, bool]:
    """Return the day the next analysis began or is planned to begin, its case, and whether it is running."""
    open_ones = [analysis for analysis in analyses if analysis.ended is None or analysis.ended > today]
    running = sorted(
        (analysis.started, analysis.case)
        for analysis in open_ones
        if analysis.started and analysis.started <= today
    )
    if running:
        return (*running[0], True)
    planned = sorted((analysis.starts, analysis.case) for analysis in open_ones if analysis.starts is not None)
    return (*planned[0], False) if planned else (None, "", False)


def _turn_state(
    due: date | None, closed_until: date | None, next_on: date | None, *, running: bool, today: date
) -> State:
    if running:
        return "running"
    if closed_until is not None and today <= closed_until:
        return "closed"
    if due is not None and due < today:
        return "overdue"
    if next_on is not None:
        return "planned"
    return "waiting" if due is not None else "unknown"
