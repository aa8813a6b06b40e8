"""Past analyses: a table of dates in, findings out, case by case. Nothing of it is written down."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from calendars import OutOfRange
from documents.sheets.listing import Table, tables_workbook
from services.context import RequestContext
from services.imports.previews import PastFindings, judge_past
from web.auth.dependencies import Own
from web.auth.reading import reads_files, run_in_reading_thread
from web.pages.case_creation.by_hand import go
from web.pages.case_creation.intended_dates import text
from web.pages.case_creation.planner import chosen_procedure, ordered
from web.pages.case_creation.schedules import Digest, bad_rows, get_upload_or_404, keep, sent_file
from web.ui.form_values import MAX_FIELD_BYTES
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.tables import download
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

SHOWN = 100
"""Analyses on one page."""
Name = Annotated[str, Query(max_length=200)]


@router.get("/past")
def past_form_page(request: Request, ctx: Own, procedure: Name = "") -> Response:
    """Where a table is sent, and what it must look like."""
    return _form(request, ctx, procedure)


@router.post("/past")
async def send(request: Request, ctx: Own) -> Response:
    """Take a table and show what departs in it."""
    async with request.form(max_files=2, max_fields=10, max_part_size=MAX_FIELD_BYTES) as form:
        return await run_in_reading_thread(request, _send, request, ctx, form)


@router.get("/past/template.xlsx")
def past_template(request: Request, ctx: Own, procedure: Name = "") -> Response:
    """An empty table: the columns a procedure knows, and on the second sheet what each is."""
    translator = Translator(preferences(request).language)
    edition = chosen_procedure(ctx, procedure)
    columns = _columns(edition)
    rows = [
        (name, edition.by_id[name.partition(".")[0]].title[translator.language])
        if name != "case"
        else (name, translator.say("web.past.column_case"))
        for name in columns
    ]
    heads = (translator.say("web.past.column"), translator.say("web.past.column_is"))
    said = [
        (name, translator.say("web.past.published", title=title) if name.endswith(".published") else title)
        for name, title in rows
    ]
    return download(
        tables_workbook([Table(columns, []), Table(heads, said)]),
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
    """Findings of a table that was sent, those that have any first."""
    upload = get_upload_or_404(ctx, "past", digest)
    judged = judge_past(ctx.app, upload.content, upload.name, upload.procedure)
    ordered_ = sorted(judged, key=lambda one: not one.findings)
    pages = max(1, -(-len(judged) // SHOWN))
    number = min(number, pages)
    kinds = Counter(finding.kind for one in judged for finding in one.findings)
    return page(
        request,
        ctx,
        "past_findings.html",
        upload=upload,
        title=ctx.library.latest(upload.procedure).title,
        judged=ordered_[(number - 1) * SHOWN : number * SHOWN],
        total=len(judged),
        departing=sum(bool(one.findings) for one in judged),
        kinds=kinds.most_common(),
        latest=max((f.late_by for one in judged for f in one.findings if f.late_by is not None), default=None),
        number=number,
        pages=pages,
    )


@router.get("/past/{digest}/findings.xlsx")
@reads_files
def past_findings_workbook(request: Request, ctx: Own, digest: Digest) -> Response:
    """The same findings as a workbook, one line each."""
    upload = get_upload_or_404(ctx, "past", digest)
    judged = judge_past(ctx.app, upload.content, upload.name, upload.procedure)
    translator = Translator(preferences(request).language)
    heads = [
        translator.say(f"web.past.head.{name}") for name in ("case", "kind", "finding", "late_by", "basis")
    ]
    rows = [row for one in judged for row in _rows(one, translator)]
    return download(tables_workbook([Table(heads, rows)]), f"{translator.say('web.past.file')}.xlsx")


def _rows(one: PastFindings, translator: Translator) -> list[list[object]]:
    if not one.findings:
        return [[one.case, "", translator.say("web.past.clean"), None, ""]]
    return [
        [
            one.case,
            translator.say(f"web.finding.{finding.kind}"),
            translator.tell(finding.code, finding.arguments),
            finding.late_by,
            translator.say(f"web.basis.{finding.basis}"),
        ]
        for finding in one.findings
    ]


def _columns(edition: Procedure) -> list[str]:
    single = [one for one in edition.facts.values() if one.recurs is None and not one.by_itself]
    columns = ["case"]
    for one in single:
        columns.append(one.id)
        if one.judged_by == "published":
            columns.append(f"{one.id}.published")
    return columns


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
        columns=_columns(edition),
        refusal=refusal,
        errors=bad_rows(refusal, translator) if refusal else (),
        file=file,
    )


def _send(request: Request, ctx: RequestContext, form: FormData) -> Response:
    said = form.get("procedure")
    procedure = text(said if isinstance(said, str) else "")
    name = ""
    try:
        edition = chosen_procedure(ctx, procedure)
        content, name = sent_file(form)
        judge_past(ctx.app, content, name, edition.id)
        digest = keep(ctx, "past", content, name, edition.id)
    except (Refusal, OutOfRange) as refusal:
        known = procedure if procedure in ctx.library.procedures() else ""
        return _form(request, ctx, known, refusal=refusal, file=name)
    return go(request, f"/past/{digest}")
