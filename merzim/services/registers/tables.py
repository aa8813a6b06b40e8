"""Registers as spreadsheets: an empty one to fill in, importing rows, exporting rows.

An import reports every bad cell and writes all rows or none; with `preview` none. It takes exports too: their
columns of files and their rows that are in the register already are left aside, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from pydantic import BaseModel

from i18n import say
from merzim.documents.child import read
from merzim.documents.register_table import RegisterTable, empty_table, read_rows
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.services.context import RequestContext
from merzim.services.inputs import FileInput, Line, require_file
from merzim.services.names import name_of
from merzim.services.registers.results import (
    FieldView,
    RowView,
    cell_value,
    field_view,
    head_views,
    names_of,
    register_view,
    row_name,
    seen_register,
    shown_fields,
    writable_register,
)
from merzim.services.registers.verbs import add_rows, count_openings, first_person, read_row, unit_of_new_row
from merzim.services.registers.views import (
    MAX_PAGE_SIZE,
    UNIT,
    ListRows,
    RegisterId,
    list_rows,
    lookup,
    row_query,
    seen_units,
)
from merzim.services.verbs import verb
from merzim.storage.register_rows import repeated, stored_rows
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.refusal import Refusal
from workflow.registers.definition import Register, RegisterField
from workflow.registers.rows import name_in, sees_lists
from workflow.registers.values import Value, ValueProblem, problem_arguments

ROW = "row"
"""The column of the id of a row, besides those of the fields and the unit."""
EXPORT_LIMIT = 100_000
"""Maximum number of rows in a file."""
LATE = "late."
"""Before the name of a date field: the column of the days by which it is late."""
MOST_LISTED = 20
"""Number of rows shown in the preview of an import."""


class ImportRows(FileInput):
    """Import rows from a spreadsheet: the digest returned by `/files`, or (from a page) the file itself.
    `unit`: unit of rows whose column `unit` is empty; empty for that of the first person each row names.
    `preview`: write nothing.
    """

    register_id: RegisterId
    unit: Line = ""
    preview: bool = False


class ImportedRows(BaseModel):
    """The imported rows. `first`: values of the first rows, by field; `fields`: those in the file; `names`:
    names of the people, units and rows in the first rows. `units`: of the first rows;
    `opening`: in a preview, how many rows would open a case, whose terms people are reminded of. `aside`:
    fields of the file that no import takes; `there`: how many of its rows are in the register already.
    """

    register_id: str
    rows: int
    preview: bool
    ids: list[str]
    fields: list[FieldView]
    first: list[dict[str, Any]]
    names: dict[str, str]
    units: list[str]
    opening: int
    aside: list[FieldView]
    there: int


@verb("record")
def import_rows(ctx: RequestContext, command: ImportRows) -> ImportedRows:
    """Import rows from a spreadsheet: all of them, or none if a cell is wrong."""
    register = writable_register(ctx, command.register_id)
    unit = unit_of_new_row(ctx, register, command.unit)
    content, name = require_file(ctx, command)
    shown = [*shown_fields(ctx, register).values()]
    fields, aside = _fillable(shown), _late_columns(register, shown)
    known: dict[str, str] = {}
    # An export names its columns beside those of files, which no import takes.
    for columns in (aside, [*_place(), *fields], [*_place(), *shown]):
        for heads in (headings(columns, language) for language in LANGUAGES):
            known |= {head: column.id for column, head in zip(columns, heads, strict=True)}
    known |= {column.id: column.id for column in (*shown, *_place())}
    own = headings(fields, ctx.spoken_language)
    table = read(read_rows, content.read(), name, heads=known, own=own)
    aside = [*(field for field in shown if field not in fields), *aside]
    there = stored_rows(ctx.app.engine, {str(cells[ROW]) for _, cells in table.rows if ROW in cells})
    existing_rows = {row.id for row in there.values() if row.register == register.id}
    lines = tuple(line for line in table.rows if str(line[1].get(ROW, "")) not in existing_rows)
    errors = Errors()
    for number, formulas in table.formulas.items():
        for key, text in formulas.items():
            errors.add(number, "paper_formula", text=text, where=f"{table.columns[key]}{number}")
    new_table, taken_fields = replace(table, rows=lines), {field.id for field in fields}
    rows, units = _read_lines(
        ctx, register, new_table, taken_fields, errors, unit=unit, chosen=bool(command.unit)
    )
    for position, problem in repeated(ctx.app.engine, register, rows, seen_units(ctx)):
        _add_problem(errors, register, problem, lines[position][0], table.columns)
    errors.refuse(name)
    first, office = rows[:MOST_LISTED], ctx.reads.office()
    posts = {field.id for field in fields if field.post_of and any(field.id in row for row in rows)}
    return ImportedRows(
        register_id=register.id,
        rows=len(rows),
        preview=command.preview,
        ids=[] if command.preview or not rows else [*add_rows(ctx, register, rows, units)],
        fields=[field_view(field) for field in fields if field.id in {*table.columns, *posts}],
        first=first,
        names=names_of(ctx, [(register, values) for values in first])
        | {unit: name_in(office, unit, ctx.language) for unit in units[:MOST_LISTED] if unit},
        units=units[:MOST_LISTED],
        opening=count_openings(ctx, register, rows, units) if command.preview else 0,
        aside=[field_view(column) for column in aside if column.id in table.columns],
        there=len(table.rows) - len(lines),
    )


def _read_lines(
    ctx: RequestContext,
    register: Register,
    table: RegisterTable,
    taken_fields: Collection[str],
    errors: Errors,
    *,
    unit: str,
    chosen: bool,
) -> tuple[list[dict[str, Value]], list[str]]:
    """Return the values of each line and the unit it belongs to; what is wrong is added to `errors`. `unit`:
    that of lines that name none; if it was `chosen`, no line goes to the unit of its person.
    """
    rows, units = list[dict[str, Value]](), list[str]()
    find, place = lookup(ctx), cache(partial(_unit_of, ctx, register))
    for number, cells in table.rows:
        given_values = {key: value for key, value in cells.items() if key in taken_fields}
        unread = table.formulas.get(number, ())
        values, problems = read_row(ctx, register, given_values, find, unread=unread)
        for problem in problems:
            _add_problem(errors, register, problem, number, table.columns)
        text = str(cells.get(UNIT, ""))
        person = None if text or chosen else first_person(ctx, register, values)
        of_unit = place(text or (person.unit if person else "")) if text or person else unit
        if of_unit is None and person is not None:
            errors.add(number, "register.person_elsewhere", person=name_of(person))
        elif of_unit is None:
            errors.add(number, "register_unit_unknown", cell=f"{table.columns[UNIT]}{number}", text=text)
        rows.append(values)
        units.append(of_unit or "")
    return rows, units


def template(ctx: RequestContext, register_id: str, language: str) -> bytes:
    """Return the empty spreadsheet of a register, with the fields the reader may fill in."""
    register = writable_register(ctx, register_id)
    fields = _fillable([*shown_fields(ctx, register).values()])
    required = tuple(field.title for field in fields if field.required and not field.post_of)
    return empty_table(
        register.title[language],
        fields,
        headings([*fields, _place()[1]], language),
        answers=_rows_offered(replace(ctx, language=language), fields),
        instruction=say("register.template", {"title": register.title, "required": required}, language),
        language=language,
    )


def _rows_offered(ctx: RequestContext, fields: Sequence[RegisterField]) -> dict[str, list[str]]:
    """Return the newest rows that fields of kind `row` may name, as an import reads them."""
    offered, scope = dict[str, list[str]](), ctx.scope
    for field in fields:
        register = ctx.app.registers.on(field.rows_of, ctx.today) if field.kind == "row" else None
        if register is not None and sees_lists(register, scope):
            view = register_view(ctx, register)
            rows = list_rows(ctx, ListRows(register_id=register.id, size=MAX_PAGE_SIZE)).rows
            offered[field.id] = [f"{row_name(view, row, ctx.language)} ({row.id})" for row in rows]
    return offered


def export(ctx: RequestContext, command: ListRows, language: str) -> bytes:
    """Return all rows a query matches as a spreadsheet, with the fields visible to the reader. Raises as
    `list_rows`, and UnreadablePaper (`list_too_long`) for more than a file can have.
    """
    ctx = replace(ctx, language=language)
    register, office = seen_register(ctx, command.register_id), ctx.reads.office()
    fields = [*shown_fields(ctx, register).values()]
    found_rows = ctx.app.register_lists.page(row_query(ctx, register, command), limit=EXPORT_LIMIT)
    if found_rows.total > EXPORT_LIMIT:
        raise UnreadablePaper("list_too_long", rows=found_rows.total, limit=EXPORT_LIMIT)
    views, late = [field_view(field) for field in fields], _late_columns(register, fields)
    lines = []
    for row in head_views(ctx, found_rows.rows):
        cells = [_exported(view, row, language) for view in views]
        days = (row.late.get(column.id.removeprefix(LATE)) for column in late)
        lines.append((row.id, name_in(office, row.unit, language), *cells, *days))
    heads = headings([*_place(), *fields, *late], language)
    return tables_workbook([Table(heads, lines, register.title[language])])


def _fillable(fields: Sequence[RegisterField]) -> list[RegisterField]:
    """Return those of these fields that an import may fill in: all but files."""
    return [field for field in fields if field.kind != "file"]


def _column(id: str, name: str, **arguments: object) -> RegisterField:
    """Return a column that is no field of the register. `name`: in the catalogue."""
    titles = (say(f"register.column.{name}", arguments, language) for language in LANGUAGES)
    return RegisterField.model_construct(id=id, title=Text(*titles), kind="number")


@cache
def _place() -> tuple[RegisterField, RegisterField]:
    """Return the columns of the id of a row and of its unit."""
    return _column(ROW, ROW), _column(UNIT, UNIT)


def _late_columns(register: Register, fields: Sequence[RegisterField]) -> list[RegisterField]:
    """Return the columns an export adds to these fields and no import takes: days by which dates are late."""
    shown = {field.id for field in fields}
    return [
        _column(f"{LATE}{field.id}", "late", field=field.title)
        for field in register.late_fields
        if {field.id, field.late_after} <= shown
    ]


def headings(columns: Sequence[RegisterField], language: str) -> list[str]:
    """Return the heading of each column, with its id if others have the same title."""
    titles = [column.title[language] for column in columns]
    return [
        f"{title} ({column.id})" if titles.count(title) > 1 else title
        for column, title in zip(columns, titles, strict=True)
    ]


def _unit_of(ctx: RequestContext, register: Register, text: str) -> str | None:
    """Return the unit (id) a row of a file names; None if the reader may add no row of the register to it."""
    try:
        return unit_of_new_row(ctx, register, text)
    except Refusal:
        return None


def _add_problem(
    errors: Errors, register: Register, problem: ValueProblem, number: int, columns: Mapping[str, str]
) -> None:
    """Add a mistake as an error of a row of the file, with the cell's address before the field's title."""
    arguments = problem_arguments(register.fields, problem)
    title, cell = arguments["field"], columns.get(problem.field, "")
    if isinstance(title, Text) and cell:
        arguments["field"] = Text(*(f"{cell}{number}, {title[language]}" for language in LANGUAGES))
    errors.add(number, f"register.value.{problem.code}", **arguments)


def _exported(field: FieldView, row: RowView, language: str) -> object:
    """Return a value for an exported sheet; references include the id, so that they can be imported again."""
    value, cell = row.values.get(field.id), cell_value(field, row, language)
    return f"{cell} ({value})" if field.kind == "row" and cell not in (None, value) else cell
