"""Handlers of the forms of register rows: add, change, withdraw, import."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

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
from merzim.web.auth.dependencies import Managing, Recording, reads_files
from merzim.web.http import RegisterPath, RowPath
from merzim.web.pages.registers.forms import MAX_FILES, changed_values, new_values, typed_answers
from merzim.web.pages.registers.pages import row_form, row_of_register, show_import_page, show_row_page
from merzim.web.ui.form_values import MAX_FIELDS, Fields, InvalidForm, RejectedForm, kept_file, sent
from merzim.web.ui.name_fields import own_units
from merzim.web.ui.preferences import redirect
from workflow.refusal import Refusal
from workflow.registers.access import list_fields

router = APIRouter(include_in_schema=False)
Sent = Annotated[FormData, sent(files=MAX_FILES, fields=3 * MAX_FIELDS)]
SentFile = Annotated[FormData, sent(files=1, fields=20)]


@router.post("/registers/{register_id}/new")
def add(ctx: Recording, register_id: RegisterPath, form: Sent) -> Response:
    """Add a row, then show it."""
    register, answers = writable_register(ctx, register_id), typed_answers(form)
    fields = [field_view(register.fields[name]) for name in list_fields(register, reader_scope(ctx))]
    try:
        unit = own_units(ctx).resolve(answers.get("unit", ""))
        row = {"register_id": register_id, "unit": unit, "values": new_values(ctx, fields, form)}
        detail = add_row(ctx, build(AddRow, row))
    except Refusal as refusal:
        rejected_form = RejectedForm(form="add", refusal=refusal, answers=answers)
        return row_form(ctx, register_id, rejected_form=rejected_form)
    return redirect(ctx, f"/registers/{register_id}/{detail.row.id}", said="added")


@router.post("/registers/{register_id}/import")
@reads_files
def import_(ctx: Recording, register_id: RegisterPath, form: SentFile) -> Response:
    """Show the rows of a spreadsheet to import; after confirmation, import all rows or none."""
    writable_register(ctx, register_id)
    answers = typed_answers(form)
    digest = answers.get("digest", "")
    try:
        digest, _ = kept_file(ctx, form)
        if not digest:
            raise InvalidForm("web.refusal.no_file")
        fields: dict[str, object] = {
            "register_id": register_id,
            "unit": own_units(ctx).resolve(answers.get("unit", "")),
            "file": digest,
            "preview": not answers.get("take"),
        }
        result = import_rows(ctx, build(ImportRows, fields))
    except Refusal as refusal:
        return show_import_page(ctx, register_id, answers=answers, refusal=refusal)
    if result.preview:
        return show_import_page(ctx, register_id, preview=result, digest=digest, answers=answers)
    return redirect(ctx, f"/registers/{register_id}", imported=str(result.rows))


@router.post("/registers/{register_id}/{row}")
def edit(ctx: Recording, register_id: RegisterPath, row: RowPath, form: Sent) -> Response:
    """Change the fields of a row that differ from those the form showed, then show it."""
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
    except Refusal as refusal:
        rejected_form = RejectedForm(form="edit", refusal=refusal, answers=answers)
        return show_row_page(ctx, register_id, row, rejected_form=rejected_form)
    return redirect(ctx, f"/registers/{register_id}/{row}", said="edited")


@router.post("/registers/{register_id}/{row}/withdraw")
def withdraw(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields) -> Response:
    """Withdraw a row recorded by mistake, then show it."""
    row_of_register(ctx, register_id, row)
    try:
        withdraw_row(ctx, build(WithdrawRow, {"row": row, "ground": answers.get("ground", "")}))
    except Refusal as refusal:
        rejected_form = RejectedForm(form="withdraw", refusal=refusal, answers=answers)
        return show_row_page(ctx, register_id, row, rejected_form=rejected_form)
    return redirect(ctx, f"/registers/{register_id}/{row}", said="withdrawn")


@router.post("/registers/{register_id}/{row}/erase")
def erase(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields) -> Response:
    """Erase values of a row for good once it is confirmed, then show it."""
    row_of_register(ctx, register_id, row)
    try:
        if not answers.get("sure"):
            raise InvalidForm("web.registers.erase_unsure")
        fields = {"fields": answers.getlist("field"), "ground": answers.get("ground", "")}
        erase_row(ctx, build(EraseRow, {"row": row, **fields}))
    except Refusal as refusal:
        rejected_form = RejectedForm(form="erase", refusal=refusal, answers=answers)
        return show_row_page(ctx, register_id, row, rejected_form=rejected_form)
    return redirect(ctx, f"/registers/{register_id}/{row}", said="erased")
