"""How often an organisation must hold an internal analysis: the last one, the embargo, the next one. Pure.

That every organisation must hold one ("per unit") is practice, not law. "Once a year" is read as once in each
calendar year (contradictions 3, 19 and 20).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Embargo

TurnState = Literal["closed", "overdue", "running", "planned", "waiting"]
"""An analysis is running; else the embargo holds (`closed`); else the last day for the next one has passed;
else it is planned, or not even that (`waiting`).
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """One analysis of an organisation (local dates).

    Attributes:
        started, ended: days of an internal analysis; starts: the day it is planned to start.
        external: the day an external analysis by the authorised body ended.
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
        last, last_case: the day the last internal analysis ended.
        external, closed_until: the last external analysis, and the last day on which no internal one may run;
            instead the plan after the external one is assessed.
        due: the last day for the next one to end.
        postponed: whether `due` is counted from the end of the embargo (our reading).
        next_on: the day the next one started or is planned to start.
        next_closed: whether it starts (or is planned) during the embargo.
    """

    unit: str
    state: TurnState
    last: date | None = None
    last_case: str = ""
    external: date | None = None
    closed_until: date | None = None
    due: date
    postponed: bool = False
    next_on: date | None = None
    next_case: str = ""
    next_closed: bool = False


def turn(
    unit: str,
    analyses: Iterable[Analysis],
    *,
    embargo: Embargo,
    calendar: Kazakhstan,
    today: date,
) -> Turn:
    """Return the status of an organisation on a local date, by its analyses.

    Args:
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
    # Without any on record this year is required, since none is known to have been held before.
    due = date(last.year + 1 if last else today.year, 12, 31)
    postponed = closed is not None and due <= closed
    if closed is not None and postponed:
        # Counted anew from the end of the embargo, during which the external analysis took its place.
        due = date(date.fromordinal(closed.toordinal() + 1).year, 12, 31)
    next_on, next_case, running = _next(all_analyses, today)
    return Turn(
        unit=unit,
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
    """Return the last day of the embargo after an external analysis; None without one."""
    if external is None:
        return None
    opens = count(embargo, external, calendar).opens
    return date.fromordinal(opens.toordinal() - 1) if opens else None


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
    due: date, closed_until: date | None, next_on: date | None, *, running: bool, today: date
) -> TurnState:
    if running:
        return "running"
    if closed_until is not None and today <= closed_until:
        return "closed"
    if due < today:
        return "overdue"
    return "planned" if next_on is not None else "waiting"
