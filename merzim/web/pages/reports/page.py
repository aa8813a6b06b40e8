"""The page of reports (`/reports/{report}`), and the register of notices (`/register`); both also as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from merzim.services.documents.notice_list import list_notices, notices_table
from merzim.services.law.acts import acts_here
from merzim.services.results import MAX_EXPORTED
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads import NoticeQuery, get_report
from merzim.web.http import PageNumber, Year, as_workbook
from merzim.web.pages.reports import monitoring, organisations, points
from merzim.web.pages.reports.report import Report, ReportQuery
from merzim.web.ui.name_fields import MatchedUnit, own_people, own_units
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import page_heads
from notifications.notice import NOTICE_STATES
from workflow.refusal import Refusal
from workflow.scoring.indicators import SCORED

router = APIRouter(include_in_schema=False)
ReportName = Literal["monitoring", "consolidated", "uploads", "yearly", "cartogram", "points", "figures"]
LONGEST = 200
ASIDE = frozenset({"lang", "theme", "page", "format"})
"""Parameters of an address that choose no content."""
OF_THE_ASSESSMENT: frozenset[ReportName] = frozenset({"consolidated", "uploads", "cartogram", "points"})
"""Reports that the assessed act asks for."""


REPORTS: Mapping[ReportName, tuple[str, Callable[[ReportQuery], Report]]] = {
    "monitoring": ("web.monitoring.way", monitoring.build),
    "consolidated": ("web.together.consolidated", organisations.build_consolidated),
    "uploads": ("web.together.uploads", organisations.build_uploads),
    "yearly": ("web.together.yearly", organisations.build_yearly),
    "cartogram": ("web.cartogram", organisations.build_cartogram),
    "points": ("web.scores.short", points.build_points),
    "figures": ("web.figures.short", points.build_figures),
}
"""The code of the short title of each report, and what makes it."""
router.get("/reports/{form}/{language}")(get_report)


@router.get("/reports/{report}")
def report_page(
    ctx: Reading,
    report: ReportName,
    unit: MatchedUnit,
    year: Year = None,
    number: PageNumber = 1,
    format: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a report about a unit and all below it, or return it as a file."""
    chosen = {
        name: text
        for name, text in ctx.query.items()
        if text and text.isprintable() and len(text) <= LONGEST and name not in ASIDE
    }
    translator = Translator(ctx.language)
    query = ReportQuery(
        ctx=ctx,
        t=translator,
        office=ctx.reads.office(),
        unit=unit,
        year=year,
        number=None if format else number,
        chosen=chosen,
    )
    view = REPORTS[report][1](query)
    if format:
        if format != "xlsx" or not view.has_workbook:
            raise HTTPException(404, "web.problem.not_found")
        return as_workbook(view.tables(translator), f"{view.title[:80]} {translator.short(ctx.today)}")
    is_scored = SCORED in acts_here(ctx)
    about = unit or ctx.reader.root
    return page(
        ctx,
        "report.html",
        report=view,
        about=query.unit_title(about) if about in query.office.units and report != "points" else "",
        name=report,
        titles={
            other: title
            for other, (title, _) in REPORTS.items()
            if is_scored or other == report or other not in OF_THE_ASSESSMENT
        },
        units=own_units(ctx).field(unit or ctx.reader.root),
        heads={section.id: page_heads(section.columns) for section in view.sections},
        link=query.link,
        unit_title=query.unit_title,
    )


@router.get("/register")
def journal_page(ctx: Reading, query: NoticeQuery, number: PageNumber = 1) -> Response:
    """Show who was notified of what, when, through which channel, and the outcome."""
    lines, more = list_notices(ctx, query, number=number)
    return page(
        ctx,
        "notice_journal.html",
        lines=lines,
        number=number,
        more=more,
        query=query,
        people=own_people(ctx).field(query["person"]),
        states=NOTICE_STATES,
    )


@router.get("/register/xlsx")
def journal_workbook(ctx: Reading, query: NoticeQuery) -> Response:
    """Return the same list as a workbook. Raises Refusal for one longer than a workbook can be."""
    notices, t = ctx.reads.notices_matching(**query, limit=MAX_EXPORTED + 1), Translator(ctx.language)
    if len(notices) > MAX_EXPORTED:
        raise Refusal("web.register.too_many", most=MAX_EXPORTED)
    name = f"{t.say('web.register.title')} {t.short(ctx.today)}"
    return as_workbook([notices_table(ctx.app, notices, t.language)], name)
