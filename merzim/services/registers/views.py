"""Queries of a reader: their registers, rows found and listed, one row with its history, their own rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.context import RequestContext
from merzim.services.inputs import Line, Name
from merzim.services.names import unit_named
from merzim.services.registers.cases import duties_of
from merzim.services.registers.results import (
    FieldView,
    RegisterView,
    RowView,
    field_view,
    head_views,
    register_view,
    row_name,
    row_views,
    seen_register,
    seen_row,
    shown_fields,
)
from merzim.services.results import FieldChangeResult, Result, Titles
from merzim.services.verbs import Command, verb
from merzim.storage.register_lists import CellFilter, RowQuery
from merzim.storage.register_rows import events_of
from workflow.languages import LANGUAGES
from workflow.org.kinds import among
from workflow.refusal import closest_first
from workflow.registers.definition import Register, RegisterField, UnknownRegisterField
from workflow.registers.rows import (
    RegisterRow,
    days_of_case,
    in_reach,
    keeps_rows,
    sees_lists,
    sort_key,
    text_key,
)
from workflow.registers.values import InvalidRow, Lookup, parse_values
from workflow.search_words import alphabetical

UNIT = "unit"
"""The sort by the unit of a row, and the column of it in spreadsheets."""
PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
MAX_TITLE = 200
"""Maximum characters of a title by which rows are searched."""
RegisterId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[a-z0-9-]+$")]
RowId = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z0-9-]+$")]
POINTING_SHOWN = 20
"""Rows of another register shown on the page of the row they refer to."""


class FilterInput(Command):
    """A condition on a field: `is` one of these, `from`, `until` a day or number, `contains` text, `empty`."""

    field: Name
    is_: list[Line] | None = Field(default=None, alias="is", max_length=100)
    from_: Line = Field(default="", alias="from")
    until: Line = ""
    contains: Line = ""
    empty: bool = False


class ListRows(Command):
    """A query for rows of a register. `sort`: a field, or `unit` (people, units and options by their names in
    the reader's language), with `-` before it for the last first; "" for the newest first. `search`: words of
    fields that are not confidential; those join no filter and no sort either. `unit`: with all units below;
    `withdrawn`: only withdrawn rows.
    """

    register_id: RegisterId
    unit: Line = ""
    filters: list[FilterInput] = Field(default_factory=list, max_length=20)
    search: Line = ""
    sort: Annotated[str, StringConstraints(max_length=100, pattern=r"^-?[a-z0-9_]*$")] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE
    withdrawn: bool = False


class RowEventView(Result):
    """An event of a row's history: `added`, `confirmed` or `refused` (by a personal link), `edited`,
    `withdrawn`, `opened` (a case) or `erased`, with the visible fields it changed.
    """

    seq: int
    kind: str
    at: datetime
    by: str
    ground: str
    changes: list[FieldChangeResult]


class RowDuty(BaseModel):
    """A duty a row carries out: the case that records it, the fact with its period, and the local day."""

    case: str
    fact: str
    title: Titles
    on: date


class PointingRows(BaseModel):
    """Rows of another register (`view`) that refer to a row by a field: the newest, and how many there are."""

    view: RegisterView
    field: str
    total: int
    rows: list[RowView]
    may_add: bool


class RowDetail(BaseModel):
    """A row, the fields visible to its reader, and its history; that and the rest are empty for readers who see
    it only because it names them, the rest also of a withdrawn row. `days_of_case`: days of fields that differ
    in the case it opened; null if the case has no such fact. `fulfils`: facts recorded from it in visible
    cases; `pointing`: rows of other registers that refer to it.
    """

    row: RowView
    fields: list[FieldView]
    days_of_case: dict[str, date | None]
    fulfils: list[RowDuty]
    pointing: list[PointingRows]
    history: list[RowEventView]


class RowPage(BaseModel):
    """One page of a list. `totals`: sums over all its rows, as decimals in text, by field."""

    register_id: str
    total: int
    page: int
    pages: int
    fields: list[FieldView]
    rows: list[RowView]
    totals: dict[str, str]


class AskRow(Command):
    """Request one row."""

    row: RowId


class RegisterList(BaseModel):
    """The registers visible to the reader."""

    registers: list[RegisterView]


class AskRegisters(Command):
    """Request the registers of a unit, or of all visible units."""

    unit: Line = ""


class RowList(BaseModel):
    """Rows that name the reader, each with its register's view for the titles."""

    rows: list[RowView]
    registers: list[RegisterView]


@verb("read", writes=False)
def list_registers(ctx: RequestContext, command: AskRegisters) -> RegisterList:
    """List the registers visible to the reader with the number of rows in each: those with rows, and those that
    bind the units by an adopted act and kind of organisation.
    """
    scope, office = ctx.scope, ctx.reads.office()
    units = seen_units(ctx, command.unit)
    lists = ctx.app.register_lists
    counts = dict(lists.counts(units))
    registers = [register for register in ctx.app.registers.all_on(ctx.today) if sees_lists(register, scope)]
    for register in registers:
        if register.id in counts and register.subjects:
            # Some of its rows may be hidden from who sees the others.
            rows_query = ListRows(register_id=register.id, unit=command.unit)
            counts[register.id] = lists.count(row_query(ctx, register, rows_query))
    kinds = {office.kind_of(unit) for unit in units} if units is not None else {""}
    views = [
        register_view(ctx, register, rows=counts.get(register.id, 0))
        for register in registers
        if counts.get(register.id) or units is None or any(among(kind, register.applies_to) for kind in kinds)
    ]
    return RegisterList(registers=[view for view in views if view.adopted or view.rows])


@verb("read", writes=False)
def list_rows(ctx: RequestContext, command: ListRows) -> RowPage:
    """List rows of a register, filtered and sorted, one page of them, with sums over all pages."""
    register = seen_register(ctx, command.register_id)
    fields = shown_fields(ctx, register).values()
    summed = [field.id for field in fields if field.total]
    found_rows = ctx.app.register_lists.page(
        row_query(ctx, register, command),
        limit=command.size,
        offset=(command.page - 1) * command.size,
        totals=() if command.withdrawn else summed,
    )
    return RowPage(
        register_id=register.id,
        total=found_rows.total,
        page=command.page,
        pages=max(1, -(-found_rows.total // command.size)),
        fields=[*map(field_view, fields)],
        rows=head_views(ctx, found_rows.rows),
        totals={name: f"{amount.normalize():f}" for name, amount in found_rows.totals.items()},
    )


def row_pages(ctx: RequestContext, command: ListRows) -> Iterator[RowPage]:
    """Yield all pages of a list of rows from the first, each as long as it may be. Raises as `list_rows`."""
    page, pages = 0, 1
    while page < pages:
        page += 1
        row_page = list_rows(ctx, command.model_copy(update={"page": page, "size": MAX_PAGE_SIZE}))
        pages = row_page.pages
        yield row_page


@verb("read", writes=False)
def show_row(ctx: RequestContext, command: AskRow) -> RowDetail:
    """Show a row with the fields visible to the reader, and if in reach its history, duties and rows that refer
    to it. Raises UnknownRow.
    """
    row, register, fields = seen_row(ctx, command.row)
    [view] = row_views(ctx, [row])
    reached = in_reach(register, row, ctx.scope, ctx.reads.office())
    stands, days = reached and not row.withdrawn, dict[str, date | None]()
    case = ctx.app.ledger.case(view.opened_case) if view.opened_case and stands else None
    if case is not None:
        recorded = {name: fact.on for name, fact in case.facts.items()}
        days = days_of_case(register, row, recorded, today=ctx.today)
    return RowDetail(
        row=view,
        fields=[field_view(field) for field in register.fields.values() if field.id in fields],
        days_of_case={name: day for name, day in days.items() if name in fields},
        fulfils=_duties(ctx, register, row) if stands else [],
        pointing=_pointing(ctx, row) if stands else [],
        history=_history(ctx, register, row, fields) if reached else [],
    )


def _history(
    ctx: RequestContext, register: Register, row: RegisterRow, fields: Collection[str]
) -> list[RowEventView]:
    """Return the events of a row with the changes of these fields."""
    history, before = list[RowEventView](), dict[str, object]()
    for event in events_of(ctx.app.engine, row.id):
        values = event.payload.get("values", {})
        names = [name for name in register.fields if name in values and name in fields]
        changes = [FieldChangeResult(field=name, before=before.get(name), after=values[name]) for name in names]
        before |= {name: values[name] for name in names}
        ground = str(event.payload.get("ground", ""))
        history.append(RowEventView.of(event, ground=ground, changes=changes))
    return history


def _pointing(ctx: RequestContext, row: RegisterRow) -> list[PointingRows]:
    """Return the newest visible rows that refer to a row, and how many, for each indexed field that may."""
    pointing = list[PointingRows]()
    for other in ctx.app.registers.all_on(ctx.today):
        for field in shown_fields(ctx, other).values():
            if field.kind == "row" and field.rows_of == row.register and field.indexed:
                query = row_query(ctx, other, ListRows(register_id=other.id))
                query = query.with_condition(CellFilter(field=field.id, keys=(row.id,)))
                page = ctx.app.register_lists.page(query, limit=POINTING_SHOWN)
                pointing.append(
                    PointingRows(
                        view=register_view(ctx, other),
                        field=field.id,
                        total=page.total,
                        rows=head_views(ctx, page.rows, links=False),
                        may_add=keeps_rows(other, ctx.scope) and ctx.reader.may("record"),
                    )
                )
    return pointing


def _duties(ctx: RequestContext, register: Register, row: RegisterRow) -> list[RowDuty]:
    """Return the facts recorded from a row in cases visible to the reader."""
    row_facts, duties = duties_of(ctx.app, register, row, today=ctx.today), list[RowDuty]()
    heads = ctx.reads.heads([case for case, _ in row_facts]) if row_facts else {}
    for case, fact in row_facts:
        if case in heads:
            obligation = ctx.library.named(heads[case].edition).by_id[fact.name.partition(".")[0]]
            duties.append(RowDuty(case=case, fact=fact.name, title=Titles.of(obligation.title), on=fact.on))
    return duties


@verb("self", writes=False)
def list_my_rows(ctx: RequestContext, command: AskRegisters) -> RowList:
    """List the rows of all registers that name the reader, with the fields of their own rows they may see."""
    registers = [ctx.app.registers.latest(name) for name in ctx.app.registers.ids()]
    fields = {register.id: tuple(register.seen_by_person) for register in registers}
    heads = ctx.app.register_lists.naming([ctx.reader.person], fields)
    register_ids = {head.register_id for head in heads}
    views = [register_view(ctx, register, is_own=True) for register in registers if register.id in register_ids]
    return RowList(rows=head_views(ctx, heads), registers=views)


def find_rows(
    ctx: RequestContext, text: str, *, limit: int
) -> tuple[Sequence[tuple[RegisterView, RowView]], int]:
    """Return the rows of the registers the reader sees that have all words, the first by register, and how many
    there are; hidden fields join no search.
    """
    lists, scope = ctx.app.register_lists, ctx.scope
    rows, total, having = list[tuple[RegisterView, RowView]](), 0, lists.registers_having(text)
    for register in ctx.app.registers.all_on(ctx.today) if having else ():
        if register.id in having and sees_lists(register, scope):
            query = row_query(ctx, register, ListRows(register_id=register.id, search=text))
            page = lists.page(query, limit=limit - len(rows))
            total += page.total
            view = register_view(ctx, register)
            rows += [(view, row) for row in head_views(ctx, page.rows, links=False)]
    return rows, total


def row_query(ctx: RequestContext, register: Register, command: ListRows) -> RowQuery:
    """Return the query for rows of a register, limited to those visible to the reader. Raises
    UnknownRegisterField for a filter or sort by a hidden field or one lists do not offer, InvalidRow for an
    impossible value.
    """
    scope, fields = ctx.scope, shown_fields(ctx, register)
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
        filters=tuple(_cell_filter(ctx, fields, given) for given in command.filters),
        search=command.search,
        withdrawn=command.withdrawn,
        sort=sort,
        descending=command.sort.startswith("-") or not sort,
        order=_order(ctx, register, sort),
    )


def _order(ctx: RequestContext, register: Register, sort: str) -> Mapping[str, str] | None:
    """Return the texts by which people, units and options are sorted for the reader; None for other fields."""
    kind = "unit" if sort == UNIT else register.fields[sort].kind if sort else ""
    if kind in ("person", "unit"):
        return ctx.reads.office().order_in(ctx.spoken_language)
    if kind == "choice":
        options = register.fields[sort].options
        return {option.id: alphabetical(option.title[ctx.spoken_language]) for option in options}
    return None


def seen_units(ctx: RequestContext, unit: str = "") -> Sequence[str] | None:
    """Return the units whose rows and people the reader sees, of all or at and below one; None: every unit."""
    office, root = ctx.reads.office(), ctx.scope.unit
    seen = None if root == "" else frozenset(office.whose_cases(root)) if root is not None else frozenset()
    if not unit:
        return None if seen is None else sorted(seen)
    units = office.whose_cases(unit_named(ctx.app, unit))
    return units if seen is None else [unit_id for unit_id in units if unit_id in seen]


def _cell_filter(ctx: RequestContext, fields: Mapping[str, RegisterField], given: FilterInput) -> CellFilter:
    """Return a filter by one of the shown fields as a condition of the stored lists. Raises as `row_query`."""
    field, find = fields.get(given.field), lookup(ctx)
    if field is None or not field.indexed:
        allowed = closest_first(given.field, [other.id for other in fields.values() if other.indexed])
        raise UnknownRegisterField("register.cannot_filter", field=given.field, allowed=allowed)
    single = field.replaced(several=False)

    def key(text: str) -> str:
        values, problems = parse_values({single.id: single}, {single.id: text}, find)
        if problems:
            raise InvalidRow({single.id: single}, tuple(problems))
        return sort_key(single, values[single.id])

    return CellFilter(
        field=field.id,
        keys=("",) if given.empty else None if given.is_ is None else tuple(map(key, given.is_)),
        least=given.from_ and key(given.from_),
        most=given.until and key(given.until),
        contains=text_key(given.contains),
        several=field.several,
    )


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
        if not sees_lists(pointed_register, ctx.scope):
            return None
        # Exports write `Лекция (trainings-2026-0001)`.
        id = text[:-1].rpartition("(")[2] if text.endswith(")") else text
        if ctx.app.register_lists.exists(register, id):
            return id
        row_ids = _rows_called(ctx, pointed_register, text)
        return only(row_ids) or row_ids or None

    return Lookup(person=person, unit=unit, row=row, post=lambda key: people[key].post if key in people else "")


def _rows_called(ctx: RequestContext, register: Register, text: str) -> tuple[str, ...]:
    """Return the ids of visible rows with this name or text in a field that names rows, in some language."""
    # Unlike what a reader searches for, a cell may have lines and control signs.
    query = row_query(ctx, register, ListRows(register_id=register.id))
    query = replace(query, search=max(text.split(" · "), key=len)[:MAX_TITLE])
    found_rows = ctx.app.register_lists.page(query, limit=MAX_PAGE_SIZE)
    view = register_view(ctx, register)
    titles = [field.id for field in view.fields if field.id in view.named_by and field.kind == "text"]
    row_ids = []
    for row in head_views(ctx, found_rows.rows, links=False):
        names = [row_name(view, row, language) for language in LANGUAGES]
        names += [str(row.values.get(title, "")) for title in titles]
        if text.casefold().split() in (name.casefold().split() for name in names):
            row_ids.append(row.id)
    return tuple(sorted(row_ids))
