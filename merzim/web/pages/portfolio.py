"""The pages of a year's analyses on one timeline, and their workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from calendars.kazakhstan import Kazakhstan
from merzim.services.cases import views
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law.acts import offered_procedures
from merzim.services.names import USUAL, UnknownUnit
from merzim.web.auth.dependencies import Reading
from merzim.web.http import PageNumber, as_workbook
from merzim.web.ui.name_fields import UnitParam, unit_filter
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Column, at_tidy_address, table_of
from workflow.machine import OVER

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Query(max_length=100)]
Row = tuple[views.PortfolioLine, views.StepDates]


def _criteria(
    ctx: Reading,
    unit: UnitParam,
    procedure: Name = "",
    stage: Name = "",
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: PageNumber = 1,
) -> views.ListPortfolio:
    """Return the query in the address; an unknown procedure, stage or year is replaced by the default."""
    procedure_id = procedure if procedure in ctx.library.ids() else USUAL
    stages = {*ctx.library.latest(procedure_id).stage_title, *OVER}
    fields = {
        "year": year if year in _years(ctx) else ctx.today.year,
        "procedure": procedure_id,
        "unit": unit,
        "stage": stage if stage in stages else "",
    }
    return build(views.ListPortfolio, {**fields, "page": number})


Criteria = Annotated[views.ListPortfolio, Depends(_criteria)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """The horizontal axis: the days of a year, each `working` ("1") or not; `months`: first day of each with
    its position; `today_x`: position of today, None in any other year.
    """

    year: int
    months: tuple[tuple[date, float], ...]
    today_x: float | None
    working: str

    def x(self, on: date) -> float | None:
        """Return the position of a day's middle in percent of the width; None outside the year."""
        if on.year != self.year:
            return None
        return round(100 * ((on - date(self.year, 1, 1)).days + 0.5) / len(self.working), 2)


def build_axis(year: int, calendar: Kazakhstan, *, today: date) -> Axis:
    """Return the axis of a year; days outside the calendar's records count as working days."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    known_days = range(calendar.first.toordinal(), calendar.last.toordinal() + 1)
    working = [
        "1" if day.toordinal() not in known_days or calendar.is_working_day(day) else "0" for day in days
    ]
    return Axis(
        year=year,
        months=tuple((day, round(100 * n / len(days), 2)) for n, day in enumerate(days) if day.day == 1),
        today_x=round(100 * ((today - first).days + 0.5) / len(days), 2) if today.year == year else None,
        working="".join(working),
    )


@router.get("/portfolio")
@at_tidy_address
def portfolio_page(
    ctx: Reading, criteria: Criteria, replanned: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Show one page of the analyses of a year, one line each."""
    year = criteria.year or ctx.today.year
    try:
        view = views.list_portfolio(ctx, criteria)
    except UnknownUnit:
        view = views.PortfolioPage(year=year, total=0, page=1, pages=1, lines=[])
    case_id = replanned if any(line.case == replanned for line in view.lines) else ""
    return page(
        ctx,
        "portfolio.html",
        criteria=criteria,
        years=_years(ctx),
        units=unit_filter(ctx, criteria.unit),
        procedures=offered_procedures(ctx, "", criteria.procedure),
        stages=[(stage.id, stage.title) for stage in ctx.library.latest(criteria.procedure).stages],
        view=view,
        axis=build_axis(year, ctx.calendar, today=ctx.today),
        replanned=case_id,
    )


def _step_value(obligation: str, name: str) -> Callable[[Translator, views.PortfolioLine], object]:
    """Return a column's value: attribute `name` of the step that the line's attribute `obligation` names."""
    return lambda _, line: getattr(line.step(getattr(line, obligation)), name, None)


STEP_COLUMNS: tuple[Column[Row], ...] = (
    Column("head.case", lambda _, row: row[0].case),
    Column("head.analysed", lambda _, row: row[0].object),
    Column("head.obligation", lambda _, row: row[1].title),
    Column("web.portfolio.approved", lambda _, row: row[1].approved),
    Column("head.planned", lambda _, row: row[1].planned),
    Column("web.assignments.answer", lambda _, row: row[1].done),
    Column("web.portfolio.due", lambda _, row: row[1].due),
    Column("web.portfolio.drift", lambda _, row: row[1].drift),
    Column("web.portfolio.slack", lambda _, row: row[1].slack),
)
LINE_COLUMNS: tuple[Column[views.PortfolioLine], ...] = (
    Column("head.case", lambda _, line: line.case),
    Column("web.portfolio.analysis", lambda _, line: line.object, ""),
    Column("head.unit", lambda _, line: line.unit_name),
    Column("head.stage", lambda _, line: line.stage_title),
    Column("web.portfolio.drift", lambda _, line: line.drift, "col-points"),
    Column("web.portfolio.drifted", _step_value("drifted", "title")),
    Column("web.portfolio.slack", lambda _, line: line.slack, "col-points"),
    Column("web.portfolio.critical", _step_value("critical", "title"), ""),
    Column("web.portfolio.critical_on", _step_value("critical", "planned")),
    Column("web.portfolio.critical_due", _step_value("critical", "due")),
)


@router.get("/portfolio.xlsx")
def portfolio_workbook(ctx: Reading, criteria: Criteria) -> Response:
    """Return all analyses of a year with all their steps as a workbook."""
    lines = list(views.every_line(ctx, criteria))
    translator = Translator(ctx.language)
    steps = [(line, step) for line in lines for step in line.steps]
    title = translator.say("web.portfolio.title", year=criteria.year)
    tables = [
        table_of(translator, LINE_COLUMNS, lines, name=translator.say("web.portfolio.short")),
        table_of(translator, STEP_COLUMNS, steps, name=translator.say("web.portfolio.steps")),
    ]
    return as_workbook(tables, f"{title} {translator.short(ctx.today)}")


def _years(ctx: RequestContext) -> Sequence[int]:
    """Return the years to choose from: the next one first, back to the calendar's first."""
    return range(ctx.today.year + 1, ctx.calendar.first.year - 1, -1)
