"""Registers as spreadsheets: an empty one to fill in, importing rows, exporting rows.

An import reports every bad cell and writes all rows or none; with `preview` none. It takes exports too: their
columns of files and their rows that are in the register already are left aside, and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from i18n import say
from merzim.documents.child import read
from merzim.documents.register_table import RegisterTable, empty_table, read_rows
from merzim.documents.sheets.listing import Table, tables_workbook
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from merzim.services.context import RequestContext
from merzim.services.evidence import require_file
from merzim.services.inputs import FileInput, Line
from merzim.services.names import name_of
from merzim.services.registers.queries import (
    MAX_PAGE_SIZE,
    UNIT,
    ListRows,
    RegisterId,
    lookup,
    row_query,
    seen_units,
)
from merzim.services.registers.results import (
    FieldView,
    RowView,
    cell_value,
    field_view,
    head_views,
    names_of,
    reader_scope,
    register_view,
    row_name,
    seen_register,
    writable_register,
)
from merzim.services.registers.verbs import (
    add_rows,
    count_openings,
    first_person,
    read_row,
    unit_of_new_row,
)
from merzim.services.registers.views import list_rows
from merzim.services.verbs import verb
from merzim.storage.registers.lists import SqlRegisterLists
from merzim.storage.registers.rows import repeated
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.refusal import Refusal
from workflow.registers.access import list_fields, sees_lists
from workflow.registers.definition import Register, RegisterField
from workflow.registers.rows import name_in
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
    fields, shown_fields = writable_fields(ctx, register), list_fields(register, reader_scope(ctx))
    aside_fields = [register.fields[name] for name in shown_fields if register.fields[name] not in fields]
    late = _late_fields(register, shown_fields)
    table = read(
        read_rows,
        content.read(),
        name,
        heads={late_field.title[language]: late_field.id for late_field in late for language in LANGUAGES}
        | _known_heads(fields)
        | _known_heads([*fields, *aside_fields]),
        own=heads_of(fields, ctx.spoken_language),
    )
    existing_rows = _rows_there(ctx, register, [str(cells[ROW]) for _, cells in table.rows if ROW in cells])
    lines = [line for line in table.rows if str(line[1].get(ROW, "")) not in existing_rows]
    errors = Errors()
    for number, formulas in table.formulas.items():
        for key, text in formulas.items():
            errors.add(number, "paper_formula", text=text, where=f"{table.columns[key]}{number}")
    read_lines = replace(table, rows=tuple(lines))
    rows, units = _read_lines(ctx, register, read_lines, fields, errors, unit=unit, chosen=bool(command.unit))
    for position, problem in repeated(ctx.app.engine, register, rows, seen_units(ctx)):
        _add_problem(errors, register, problem, lines[position][0], table.columns)
    errors.refuse(name)
    ids = [] if command.preview or not rows else add_rows(ctx, register, rows, units)
    return ImportedRows(
        register_id=register.id,
        rows=len(rows),
        preview=command.preview,
        ids=list(ids),
        fields=[
            field_view(field)
            for field in fields
            if field.id in table.columns or (field.post_of and any(field.id in row for row in rows))
        ],
        first=rows[:MOST_LISTED],
        names=names_of(ctx, [(register, values) for values in rows[:MOST_LISTED]])
        | {unit: name_in(ctx.reads.office(), unit, ctx.language) for unit in units[:MOST_LISTED] if unit},
        units=units[:MOST_LISTED],
        opening=count_openings(ctx, register, rows, units) if command.preview else 0,
        aside=[field_view(field) for field in (*aside_fields, *late) if field.id in table.columns],
        there=len(table.rows) - len(lines),
    )


def _read_lines(
    ctx: RequestContext,
    register: Register,
    table: RegisterTable,
    fields: Sequence[RegisterField],
    errors: Errors,
    *,
    unit: str | None,
    chosen: bool,
) -> tuple[list[dict[str, Value]], list[str]]:
    """Return the values of each line and the unit it belongs to; what is wrong is added to `errors`.

    Args:
        unit: the unit of lines that name none.
        chosen: whether it was chosen, so that no line goes to the unit of its person.
    """
    rows, units = list[dict[str, Value]](), list[str]()
    find, places = lookup(ctx), dict[str, str | None]()
    taken_fields = {field.id for field in fields}
    for number, cells in table.rows:
        given_values = {key: value for key, value in cells.items() if key in taken_fields}
        unread = table.formulas.get(number, ())
        values, problems = read_row(ctx, register, given_values, find, unread=unread)
        for problem in problems:
            _add_problem(errors, register, problem, number, table.columns)
        of_unit = str(cells.get(UNIT, ""))
        person = None if of_unit or chosen else first_person(ctx, register, values)
        if person is not None:
            of_unit = person.unit
        if of_unit not in places:
            places[of_unit] = _place(ctx, register, of_unit) if of_unit else unit
        if places[of_unit] is None and person is not None:
            errors.add(number, "register.person_elsewhere", person=name_of(person))
        elif places[of_unit] is None:
            errors.add(number, "register_unit_unknown", cell=f"{table.columns[UNIT]}{number}", text=of_unit)
        rows.append(values)
        units.append(places[of_unit] or "")
    return rows, units


def template(ctx: RequestContext, register_id: str, language: str) -> bytes:
    """Return the empty spreadsheet of a register, with the fields the reader may fill in."""
    register = writable_register(ctx, register_id)
    fields = writable_fields(ctx, register)
    required = tuple(field.title for field in fields if field.required and not field.post_of)
    heads = [*heads_of(fields, language)]
    heads.append(_column(UNIT, heads, language))
    return empty_table(
        register.title[language],
        fields,
        heads,
        answers=_rows_offered(replace(ctx, language=language), fields),
        instruction=say("register.template", {"title": register.title, "required": required}, language),
        language=language,
    )


def _rows_offered(ctx: RequestContext, fields: Sequence[RegisterField]) -> dict[str, list[str]]:
    """Return the newest rows that fields of kind `row` may name, as an import reads them."""
    offered = dict[str, list[str]]()
    for field in fields:
        if field.kind == "row" and sees_lists(
            ctx.app.registers.on(field.rows_of, ctx.today), reader_scope(ctx)
        ):
            view = register_view(seen_register(ctx, field.rows_of), reader_scope(ctx))
            rows = list_rows(ctx, ListRows(register_id=field.rows_of, size=MAX_PAGE_SIZE)).rows
            offered[field.id] = [f"{row_name(view, row, ctx.language)} ({row.id})" for row in rows]
    return offered


def export(ctx: RequestContext, command: ListRows, language: str) -> bytes:
    """Return all rows a list query matches as a spreadsheet, with the fields visible to the reader.

    Raises:
        UnknownRegister, UnknownRegisterField, InvalidRow: as in `list_rows`.
        UnreadablePaper: more rows than a file can have (`list_too_long`).
    """
    ctx = replace(ctx, language=language)
    register = seen_register(ctx, command.register_id)
    shown_fields = list_fields(register, reader_scope(ctx))
    fields = [register.fields[name] for name in shown_fields]
    found_rows = SqlRegisterLists(ctx.app.engine).page(row_query(ctx, register, command), limit=EXPORT_LIMIT)
    if found_rows.total > EXPORT_LIMIT:
        raise UnreadablePaper("list_too_long", rows=found_rows.total, limit=EXPORT_LIMIT)
    late = _late_fields(register, shown_fields)
    views = [field_view(field) for field in fields]
    office = ctx.reads.office()
    rows = []
    for row in head_views(ctx, found_rows.rows):
        cells = [_exported(view, row, language) for view in views]
        days = (row.late.get(late_field.id.removeprefix(LATE)) for late_field in late)
        rows.append((row.id, name_in(office, row.unit, language), *cells, *days))
    heads = heads_of(fields, language)
    columns = [_column(name, heads, language) for name in (ROW, UNIT)]
    late_heads = [late_field.title[language] for late_field in late]
    return tables_workbook([Table([*columns, *heads, *late_heads], rows, register.title[language])])


def writable_fields(ctx: RequestContext, register: Register) -> list[RegisterField]:
    """Return the fields an import may fill in: those visible to the reader, except files."""
    shown_fields = list_fields(register, reader_scope(ctx))
    return [register.fields[name] for name in shown_fields if register.fields[name].kind != "file"]


def _late_fields(register: Register, shown_fields: Collection[str]) -> list[RegisterField]:
    """Return the columns an export adds to these fields and no import takes: days by which dates are late."""
    fields = [field for field in register.late_fields if {field.id, field.late_after} <= {*shown_fields}]
    titles = [
        Text(
            *(say("register.column.late", {"field": field.title[language]}, language) for language in LANGUAGES)
        )
        for field in fields
    ]
    # No id of a field has a dot, so that these are copied unchecked.
    return [
        field.model_copy(update={"id": f"{LATE}{field.id}", "title": title, "kind": "number"})
        for field, title in zip(fields, titles, strict=True)
    ]


def heads_of(fields: Sequence[RegisterField], language: str) -> list[str]:
    """Return the heading of each field, with its id if two fields have the same title."""
    titles = [field.title[language] for field in fields]
    return [
        f"{title} ({field.id})" if titles.count(title) > 1 else title
        for field, title in zip(fields, titles, strict=True)
    ]


def _column(name: str, heads: Sequence[str], language: str) -> str:
    """Return the heading of an additional column, with its id if a field has the same heading."""
    title = say(f"register.column.{name}", {}, language)
    return f"{title} ({name})" if title in heads else title


def _known_heads(fields: Sequence[RegisterField]) -> dict[str, str]:
    """Return accepted headings -> field, unit column or id column."""
    names = (ROW, UNIT)
    heads_by_name = dict[str, str]()
    for language in LANGUAGES:
        heads = heads_of(fields, language)
        heads_by_name |= {_column(name, heads, language): name for name in names}
        heads_by_name |= {head: field.id for field, head in zip(fields, heads, strict=True)}
    return {**heads_by_name, **{field.id: field.id for field in fields}, **{name: name for name in names}}


def _rows_there(ctx: RequestContext, register: Register, ids: Sequence[str]) -> set[str]:
    """Return those of these ids that are rows of the register, whoever sees them."""
    heads = SqlRegisterLists(ctx.app.engine).heads(ids) if ids else ()
    return {head.id for head in heads if head.register_id == register.id}


def _place(ctx: RequestContext, register: Register, text: str) -> str | None:
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
