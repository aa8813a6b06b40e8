"""Handlers of the forms of register rows: add, change, withdraw, import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from calendars import OutOfRange
from merzim.services.context import RequestContext
from merzim.services.evidence import clean_file_name, keep_upload
from merzim.services.inputs import build
from merzim.services.registers.results import field_view, reader_scope, writable_register
from merzim.services.registers.tables import ImportRows, import_rows
from merzim.services.registers.verbs import (
    AddRow,
    EditRow,
    EraseRow,
    WithdrawRow,
    add_row,
    edit_row,
    erase_row,
    withdraw_row,
)
from merzim.web.auth.dependencies import Managing, Recording, run_in_reading_thread
from merzim.web.http import RegisterPath, RowPath
from merzim.web.pages.registers.forms import MAX_FILES, changed_values, new_values, typed_answers
from merzim.web.pages.registers.pages import row_form, row_of_register, show_import_page, show_row_page
from merzim.web.ui.form_values import MAX_FIELD_BYTES, MAX_FIELDS, Fields, InvalidForm, RejectedForm
from merzim.web.ui.name_fields import resolve_unit
from merzim.web.ui.preferences import preferences, redirect
from workflow.refusal import Refusal
from workflow.registers.access import list_fields

router = APIRouter(include_in_schema=False)


async def _with_form(request: Request, answer: Callable[[FormData], Response]) -> Response:
    """Answer a form with files in a thread; the files are kept that long."""
    form = request.form(max_files=MAX_FILES, max_fields=3 * MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    async with form as fields:
        return await run_in_threadpool(answer, fields)


@router.post("/registers/{register_id}/new")
async def add(request: Request, ctx: Recording, register_id: RegisterPath) -> Response:
    """Add a row, then show it."""
    return await _with_form(request, lambda form: _add(request, ctx, register_id, form))


@router.post("/registers/{register_id}/import")
async def import_(request: Request, ctx: Recording, register_id: RegisterPath) -> Response:
    """Show the rows of a spreadsheet to import; after confirmation, import all rows or none."""
    async with request.form(max_files=1, max_fields=20, max_part_size=MAX_FIELD_BYTES) as form:
        return await run_in_reading_thread(ctx, _import, request, ctx, register_id, form)


@router.post("/registers/{register_id}/{row}")
async def edit(request: Request, ctx: Recording, register_id: RegisterPath, row: RowPath) -> Response:
    """Change the fields of a row that differ from those the form showed, then show it."""
    return await _with_form(request, lambda form: _edit(request, ctx, register_id, row, form))


@router.post("/registers/{register_id}/{row}/withdraw")
def withdraw(
    request: Request, ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields
) -> Response:
    """Withdraw a row recorded by mistake, then show it."""
    row_of_register(ctx, register_id, row)
    try:
        withdraw_row(ctx, build(WithdrawRow, {"row": row, "ground": answers.get("ground", "")}))
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form="withdraw", refusal=refusal, answers=answers)
        return show_row_page(request, ctx, register_id, row, rejected_form=rejected_form)
    return redirect(request, f"/registers/{register_id}/{row}", said="withdrawn")


@router.post("/registers/{register_id}/{row}/erase")
def erase(
    request: Request, ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields
) -> Response:
    """Erase values of a row for good once it is confirmed, then show it."""
    row_of_register(ctx, register_id, row)
    try:
        if not answers.get("sure"):
            raise InvalidForm("web.registers.erase_unsure")
        fields = {"fields": answers.getlist("field"), "ground": answers.get("ground", "")}
        erase_row(ctx, build(EraseRow, {"row": row, **fields}))
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form="erase", refusal=refusal, answers=answers)
        return show_row_page(request, ctx, register_id, row, rejected_form=rejected_form)
    return redirect(request, f"/registers/{register_id}/{row}", said="erased")


def _add(request: Request, ctx: RequestContext, register_id: str, form: FormData) -> Response:
    register, answers = writable_register(ctx, register_id), typed_answers(form)
    fields = [field_view(register.fields[name]) for name in list_fields(register, reader_scope(ctx))]
    try:
        command = build(
            AddRow,
            {
                "register_id": register_id,
                "unit": resolve_unit(ctx.reads.office(), answers.get("unit", ""), root=ctx.reader.root),
                "values": new_values(ctx, fields, form),
            },
        )
        detail = add_row(ctx, command)
    except (Refusal, OutOfRange) as refusal:
        return row_form(
            request, ctx, register_id, rejected_form=RejectedForm(form="add", refusal=refusal, answers=answers)
        )
    return redirect(request, f"/registers/{register_id}/{detail.row.id}", said="added")


def _import(request: Request, ctx: RequestContext, register_id: str, form: FormData) -> Response:
    writable_register(ctx, register_id)
    answers, upload = typed_answers(form), form.get("file")
    digest = answers.get("digest", "")
    try:
        if isinstance(upload, UploadFile) and (upload.filename or upload.size):
            name, content = clean_file_name(upload.filename or ""), upload.file.read()
            if not content:
                raise InvalidForm("web.refusal.empty_file", name=name)
            digest = keep_upload(ctx, "file", content, name)
        elif not digest:
            raise InvalidForm("web.refusal.no_file")
        fields: dict[str, object] = {
            "register_id": register_id,
            "unit": resolve_unit(ctx.reads.office(), answers.get("unit", ""), root=ctx.reader.root),
            "file": digest,
            "preview": not answers.get("take"),
        }
        reader = replace(ctx, language=preferences(request).language)
        result = import_rows(reader, build(ImportRows, fields))
    except (Refusal, OutOfRange) as refusal:
        return show_import_page(request, ctx, register_id, answers=answers, refusal=refusal)
    if result.preview:
        return show_import_page(request, ctx, register_id, preview=result, digest=digest, answers=answers)
    return redirect(request, f"/registers/{register_id}", imported=str(result.rows))


def _edit(request: Request, ctx: RequestContext, register_id: str, row: str, form: FormData) -> Response:
    detail, answers = row_of_register(ctx, register_id, row), typed_answers(form)
    try:
        fields: dict[str, object] = {
            "row": row,
            "values": changed_values(ctx, detail.fields, form),
            "ground": answers.get("ground", ""),
            # A form that was refused once contains two: the newer one comes first.
            "seq": answers.get("seq", "").partition(";")[0] or None,
        }
        edit_row(ctx, build(EditRow, fields))
    except (Refusal, OutOfRange) as refusal:
        rejected_form = RejectedForm(form="edit", refusal=refusal, answers=answers)
        return show_row_page(request, ctx, register_id, row, rejected_form=rejected_form)
    return redirect(request, f"/registers/{register_id}/{row}", said="edited")
