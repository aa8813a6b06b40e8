"""The pages that look across cases: monitoring of recommendations, points of a year, register of notices."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from papers.list_book import book
from web.entrance import Reading
from web.monitoring import Line, Narrowed, all_lines, monitoring
from web.papering import XLSX, as_file, register_file
from web.points import points_view, seen_unit, unit_choices
from web.preferences import preferences
from web.registering import PAGE as LINES
from web.registering import register_view
from web.render import Scribe, page
from workflow.score_inputs import choose

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query(max_length=200)]
Short = Annotated[str, Query(max_length=40)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Flag = Annotated[Literal["", "1"], Query()]
IN_A_FILE = 20_000
"""So many notices go into one file."""
MONITORING_COLUMNS = (
    *("case", "unit", "n", "risk", "direction", "rank", "recommendation"),
    *("measure", "completion", "responsible", "term", "due", "outcome"),
)


@router.get("/monitoring")
def the_monitoring(
    request: Request,
    home: Reading,
    unit: Text = "",
    status: Short = "",
    direction: Short = "",
    legal: Flag = "",
    late: Flag = "",
    number: Number = 1,
) -> Response:
    """What has become of recommendations."""
    _, today = home.clock()
    narrowed = Narrowed(unit=unit, status=status, direction=direction, legal=bool(legal), late=bool(late))
    view = monitoring(home.reads, home.calendar, narrowed, today=today, number=number)
    return page(request, home, "monitoring.html", today=today, view=view)


@router.get("/monitoring/xlsx")
def the_monitoring_as_a_file(
    request: Request,
    home: Reading,
    unit: Text = "",
    status: Short = "",
    direction: Short = "",
    legal: Flag = "",
    late: Flag = "",
) -> Response:
    """The same list, all of it, as a workbook."""
    _, today = home.clock()
    narrowed = Narrowed(unit=unit, status=status, direction=direction, legal=bool(legal), late=bool(late))
    w = Scribe(preferences(request).language)
    lines = all_lines(home.reads, home.calendar, narrowed, today=today)
    heads = tuple(w.say(f"cli.head.{name}") for name in MONITORING_COLUMNS)
    content = book([(w.say("web.monitoring.title"), heads, [_cells(w, line) for line in lines])])
    return as_file(content, XLSX, f"monitoring-{today.isoformat()}.xlsx")


@router.get("/scores")
def the_scores(
    request: Request,
    home: Reading,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: Number = 1,
) -> Response:
    """Points of a year: earned, lost, at stake, with their arithmetic and the readings used."""
    _, today = home.clock()
    first, last = home.calendar.first.year, home.calendar.last.year
    year = today.year if year is None else year
    if not first <= year <= last:
        raise HTTPException(404, "web.problem.no_year")
    units = unit_choices(home)
    root = seen_unit(home, unit or "")
    scoring = home.shell.scoring()
    asked = {name: request.query_params[name] for name in scoring.readings if request.query_params.get(name)}
    view = points_view(home, root, year, choose(asked, scoring), today=today, number=number)
    return page(request, home, "scores.html", today=today, view=view, units=units, years=(first, last))


@router.get("/register")
def the_register(
    request: Request,
    home: Reading,
    case: Short = "",
    person: Text = "",
    state: Short = "",
    channel: Short = "",
    number: Number = 1,
    check: Flag = "",
) -> Response:
    """Who was told what, when, through which channel, and what came of it."""
    _, today = home.clock()
    asked = {"case": case.strip(), "person": person, "state": state, "channel": channel}
    view = register_view(home, asked, number=number)
    standing = home.shell.standing() if check else None
    return page(request, home, "register.html", today=today, view=view, standing=standing, lines=LINES)


@router.get("/register/xlsx")
def the_register_as_a_file(
    request: Request,
    home: Reading,
    case: Short = "",
    person: Text = "",
    state: Short = "",
    channel: Short = "",
) -> Response:
    """The register as a workbook, narrowed as the page is; the heading says whether it verifies."""
    _, today = home.clock()
    notices = home.reads.told(case=case.strip(), person=person, state=state, channel=channel, limit=IN_A_FILE)
    return register_file(request, home, notices, "xlsx", f"register-{today.isoformat()}.xlsx")


def _cells(w: Scribe, line: Line) -> tuple[object, ...]:
    measure, risk = line.measure, line.risk
    return (
        line.case.id,
        line.unit.name,
        risk.number,
        risk.description,
        w.say(f"risk.direction.{risk.direction}"),
        risk.rank.likelihood * risk.rank.effect if risk.rank else None,
        measure.recommendation if measure else None,
        measure.action if measure else None,
        measure.completion if measure else None,
        measure.responsible if measure else None,
        measure.term.written if measure else None,
        line.due,
        w.say(f"risk.outcome.{line.status}") if line.status else None,
    )
