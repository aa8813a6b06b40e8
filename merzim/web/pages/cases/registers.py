"""The forms of a case's registers: each is the command of a verb, with the fields of the register's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.cases import rows
from merzim.services.cases.rows import EditCaseRow, edit_row, new_row_verb, register_of, row_action_verb
from merzim.services.context import RequestContext, require_visible
from merzim.services.inputs import OpenFile, build
from merzim.web.auth.dependencies import Recording, reads_files
from merzim.web.http import CaseId
from merzim.web.pages.cases.case_view import OF_FORM
from merzim.web.pages.cases.evidence import evidence_inputs
from merzim.web.pages.cases.page import UNREAD, case_page
from merzim.web.pages.cases.writing import parameters_of
from merzim.web.ui.command_forms import command_values
from merzim.web.ui.form_values import (
    InvalidForm,
    file_of,
    parse_date,
    parse_text,
    parse_whole_number,
    shown_again,
    submitted_form,
    text_fields,
)
from merzim.web.ui.preferences import redirect

router = APIRouter(include_in_schema=False)
SubmittedForm = Annotated[FormData, submitted_form(files=3, fields=60)]


class RowForm(NamedTuple):
    """A form for a new register row, or for an action on one (`action`).

    `of`: the field that the form's number fills, if it is not the row's number.
    """

    name: str
    register: str
    action: str = ""
    of: str = "number"


FORMS: Mapping[str, RowForm] = {
    "risks": RowForm("find", "risks"),
    "risks/rank": RowForm("rank", "risks", "rank"),
    "risks/remove": RowForm("remove", "risks", "remove"),
    "risks/ask": RowForm("ask", "risks", "ask"),
    "risks/answer": RowForm("answer", "risks", "answer"),
    "risks/measure": RowForm("measure", "measures", of="risk"),
    "risks/review": RowForm("review", "measures", "review"),
    "positions": RowForm("position", "positions"),
    "positions/talk": RowForm("talk", "positions", "talk"),
    "positions/clear": RowForm("clear", "positions", "clear"),
    "remarks": RowForm("remark", "remarks"),
    "remarks/answer": RowForm("reply", "remarks", "answer"),
}
"""The forms by the end of their address."""
WITHOUT_NUMBER = {
    "find": "",
    "plan-file": "",
    "position": "positions",
    "cartogram": "cartogram",
    "remark": "remarks",
}
"""Forms that enter something new, and the position of the page afterwards."""
Outcome = dict[str, str]
"""Parameters of the address that say what was done."""
Act = Callable[[RequestContext, str, FormData, Mapping[str, str]], Outcome]


def _write(
    form: RowForm, ctx: RequestContext, case: str, sent_form: FormData, answers: Mapping[str, str]
) -> Outcome:
    """Run the verb of a form with the fields it sent. Raises Refusal."""
    register, _ = register_of(form.register)
    action = register.actions[form.action] if form.action else None
    verb = row_action_verb(form.register, form.action) if form.action else new_row_verb(form.register)
    fields = (action or register).fields
    typed = {name: ctx.today.isoformat() for name, field in fields.items() if field.fixed}
    typed |= dict(answers)
    number = typed.pop("number", "")
    if numbered := form.action or form.of != "number" or number.strip():
        typed[form.of] = number
    values = {"case": case, **command_values(ctx, verb.command, typed)}
    if action and action.evidence:
        values["evidence"] = evidence_inputs(sent_form)
    said = parameters_of(ctx, verb(ctx, build(verb.command, values)))
    return {"said": "row_edited"} if numbered and said["said"] == "position_exposed" else said


def _edit(ctx: RequestContext, case: str, sent_form: FormData, answers: Mapping[str, str]) -> Outcome:
    """Save the fields of the form that differ from the values it showed."""
    field_names = sorted(name.partition(".")[2] for name in answers if name.startswith("was."))
    fields = {
        name: parse_text(answers.get(name, ""))
        for name in field_names
        if answers.get(name, "") != answers[f"was.{name}"]
    }
    number = parse_whole_number(answers.get("number", ""))
    row = f"{answers.get('kind', '')}.{number}"
    if not fields:
        require_visible(ctx, case)
        return {"said": "nothing_new"}
    return parameters_of(ctx, edit_row(ctx, build(EditCaseRow, {"case": case, "row": row, "fields": fields})))


def _import_plan(ctx: RequestContext, case: str, sent_form: FormData, answers: Mapping[str, str]) -> Outcome:
    """Import the file of a plan, and tell what was withdrawn in the case before and is not recorded again, and
    which columns and sheets were not read.
    """
    plan, year = _table(sent_form, "file", "web.refusal.no_plan_file"), answers.get("year", "").strip()
    fields = {"case": case, "content": plan, "year": parse_whole_number(year) if year else None}
    imported_plan = rows.import_plan(ctx, build(rows.ImportPlan, fields))
    told = {"said": "plan_taken" if imported_plan.entered else "nothing_new"}
    if imported_plan.withdrawn:
        told["left_out"] = str(len(imported_plan.withdrawn))
    if imported_plan.unread:
        told["unread"] = ", ".join(f"«{name}»" for name in imported_plan.unread)[:UNREAD]
    return told


def _record_cartogram(
    ctx: RequestContext, case: str, sent_form: FormData, answers: Mapping[str, str]
) -> Outcome:
    """Record the published cartogram from the uploaded file."""
    table = _table(sent_form, "table", "web.refusal.no_cartogram_file")
    on, evidence = parse_date(answers.get("on", "")), evidence_inputs(sent_form)
    fields = {"case": case, "content": table, "on": on, "evidence": evidence}
    return parameters_of(ctx, rows.record_cartogram(ctx, build(rows.RecordCartogram, fields)))


def _table(form: FormData, name: str, refusal: str) -> OpenFile:
    """Return the table sent with a form. Raises InvalidForm: with that code where there is none."""
    file = file_of(form, name)
    if file is None:
        raise InvalidForm(refusal)
    return file


def _serve(path: str, name: str, act: Act, *, reads: bool = False) -> None:
    """Add a form that is sent to a case's address and this path; after it the register is shown at its row.

    Args:
        name: of the form on the page, where the number of its row follows.
        reads: whether it reads a file, which is done in separate threads.
    """

    def kind(answers: Mapping[str, str]) -> str:
        return f"edit_{answers.get('kind', '')}" if name == "edit" else name

    def form_name(answers: Mapping[str, str]) -> str:
        return name if name in WITHOUT_NUMBER else f"{kind(answers)}-{answers.get('number', '')}"

    @shown_again(partial(case_page, tab="risks"), form_name)
    def answer(ctx: Recording, case: CaseId, form: SubmittedForm) -> Response:
        answers = text_fields(form)
        parameters, number = act(ctx, case, form, answers), answers.get("number", "")
        row = f"{OF_FORM.get(kind(answers), 'risk')}-{number}"
        element = row if number.isdigit() else WITHOUT_NUMBER.get(name, "")
        return redirect(ctx, f"/cases/{case}/risks", element=element, **parameters)

    handler = reads_files(answer) if reads else answer
    router.add_api_route(f"/cases/{{case}}/{path}", handler, methods=["POST"])


for _path, _form in FORMS.items():
    _serve(_path, _form.name, partial(_write, _form))
_serve("risks/plan", "plan-file", _import_plan, reads=True)
_serve("rows/edit", "edit", _edit)
_serve("cartogram", "cartogram", _record_cartogram, reads=True)
