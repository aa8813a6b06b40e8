"""Opening by hand: one case of any procedure by the dates intended for it, or the programmes of a year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from calendars.kazakhstan import Kazakhstan
from merzim.documents.schedules.reading import empty_schedule
from merzim.services import yearly
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext
from merzim.services.inputs import build
from merzim.services.law.acts import offered_procedures
from merzim.services.names import chosen_procedure, name_assignees
from merzim.services.yearly import OpenYear, UndoYear
from merzim.web.auth.attempts import count_request
from merzim.web.auth.dependencies import Anybody, Managing, Reading
from merzim.web.http import WebContext, as_file, redirect
from merzim.web.ui.command_forms import read_command
from merzim.web.ui.form_values import Fields, InvalidForm, RejectedForm, one_line, parse_date, shown_again
from merzim.web.ui.name_fields import own_units, person_names
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import at_tidy_address
from merzim.web.ui.timeline import build_timeline
from workflow.board.rows import assignee_key, base
from workflow.cases.case import APPROVAL, Case
from workflow.cases.commands.planning import plan
from workflow.deadlines.deadline import Deadline, status_on
from workflow.findings.findings import Finding
from workflow.law.library import UnknownFact, known_fact
from workflow.law.procedure import Procedure, Text
from workflow.org.office import OF_A_PERSON, Office
from workflow.refusal import Refusal

PLANNED, HAPPENED = "planned.", "fact."
LONGEST = 40
MAX_FIELDS = 200
"""Maximum number of values read from a form."""


class PlannedForm(NamedTuple):
    """The dates of a form, and as typed by the name of their field (`planned.published`, `fact.published`).

    `refusal`: of the first value that is no date of the calendar; the others are used nevertheless.
    """

    typed: Mapping[str, str]
    planned: Mapping[str, date]
    facts: Mapping[str, date]
    refusal: Refusal | None


def read_dates(procedure: Procedure, answers: Iterable[tuple[str, str]], calendar: Kazakhstan) -> PlannedForm:
    """Return the dates in the first MAX_FIELDS answers to a procedure's form; facts of others are left out."""
    typed, refusal = dict[str, str](), None
    days: dict[str, dict[str, date]] = {PLANNED: {}, HAPPENED: {}}
    for key, text in list(answers)[:MAX_FIELDS]:
        prefix, name = key[: key.find(".") + 1], key.partition(".")[2]
        if prefix not in days or not text.strip():
            continue
        with suppress(UnknownFact):
            known_fact(procedure, name)
            typed[key] = text.strip()[:LONGEST]
            try:
                on = parse_date(typed[key])
                calendar.is_working_day(on)
                days[prefix][name] = on
            except Refusal as found:
                refusal = refusal or found
    return PlannedForm(typed, days[PLANNED], days[HAPPENED], refusal)


def date_fields(procedure: Procedure, typed: Iterable[str]) -> Iterator[tuple[str, Text, bool]]:
    """Yield the facts a form asks the dates of, the procedure's beginning first: name, title, and whether it
    stands above: other terms count from it, or its date was `typed`. A recurring fact has a field once its
    period is typed.
    """
    turning = procedure.anchors | {procedure.begins_with}
    single = {fact.id: fact for fact in procedure.facts.values() if fact.recurs is None and not fact.by_itself}
    named = dict.fromkeys(key.partition(".")[2] for key in typed)
    for name in sorted(single, key=lambda name: name != procedure.begins_with):
        is_turning = name in named or (name in turning and not single[name].occasional)
        yield name, single[name].title, is_turning
    for name in named:
        if name not in single:
            yield name, procedure.by_id[name.partition(".")[0]].title, True


def chain(
    ctx: RequestContext,
    case: Case,
    procedure: Procedure,
    deadlines: Iterable[Deadline],
    findings: Sequence[Finding],
    *,
    office: Office,
) -> dict[str, Any]:
    """Return the required obligations of a case that does not exist yet: `links`, each as `deadline`, `look`
    (its status) and `who` (its assignees), and the same by stage (`parts`), with `procedure` and `findings`.
    """
    links: list[dict[str, Any]] = [
        {
            "deadline": deadline,
            "look": status_on(deadline, today=ctx.today, soon=ctx.horizon.soon),
            "who": name_assignees(office, assignee_key(case, deadline.obligation, deadline.id), on=ctx.today),
        }
        for deadline in deadlines
        if deadline.state != "not_required"
    ]
    parts = [
        (stage, of_stage)
        for stage in procedure.stages
        if (of_stage := [link for link in links if link["deadline"].obligation.stage == stage.id])
    ]
    return {"procedure": procedure, "links": links, "parts": parts, "findings": findings}


def make_outlook(
    ctx: RequestContext,
    procedure: Procedure,
    answers: PlannedForm,
    *,
    office: Office,
    unit: str = "",
    object: str = "",
) -> dict[str, Any]:
    """Return what follows from the dates typed: `chain` (None without a date), its `timeline`, titles of facts
    `ahead`, and `latest_start`: target, its date, the latest day to begin to reach it. Raises Refusal.
    """
    if not answers.planned and not answers.facts:
        return NOTHING
    forecast = plan(
        ctx.library,
        procedure.id,
        facts=answers.facts,
        planned=answers.planned,
        calendar=ctx.calendar,
        today=ctx.today,
        kind=office.kind_of(unit),
        object=object,
    )
    found, case = forecast.procedure, replace(forecast.case, unit=unit)
    return {
        "chain": chain(ctx, case, found, forecast.deadlines, forecast.findings, office=office),
        "timeline": build_timeline(
            forecast.deadlines, calendar=ctx.calendar, today=ctx.today, soon=ctx.horizon.soon
        ),
        "latest_start": [
            (found.by_id[base(fact)].title, case.planned[fact], start)
            for fact, start in dict(forecast.latest_start).items()
        ],
        "ahead": [procedure.by_id[base(name)].title for name in forecast.ahead],
    }


NOTHING: dict[str, Any] = {"chain": None, "ahead": ()}
"""What follows from no date."""


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
    return page(
        ctx,
        "open.html",
        procedures=offered_procedures(ctx, _own_kind(ctx, ctx.reads.office())),
        procedure=procedure or NAMES_OBJECT,
        years=[year for year in (ctx.today.year, ctx.today.year + 1) if year <= ctx.calendar.last.year],
        refusal=refusal,
    )


@router.get("/open/template.xlsx")
def schedule_template(ctx: Managing) -> Response:
    name = Translator(ctx.language).say("web.open.template_name")
    return as_file(empty_schedule(ctx.language), f"{name}.xlsx")


@router.get("/open/case")
@at_tidy_address
def case_form_page(ctx: Reading) -> Response:
    """Show the form of a procedure, with the deadlines of the dates typed so far; only managers open a case."""
    return _case_page(ctx, ctx.query)


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
    if dates.planned or dates.facts:
        count_request(ctx, "plan")
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
    kind = office.kind_of(unit) if known_unit else _own_kind(ctx, office)
    a_year_ago = ctx.today - timedelta(days=365)
    return _form_page(
        ctx,
        procedure,
        read_dates(procedure, answers.items(), ctx.calendar),
        office,
        unit=known_unit,
        object=next(filter(None, _object_texts(answers).values()), ""),
        refusal=refusal,
        procedures=offered_procedures(ctx, kind, procedure.id),
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
    """Return the form of dates with what follows from them; `asked`: what a case needs besides its dates."""
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
        dates=dates,
        steps=list(date_fields(procedure, dates.typed)),
        outlook=outlook,
        refusal=refusal,
        first_day=ctx.calendar.first,
        last_day=ctx.calendar.last,
        **{"may_open": False, "units": None, **asked},
    )


def _object_texts(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the names of the object, by field, each as one line."""
    return {name: one_line(answers.get(name), longest=LONGEST_OBJECT) for name in OBJECT_FIELDS}


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
        **_object_texts(answers),
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
    ahead: yearly.YearAhead | None = None
    try:
        unit = own_units(ctx).resolve(unit_text)
        ahead = yearly.preview_year(ctx, build(OpenYear, {**fields, "unit": unit}))
    except Refusal as refused:
        refusal = refusal or refused
    openings = ahead.openings if ahead else ()
    counts = Counter((opening.procedure, opening.year) for opening in openings)
    units = dict.fromkeys(opening.unit for opening in openings if opening.unit)
    return page(
        ctx,
        "open_year.html",
        place=f"/open/year?{urlencode({'year': year, 'unit': unit_text})}",
        year=year,
        years=range(this_year - 1, min(this_year + 2, ctx.calendar.last.year) + 1),
        unit=unit,
        field=own_units(ctx).field(unit or unit_text),
        ahead=ahead,
        titles=[(ctx.library.latest(name).title, of, count) for (name, of), count in counts.items()],
        organisations=[office.units.get(each, each) for each in units],
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
    command = build(OpenYear, _year_fields(answers))
    opened = yearly.open_year(ctx, command).opened
    return redirect(ctx, "/cases", opened=str(len(opened)), year=str(command.year), of=command.unit)


@router.post("/open/year/undo")
@shown_again(_year_page)
def undo_the_year(ctx: Managing, answers: Fields) -> Response:
    """Take back the last opening of a year, then show the year as it can be opened again."""
    command = read_command(ctx, UndoYear, answers)
    yearly.undo_year(ctx, command)
    return redirect(ctx, "/open/year", year=str(command.year), unit=command.unit)
