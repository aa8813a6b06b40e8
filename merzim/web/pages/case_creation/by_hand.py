"""Opening by hand: one case of any procedure, or the yearly programmes of a year, with a preview of the
dates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from merzim.documents.schedules.template import empty_schedule
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law.acts import offered_procedures
from merzim.services.names import chosen_procedure
from merzim.services.yearly import (
    OpenYear,
    UndoYear,
    YearAhead,
    open_year,
    preview_year,
    undo_year,
)
from merzim.web.auth.dependencies import Anybody, Managing, Reading
from merzim.web.auth.limits import limit_plans
from merzim.web.http import XLSX, WebContext, as_file
from merzim.web.pages.case_creation.outlook import NOTHING, PlannedForm, make_outlook, read_dates
from merzim.web.ui.form_values import Fields, InvalidForm, RejectedForm, one_line, shown_again
from merzim.web.ui.name_fields import own_units, person_names
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import at_tidy_address
from workflow.board.figures import APPROVAL
from workflow.law.procedure import Procedure
from workflow.org.office import OF_A_PERSON, Office
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

Name = Annotated[str, Query(max_length=200)]
LONGEST_OBJECT = 500
OBJECT_FIELDS = ("object", "object_kk", "object_ru")
NAMES_OBJECT = "internal-analysis"
"""The procedure whose cases must name an object."""
NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


@router.get("/open")
def choose_way_page(ctx: Managing) -> Response:
    """Show the ways to open cases: from a schedule, by hand, by year."""
    return ways_page(ctx)


def ways_page(ctx: WebContext, *, procedure: str = "", refusal: Refusal | None = None) -> Response:
    """Return the page of the ways to open; for a refused schedule it lists every bad row, with status 422."""
    office = ctx.reads.office()
    return page(
        ctx,
        "open.html",
        procedures=offered_procedures(ctx, _own_kind(ctx, office)),
        procedure=procedure or NAMES_OBJECT,
        years=[year for year in (ctx.today.year, ctx.today.year + 1) if year <= ctx.calendar.last.year],
        refusal=refusal,
    )


@router.get("/open/template.xlsx")
def schedule_template(ctx: Managing) -> Response:
    """Return an empty schedule to fill in."""
    translator = Translator(ctx.language)
    return as_file(
        empty_schedule(translator.language), XLSX, f"{translator.say('web.open.template_name')}.xlsx"
    )


@router.get("/open/case")
@at_tidy_address
def case_form_page(
    ctx: Reading,
    procedure: Name = "",
    unit: Name = "",
    object: Annotated[str, Query(max_length=2000)] = "",
    person: Name = "",
) -> Response:
    """Show the form of a procedure, with the deadlines of the dates typed so far; only managers open a case."""
    chosen = {"procedure": procedure, "unit": unit, "object": object, "person": person}
    return _case_page(ctx, {**dict(ctx.query.multi_items()), **chosen})


@router.get("/plan")
@at_tidy_address
def public_planner_page(ctx: Anybody) -> Response:
    """Show the deadlines of an analysis by its dates, to anybody where config.toml allows it (404 elsewhere,
    429 for too many from one network); it names no person, unit or case.
    """
    if not ctx.app.settings.web.public_planner:
        raise HTTPException(404)
    procedure = ctx.library.latest(NAMES_OBJECT)
    dates = read_dates(procedure, ctx.query.multi_items(), ctx.calendar)
    if not dates.is_empty:
        limit_plans(ctx)
    response = _form_page(ctx, procedure, dates, Office(), action="/plan")
    response.headers["x-robots-tag"] = "noindex"
    return response


def _case_page(
    ctx: WebContext, answers: Mapping[str, str] = NO_ANSWERS, *, tried: RejectedForm | None = None
) -> Response:
    """Return the form of one case with the answers so far; a unit that is not known becomes its refusal."""
    answers, refusal = (tried.answers, tried.refusal) if tried else (answers, None)
    office, procedure = ctx.reads.office(), chosen_procedure(ctx, one_line(answers.get("procedure")))
    unit, unit_text = "", one_line(answers.get("unit"))
    try:
        unit = own_units(ctx).resolve(unit_text)
    except InvalidForm as unknown:
        refusal = refusal or unknown
    known_unit = unit if unit in office.units else ""
    a_year_ago = ctx.today - timedelta(days=365)
    return _form_page(
        ctx,
        procedure,
        read_dates(procedure, answers.items(), ctx.calendar),
        office,
        unit=known_unit,
        object=next(
            filter(None, (one_line(answers.get(name), longest=LONGEST_OBJECT) for name in OBJECT_FIELDS)), ""
        ),
        refusal=refusal,
        procedures=offered_procedures(
            ctx, office.kind_of(unit) if known_unit else _own_kind(ctx, office), procedure.id
        ),
        may_open=ctx.reader.may("manage"),
        units=own_units(ctx).field(unit or unit_text),
        objects=_objects(answers, ctx.language),
        person=person_names(office).field(one_line(answers.get("person"))),
        names_object=procedure.id == NAMES_OBJECT,
        approved=ctx.reads.schedule_approved(procedure.id, a_year_ago, office.organisation(unit))
        if APPROVAL in procedure.by_id
        else None,
        in_schedule=bool(answers.get("schedule_of")),
        of_person=any(obligation.duty in OF_A_PERSON for obligation in procedure.obligations),
    )


def _form_page(
    ctx: WebContext,
    procedure: Procedure,
    dates: PlannedForm,
    office: Office,
    *,
    unit: str = "",
    object: str = "",
    refusal: Refusal | None = None,
    action: str = "/open/case",
    **asked: Any,
) -> Response:
    """Return the form of dates with what follows from them.

    Args:
        asked: what a case needs besides its dates; nothing for a page that only plans.
    """
    refusal, outlook = refusal or dates.refusal, NOTHING
    try:
        outlook = make_outlook(ctx, procedure, dates, office=office, unit=unit, object=object)
    except Refusal as impossible:
        refusal = refusal or impossible
    return page(
        ctx,
        "open_case.html",
        place=f"{action}?{urlencode({'procedure': procedure.id})}",
        action=action,
        procedure=procedure,
        intended=dates,
        outlook=outlook,
        refusal=refusal,
        first_day=ctx.calendar.first,
        last_day=ctx.calendar.last,
        **{"may_open": False, "units": None, **asked},
    )


def _objects(answers: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the names of the object as typed; one from an address counts for the reader's language."""
    names = {name: answers.get(name, "")[:LONGEST_OBJECT] for name in OBJECT_FIELDS[1:]}
    if not any(names.values()):
        names["object_kk" if language == "kk" else "object_ru"] = answers.get("object", "")[:LONGEST_OBJECT]
    return names


def _own_kind(ctx: RequestContext, office: Office) -> str:
    """Return the kind of the reader's own organisation, else of all units; "" if there are several or none."""
    if ctx.reader.root:
        return office.kind_of(ctx.reader.root)
    kinds = {unit.kind for unit in office.units.values() if unit.kind}
    return kinds.pop() if len(kinds) == 1 else ""


@router.post("/open/case")
@shown_again(_case_page)
def open_case(ctx: Managing, answers: Fields) -> Response:
    """Open a case, then show it; with `look` only show its dates (by POST, so that no address has names)."""
    if answers.get("look"):
        return _case_page(ctx, answers)
    procedure = chosen_procedure(ctx, one_line(answers.get("procedure")))
    dates = read_dates(procedure, answers.items(), ctx.calendar)
    if dates.refusal is not None:
        raise dates.refusal
    fields = {
        "procedure": procedure.id,
        "unit": own_units(ctx).resolve(one_line(answers.get("unit"))),
        **{name: one_line(answers.get(name), longest=LONGEST_OBJECT) for name in OBJECT_FIELDS},
        "person": person_names(ctx.reads.office()).resolve(one_line(answers.get("person"))),
        "planned": dates.planned,
        "facts": dates.facts,
        "schedule_of": one_line(answers.get("schedule_of")),
    }
    command = build(cases.OpenCase, fields)
    if procedure.id == NAMES_OBJECT and not (command.object or command.object_kk or command.object_ru):
        raise InvalidForm("web.refusal.no_object")
    case = cases.open_case(ctx, command)
    return redirect(ctx, f"/cases/{case.id}", said="opened")


@router.get("/open/year")
def year_preview_page(ctx: Managing, year: Name = "", unit: Name = "", kept_from: Name = "") -> Response:
    """Show the cases that opening a year would open, of every organisation or of a chosen one; open nothing."""
    return _year_page(ctx, {"year": year, "unit": unit, "kept_from": kept_from})


def _year_page(
    ctx: WebContext, answers: Mapping[str, str] = NO_ANSWERS, *, tried: RejectedForm | None = None
) -> Response:
    """Return the page of a year with the cases it lacks; after a refusal with what was typed."""
    answers, refusal = (tried.answers, tried.refusal) if tried else (answers, None)
    this_year, office, unit = ctx.today.year, ctx.reads.office(), ""
    fields = _year_fields(answers, usual=str(this_year))
    year, unit_text = fields["year"], fields["unit"]
    ahead: YearAhead | None = None
    try:
        unit = own_units(ctx).resolve(unit_text)
        ahead = preview_year(ctx, build(OpenYear, {**fields, "unit": unit}))
    except Refusal as refused:
        refusal = refusal or refused
    openings = ahead.openings if ahead else ()
    counts = Counter(opening.procedure for opening in openings)
    return page(
        ctx,
        "open_year.html",
        place=f"/open/year?{urlencode({'year': year, 'unit': unit_text})}",
        year=year,
        years=range(this_year - 1, min(this_year + 2, ctx.calendar.last.year) + 1),
        unit=unit,
        field=own_units(ctx).field(unit or unit_text),
        ahead=ahead,
        titles=[(ctx.library.latest(name).title, count) for name, count in counts.items()],
        organisations=[
            office.units.get(each, each) for each in dict.fromkeys(opening.unit for opening in openings) if each
        ],
        refusal=refusal,
    )


def _year_fields(answers: Mapping[str, str], *, usual: str = "") -> dict[str, Any]:
    """Return the fields of a year's form for its command."""
    kept_from = one_line(answers.get("kept_from"), longest=20) or None
    year = one_line(answers.get("year"), longest=20) or usual
    return {"year": year, "unit": one_line(answers.get("unit")), "kept_from": kept_from}


@router.post("/open/year")
@shown_again(_year_page)
def open_the_year(ctx: Managing, answers: Fields) -> Response:
    """Open the year's cases, then show their list."""
    command = build(OpenYear, _year_fields(answers))
    opened = open_year(ctx, command).opened
    return redirect(ctx, "/cases", opened=str(len(opened)), year=str(command.year), of=command.unit)


@router.post("/open/year/undo")
@shown_again(_year_page)
def undo_the_year(ctx: Managing, answers: Fields) -> Response:
    """Take back the last opening of a year, then show the year as it can be opened again."""
    year, unit, _ = _year_fields(answers).values()
    command = build(UndoYear, {"year": year, "unit": unit})
    undo_year(ctx, command)
    return redirect(ctx, "/open/year", year=str(command.year), unit=unit)
