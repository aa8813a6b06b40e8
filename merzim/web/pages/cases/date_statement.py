"""The statement of one date of a case, on one printed page: its ground, every day counted, the acts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from calendars.kazakhstan import Day, Kazakhstan
from calendars.terms import After
from merzim.services.context import whole_case
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId
from merzim.web.ui.render import page
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadline

MOST_DAYS = 92
"""Days listed one by one: a quarter. Of a longer term the sentences say how it was counted."""
router = APIRouter(include_in_schema=False)


class CountedDay(NamedTuple):
    """A day of a term with its number in the count; `number` is None for a day that does not count."""

    day: Day
    number: int | None


def counted_days(found: Deadline, calendar: Kazakhstan) -> tuple[CountedDay, ...]:
    """Return the days after the anchor up to the due date, in the order they are counted.

    () for other terms than in working or calendar days, without a date, and for more than MOST_DAYS.
    """
    term, anchor, due = found.obligation.term, found.anchor_on, found.due
    if not isinstance(term, After) or "days" not in term.unit or anchor is None or due is None:
        return ()
    if not 0 < abs((due - anchor).days) <= MOST_DAYS:
        return ()
    if due > anchor:
        days = calendar.days(anchor + timedelta(days=1), due)
    else:
        days = calendar.days(due, anchor - timedelta(days=1))[::-1]
    counted, listed = 0, []
    for day in days:
        counts = counted < abs(term.count) and (day.working or term.unit != "working days")
        counted += counts
        listed.append(CountedDay(day, counted if counts else None))
    return tuple(listed)


@router.get("/cases/{case}/dates/{obligation}")
def date_statement(
    ctx: Reading,
    case: CaseId,
    obligation: Annotated[str, Path(max_length=100)],
    as_of: Annotated[date | None, Query()] = None,
) -> Response:
    """Show how a date was counted; `as_of`: by the records of the calendar known on that day."""
    stored_case, procedure = whole_case(ctx, case)
    calendar = ctx.calendar.as_known(as_of) if as_of else ctx.calendar
    found = deadline(stored_case, procedure, calendar, obligation, today=ctx.today)
    if found is None:
        raise HTTPException(404, "web.problem.not_found")
    return page(
        ctx,
        "case_date.html",
        place=f"/cases/{case}",
        case=stored_case,
        procedure=procedure,
        found=found,
        days=counted_days(found, calendar),
        as_of=as_of,
        calendar_version=calendar.version,
    )
