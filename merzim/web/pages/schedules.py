"""Opening from a schedule, previewed row by row, with every date and conflict, before it is imported."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.documents.considered_schedules import Consideration, ConsideredAnalysis, ImportSchedule
from merzim.services.documents.imported_schedules import preview_schedule, take_schedule
from merzim.services.inputs import build, uploaded_file
from merzim.services.names import MAX_LISTED, chosen_procedure, unit_name
from merzim.services.results import page_of
from merzim.web.auth.dependencies import Managing, reads_files
from merzim.web.http import Digest, WebContext, redirect
from merzim.web.pages.opening import HAPPENED, PLANNED, chain, ways_page
from merzim.web.pages.portfolio import build_axis
from merzim.web.ui.form_values import MAX_FIELD_BYTES, one_line, parse_date, store_form_file, submitted_form
from merzim.web.ui.render import page
from workflow.cases.case import Case, Fact
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import feasibility, findings
from workflow.org.office import Office
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 10
"""Analyses whose steps one page of the preview shows, so that it stays under 200 KB."""
ENDS = ("analysis_started", "analysis_ended")
PICTURED = (
    "start_announced",
    "analysis_started",
    "discussion_announced",
    "discussion_held",
    "analysis_ended",
    "published",
)
"""The steps of an analysis that the picture of the year marks."""
COUNTED = 300
"""Up to so many analyses, the conflicts of the whole file are counted; of a larger file, those of the page
shown.
"""
MAX_UNDECIDED = 200
"""Maximum number of analyses a page asks about: those it shows, and those that resemble existing cases."""
ProcedureName = Annotated[str, Query(max_length=100)]
NEW = "new"
"""Form value for an analysis that is none of the existing cases it resembles."""
_CORRECTION = re.compile(r"(?P<name>\w+)\.(?P<row>\d{1,7})(\.(?P<fact>.+))?", re.ASCII)
_CARRIED = frozenset({"object_kk", "object_ru", "unit", "on"})


@router.get("/open/schedule/{digest}")
@reads_files
def preview_page(
    ctx: Managing,
    digest: Digest,
    procedure: ProcedureName = "",
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """Show a page of the rows of an uploaded schedule, with dates and conflicts; nothing is written."""
    return _preview(ctx, digest, procedure, number)


@router.post("/open/schedule")
@reads_files
def upload_schedule(ctx: Managing, form: Annotated[FormData, submitted_form(files=2, fields=10)]) -> Response:
    """Store a schedule for the import from its preview, and show that if it can be read."""
    procedure = one_line(str(form.get("procedure", "")))
    try:
        digest, _ = store_form_file(ctx, form, required=True)
        preview_schedule(ctx, build(ImportSchedule, {"file": digest, "procedure": procedure}))
    except Refusal as refusal:
        return ways_page(ctx, procedure=procedure, refusal=refusal)
    return redirect(ctx, f"/open/schedule/{digest}", procedure=procedure)


def _preview(
    ctx: WebContext,
    digest: str,
    procedure: str,
    number: int,
    *,
    answers: Mapping[str, str] = MappingProxyType({}),
    refusal: Refusal | None = None,
) -> Response:
    """Return a page of a schedule's preview. `answers`: the corrections typed; `refusal`: of the import."""
    _, file_name = uploaded_file(ctx, digest)
    try:
        result, found = _corrected_file(ctx, {"file": digest, "procedure": procedure}, answers)
    except Refusal as stale:
        # The office changed since the upload, so that the file is no longer valid.
        return ways_page(ctx, procedure=procedure, refusal=stale)
    refusal = refusal or found
    analyses, office = result.analyses, ctx.reads.office()
    number, pages = page_of(len(analyses), number, PAGE_SIZE)
    on_page = range((number - 1) * PAGE_SIZE, min(number * PAGE_SIZE, len(analyses)))
    dated = {
        n: _with_dates(ctx, analysis, office, reasons=len(analyses) == 1)
        for n, analysis in enumerate(analyses)
        if len(analyses) <= COUNTED or n in on_page
    }
    shown = [dated[n] for n in on_page]
    years = Counter(min(days).year for analysis in analyses if (days := analysis.schedule.planned.values()))
    axis = build_axis(years.most_common(1)[0][0], ctx.calendar, today=ctx.today) if years else None
    return page(
        ctx,
        "open_schedule.html",
        address=f"/open/schedule/{digest}?{urlencode({'procedure': procedure})}",
        name=file_name,
        title=chosen_procedure(ctx, procedure).title,
        shown=shown,
        rows=[
            {"analysis": analysis, "law": dated.get(n), **_unit_of(office, analysis)}
            for n, analysis in enumerate(analyses)
            if n in on_page or analysis.looks_like
        ][:MAX_UNDECIDED],
        carried=_carried(answers, {analyses[n].schedule.row for n in on_page}),
        skipped=[key.removeprefix("skip.") for key in answers if key.startswith("skip.") and not refusal],
        ends=ENDS,
        axis=axis,
        pictured=PICTURED,
        counts=dict.fromkeys(("open", "replan", "same"), 0) | Counter(each.change for each in analyses),
        conflicts=sum(len(each["chain"]["findings"]) for each in dated.values()),
        everything=len(dated) == len(analyses),
        result=result,
        office=office,
        is_listed=len(office.units) + len(office.people) <= MAX_LISTED,
        answers=answers,
        likely=_preselected_cases(analyses),
        refusal=refusal,
        number=number,
        pages=pages,
    )


def _corrected_file(
    ctx: WebContext, file: Mapping[str, str], answers: Mapping[str, str]
) -> tuple[Consideration, Refusal | None]:
    """Return the file as corrected and None; where the corrections are refused, the file as sent and why."""
    try:
        # What it may be joined to is asked again, with the answer as it was chosen.
        given = {key: text for key, text in answers.items() if not key.startswith("joins.")}
        return preview_schedule(ctx, build(ImportSchedule, {**file, "rows": _row_answers(given)})), None
    except Refusal as refusal:
        if not answers:
            raise
        return preview_schedule(ctx, build(ImportSchedule, file)), refusal


@router.post("/open/schedule/{digest}")
@reads_files
def import_schedule(
    ctx: Managing,
    digest: Digest,
    form: Annotated[FormData, submitted_form(fields=1500)],
    procedure: ProcedureName = "",
) -> Response:
    """Import the file, all of it or nothing; with `look` show that page of the preview with the corrections."""
    answers = {key: value for key, value in form.multi_items() if isinstance(value, str)}
    if look := one_line(answers.pop("look", "")):
        return _preview(ctx, digest, procedure, int(look) if look.isdecimal() else 1, answers=answers)
    meant = {
        written: meaning
        for key, written in answers.items()
        if key.startswith("said.") and (meaning := one_line(answers.get(f"meant.{key.removeprefix('said.')}")))
    }
    try:
        fields = {"file": digest, "procedure": procedure, "rows": _row_answers(answers), "meant": meant}
        result = take_schedule(ctx, build(ImportSchedule, fields))
    except Refusal as refusal:
        return _preview(ctx, digest, procedure, 1, answers=answers, refusal=refusal)
    counts = {name: str(len(getattr(result, name))) for name in ("opened", "replanned", "unchanged")}
    return redirect(ctx, "/cases", **counts)


def _corrections(answers: Mapping[str, str]) -> dict[str, re.Match[str]]:
    """Return the fields of the form that correct a row (`object_kk.7`, `joins.7`, `unit.7`, `skip.7`,
    `on.7.analysis_started`), each with its parts.
    """
    return {key: match for key in answers if (match := _CORRECTION.fullmatch(key))}


def _row_answers(answers: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """Return the form's answers by the row of the analysis. Raises InvalidForm for a date that is none."""
    rows = defaultdict[int, dict[str, Any]](dict)
    for key, parts in _corrections(answers).items():
        value, row, name, fact = answers[key], int(parts["row"]), parts["name"], parts["fact"]
        match name:
            case "on" if fact:
                rows[row].setdefault("planned", {})[fact] = parse_date(value) if value.strip() else None
            case "skip":
                rows[row]["skip"] = True
            case "unit":
                rows[row]["unit"] = one_line(value)
            case "object_kk" | "object_ru":
                rows[row][name] = one_line(value, longest=MAX_FIELD_BYTES)
            case "joins" if value:
                rows[row]["joins"] = "" if value == NEW else value
    return dict(rows)


def _carried(answers: Mapping[str, str], rows: Collection[int]) -> dict[str, str]:
    """Return the corrections of rows other than these, which hidden fields of the page keep."""
    found = _corrections(answers).items()
    others = [key for key, parts in found if parts["name"] in _CARRIED and int(parts["row"]) not in rows]
    return {key: answers[key] for key in others}


def _unit_of(office: Office, analysis: ConsideredAnalysis) -> dict[str, str]:
    """Return the name of an analysis' unit; an unknown one as the file has it (`written_unit`), beside the
    known name it resembles, "" if it resembles none.
    """
    if unit := office.units.get(analysis.unit):
        return {"unit": unit.name, "written_unit": ""}
    names = [each.name for each in office.units.values()]
    near = get_close_matches(analysis.unit, names, n=1, cutoff=0.75) if analysis.unit else []
    return {"unit": near[0] if near else "", "written_unit": analysis.unit}


def _preselected_cases(analyses: Sequence[ConsideredAnalysis]) -> dict[int, str]:
    """Return by row the case preselected for an analysis: its only candidate, if no other analysis has it."""
    of = Counter(case.id for analysis in analyses for case in analysis.looks_like)
    return {
        analysis.schedule.row: analysis.looks_like[0].id
        for analysis in analyses
        if len(analysis.looks_like) == 1 and of[analysis.looks_like[0].id] == 1
    }


def _with_dates(
    ctx: RequestContext, analysis: ConsideredAnalysis, office: Office, *, reasons: bool
) -> dict[str, Any]:
    """Return an analysis with its deadlines, explained if `reasons`, and findings after the import (`chain`),
    the last days by the act (`due`) and working days after them (`late`) by fact, and the address of the form
    of one case that explains them (`why`).
    """
    procedure, calendar, today = analysis.procedure, ctx.calendar, ctx.today
    case = analysis.case or Case(
        id="",
        procedure=procedure.id,
        edition=procedure.edition,
        unit=analysis.unit,
        object=analysis.schedule.object,
        kind=office.kind_of(analysis.unit) if procedure.depends_on_kind else "",
        responsible=dict(analysis.schedule.responsible),
    )
    facts = {name: fact.on for name, fact in case.facts.items()} | {**analysis.schedule.facts}
    new_facts = {name: Fact(name=name, on=on) for name, on in analysis.new_facts.items()}
    case = replace(case, facts={**case.facts, **new_facts}, planned={**case.planned, **analysis.new_plans})
    computed = deadlines(case, procedure, calendar, today=today, bare=not reasons)
    found = (
        *findings(case, procedure, computed, calendar, prove=False),
        *feasibility(computed, calendar, today=today),
    )
    address = {
        "procedure": procedure.id,
        **({"unit": analysis.unit} if analysis.unit in office.units else {}),
        **{PLANNED + name: on.isoformat() for name, on in analysis.schedule.planned.items()},
        **{HAPPENED + name: on.isoformat() for name, on in facts.items()},
    }
    dated = [deadline for deadline in computed if deadline.due is not None]
    return {
        "analysis": analysis,
        "unit": unit_name(office, analysis.unit).name,
        "chain": chain(ctx, case, procedure, dated, found, office=office),
        "due": {deadline.id: deadline.due for deadline in dated},
        "late": {each.obligation: each.late_by for each in found if each.late_by is not None},
        "why": f"/open/case?{urlencode(address)}",
    }
