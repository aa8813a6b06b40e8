"""Pages for checking past analyses: upload a table of dates, get findings case by case. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from calendars import OutOfRange
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.services.context import RequestContext
from merzim.services.evidence import keep_upload, uploaded_file
from merzim.services.imports.past import (
    CheckedDate,
    judge_past,
    past_template,
    short_forms,
    template_columns,
    worst_first,
)
from merzim.services.narrowing import chosen_procedure
from merzim.web.auth.dependencies import Own
from merzim.web.auth.reading import reads_files, run_in_reading_thread
from merzim.web.http import Digest
from merzim.web.pages.case_creation.by_hand import go
from merzim.web.pages.case_creation.intended_dates import text
from merzim.web.pages.case_creation.planner import ordered
from merzim.web.pages.case_creation.schedules import bad_rows, sent_file
from merzim.web.ui.form_values import MAX_FIELD_BYTES
from merzim.web.ui.preferences import preferences
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import download
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

SHOWN = 100
"""Dates on one page."""
Name = Annotated[str, Query(max_length=200)]


@router.get("/past")
def past_form_page(request: Request, ctx: Own, procedure: Name = "") -> Response:
    """Show the upload form, and the format of the table."""
    return _form(request, ctx, procedure)


@router.post("/past")
async def send(request: Request, ctx: Own) -> Response:
    """Read an uploaded table and show its findings."""
    async with request.form(max_files=2, max_fields=10, max_part_size=MAX_FIELD_BYTES) as form:
        return await run_in_reading_thread(request, _send, request, ctx, form)


@router.get("/past/template.xlsx")
def past_template_file(request: Request, ctx: Own, procedure: Name = "") -> Response:
    """Return an empty table with headings in words; its second sheet lists other accepted headings."""
    translator = Translator(preferences(request).language)
    edition = chosen_procedure(ctx, procedure)
    return download(
        past_template(edition, translator.language),
        f"{translator.say('web.past.template_name')}.xlsx",
    )


@router.get("/past/{digest}")
@reads_files
def past_findings_page(
    request: Request,
    ctx: Own,
    digest: Digest,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """Show every date of an uploaded table beside the law's, the latest first."""
    upload = uploaded_file(ctx, "past", digest)
    judged = judge_past(ctx.app, upload.content, upload.procedure, name=upload.name)
    dates = worst_first(checked_date for analysis in judged for checked_date in analysis.dates)
    pages = max(1, -(-len(dates) // SHOWN))
    number = min(number, pages)
    kinds = Counter(finding.kind for analysis in judged for finding in analysis.findings)
    return page(
        request,
        ctx,
        "past_findings.html",
        upload=upload,
        title=ctx.library.latest(upload.procedure).title,
        dates=dates[(number - 1) * SHOWN : number * SHOWN],
        read=sum(bool(checked_date.cell) for checked_date in dates),
        total=len(judged),
        ignored=", ".join(f"«{heading}»" for heading in judged[0].ignored),
        departing=sum(bool(analysis.findings) for analysis in judged),
        kinds=kinds.most_common(),
        latest=max(
            (f.late_by for analysis in judged for f in analysis.findings if f.late_by is not None), default=None
        ),
        number=number,
        pages=pages,
    )


@router.get("/past/{digest}/findings.xlsx")
@reads_files
def past_findings_workbook(request: Request, ctx: Own, digest: Digest) -> Response:
    """Return the same table as a workbook, one row for each date."""
    upload = uploaded_file(ctx, "past", digest)
    judged = judge_past(ctx.app, upload.content, upload.procedure, name=upload.name)
    translator = Translator(preferences(request).language)
    names = ("case", "step", "cell", "taken", "due", "late_by", "kind", "finding", "basis")
    heads = [translator.say(f"web.past.head.{name}") for name in names]
    rows = [
        _row(checked_date, translator)
        for checked_date in worst_first(checked_date for analysis in judged for checked_date in analysis.dates)
    ]
    return download(tables_workbook([Table(heads, rows)]), f"{translator.say('web.past.file')}.xlsx")


def _row(checked_date: CheckedDate, translator: Translator) -> list[object]:
    finding = checked_date.finding
    return [
        checked_date.case,
        translator.titled(checked_date.title, checked_date.period),
        checked_date.cell,
        checked_date.on,
        checked_date.due,
        finding.late_by if finding else None,
        translator.say(f"web.finding.{finding.kind}") if finding else "",
        translator.tell(finding.code, finding.arguments) if finding else translator.say("web.past.clean"),
        translator.say(f"web.basis.{finding.basis}") if finding else "",
    ]


def _form(
    request: Request,
    ctx: RequestContext,
    procedure: str,
    *,
    refusal: Refusal | OutOfRange | None = None,
    file: str = "",
) -> Response:
    translator = Translator(preferences(request).language)
    edition = chosen_procedure(ctx, procedure)
    return page(
        request,
        ctx,
        "past.html",
        status=200 if refusal is None else 422,
        place=f"/past?{urlencode({'procedure': edition.id})}",
        procedures=ordered(ctx, ""),
        procedure=edition,
        columns=[
            (title, "; ".join(short_forms(column, translator.language)))
            for column, title in template_columns(edition, translator.language)
        ],
        refusal=refusal,
        errors=bad_rows(refusal, translator) if refusal else (),
        file=file,
    )


def _send(request: Request, ctx: RequestContext, form: FormData) -> Response:
    form_value = form.get("procedure")
    procedure = text(form_value if isinstance(form_value, str) else "")
    name = ""
    try:
        edition = chosen_procedure(ctx, procedure)
        content, name = sent_file(form)
        judge_past(ctx.app, content, edition.id, name=name)
        digest = keep_upload(ctx, "past", content, name, edition.id)
    except (Refusal, OutOfRange) as refusal:
        procedure_id = procedure if procedure in ctx.library.procedures() else ""
        return _form(request, ctx, procedure_id, refusal=refusal, file=name)
    return go(request, f"/past/{digest}")
