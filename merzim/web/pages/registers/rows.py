"""Pages of one row of a register: its form, made from the register, its values, its history, its changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import RowWithPapers, paper_of_row, show_with_papers
from merzim.services.inputs import FileInput, build
from merzim.services.names import author_names
from merzim.services.registers import results, verbs, views
from merzim.services.registers.results import FieldView, RegisterView, RowView
from merzim.web.auth.dependencies import Managing, Reading, Recording
from merzim.web.downloads import get_row_file
from merzim.web.http import (
    FormId,
    PaperLanguage,
    RegisterPath,
    RowPath,
    SearchText,
    WebContext,
    as_file,
    redirect,
)
from merzim.web.pages.registers.lists import columns_of
from merzim.web.ui import form_values as forms
from merzim.web.ui.command_forms import OF_KIND, FormField, command_fields, read_command
from merzim.web.ui.name_fields import NameChoices, NameField, own_people, own_units, person_names, unit_names
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Content, cell_of, row_title
from workflow.registers.definition import RegisterField
from workflow.registers.rows import is_withheld, name_in

FIELD, WAS, CLEAR = "field.", "was.", "clear."
"""Prefixes of form fields: the value, the value when the page was made, and removal of a file."""
MAX_FILES = 20
RowFields = Collection[FieldView] | Collection[RegisterField]
Form = ImmutableMultiDict[str, Any]
"""The fields and files of a submitted form."""


def form_fields(
    ctx: RequestContext, fields: Sequence[FieldView], row: RowView | None, tried: forms.RejectedForm | None
) -> list[FormField]:
    """Return the fields of a form with a row's values, or with the typed ones after a refusal."""
    choices, made = _choices(ctx), list[FormField]()
    for field in fields:
        stored = row.values.get(field.id) if row else None
        if field.kind == "file":
            made.append(replace(row_field(field, ""), file=str(stored.get("name", "")) if stored else ""))
            continue
        was = _amount(field, stored, ctx.language) if field.kind in ("number", "money") else _text(stored)
        value = tried.answers.get(FIELD + field.id, "") if tried else was
        names = choices[field.kind].field(value) if field.kind in choices else None
        if field.kind == "row":
            names = NameField(chosen=value, finds=f"row.{field.register_id}")
        made.append(replace(row_field(field, value), was=was, names=names))
    return made


def row_field(field: FieldView | RegisterField, value: str, last: date | None = None) -> FormField:
    """Return a field of a register's row with a value; `last`: the last day that may be typed."""
    own: Mapping[str, dict[str, object]] = {
        "long_text": {"rows": 3, "maxlength": 10000},
        "date": {"max": last.isoformat()} if last else {},
    }
    attributes = OF_KIND.get(field.kind, {"maxlength": 1000}) | own.get(field.kind, {})
    return FormField(view=field, name=FIELD + field.id, value=value, attributes=attributes)


def _amount(field: FieldView, value: object, language: str) -> str:
    """Return a number for its field: as lists show it in Kazakh and Russian, else as stored."""
    if value is None or language not in ("kk", "ru"):
        return _text(value)
    return Translator(language).number(results.written_amount(field, Decimal(str(value))))


def _text(value: object) -> str:
    """Return a stored value as a form field has it: "yes", "no", items separated by `;`, "" for None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return "" if value is None else str(value)


def _choices(ctx: RequestContext) -> Mapping[str, NameChoices]:
    """Return what a form offers by the kind of its field: all units; all people to managers, else their own."""
    office = ctx.reads.office()
    people = person_names(office) if ctx.reader.may("manage") else own_people(ctx)
    return {"person": people, "unit": unit_names(office)}


def new_values(ctx: RequestContext, fields: RowFields, form: Form) -> dict[str, object]:
    """Return the values in a form for a new row: the fields that are filled."""
    answers = forms.typed_answers(form)
    values = {
        field.id: _parsed_value(ctx, field, answers[FIELD + field.id])
        for field in fields
        if field.kind != "file" and answers.get(FIELD + field.id, "").strip()
    }
    return values | _files(fields, form)


def changed_values(ctx: RequestContext, fields: RowFields, form: Form) -> dict[str, object]:
    """Return the values in a form that differ from those it showed; None for a file to be removed."""
    answers, values = forms.typed_answers(form), dict[str, object]()
    for field in fields:
        text, was = answers.get(FIELD + field.id, ""), answers.get(WAS + field.id)
        if was is not None and not forms.is_same_text(text, was):
            value = _parsed_value(ctx, field, text)
            # A typed name may be that of the person or unit the form showed.
            if field.kind not in ("person", "unit") or value != was:
                values[field.id] = value
        elif field.kind == "file" and answers.get(CLEAR + field.id):
            values[field.id] = None
    return values | _files(fields, form)


def _parsed_value(ctx: RequestContext, field: FieldView | RegisterField, text: str) -> object:
    """Return the value of a field: key of a person, id of a unit, several options as a list, else the text,
    also of a name that is not found, which the verb refuses beside its field.
    """
    if field.kind in ("person", "unit"):
        with suppress(forms.InvalidForm):
            return _choices(ctx)[field.kind].resolve(text)
    return [part for part in text.split(";") if part] if field.several else text


def _files(fields: RowFields, form: Form) -> dict[str, object]:
    """Return the files sent with a form, by field. Raises InvalidForm for an empty one."""
    sent = {field.id: forms.file_of(form, FIELD + field.id) for field in fields if field.kind == "file"}
    return {name: build(FileInput, {"content": file}) for name, file in sent.items() if file}


router = APIRouter(include_in_schema=False)

MAX_PRESET = 200
"""Characters of a field's value taken from the address of a form."""
router.get("/registers/{register_id}/{row}/files/{digest}")(get_row_file)
SubmittedForm = Annotated[FormData, forms.submitted_form(files=MAX_FILES, fields=3 * forms.MAX_FIELDS)]


@router.get("/registers/{register_id}/{row}/forms/{form}/{language}")
def row_paper(ctx: Reading, row: RowPath, form: FormId, language: PaperLanguage) -> Response:
    """Return the form of a row as DOCX, filled with the fields visible to the reader."""
    name, document = paper_of_row(ctx, row, form, language)
    return as_file(document, name)


@router.get("/registers/{register_id}/new")
def new_row_page(ctx: Recording, register_id: RegisterPath, unit: SearchText = "") -> Response:
    return row_form(ctx, register_id, unit=unit)


@router.get("/registers/{register_id}/{row}")
def row_page(ctx: Reading, register_id: RegisterPath, row: RowPath) -> Response:
    """Show one row: its values, the case it opened, its history, and the forms that change it."""
    return show_row_page(ctx, register_id, row)


def row_form(
    ctx: WebContext, register_id: str, *, unit: str = "", tried: forms.RejectedForm | None = None
) -> Response:
    """Return the form of a new row, with what the address fills in (`field.training=...`), or as refused."""
    register = results.register_view(ctx, results.writable_register(ctx, register_id))
    preset = forms.RejectedForm(form="", refusal=None, answers=_preset(ctx, register))
    answers = tried.answers if tried else {"unit": unit}
    typed_unit = answers.get("unit") or ctx.reader.root
    return page(
        ctx,
        "register_row_new.html",
        place=f"/registers/{register_id}/new",
        register=register,
        form_fields=form_fields(ctx, register.fields, None, tried or preset),
        groups=ctx.app.registers.on(register_id, ctx.today).groups,
        units=own_units(ctx).field(typed_unit),
        tried=tried,
    )


def _preset(ctx: WebContext, register: RegisterView) -> dict[str, str]:
    """Return what the address fills in of a new row's form; a row is named by its title and id."""
    answers = {}
    for field in register.fields:
        text = ctx.query.get(FIELD + field.id, "").replace("\0", "")[:MAX_PRESET]
        if text and field.kind == "row":
            definition = ctx.app.registers.on(register.id, ctx.today)
            name = results.names_of(ctx, [(definition, {field.id: text})]).get(text)
            text = f"{name} ({text})" if name and name != text else text
        if text:
            answers[FIELD + field.id] = text
    return answers


def show_row_page(
    ctx: WebContext, register_id: str, row: str, *, tried: forms.RejectedForm | None = None
) -> Response:
    """Return the page of one row; after a refusal with the form as filled in."""
    detail = row_of_register(ctx, register_id, row)
    definition = ctx.app.registers.on(register_id, ctx.today)
    register = results.register_view(ctx, definition, is_own=True)
    edits = tried if tried is not None and tried.form == "edit" else None
    erasable = verbs.erasable_fields(ctx, row) if ctx.reader.may("manage") else []
    return page(
        ctx,
        "register_row.html",
        place=f"/registers/{register_id}/{row}",
        register=register,
        row=detail.row,
        withheld=is_withheld(definition, detail.row.values, ctx.scope),
        days_of_case=detail.days_of_case,
        fields_shown={field.id: field for field in detail.fields},
        duties=detail.fulfils,
        pointing=detail.pointing,
        columns_of=columns_of,
        cell_of=cell_of,
        row_title=row_title,
        papers=detail.papers,
        history=detail.history[::-1],
        changed=partial(_cell, ctx, detail.row),
        names=author_names(ctx, {event.by for event in detail.history}),
        form_fields=form_fields(ctx, detail.fields, detail.row, edits) if detail.row.may_write else [],
        groups=definition.groups,
        erasable=[field for field in detail.fields if field.id in erasable and field.id in detail.row.values],
        tried=tried,
        inputs={
            name: command_fields(ctx, command, forms.typed_into(tried, name))
            for name, command in (
                ("edit", verbs.EditRow),
                ("withdraw", verbs.WithdrawRow),
                ("erase", verbs.EraseRow),
            )
        },
    )


def row_of_register(ctx: RequestContext, register_id: str, row: str) -> RowWithPapers:
    """Return a row of this register; 404 if it belongs to another one."""
    detail = show_with_papers(ctx, views.AskRow(row=row))
    if detail.row.register_id != register_id:
        raise HTTPException(404, "web.problem.no_row")
    return detail


def _cell(ctx: RequestContext, row: RowView, field: FieldView, value: object) -> Content:
    """Return a value that a field of a row has or had; without text for None."""
    text, t = str(value), Translator(ctx.language)
    if value is None:
        return Content()
    if field.kind == "row":
        return Content(text=row.names.get(text, text))
    names = {text: name_in(ctx.reads.office(), text, t.language)} | row.names
    return cell_of(field, row.model_copy(update={"values": {field.id: value}, "names": names}), t)


@router.post("/registers/{register_id}/new")
@forms.shown_again(row_form, "add")
def add(ctx: Recording, register_id: RegisterPath, form: SubmittedForm) -> Response:
    register, answers = results.writable_register(ctx, register_id), forms.typed_answers(form)
    fields = results.shown_fields(ctx, register).values()
    unit = own_units(ctx).resolve(answers.get("unit", ""))
    row = {"register_id": register_id, "unit": unit, "values": new_values(ctx, fields, form)}
    detail = verbs.add_row(ctx, build(verbs.AddRow, row))
    return redirect(ctx, f"/registers/{register_id}/{detail.row.id}", said="added")


@router.post("/registers/{register_id}/{row}")
@forms.shown_again(show_row_page, "edit")
def edit(ctx: Recording, register_id: RegisterPath, row: RowPath, form: SubmittedForm) -> Response:
    """Change the fields of a row that differ from those the form showed, then show it."""
    detail, answers = row_of_register(ctx, register_id, row), forms.typed_answers(form)
    values = changed_values(ctx, detail.fields, form)
    # A form that was refused once contains two: the newer one comes first.
    seq = answers.get("seq", "").partition(";")[0] or None
    verbs.edit_row(ctx, read_command(ctx, verbs.EditRow, answers, row=row, values=values, seq=seq))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="edited")


@router.post("/registers/{register_id}/{row}/withdraw")
@forms.shown_again(show_row_page, "withdraw")
def withdraw(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: forms.Fields) -> Response:
    """Withdraw a row recorded by mistake, then show it."""
    row_of_register(ctx, register_id, row)
    verbs.withdraw_row(ctx, read_command(ctx, verbs.WithdrawRow, answers, row=row))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="withdrawn")


@router.post("/registers/{register_id}/{row}/erase")
@forms.shown_again(show_row_page, "erase")
def erase(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: forms.Fields) -> Response:
    """Erase values of a row for good once it is confirmed, then show it."""
    row_of_register(ctx, register_id, row)
    if not answers.get("sure"):
        raise forms.InvalidForm("web.registers.erase_unsure")
    verbs.erase_row(ctx, read_command(ctx, verbs.EraseRow, answers, row=row, fields=answers.getlist("field")))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="erased")
