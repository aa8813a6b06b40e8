"""The data of a month page: its days with the deadlines due on each, and their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar, Day, Knowledge
from calendars.layout import USUAL, Month, Run, build_month, days_of, group_runs
from services.context import RequestContext
from services.names import UnitName, case_title, cases_of, unit_name
from web.ui.name_fields import NameField
from web.ui.unit_filter import build_unit_filter
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.lateness import SOON_WORKING_DAYS, DeadlineStatus, status_on
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Text

ON_A_DAY = 2
"""Number of deadlines named on a day of the grid; the rest is counted, and listed when the day is chosen."""
LISTED = 200
HEATS = 4
FULL = 8
"""Minimum number of deadlines of a day with full heat."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One deadline due on a day."""

    case: str
    about: Text
    unit: UnitName
    obligation: str
    title: Text
    period: str | None
    force: str
    look: DeadlineStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A day of the grid. `heat`: 0 for none, up to 4 for the days with most deadlines."""

    day: Day
    count: int
    heat: int
    due: tuple[Due, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthView:
    """The data of the page. `chosen`: the day that is listed in full, with `more` deadlines beyond those
    listed.
    """

    month: Month
    library: str
    knowledge: Knowledge
    weeks: tuple[tuple[Cell | None, ...], ...]
    runs: tuple[Run, ...]
    total: int
    earlier: date | None
    later: date | None
    units: NameField
    unit: str | None
    chosen: date | None
    listed: tuple[Due, ...]
    more: int


def month_view(
    ctx: RequestContext, first: date, calendar: Calendar, *, today: date, unit: str | None, chosen: date | None
) -> MonthView:
    """Return the month that begins on that day, with the open deadlines due in it.

    `calendar` decides how the days are shaded; the due dates are the present ones.
    """
    laid = build_month(first, calendar)
    by_day = ctx.reads.days(laid.first, laid.last, unit, limit=ON_A_DAY)
    of_day = ctx.reads.days(chosen, chosen, unit, limit=LISTED) if chosen else {}
    listed = of_day[chosen][1] if chosen and chosen in of_day else ()
    shown = [*(row for _, rows in by_day.values() for row in rows), *listed]
    cases = cases_of(ctx.reads, shown)
    office = ctx.reads.office()
    soon = ctx.calendar.add(today, SOON_WORKING_DAYS)

    def due(row: Row) -> Due:
        case = cases[row.case]
        return Due(
            case=row.case,
            about=case_title(case, ctx.library.of(case)),
            unit=unit_name(office, row.unit),
            obligation=row.obligation,
            title=entry_obligation(case, ctx.library.of(case), row.obligation).title,
            period=None if is_entry(row.obligation) else row.obligation.partition(".")[2] or None,
            force=row.force,
            look=status_on(row, today=today, soon=soon),
        )

    most = max((number for number, _ in by_day.values()), default=0)
    return MonthView(
        month=laid,
        library=calendar.library,
        knowledge=calendar.knowledge(laid.first, laid.last),
        weeks=tuple(
            tuple(day and _cell(day, by_day.get(day.on, (0, ())), cases, due, most) for day in week)
            for week in laid.weeks
        ),
        runs=group_runs(tuple(day for day in days_of(laid) if day.kind not in USUAL)),
        total=sum(number for number, _ in by_day.values()),
        earlier=_beside(laid, calendar, -1),
        later=_beside(laid, calendar, 1),
        units=build_unit_filter(office, unit or "", own=ctx.reader.root),
        unit=unit,
        chosen=chosen,
        listed=tuple(due(row) for row in listed if row.case in cases),
        more=by_day[chosen][0] - len(listed) if chosen and chosen in by_day else 0,
    )


def _cell(
    day: Day,
    found: tuple[int, Sequence[Row]],
    cases: Mapping[str, Case],
    due: Callable[[Row], Due],
    most: int,
) -> Cell:
    number, rows = found
    named = tuple(due(row) for row in rows if row.case in cases)
    return Cell(day=day, count=number, heat=-(-number * HEATS // max(most, FULL)), due=named)


def _beside(laid: Month, calendar: Calendar, step: int) -> date | None:
    number = laid.first.year * 12 + laid.first.month - 1 + step
    first = date(number // 12, number % 12 + 1, 1)
    return first if calendar.first <= first <= calendar.last else None
