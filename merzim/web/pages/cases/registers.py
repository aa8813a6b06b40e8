"""The forms of a case's registers: a new row, an edit, an action on a row, with the fields of the register's
file; a plan of measures and a cartogram from files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.cases import rows
from merzim.services.cases.rows import register_of
from merzim.services.inputs import OpenFile, build
from merzim.services.registers.results import FieldView, field_view
from merzim.services.results import CommandResult
from merzim.web.auth.dependencies import Recording, reads_files
from merzim.web.http import CaseId, RegisterPath, WebContext
from merzim.web.pages.cases.evidence import evidence_inputs
from merzim.web.pages.cases.page import UNREAD, case_page
from merzim.web.pages.cases.writing import parameters_of
from merzim.web.pages.registers.forms import changed_values, new_values
from merzim.web.ui.command_forms import read_command
from merzim.web.ui.form_values import (
    InvalidForm,
    RejectedForm,
    file_of,
    shown_again,
    submitted_form,
    text_fields,
    typed_answers,
)
from merzim.web.ui.preferences import redirect
from workflow.registers.definition import RegisterField

router = APIRouter(include_in_schema=False)
SubmittedForm = Annotated[FormData, submitted_form(files=3, fields=90)]
RowNumber = Annotated[int, Path(ge=1, le=9999)]
Action = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
FORM, AT = "form", "at"
"""Fields of each form of a row: its name on the page, and what of the page its answer is shown at."""


def _risks(ctx: WebContext, case: str, *, tried: RejectedForm | None = None, **_: object) -> Response:
    return case_page(ctx, case, tab="risks", tried=tried)


def _form_name(answers: Mapping[str, str]) -> str:
    return answers.get(FORM, "")


@router.post("/cases/{case}/rows/{register_id}")
@shown_again(_risks, _form_name)
def enter(ctx: Recording, case: CaseId, register_id: RegisterPath, form: SubmittedForm) -> Response:
    """Enter a row of a register of the case."""
    values = new_values(ctx, _fields(register_of(register_id)[0].fields.values()), form)
    command = build(rows.EnterCaseRow, {"case": case, "register_id": register_id, "values": values})
    return _shown(ctx, rows.enter_row(ctx, command), form)


@router.post("/cases/{case}/rows/{register_id}/{number}/edit")
@shown_again(_risks, _form_name)
def edit(
    ctx: Recording, case: CaseId, register_id: RegisterPath, number: RowNumber, form: SubmittedForm
) -> Response:
    """Save the fields of a row that differ from the values the form showed."""
    register, entry = register_of(register_id)
    values = changed_values(ctx, _fields(register.fields.values()), form)
    command = build(rows.EditCaseRow, {"case": case, "row": f"{entry.row}.{number}", "values": values})
    return _shown(ctx, rows.edit_row(ctx, command), form)


@router.post("/cases/{case}/rows/{register_id}/{number}/{action}")
@shown_again(_risks, _form_name)
def act(
    ctx: Recording,
    case: CaseId,
    register_id: RegisterPath,
    number: RowNumber,
    action: Action,
    form: SubmittedForm,
) -> Response:
    """Record an action on a row."""
    register, entry = register_of(register_id)
    fields = register.actions[action].fields.values() if action in register.actions else ()
    command = {
        "case": case,
        "row": f"{entry.row}.{number}",
        "action": action,
        "values": new_values(ctx, _fields(fields), form),
        "evidence": evidence_inputs(form),
    }
    return _shown(ctx, rows.act_on_row(ctx, build(rows.ActOnCaseRow, command)), form)


def _fields(fields: Iterable[RegisterField]) -> list[FieldView]:
    return [field_view(field) for field in fields]


def _shown(ctx: WebContext, result: CommandResult, form: FormData) -> Response:
    """Return the page of the registers at the row of a form, saying what was written."""
    at = typed_answers(form).get(AT, "")
    return redirect(ctx, f"/cases/{result.case}/risks", element=at, **parameters_of(ctx, result))


@router.post("/cases/{case}/risks/plan")
@reads_files
@shown_again(_risks, "plan-file")
def import_plan(ctx: Recording, case: CaseId, form: SubmittedForm) -> Response:
    """Import the file of a plan, and tell what was withdrawn in the case before and is not recorded again, and
    which columns and sheets were not read.
    """
    plan = _table(form, "file", "web.refusal.no_plan_file")
    command = read_command(ctx, rows.ImportPlan, text_fields(form), case=case, content=plan)
    imported_plan = rows.import_plan(ctx, command)
    told = {"said": "plan_taken" if imported_plan.entered else "nothing_new"}
    if imported_plan.withdrawn:
        told["left_out"] = str(len(imported_plan.withdrawn))
    return redirect(ctx, f"/cases/{case}/risks", **told, **_unread(imported_plan.unread))


@router.post("/cases/{case}/cartogram")
@reads_files
@shown_again(_risks, "cartogram")
def record_cartogram(ctx: Recording, case: CaseId, form: SubmittedForm) -> Response:
    """Record the published cartogram from the uploaded file, and tell what of it was not read."""
    table = _table(form, "table", "web.refusal.no_cartogram_file")
    given: dict[str, Any] = {"case": case, "content": table, "evidence": evidence_inputs(form)}
    result = rows.record_cartogram(ctx, read_command(ctx, rows.RecordCartogram, text_fields(form), **given))
    told = {**parameters_of(ctx, result), **_unread(result.unread)}
    return redirect(ctx, f"/cases/{case}/risks", element="cartogram", **told)


def _unread(names: Sequence[str]) -> dict[str, str]:
    """Return the parameter that names the columns and sheets that were not read; none where there are none."""
    return {"unread": ", ".join(f"«{name}»" for name in names)[:UNREAD]} if names else {}


def _table(form: FormData, name: str, refusal: str) -> OpenFile:
    """Return the table sent with a form. Raises InvalidForm: with that code where there is none."""
    file = file_of(form, name)
    if file is None:
        raise InvalidForm(refusal)
    return file
