"""The planner: computes all deadlines from the dates typed for an intended analysis. Nothing is stored.

All values are in the address, so that a plan can be sent to somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from calendars import OutOfRange
from merzim.services.context import RequestContext
from merzim.services.law.acts import is_shown
from merzim.services.names import USUAL, ProcedureGroups, chosen_procedure, group_by_document
from merzim.web.auth.dependencies import Reading
from merzim.web.pages.case_creation.chain import Chain, Load, chain, load
from merzim.web.pages.case_creation.intended_dates import PlannedForm, intended
from merzim.web.ui.form_values import InvalidForm
from merzim.web.ui.name_fields import are_units_listed, build_unit_field, resolve_unit
from merzim.web.ui.render import page
from merzim.web.ui.tables import redirect_to_tidy_address, tidy_address, with_tidy_address
from workflow.cases.case import Case, Fact
from workflow.cases.commands.planning import AssumedCase, plan
from workflow.law.procedure import OF_REGISTER, Procedure
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """The computed result for the values typed, with errors in place of what could not be computed."""

    chain: Chain | None = None
    load: Load | None = None
    ahead: tuple[str, ...] = ()
    refusal: Refusal | OutOfRange | None = None


@router.get("/planner")
def planner_page(request: Request, ctx: Reading, procedure: Name = "", unit: Name = "") -> Response:
    """Show the form, and below it the deadlines that follow from the typed dates."""
    tidy = redirect_to_tidy_address(request)
    if tidy is not None:
        return tidy
    today = ctx.today
    form = chosen_procedure(ctx, procedure)
    answers = intended(form, request.query_params.multi_items(), ctx.calendar)
    office = ctx.reads.office()
    # Anybody may ask for any unit; where there are too many for a list, they are found among the reader's own.
    root = "" if are_units_listed(office) else ctx.reader.root
    unit_key, unknown = found_unit(office, unit, root)
    outlook = make_outlook(ctx, form, answers, unit=unit_key if unit_key in office.units else "", today=today)
    refusal = unknown or answers.refusal or outlook.refusal
    response = page(
        request,
        ctx,
        "planner.html",
        status=200 if refusal is None else 422,
        procedure=form,
        procedures=ordered(ctx, office.kind_of(unit_key) if unit_key else "", form.id),
        intended=answers,
        outlook=outlook,
        refusal=refusal,
        unit=build_unit_field(office, unit_key or unit, root=root),
        first_day=ctx.calendar.first,
        last_day=ctx.calendar.last,
        query=tidy_address(request).partition("?")[2],
        titles_ahead=[form.by_id[name.partition(".")[0]].title for name in outlook.ahead],
    )
    return with_tidy_address(request, response)


def found_unit(office: Office, unit_text: str, root: str) -> tuple[str, InvalidForm | None]:
    """Return the unit that was typed and None, or "" and the error."""
    try:
        return resolve_unit(office, unit_text, root=root), None
    except InvalidForm as refusal:
        return "", refusal


def ordered(ctx: RequestContext, kind: str, chosen: str = "") -> ProcedureGroups:
    """Return the procedures of adopted acts, and the chosen one, grouped by document; those for other kinds of
    organisation come last.
    """
    names = [name for name in ctx.library.procedures() if not name.startswith(OF_REGISTER)]
    latest = [ctx.library.latest(name) for name in names]
    procedures = [
        procedure
        for procedure in sorted(latest, key=lambda procedure: procedure.id != USUAL)
        if procedure.id == chosen or is_shown(ctx, procedure)
    ]
    own = [procedure for procedure in procedures if among(kind, procedure.applies_to)]
    other = tuple(procedure for procedure in procedures if procedure not in own)
    return (*group_by_document(own), *((("web.open.group.other", other),) if other else ()))


def make_outlook(
    ctx: RequestContext,
    procedure: Procedure,
    answers: PlannedForm,
    *,
    unit: str,
    today: date,
    person: str = "",
    object: str = "",
) -> Outlook:
    """Return the deadlines for the typed values; nothing without a date."""
    if answers.empty:
        return Outlook()
    office = ctx.reads.office()
    try:
        forecast = plan(
            ctx.library,
            procedure.id,
            facts=answers.facts,
            planned=answers.planned,
            calendar=ctx.calendar,
            today=today,
            supposed=AssumedCase(kind=office.kind_of(unit) if unit else "", object=object),
        )
    except (Refusal, OutOfRange) as refusal:
        return Outlook(refusal=refusal)
    case = supposed_case(forecast.procedure, answers.facts, answers.planned, unit=unit, person=person)
    ahead = {name: answers.facts[name] for name in forecast.ahead}
    case = replace(case, planned={**case.planned, **ahead})
    return Outlook(
        chain=chain(
            case,
            forecast.procedure,
            forecast.deadlines,
            forecast.findings,
            office=office,
            calendar=ctx.calendar,
            today=today,
            latest_start=dict(forecast.latest_start),
        ),
        load=load(ctx.reads, ctx.library, office, deadlines=forecast.deadlines, case=case, today=today),
        ahead=forecast.ahead,
    )


def supposed_case(
    procedure: Procedure, facts: Mapping[str, date], planned: Mapping[str, date], *, unit: str, person: str = ""
) -> Case:
    """Return a case that does not exist, for finding out who would be responsible."""
    return Case(
        id="",
        procedure=procedure.id,
        edition=procedure.edition,
        unit=unit,
        person=person,
        facts={name: Fact(name=name, on=on) for name, on in facts.items()},
        planned=dict(planned),
    )
