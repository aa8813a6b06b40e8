"""Pages of registers: the list of registers, the rows of one, one row, its files, and the forms of rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.documents.forms.definitions import form_named
from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import (
    RowWithPapers,
    paper_of_row,
    papers_of_list,
    register_papers,
    show_with_papers,
)
from merzim.services.evidence import clean_file_name, paper_file_name
from merzim.services.inputs import build
from merzim.services.names import author_names
from merzim.services.registers import tables, verbs, views
from merzim.services.registers.results import (
    FieldView,
    RegisterView,
    field_view,
    names_of,
    reader_scope,
    seen_register,
    shown_fields,
    values_view,
    writable_register,
    written_amount,
)
from merzim.web.auth.dependencies import Managing, Reading, Recording, reads_files
from merzim.web.downloads import get_row_file
from merzim.web.http import (
    DOCX,
    XLSX,
    ZIP,
    FormId,
    PageNumber,
    PaperLanguage,
    RegisterPath,
    RowPath,
    SearchText,
    WebContext,
    as_file,
)
from merzim.web.pages.registers.forms import (
    FIELD,
    MAX_FILES,
    changed_values,
    form_fields,
    new_values,
)
from merzim.web.pages.registers.listing import (
    columns_of,
    filters_of,
    line_of,
    list_command,
)
from merzim.web.ui.command_forms import command_fields, read_command
from merzim.web.ui.form_values import (
    MAX_FIELDS,
    Fields,
    InvalidForm,
    RejectedForm,
    shown_again,
    status_of,
    store_form_file,
    submitted_form,
    typed_answers,
    typed_into,
)
from merzim.web.ui.name_fields import MatchedUnit, UnitParam, own_units, unit_filter
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Content, at_tidy_address, cell_of, row_title
from workflow.refusal import Refusal
from workflow.registers.rows import is_withheld, name_in

router = APIRouter(include_in_schema=False)

Sort = Annotated[str, Query(max_length=100, pattern=r"^-?[a-z0-9_]*$")]
Flag = Annotated[Literal["", "1"], Query()]
Count = Annotated[int | None, Query(ge=0, le=1_000_000)]
MAX_PRESET = 200
"""Characters of a field's value taken from the address of a form."""
router.get("/registers/{register_id}/{row}/files/{digest}")(get_row_file)


@router.get("/registers")
def registers_page(ctx: Reading, unit: MatchedUnit) -> Response:
    """Show the registers the reader sees, by the act they rest on, and the rows that name the reader."""
    translator = Translator(ctx.language)
    registers = views.list_registers(ctx, views.AskRegisters(unit=unit)).registers
    acts: dict[str, list[RegisterView]] = {}
    for register in sorted(registers, key=lambda register: not register.adopted):
        acts.setdefault(act_of(register, translator), []).append(register)
    mine = views.list_my_rows(ctx, views.AskRegisters())
    registers_by_id = {register.id: register for register in mine.registers}
    return page(
        ctx,
        "registers.html",
        acts=acts,
        units=unit_filter(ctx, unit),
        unit=unit,
        mine=[
            (row, row_title(register, row, translator), register)
            for row in mine.rows
            if (register := registers_by_id[row.register_id])
        ],
    )


async def _query(
    ctx: Reading,
    register_id: RegisterPath,
    unit: UnitParam,
    search: SearchText = "",
    sort: Sort = "",
    withdrawn: Flag = "",
) -> dict[str, object]:
    """Return the query of a list in the address, except filters and page."""
    return {
        "register_id": register_id,
        "unit": unit,
        "search": search.replace("\0", ""),
        "sort": sort,
        "withdrawn": bool(withdrawn),
    }


RowsQuery = Annotated[dict[str, Any], Depends(_query)]


@router.get("/registers/{register_id}")
@at_tidy_address
def rows_page(
    ctx: Reading, register_id: RegisterPath, query: RowsQuery, number: PageNumber = 1, imported: Count = None
) -> Response:
    """Show one page of the rows of a register, filtered and sorted."""
    translator = Translator(ctx.language)
    register = _view(ctx, register_id)
    filters, empty = filters_of(ctx, register.fields), ctx.query.get("empty", "")
    refusal, row_page = None, _NO_ROWS.model_copy(update={"register_id": register_id})
    try:
        row_page = views.list_rows(ctx, list_command(ctx, query, filters, page=number))
    except (Refusal, InvalidForm) as error:
        refusal = error
    columns = columns_of(register, register.fields)
    is_filtered = bool(empty) or any(row_filter.is_set for row_filter in filters)
    has_conditions = is_filtered or any(query[name] for name in ("unit", "search", "withdrawn"))
    return page(
        ctx,
        "register_rows.html",
        status=status_of(refusal),
        register=register,
        act=act_of(register, translator),
        columns=columns,
        lines=[line_of(register, row, columns, translator) for row in row_page.rows],
        rows_page=row_page,
        imported=imported,
        number=number,
        totals=_totals(register, row_page, translator),
        filters=filters,
        is_filtered=is_filtered,
        empty=empty,
        units=unit_filter(ctx, query["unit"]),
        query=query,
        sort=query["sort"],
        has_conditions=has_conditions,
        problem=refusal,
        # The accesses besides the officers' whose accounts read a confidential register.
        readers=[
            translator.say(f"access.{reader}").lower()
            for reader in seen_register(ctx, register_id).seen_by_reader
        ],
        may_add=register.may_write and ctx.reader.may("record"),
        has_papers=bool(register_papers(register_id)) and not query["withdrawn"],
        to=_changed_address(ctx),
    )


@router.get("/registers/{register_id}/xlsx")
def rows_workbook(ctx: Reading, register_id: RegisterPath, query: RowsQuery) -> Response:
    """Return all rows a list finds, not one page alone, as a workbook."""
    command = list_command(ctx, query, filters_of(ctx, _view(ctx, register_id).fields))
    name = f"{_file_name(ctx, register_id)} {ctx.today.isoformat()}.xlsx"
    return as_file(tables.export(ctx, command, ctx.language), XLSX, name)


@router.get("/registers/{register_id}/template")
def register_template(ctx: Reading, register_id: RegisterPath) -> Response:
    """Return the empty spreadsheet of a register, to be filled in and imported."""
    return as_file(
        tables.template(ctx, register_id, ctx.language), XLSX, f"{_file_name(ctx, register_id)}.xlsx"
    )


def _file_name(ctx: RequestContext, register_id: str) -> str:
    """Return the title of a register as a file name without extension."""
    return clean_file_name(seen_register(ctx, register_id).title[ctx.language])


@router.get("/registers/{register_id}/forms/{language}")
def row_papers(ctx: Reading, register_id: RegisterPath, language: PaperLanguage, query: RowsQuery) -> Response:
    """Return the filled forms of all rows a list finds, not of one page alone, as a ZIP."""
    command = list_command(ctx, query, filters_of(ctx, _view(ctx, register_id).fields))
    return as_file(papers_of_list(ctx, command, language), ZIP, f"{register_id}-{language}.zip")


@router.get("/registers/{register_id}/{row}/forms/{form}/{language}")
def row_paper(ctx: Reading, row: RowPath, form: FormId, language: PaperLanguage) -> Response:
    """Return the form of a row as DOCX, filled with the fields visible to the reader."""
    document = paper_of_row(ctx, row, form, language)
    return as_file(document, DOCX, paper_file_name(form_named(form).title[language], row))


@router.get("/registers/{register_id}/import")
def import_page(ctx: Recording, register_id: RegisterPath) -> Response:
    return show_import_page(ctx, register_id)


def show_import_page(
    ctx: WebContext,
    register_id: str,
    *,
    preview: tables.ImportedRows | None = None,
    digest: str = "",
    answers: Mapping[str, str] | None = None,
    tried: RejectedForm | None = None,
) -> Response:
    """Return the page of the import: the rows to import, or the mistakes in the file."""
    register = views.view_here(ctx, writable_register(ctx, register_id))
    answers = tried.answers if tried else answers or {}
    translator = Translator(ctx.language)
    return page(
        ctx,
        "register_import.html",
        place=f"/registers/{register_id}/import",
        register=register,
        units=own_units(ctx).field(answers.get("unit") or ctx.reader.root),
        preview=preview,
        digest=digest,
        lines=[
            [cell_of(field, values_view(row, preview.names), translator) for field in preview.fields]
            for row in preview.first
        ]
        if preview
        else [],
        unit=answers.get("unit", ""),
        tried=tried,
    )


@router.get("/registers/{register_id}/new")
def new_row_page(ctx: Recording, register_id: RegisterPath, unit: SearchText = "") -> Response:
    return row_form(ctx, register_id, unit=unit)


@router.get("/registers/{register_id}/{row}")
def row_page(ctx: Reading, register_id: RegisterPath, row: RowPath) -> Response:
    """Show one row: its values, the case it opened, its history, and the forms that change it."""
    return show_row_page(ctx, register_id, row)


def row_form(
    ctx: WebContext, register_id: str, *, unit: str = "", tried: RejectedForm | None = None
) -> Response:
    """Return the page with the form for a new row, as filled in after a refusal; fields may be filled in by the
    address (`field.training=...`).
    """
    register = views.view_here(ctx, writable_register(ctx, register_id))
    preset = RejectedForm(form="", refusal=None, answers=_preset(ctx, register))
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
            name = names_of(ctx, [(definition, {field.id: text})]).get(text)
            text = f"{name} ({text})" if name and name != text else text
        if text:
            answers[FIELD + field.id] = text
    return answers


def show_row_page(
    ctx: WebContext, register_id: str, row: str, *, tried: RejectedForm | None = None
) -> Response:
    """Return the page of one row; after a refusal with the form as filled in."""
    translator = Translator(ctx.language)
    detail = row_of_register(ctx, register_id, row)
    definition = ctx.app.registers.on(register_id, ctx.today)
    register = views.view_here(ctx, definition, is_own=True)
    edits = tried if tried is not None and tried.form == "edit" else None
    erasable = verbs.erasable_fields(ctx, row) if ctx.reader.may("manage") else []
    return page(
        ctx,
        "register_row.html",
        place=f"/registers/{register_id}/{row}",
        register=register,
        row=detail.row,
        withheld=is_withheld(definition, detail.row.values, reader_scope(ctx)),
        name=row_title(register, detail.row, translator),
        days_of_case=detail.days_of_case,
        cells=[(field, cell_of(field, detail.row, translator)) for field in detail.fields],
        duties=detail.fulfils,
        pointing=[_pointing_lines(pointing_rows, translator) for pointing_rows in detail.pointing],
        papers=detail.papers,
        history=_history(ctx, detail, translator),
        names=author_names(ctx, {event.by for event in detail.history}),
        form_fields=form_fields(ctx, detail.fields, detail.row, edits) if detail.row.may_write else [],
        groups=definition.groups,
        erasable=[field for field in detail.fields if field.id in erasable and field.id in detail.row.values],
        tried=tried,
        inputs={
            name: command_fields(ctx, command, typed_into(tried, name))
            for name, command in (
                ("edit", verbs.EditRow),
                ("withdraw", verbs.WithdrawRow),
                ("erase", verbs.EraseRow),
            )
        },
    )


def _pointing_lines(pointing_rows: views.PointingRows, translator: Translator) -> dict[str, object]:
    """Return the rows that refer to a row as a table, without the field that refers to it."""
    register = pointing_rows.view
    columns = [column for column in columns_of(register, register.fields) if column.id != pointing_rows.field]
    lines = [line_of(register, row, columns, translator) for row in pointing_rows.rows]
    return {"pointing": pointing_rows, "columns": columns, "lines": lines}


def row_of_register(ctx: RequestContext, register_id: str, row: str) -> RowWithPapers:
    """Return a row of this register; 404 if it belongs to another one."""
    detail = show_with_papers(ctx, views.AskRow(row=row))
    if detail.row.register_id != register_id:
        raise HTTPException(404, "web.problem.no_row")
    return detail


def act_of(register: RegisterView, translator: Translator) -> str:
    """Return the act a register rests on as pages name it: as a model, where the office has not adopted it."""
    act = register.act[translator.language]
    return translator.capital(act if register.adopted else translator.say("web.registers.model", act=act))


def _view(ctx: RequestContext, register_id: str) -> RegisterView:
    """Return a register as the reader sees it. Raises UnknownRegister."""
    return views.view_here(ctx, seen_register(ctx, register_id))


def _totals(register: RegisterView, row_page: views.RowPage, translator: Translator) -> list[tuple[str, str]]:
    """Return the sums below a list, of all rows found and not of its page alone: title and value."""
    totals, language = [], translator.language
    for field in register.fields:
        if amount := row_page.totals.get(field.id):
            number = translator.number(written_amount(field, Decimal(amount)))
            totals.append((field.title[language], f"{number} {field.unit[language]}" if field.unit else number))
    return totals


def _history(
    ctx: RequestContext, detail: views.RowDetail, translator: Translator
) -> list[tuple[object, list[tuple[str, Content, Content]]]]:
    """Return the events of a row, the newest first, each with its changes: field, before, after."""
    office, language = ctx.reads.office(), translator.language
    fields = {field.id: field for field in detail.fields}

    def cell(field: FieldView, value: object) -> Content:
        text = str(value)
        if value is None:
            return Content()
        if field.kind == "row":
            return Content(text=detail.row.names.get(text, text))
        names = {text: name_in(office, text, language)} | detail.row.names
        row = detail.row.model_copy(update={"values": {field.id: value}, "names": names})
        return cell_of(field, row, translator)

    def lines(event: views.RowEventView) -> list[tuple[str, Content, Content]]:
        changes = [(fields[change.field], change) for change in event.changes]
        return [
            (field.title[language], cell(field, change.before), cell(field, change.after))
            for field, change in changes
        ]

    return [(event, lines(event)) for event in reversed(detail.history)]


def _changed_address(ctx: WebContext) -> object:
    """Return a function that returns the list's address with some parameters changed."""

    def to(suffix: str = "", **changes: object) -> str:
        parameters = {**ctx.query, **dict.fromkeys(("page", "lang", "theme", "imported")), **changes}
        query = urlencode({key: value for key, value in parameters.items() if value not in ("", None)})
        return ctx.request.url.path + suffix + (f"?{query}" if query else "")

    return to


_NO_ROWS = views.RowPage(register_id="", total=0, page=1, pages=1, fields=[], rows=[], totals={})

SubmittedForm = Annotated[FormData, submitted_form(files=MAX_FILES, fields=3 * MAX_FIELDS)]
SubmittedFile = Annotated[FormData, submitted_form(files=1, fields=20)]


@router.post("/registers/{register_id}/new")
@shown_again(row_form, "add")
def add(ctx: Recording, register_id: RegisterPath, form: SubmittedForm) -> Response:
    """Add a row, then show it."""
    register, answers = writable_register(ctx, register_id), typed_answers(form)
    fields = [*map(field_view, shown_fields(ctx, register).values())]
    unit = own_units(ctx).resolve(answers.get("unit", ""))
    row = {"register_id": register_id, "unit": unit, "values": new_values(ctx, fields, form)}
    detail = verbs.add_row(ctx, build(verbs.AddRow, row))
    return redirect(ctx, f"/registers/{register_id}/{detail.row.id}", said="added")


@router.post("/registers/{register_id}/import")
@reads_files
@shown_again(show_import_page, "import")
def import_(ctx: Recording, register_id: RegisterPath, form: SubmittedFile) -> Response:
    """Show the rows of a spreadsheet to import; after confirmation, import all rows or none."""
    writable_register(ctx, register_id)
    answers = typed_answers(form)
    digest, _ = store_form_file(ctx, form)
    if not digest:
        raise InvalidForm("web.refusal.no_file")
    fields: dict[str, object] = {
        "register_id": register_id,
        "unit": own_units(ctx).resolve(answers.get("unit", "")),
        "file": digest,
        "preview": not answers.get("take"),
    }
    result = tables.import_rows(ctx, build(tables.ImportRows, fields))
    if result.preview:
        return show_import_page(ctx, register_id, preview=result, digest=digest, answers=answers)
    return redirect(ctx, f"/registers/{register_id}", imported=str(result.rows))


@router.post("/registers/{register_id}/{row}")
@shown_again(show_row_page, "edit")
def edit(ctx: Recording, register_id: RegisterPath, row: RowPath, form: SubmittedForm) -> Response:
    """Change the fields of a row that differ from those the form showed, then show it."""
    detail, answers = row_of_register(ctx, register_id, row), typed_answers(form)
    values = changed_values(ctx, detail.fields, form)
    # A form that was refused once contains two: the newer one comes first.
    seq = answers.get("seq", "").partition(";")[0] or None
    verbs.edit_row(ctx, read_command(ctx, verbs.EditRow, answers, row=row, values=values, seq=seq))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="edited")


@router.post("/registers/{register_id}/{row}/withdraw")
@shown_again(show_row_page, "withdraw")
def withdraw(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields) -> Response:
    """Withdraw a row recorded by mistake, then show it."""
    row_of_register(ctx, register_id, row)
    verbs.withdraw_row(ctx, read_command(ctx, verbs.WithdrawRow, answers, row=row))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="withdrawn")


@router.post("/registers/{register_id}/{row}/erase")
@shown_again(show_row_page, "erase")
def erase(ctx: Managing, register_id: RegisterPath, row: RowPath, answers: Fields) -> Response:
    """Erase values of a row for good once it is confirmed, then show it."""
    row_of_register(ctx, register_id, row)
    if not answers.get("sure"):
        raise InvalidForm("web.registers.erase_unsure")
    verbs.erase_row(ctx, read_command(ctx, verbs.EraseRow, answers, row=row, fields=answers.getlist("field")))
    return redirect(ctx, f"/registers/{register_id}/{row}", said="erased")
