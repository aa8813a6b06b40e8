"""Lists of registers: all of them, the rows of one with columns and filters, and the import of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.datastructures import FormData
from starlette.responses import Response

from merzim.services.context import RequestContext
from merzim.services.documents.row_papers import papers_of_list, register_papers
from merzim.services.inputs import build, clean_file_name
from merzim.services.registers import results, tables, views
from merzim.services.registers.results import FieldView, RegisterView
from merzim.services.registers.views import ListRows
from merzim.web.auth.dependencies import Reading, Recording, reads_files
from merzim.web.http import PageNumber, PaperLanguage, RegisterPath, SearchText, WebContext, as_file, redirect
from merzim.web.ui import form_values as forms
from merzim.web.ui.name_fields import MatchedUnit, NameField, UnitParam, own_people, own_units, unit_filter
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import at_tidy_address, cell_of, row_title
from workflow.refusal import Refusal

router = APIRouter(include_in_schema=False)

Sort = Annotated[str, Query(max_length=100, pattern=r"^-?[a-z0-9_]*$")]
Flag = Annotated[Literal["", "1"], Query()]
Count = Annotated[int | None, Query(ge=0, le=1_000_000)]


@router.get("/registers")
def registers_page(ctx: Reading, unit: MatchedUnit) -> Response:
    """Show the registers the reader sees, by the act they rest on, and the rows that name the reader."""
    translator = Translator(ctx.language)
    registers = views.list_registers(ctx, views.AskRegisters(unit=unit)).registers
    acts: dict[str, list[RegisterView]] = {}
    for register in sorted(registers, key=lambda register: not register.adopted):
        acts.setdefault(act_of(register, translator), []).append(register)
    mine = views.list_my_rows(ctx, views.AskRegisters())
    return page(
        ctx,
        "registers.html",
        acts=acts,
        units=unit_filter(ctx, unit),
        unit=unit,
        mine=mine.rows,
        registers_of_mine={register.id: register for register in mine.registers},
        row_title=row_title,
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
    refusal, row_page = None, _NO_ROWS
    try:
        row_page = views.list_rows(ctx, list_command(ctx, query, filters, page=number))
    except Refusal as error:
        refusal = error
    columns = columns_of(register)
    is_filtered = bool(empty) or any(any(asked["typed"].values()) for asked in filters)
    has_conditions = is_filtered or any(query[name] for name in ("unit", "search", "withdrawn"))
    return page(
        ctx,
        "register_rows.html",
        status=forms.status_of(refusal),
        register=register,
        act=act_of(register, translator),
        columns=columns,
        rows_page=row_page,
        imported=imported,
        number=number,
        total_of=lambda field: results.written_amount(field, Decimal(row_page.totals[field.id])),
        filters=filters,
        is_filtered=is_filtered,
        empty=empty,
        units=unit_filter(ctx, query["unit"]),
        query=query,
        has_conditions=has_conditions,
        problem=refusal,
        # The accesses besides the officers' whose accounts read a confidential register.
        readers=results.seen_register(ctx, register_id).seen_by_reader,
        may_add=register.may_write and ctx.reader.may("record"),
        has_papers=bool(register_papers(register_id)) and not query["withdrawn"],
        cell_of=cell_of,
        row_title=row_title,
    )


@router.get("/registers/{register_id}/xlsx")
def rows_workbook(ctx: Reading, register_id: RegisterPath, query: RowsQuery) -> Response:
    """Return all rows a list finds, not one page alone, as a workbook."""
    command = list_command(ctx, query, filters_of(ctx, _view(ctx, register_id).fields))
    name = f"{_file_name(ctx, register_id)} {ctx.today.isoformat()}.xlsx"
    return as_file(tables.export(ctx, command, ctx.language), name)


@router.get("/registers/{register_id}/template")
def register_template(ctx: Reading, register_id: RegisterPath) -> Response:
    name = f"{_file_name(ctx, register_id)}.xlsx"
    return as_file(tables.template(ctx, register_id, ctx.language), name)


def _file_name(ctx: RequestContext, register_id: str) -> str:
    """Return the title of a register as a file name without extension."""
    return clean_file_name(results.seen_register(ctx, register_id).title[ctx.language])


@router.get("/registers/{register_id}/forms/{language}")
def row_papers(ctx: Reading, register_id: RegisterPath, language: PaperLanguage, query: RowsQuery) -> Response:
    """Return the filled forms of all rows a list finds, not of one page alone, as a ZIP."""
    command = list_command(ctx, query, filters_of(ctx, _view(ctx, register_id).fields))
    return as_file(papers_of_list(ctx, command, language), f"{register_id}-{language}.zip")


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
    tried: forms.RejectedForm | None = None,
) -> Response:
    """Return the page of the import: the rows to import, or the mistakes in the file."""
    register = results.register_view(ctx, results.writable_register(ctx, register_id))
    answers = tried.answers if tried else answers or {}
    return page(
        ctx,
        "register_import.html",
        place=f"/registers/{register_id}/import",
        register=register,
        units=own_units(ctx).field(answers.get("unit") or ctx.reader.root),
        preview=preview,
        digest=digest,
        rows=[results.values_view(row, preview.names) for row in preview.first] if preview else [],
        cell_of=cell_of,
        unit=answers.get("unit", ""),
        tried=tried,
    )


SubmittedFile = Annotated[FormData, forms.submitted_form(files=1, fields=20)]


@router.post("/registers/{register_id}/import")
@reads_files
@forms.shown_again(show_import_page, "import")
def import_(ctx: Recording, register_id: RegisterPath, form: SubmittedFile) -> Response:
    """Show the rows of a spreadsheet to import; after confirmation, import all rows or none."""
    results.writable_register(ctx, register_id)
    answers = forms.typed_answers(form)
    digest, _ = forms.store_form_file(ctx, form, required=True)
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


def act_of(register: RegisterView, translator: Translator) -> str:
    """Return the act a register rests on as pages name it: as a model, where the office has not adopted it."""
    act = register.act[translator.language]
    return translator.capital(act if register.adopted else translator.say("web.registers.model", act=act))


def _view(ctx: RequestContext, register_id: str) -> RegisterView:
    """Return a register as the reader sees it. Raises UnknownRegister."""
    return results.register_view(ctx, results.seen_register(ctx, register_id))


_NO_ROWS = views.RowPage(register_id="", total=0, page=1, pages=1, fields=[], rows=[], totals={})


PARTS = ("is", "from", "until", "has")
"""What the address says of a field, before its id: a value of a list, the ends of a range, a part of a text."""
RowFilter = dict[str, Any]


def columns_of(register: RegisterView) -> list[FieldView]:
    """Return the fields shown as columns beside a row's title; all are on its own page and in the workbook."""
    fields_by_id = {field.id: field for field in register.fields}
    return [fields_by_id[name] for name in register.columns if name in fields_by_id]


def filters_of(ctx: WebContext, fields: Sequence[FieldView]) -> list[RowFilter]:
    """Return the filters of a list: each with its `field`, what the address says of it (`typed`, by PARTS), and
    for people and units the field that finds one (`names`).

    Translations of texts have none: pages would double theirs, and the search finds both.
    """
    finding: Mapping[str, Callable[[str], NameField]] = {
        "person": own_people(ctx).field,
        "unit": partial(unit_filter, ctx),
    }
    filters = list[RowFilter]()
    for field in fields:
        if field.filterable and not field.translation_of:
            typed = {part: ctx.query.get(f"{part}.{field.id}", "").strip() for part in PARTS}
            names = finding[field.kind](typed["is"]) if field.kind in finding else None
            filters.append({"field": field, "typed": typed, "names": names})
    return filters


def list_command(
    ctx: WebContext, query: Mapping[str, object], filters: Sequence[RowFilter], **extra_fields: object
) -> ListRows:
    """Return the command of a list. People and units are asked for by key or by name (`names`); `empty` in the
    address names a field that must be empty in the rows. Raises InvalidForm for a text that names nobody.
    """
    conditions = list[dict[str, object]]()
    for asked in filters:
        field, typed = asked["field"], asked["typed"]
        if any(typed.values()):
            value = typed["is"]
            if value and asked["names"]:
                value = (own_people if field.kind == "person" else own_units)(ctx).resolve(value)
            given = {"is": [value] if value else None, "from": typed["from"], "until": typed["until"]}
            conditions.append({"field": field.id, "contains": typed["has"], **given})
    if empty := ctx.query.get("empty", ""):
        conditions.append({"field": empty, "empty": True})
    return build(ListRows, {**query, "filters": conditions, **extra_fields})
