"""The overview page, and the lists behind its figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from merzim.services import letters
from merzim.services.board.deadlines import Force, ListDeadlines, all_lines, deadlines
from merzim.services.board.overview import overview
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.names import person_name
from merzim.services.yearly import proposed_year
from merzim.web.auth.dependencies import Reading
from merzim.web.http import PageNumber
from merzim.web.ui.name_fields import UnitParam, unit_filter
from merzim.web.ui.render import page
from merzim.web.ui.tables import at_tidy_address, line_columns, page_heads, workbook_response
from workflow.board.rows import Urgency

UNHEARD = 20
"""Number of due reminders checked for having nobody to notify."""
router = APIRouter(include_in_schema=False)

Name = Annotated[str, Query(max_length=200)]


@router.get("/")
def overview_page(ctx: Reading, unit: UnitParam) -> Response:
    view = overview(ctx, unit or None)
    failed, office, manages = letters.undelivered(ctx), ctx.reads.office(), ctx.reader.may("manage")
    return page(
        ctx,
        "overview.html",
        view=view,
        about=office.units.get(unit or ctx.reader.root),
        units=unit_filter(ctx, unit),
        heads=page_heads(line_columns(ctx.today)),
        failed=failed,
        failed_names={notice.person: person_name(office, notice.person) for notice in failed},
        faults=letters.visible_faults(ctx),
        unheard=_reasons_unheard(ctx) if manages else (),
        # The year to open, and the number of cases it lacks.
        proposed=proposed_year(ctx.app, unit=ctx.reader.root, at=ctx.moment) if manages else (0, 0),
    )


async def _deadline_query(
    unit: UnitParam,
    urgency: Urgency = "open",
    on: Annotated[date | None, Query()] = None,
    stage: Name = "",
    person: Name = "",
    acting: Name = "",
    force: Force = "",
    number: PageNumber = 1,
) -> ListDeadlines:
    """Return the query of deadlines in the address; `acting`: the unit that must act, `force`: how binding."""
    people = {"person": person, "acting": acting}
    return build(
        ListDeadlines,
        {"urgency": urgency, "on": on, "unit": unit, "stage": stage, **people, "force": force, "page": number},
    )


DeadlineQuery = Annotated[ListDeadlines, Depends(_deadline_query)]


@router.get("/deadlines.xlsx")
def deadlines_workbook(ctx: Reading, query: DeadlineQuery) -> Response:
    lines = all_lines(ctx, query)
    title = f"web.deadlines.title.{query.urgency}"
    return workbook_response(ctx, line_columns(ctx.today), lines, title=title)


@router.get("/deadlines")
@at_tidy_address
def deadlines_page(ctx: Reading, query: DeadlineQuery) -> Response:
    """Show a list of deadlines; its filter is in the address."""
    return page(
        ctx,
        "deadlines.html",
        view=deadlines(ctx, query),
        units=unit_filter(ctx, query.unit),
        heads=page_heads(line_columns(ctx.today)),
    )


def _reasons_unheard(ctx: RequestContext) -> list[dict[str, object]]:
    """Return why nobody hears of some of the first UNHEARD due reminders: code, arguments, visible cases."""
    problems = letters.reminders_to_nobody(ctx.app, at=ctx.moment, limit=UNHEARD)
    seen_cases = ctx.reads.heads({problem.case for problem in problems}) if problems else {}
    reasons: dict[tuple[str, tuple[tuple[str, object], ...]], dict[str, None]] = {}
    for problem in problems:
        if problem.case in seen_cases:
            reason = problem.code, tuple(sorted(problem.arguments.items()))
            reasons.setdefault(reason, {})[problem.case] = None
    return [
        {"code": code, "arguments": dict(arguments), "cases": [*cases]}
        for (code, arguments), cases in reasons.items()
    ]
