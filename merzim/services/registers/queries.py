"""Queries of rows: filters and order by the words people write, and rows found by what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.context import RequestContext
from merzim.services.inputs import Line, Name
from merzim.services.names import unit_named
from merzim.services.registers.results import (
    RegisterView,
    RowView,
    head_views,
    reader_scope,
    register_view,
    row_name,
    shown_fields,
)
from merzim.services.verbs import Command
from merzim.storage.registers.lists import CellFilter, RowQuery, SqlRegisterLists
from workflow.languages import LANGUAGES
from workflow.org.name_index import alphabetical
from workflow.refusal import closest_first
from workflow.registers.access import sees_lists
from workflow.registers.definition import Register, RegisterField, UnknownRegisterField
from workflow.registers.rows import sort_key, text_key
from workflow.registers.values import InvalidRow, Lookup, parse_values

UNIT = "unit"
"""The sort by the unit of a row, and the column of it in spreadsheets."""
PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
MAX_TITLE = 200
"""Maximum characters of a title by which rows are searched."""
RegisterId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[a-z0-9-]+$")]


class FilterInput(Command):
    """A condition on one field: `is` one of these values, `from` and `until` a date or number, `contains` a
    text, or `empty`.
    """

    field: Name
    is_: list[Line] | None = Field(default=None, alias="is", max_length=100)
    from_: Line = Field(default="", alias="from")
    until: Line = ""
    contains: Line = ""
    empty: bool = False


class ListRows(Command):
    """A query for rows of a register.

    `sort`: a field, or `unit` (people, units and options by their names in the reader's language), with `-`
    before it for the last first; "" for the newest first. `search`: words of fields that are not confidential;
    those join no filter and no sort either. `unit`: with all units below; `withdrawn`: only withdrawn rows.
    """

    register_id: RegisterId
    unit: Line = ""
    filters: list[FilterInput] = Field(default_factory=list, max_length=20)
    search: Line = ""
    sort: Annotated[str, StringConstraints(max_length=100, pattern=r"^-?[a-z0-9_]*$")] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE
    withdrawn: bool = False


def lookup(ctx: RequestContext) -> Lookup:
    """Return the functions that find people, units and (in registers the reader sees) rows named in values."""
    office, people = ctx.reads.office(), ctx.reads.office().people

    def only(keys: Sequence[str]) -> str | None:
        return keys[0] if len(keys) == 1 else None

    def person(text: str) -> str | None:
        if text in people or text in office.former:
            return text
        return only(office.person_called.exactly(text) or office.former_called.exactly(text))

    def unit(text: str) -> str | None:
        return text if text in office.units else only(office.unit_called.exactly(text))

    @cache
    def row(register: str, text: str) -> str | tuple[str, ...] | None:
        if register not in ctx.app.registers.ids():
            return None
        pointed_register = ctx.app.registers.on(register, ctx.today)
        if not sees_lists(pointed_register, reader_scope(ctx)):
            return None
        # Exports write `Лекция (trainings-2026-0001)`.
        id = text[:-1].rpartition("(")[2] if text.endswith(")") else text
        if SqlRegisterLists(ctx.app.engine).exists(register, id):
            return id
        row_ids = _rows_called(ctx, pointed_register, text)
        return only(row_ids) or row_ids or None

    return Lookup(person=person, unit=unit, row=row, post=lambda key: people[key].post if key in people else "")


def _rows_called(ctx: RequestContext, register: Register, text: str) -> tuple[str, ...]:
    """Return the ids of visible rows with this name or text in a field that names rows, in some language."""
    # Unlike what a reader searches for, a cell may have lines and control signs.
    query = row_query(ctx, register, ListRows(register_id=register.id))
    query = replace(query, search=max(text.split(" · "), key=len)[:MAX_TITLE])
    found_rows = SqlRegisterLists(ctx.app.engine).page(query, limit=MAX_PAGE_SIZE)
    view = register_view(ctx, register)
    titles = [field.id for field in view.fields if field.id in view.named_by and field.kind == "text"]
    row_ids = []
    for row in head_views(ctx, found_rows.rows, links=False):
        names = [row_name(view, row, language) for language in LANGUAGES]
        names += [str(row.values.get(title, "")) for title in titles]
        if _folded(text) in map(_folded, names):
            row_ids.append(row.id)
    return tuple(sorted(row_ids))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


class FoundRows(BaseModel):
    """The rows a search finds: the first of them by register, and how many there are."""

    rows: list[tuple[RegisterView, RowView]]
    total: int


def find_rows(ctx: RequestContext, text: str, *, limit: int) -> FoundRows:
    """Return the rows of the registers the reader sees that have all words; hidden fields join no search."""
    lists, scope, found_rows = SqlRegisterLists(ctx.app.engine), reader_scope(ctx), FoundRows(rows=[], total=0)
    having = lists.registers_having(text)
    for register in ctx.app.registers.all_on(ctx.today) if having else ():
        if register.id in having and sees_lists(register, scope):
            query = row_query(ctx, register, ListRows(register_id=register.id, search=text))
            page = lists.page(query, limit=limit - len(found_rows.rows))
            found_rows.total += page.total
            view = register_view(ctx, register)
            found_rows.rows += [(view, row) for row in head_views(ctx, page.rows, links=False)]
    return found_rows


def row_query(ctx: RequestContext, register: Register, command: ListRows) -> RowQuery:
    """Return the query for rows of a register, limited to those visible to the reader.

    Raises:
        UnknownRegisterField: a filter or sort by a hidden field, or by one that lists cannot be filtered or
            sorted by.
        InvalidRow: a value the field cannot have.
    """
    scope, fields = reader_scope(ctx), shown_fields(ctx, register)
    hides = register.confidential and scope.person
    sort = command.sort.removeprefix("-")
    sortable = (*(field.id for field in fields.values() if field.sortable), UNIT)
    if sort and sort not in sortable:
        raise UnknownRegisterField("register.cannot_sort", field=sort, allowed=closest_first(sort, sortable))
    return RowQuery(
        register=register.id,
        units=seen_units(ctx, command.unit),
        hidden_person=scope.person if hides else "",
        hidden_fields=register.subjects if hides else (),
        filters=tuple(_cell_filter(ctx, fields, filter_input) for filter_input in command.filters),
        search=command.search,
        withdrawn=command.withdrawn,
        sort=sort,
        descending=command.sort.startswith("-") or not sort,
        order=_order(ctx, register, sort),
    )


def _order(ctx: RequestContext, register: Register, sort: str) -> Mapping[str, str] | None:
    """Return the texts by which people, units and options are sorted in the reader's language; None for fields
    sorted as they are.
    """
    kind = "unit" if sort == UNIT else register.fields[sort].kind if sort else ""
    if kind in ("person", "unit"):
        return ctx.reads.office().order_in(ctx.spoken_language)
    if kind == "choice":
        options = register.fields[sort].options
        return {option.id: alphabetical(option.title[ctx.spoken_language]) for option in options}
    return None


def seen_units(ctx: RequestContext, unit: str = "") -> Sequence[str] | None:
    """Return the units whose rows and people the reader sees, of all or at and below one; None: every unit."""
    office, root = ctx.reads.office(), reader_scope(ctx).unit
    seen = None if root == "" else frozenset(office.whose_cases(root)) if root is not None else frozenset()
    if not unit:
        return None if seen is None else sorted(seen)
    units = office.whose_cases(unit_named(ctx.app, unit))
    return units if seen is None else [unit_id for unit_id in units if unit_id in seen]


def _cell_filter(
    ctx: RequestContext, fields: Mapping[str, RegisterField], filter_input: FilterInput
) -> CellFilter:
    """Return a filter by one of the shown fields as a condition of the stored lists. Raises as `row_query`."""
    name = filter_input.field
    field = fields.get(name)
    if field is None or not field.indexed:
        allowed = closest_first(name, [other.id for other in fields.values() if other.indexed])
        raise UnknownRegisterField("register.cannot_filter", field=name, allowed=allowed)
    keys: tuple[str, ...] | None = None
    if filter_input.empty:
        keys = ("",)
    elif filter_input.is_ is not None:
        keys = tuple(_key(ctx, field, text) for text in filter_input.is_)
    return CellFilter(
        field=field.id,
        keys=keys,
        least=_key(ctx, field, filter_input.from_) if filter_input.from_ else "",
        most=_key(ctx, field, filter_input.until) if filter_input.until else "",
        contains=text_key(filter_input.contains),
        several=field.several,
    )


def _key(ctx: RequestContext, field: RegisterField, text: str) -> str:
    """Return the sort key of a value used as filter. Raises InvalidRow for one the field cannot have."""
    single = field.replaced(several=False)
    values, problems = parse_values({field.id: single}, {field.id: text}, lookup(ctx))
    if problems:
        raise InvalidRow({field.id: single}, tuple(problems))
    return sort_key(single, values[field.id])
