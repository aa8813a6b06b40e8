"""Queries on registers: the list of registers, the fields of a form, lists of rows, one row with its history.

Results contain only what the reader may see: a hidden field is used in no list, filter, sort, total or search,
and a hidden row does not appear. Titles are in three languages; `cell_value` formats a value in one of them,
`row_name` returns the title of a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from services.context import RequestContext
from services.inputs import CaseId, Line, Name
from services.register_duties import duties_of
from services.results import FieldChangeResult
from services.verbs import Command, NotFound, verb
from workflow.closest_matches import closest_first
from workflow.languages import LANGUAGES, law_language
from workflow.org.access import scope
from workflow.org.name_index import alphabetical
from workflow.org.office import Office, acts_of
from workflow.registers.access import (
    EVERYTHING,
    RowScope,
    in_reach,
    list_fields,
    row_scope,
    sees_lists,
    visible_fields,
)
from workflow.registers.definition import Register, RegisterField, UnknownField, UnknownRegister
from workflow.registers.rows import RegisterRow, days_of_case, name_in, sort_key, text_key
from workflow.registers.values import InvalidRow, Lookup, is_filled, parse_values

if TYPE_CHECKING:
    from storage.registers.lists import CellFilter, RowQuery
    from workflow.law.procedure import Text

UNIT = "unit"
"""The sort by the unit of a row, and the column of it in spreadsheets."""
PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
MAX_TITLE = 200
"""Maximum characters of a title by which rows are searched."""
RegisterId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[a-z0-9-]+$")]
RowId = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z0-9-]+$")]


class UnknownRow(NotFound):
    """There is no row with that id visible to the reader."""

    not_found = "web.problem.no_row"


class Titles(BaseModel):
    """One text in the three languages."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, law_language(language)))


class OptionView(BaseModel):
    """An option of a field of kind `choice`."""

    id: str
    title: Titles


class FieldView(BaseModel):
    """A field as needed by a form and the head of a list.

    `filterable`, `sortable`, `total`: whether lists may be filtered, sorted by it, and have its sum under them.
    `register_id`: for references: the other register. `unit`: unit of a number. `translation_of`: the text
    field it says in the other language of papers, or "".
    """

    id: str
    title: Titles
    kind: str
    required: bool
    help: Titles | None
    confidential: bool
    options: list[OptionView]
    several: bool
    register_id: str
    unit: Titles | None
    filterable: bool
    sortable: bool
    total: bool
    translation_of: str


class RegisterView(BaseModel):
    """A register. `rows`: number of visible rows; `opens`: the procedure whose case a row opens, or "";
    `columns`: the fields its list shows beside the names of rows, where its file says so.
    """

    id: str
    version: str
    title: Titles
    note: Titles | None
    act: Titles
    paragraph: str
    kept_in: str
    procedures: list[str]
    confidential: bool
    opens: str
    may_write: bool
    rows: int
    fields: list[FieldView]
    named_by: list[str]
    columns: list[str]


class RowView(BaseModel):
    """A row with the values of visible fields, without empty ones: texts, ISO dates, decimals as texts, True or
    False, ids of options, keys of people and units, files as `{sha256, name, type, size}`.

    `names`: names of the people, units, cases and rows it refers to, if visible; `opened_case`: the case it
    opened, if visible. `seq`: number of its last event; sent with a change, it prevents overwriting another
    user's change.
    """

    id: str
    register_id: str
    version: str
    unit: str
    case: str
    opened_case: str
    withdrawn: bool
    ground: str
    seq: int
    created_at: datetime
    created_by: str
    edited_at: datetime
    edited_by: str
    values: dict[str, Any]
    names: dict[str, str]
    may_write: bool = False


class RowEventView(BaseModel):
    """An event of a row's history: `added`, `edited`, `withdrawn`, `opened` (a case) or `erased`, with the
    visible fields it changed.
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


class RowDetail(BaseModel):
    """A row, the fields visible to its reader, and its history, empty for readers who see it only because it
    names them.

    `days_of_case`: days of fields that differ in the case it opened; null if the case has no such fact.
    `fulfils`: facts recorded from it in visible cases.
    """

    row: RowView
    fields: list[FieldView]
    days_of_case: dict[str, date | None]
    fulfils: list[RowDuty]
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
    before it for the last first; "" for the newest first. `unit`: with all units below; `withdrawn`: only
    withdrawn rows.
    """

    register_id: RegisterId
    unit: Line = ""
    case: CaseId | None = None
    filters: list[FilterInput] = Field(default_factory=list, max_length=20)
    search: Line = ""
    sort: Annotated[str, StringConstraints(max_length=100, pattern=r"^-?[a-z0-9_]*$")] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE
    withdrawn: bool = False


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


# ------------------------------------------------------------------------------------------------- questions


@verb("read", writes=False)
def list_registers(ctx: RequestContext, command: AskRegisters) -> RegisterList:
    """List the registers visible to the reader, with the number of rows in each."""
    from storage.registers.lists import SqlRegisterLists

    seen, office = reader_scope(ctx), ctx.reads.office()
    units = _units(ctx, command.unit, office)
    lists = SqlRegisterLists(ctx.app.engine)
    counts = dict(lists.counts(units))
    for name in ctx.app.registers.ids():
        register = ctx.app.registers.on(name, ctx.today)
        if name in counts and sees_lists(register, seen) and (register.subjects or register.kept_in == "case"):
            # Some of its rows may be hidden from who sees the others.
            asked = ListRows(register_id=register.id, unit=command.unit)
            counts[register.id] = lists.count(row_query(ctx, register, asked))
    found = (ctx.app.registers.on(name, ctx.today) for name in ctx.app.registers.ids())
    kinds = {office.kind_of(unit) for unit in units} if units is not None else {""}
    acts = {*ctx.app.settings.regulations.acts, *(act for unit in units or () for act in acts_of(office, unit))}
    return RegisterList(
        registers=[
            register_view(register, seen, rows=counts.get(register.id, 0))
            for register in found
            if sees_lists(register, seen)
            and (counts.get(register.id) or units is None or any(register.binds(kind, acts) for kind in kinds))
        ]
    )


@verb("read", writes=False)
def list_rows(ctx: RequestContext, command: ListRows) -> RowPage:
    """List rows of a register, filtered and sorted, one page of them, with sums over all pages."""
    from storage.registers.lists import SqlRegisterLists

    register, seen = seen_register(ctx, command.register_id), reader_scope(ctx)
    shown = list_fields(register, seen)
    query = row_query(ctx, register, command)
    summed = [name for name in shown if register.fields[name].total]
    found = SqlRegisterLists(ctx.app.engine).page(
        query,
        limit=command.size,
        offset=(command.page - 1) * command.size,
        totals=() if command.withdrawn else summed,
        **sorting(ctx, register, command.sort),
    )
    return RowPage(
        register_id=register.id,
        total=found.total,
        page=command.page,
        pages=max(1, -(-found.total // command.size)),
        fields=[field_view(register.fields[name]) for name in shown],
        rows=head_views(ctx, found.rows),
        totals={name: f"{amount.normalize():f}" for name, amount in found.totals.items()},
    )


def sorting(ctx: RequestContext, register: Register, sort: str) -> dict[str, Any]:
    """Return the sort arguments of a list; people, units and options are sorted by name in the reader's
    language.

    Raises:
        UnknownField: a field the reader does not see, or that no list is sorted by.
    """
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    sortable = [one for one in list_fields(register, reader_scope(ctx)) if register.fields[one].sortable]
    if name and name not in (UNIT, *sortable):
        allowed = closest_first(name, (*sortable, UNIT))
        raise UnknownField("register.cannot_sort", field=name, allowed=allowed)
    kind = "unit" if name == UNIT else register.fields[name].kind if name else ""
    language = ctx.language or ctx.app.settings.office.language
    called: Mapping[str, str] | None = None
    if kind in ("person", "unit"):
        called = ctx.reads.office().order_in(language)
    elif kind == "choice":
        called = {option.id: alphabetical(option.title[language]) for option in register.fields[name].options}

    def order(key: str) -> str:
        return (called or {}).get(key) or alphabetical(key)

    return {"sort": name, "descending": descending or not name, "order": order if called is not None else None}


@verb("read", writes=False)
def show_row(ctx: RequestContext, command: AskRow) -> RowDetail:
    """Show a row with the fields visible to the reader, and its history."""
    from storage.registers.chains import SqlRegisterRows

    row, register, fields = seen_row(ctx, command.row)
    rows = SqlRegisterRows(ctx.app.engine)
    outside = rows.outside_values(row.id)
    history, before = list[RowEventView](), dict[str, object]()
    for event in rows.events(row.id):
        names = {*event.payload.get("values", {}), *event.payload.get("hashes", {})} & {*fields}
        values = {**event.payload.get("values", {}), **outside.get(event.seq, {})}
        changes = [
            FieldChangeResult(field=name, before=before.get(name), after=values.get(name)) for name in names
        ]
        changes.sort(key=lambda change: [*register.fields].index(change.field))
        before |= {name: values.get(name) for name in names}
        ground = str(event.payload.get("ground", ""))
        history.append(
            RowEventView(
                seq=event.seq, kind=event.kind, at=event.at, by=event.by, ground=ground, changes=changes
            )
        )
    office = ctx.reads.office()
    opened = row.opened_case if row.opened_case and ctx.reads.heads([row.opened_case]) else ""
    reached = in_reach(register, row, reader_scope(ctx), office)
    days: dict[str, date | None] = {}
    case = ctx.app.ledger.case(opened) if opened and reached and not row.withdrawn else None
    if case is not None:
        recorded = {name: fact.on for name, fact in case.facts.items()}
        days = days_of_case(register, row, recorded, today=ctx.today)
    return RowDetail(
        row=row_view(
            ctx,
            register,
            replace(row, opened_case=opened),
            fields,
            office,
            linked=_linked_names(ctx, [(register, row.values)]),
        ),
        fields=[field_view(one) for one in register.fields.values() if one.id in fields],
        days_of_case={name: day for name, day in days.items() if name in fields},
        fulfils=_duties(ctx, register, row) if reached and not row.withdrawn else [],
        history=history if reached else [],
    )


def _duties(ctx: RequestContext, register: Register, row: RegisterRow) -> list[RowDuty]:
    """Return the facts recorded from a row in cases visible to the reader."""
    found = duties_of(ctx.app, register, row, today=ctx.today)
    heads = ctx.reads.heads([case for case, _ in found]) if found else {}
    duties = []
    for case, fact in found:
        if case in heads:
            known = ctx.library.named(heads[case].edition).by_id[fact.name.partition(".")[0]]
            duties.append(RowDuty(case=case, fact=fact.name, title=_titles(known.title), on=fact.on))
    return duties


@verb("self", writes=False)
def list_my_rows(ctx: RequestContext, command: AskRegisters) -> RowList:
    """List the rows that name the reader, with the fields of their own rows they may see."""
    from storage.registers.lists import SqlRegisterLists

    registers = [ctx.app.registers.latest(name) for name in ctx.app.registers.ids()]
    fields = {one.id: tuple(one.seen_by_person) for one in registers}
    heads = SqlRegisterLists(ctx.app.engine).naming(ctx.reader.person, fields)
    named = {head.register_id for head in heads}
    seen = reader_scope(ctx)
    views = [register_view(one, seen, own=True) for one in registers if one.id in named]
    return RowList(rows=head_views(ctx, heads), registers=views)


# --------------------------------------------------------------------------------------------------- helpers


def lookup(ctx: RequestContext) -> Lookup:
    """Return the functions that find people, units, cases and rows named in values."""
    from storage.registers.lists import SqlRegisterLists

    office, lists = ctx.reads.office(), SqlRegisterLists(ctx.app.engine)

    def person(text: str) -> str | None:
        if text in office.people or text in office.former:
            return text
        keys = office.person_called.exactly(text) or office.former_called.exactly(text)
        return keys[0] if len(keys) == 1 else None

    def unit(text: str) -> str | None:
        if text in office.units:
            return text
        keys = office.unit_called.exactly(text)
        return keys[0] if len(keys) == 1 else None

    def case(text: str) -> str | None:
        name = _within_brackets(text)
        return name if ctx.reads.heads([name]) else None

    @cache
    def row(register: str, text: str) -> str | tuple[str, ...] | None:
        known = ctx.app.registers.on(register, ctx.today) if register in ctx.app.registers.ids() else None
        if known is None or not sees_lists(known, reader_scope(ctx)):
            return None
        name = _within_brackets(text)
        if lists.exists(register, name):
            return name
        called = _rows_called(ctx, known, text)
        return called[0] if len(called) == 1 else called or None

    return Lookup(
        person=person,
        unit=unit,
        case=case,
        row=row,
    )


def _rows_called(ctx: RequestContext, register: Register, text: str) -> tuple[str, ...]:
    """Return the ids of visible rows with this title or this list text in some language."""
    from storage.registers.lists import SqlRegisterLists

    wanted = " ".join(text.casefold().split())
    asked = ListRows(register_id=register.id, search=max(text.split(" · "), key=len)[:MAX_TITLE])
    found = SqlRegisterLists(ctx.app.engine).page(row_query(ctx, register, asked), limit=MAX_PAGE_SIZE)
    view = register_view(register, reader_scope(ctx))
    titles = [one.id for one in view.fields if one.id in view.named_by and one.kind == "text"]
    called = []
    for row in head_views(ctx, found.rows, links=False):
        names = [row_name(view, row, language) for language in LANGUAGES]
        names += [str(row.values.get(title, "")) for title in titles]
        if wanted in (" ".join(name.casefold().split()) for name in names):
            called.append(row.id)
    return tuple(sorted(called))


class FoundRows(BaseModel):
    """The rows a search finds: the first of them by register, how many, and whether there are more than are
    counted. `near`: a word is another than was typed, much like it.
    """

    rows: list[tuple[RegisterView, RowView]]
    total: int
    more: bool = False
    near: bool = False


def find_rows(ctx: RequestContext, text: str, *, limit: int) -> FoundRows:
    """Return the rows of the registers the reader sees that have all words; hidden fields join no search."""
    from storage.board.word_index import COUNTED, WIDTHS
    from storage.registers.lists import SqlRegisterLists

    lists, seen, found = SqlRegisterLists(ctx.app.engine), reader_scope(ctx), FoundRows(rows=[], total=0)
    for width in WIDTHS:
        if found.total or (narrowed := lists.narrow(text, width)) is None:
            continue
        where, registers = narrowed
        among, found.near = lists.kept() if registers is None else frozenset(registers), where.near
        for name in ctx.app.registers.ids() if among else ():
            register = ctx.app.registers.on(name, ctx.today)
            if name not in among or not sees_lists(register, seen):
                continue
            query = row_query(ctx, register, ListRows(register_id=name))
            ids = lists.newest(replace(query, readings=where.readings, ids=where.places))
            found.total += len(ids)
            first = ids[: limit - len(found.rows)]
            if first:
                view, order = register_view(register, seen), {row: place for place, row in enumerate(first)}
                heads = sorted(lists.heads(first), key=lambda head: order[head.id])
                found.rows += [(view, row) for row in head_views(ctx, heads, links=False)]
    found.more = found.total > COUNTED
    found.total = min(found.total, COUNTED)
    return found


def _within_brackets(text: str) -> str:
    """Return the id in a text like `Лекция (trainings-2026-0001)`, as exports write it; else the text."""
    return text[:-1].rpartition("(")[2] if text.endswith(")") else text


def reader_scope(ctx: RequestContext) -> RowScope:
    """Return the scope of rows visible to the reader."""
    return EVERYTHING if ctx.operator else row_scope(scope(ctx.reader), ctx.reader.person)


def seen_register(ctx: RequestContext, name: str) -> Register:
    """Return a register whose lists are visible to the reader. Raises UnknownRegister."""
    register = ctx.app.registers.on(name, ctx.today)
    if not sees_lists(register, reader_scope(ctx)):
        raise UnknownRegister("register.unknown", register=name, allowed=())
    return register


def seen_row(ctx: RequestContext, name: str) -> tuple[RegisterRow, Register, Collection[str]]:
    """Return a row, its register and its fields visible to the reader. Raises UnknownRow."""
    from storage.registers.chains import SqlRegisterRows

    row = SqlRegisterRows(ctx.app.engine).rows([name]).get(name)
    if row is not None and row.register in ctx.app.registers.ids():
        register = ctx.app.registers.on(row.register, ctx.today)
        fields = visible_fields(register, row, reader_scope(ctx), ctx.reads.office())
        if fields is not None and (not row.case or ctx.reads.heads([row.case])):
            return row, register, fields
    raise UnknownRow("register.unknown_row", row=name)


def may_write(ctx: RequestContext, register: Register, row: RegisterRow, office: Office) -> bool:
    """Return whether the reader may change a row: it is one of their units' and not withdrawn."""
    allowed = ctx.operator or ctx.reader.may("record")
    return allowed and not row.withdrawn and in_reach(register, row, reader_scope(ctx), office)


def row_query(ctx: RequestContext, register: Register, command: ListRows) -> RowQuery:
    """Return the query for a list, limited to rows visible to the reader.

    Raises:
        UnknownField: a filter by a hidden field, or by one that lists cannot be filtered by.
        InvalidRow: a value the field cannot have.
    """
    from storage.registers.lists import RowQuery

    seen, office = reader_scope(ctx), ctx.reads.office()
    shown = list_fields(register, seen)
    hides = register.confidential and seen.person
    return RowQuery(
        register=register.id,
        units=_units(ctx, command.unit, office),
        hidden_person=seen.person if hides else "",
        hidden_fields=register.subjects if hides else (),
        case=command.case or "",
        open_cases=register.kept_in == "case" and not command.case and not ctx.operator,
        filters=tuple(_cell_filter(ctx, register, shown, one) for one in command.filters),
        search=command.search,
        withdrawn=command.withdrawn,
    )


def _units(ctx: RequestContext, unit: str, office: Office) -> Sequence[str] | None:
    """Return the requested units visible to the reader; None for all."""
    from services.queries import unit_named

    root = reader_scope(ctx).unit
    seen = None if root == "" else frozenset(office.whose_cases(root)) if root is not None else frozenset()
    if not unit:
        return None if seen is None else sorted(seen)
    asked = office.whose_cases(unit_named(ctx.app, unit))
    return asked if seen is None else [one for one in asked if one in seen]


def _cell_filter(
    ctx: RequestContext, register: Register, shown: Collection[str], asked: FilterInput
) -> CellFilter:
    from storage.registers.lists import CellFilter

    known = register.fields.get(asked.field)
    if known is None or known.id not in shown or not known.indexed:
        allowed = [name for name in shown if register.fields[name].indexed]
        raise UnknownField(
            "register.cannot_filter", field=asked.field, allowed=closest_first(asked.field, allowed)
        )
    keys: tuple[str, ...] | None = None
    if asked.empty:
        keys = ("",)
    elif asked.is_ is not None:
        keys = tuple(_key(ctx, register, known, text) for text in asked.is_)
    return CellFilter(
        field=known.id,
        keys=keys,
        least=_key(ctx, register, known, asked.from_) if asked.from_ else "",
        most=_key(ctx, register, known, asked.until) if asked.until else "",
        contains=text_key(asked.contains),
    )


def _key(ctx: RequestContext, register: Register, known: RegisterField, text: str) -> str:
    """Return the sort key of a value used as filter."""
    single = replace(known, several=False)
    asked = replace(register, fields={known.id: single})
    values, problems = parse_values(asked, {known.id: text}, lookup(ctx))
    if problems:
        raise InvalidRow(asked, tuple(problems))
    return sort_key(single, values[known.id])


def head_views(ctx: RequestContext, heads: Iterable[Any], *, links: bool = True) -> list[RowView]:
    """Return rows for lists, from their stored heads. `links`: whether names of cases and rows are included."""
    from storage.registers.chains import outside_of

    heads = list(heads)
    seen = reader_scope(ctx)
    registers = {name: ctx.app.registers.on(name, ctx.today) for name in {head.register_id for head in heads}}
    secret = [
        head.id
        for head in heads
        if any(one.confidential for one in registers[head.register_id].fields.values())
    ]
    outside = outside_of(ctx.app.engine, secret) if secret else {}
    office, views = ctx.reads.office(), []
    opened = ctx.reads.heads([head.opened_case for head in heads if head.opened_case])
    stored = [(registers[head.register_id], {**head.shown, **outside.get(head.id, {})}) for head in heads]
    linked = _linked_names(ctx, stored) if links else {}
    for head, (register, stored_values) in zip(heads, stored, strict=True):
        row = RegisterRow(
            id=head.id,
            register=head.register_id,
            version=head.version,
            unit=head.unit,
            case=head.case,
            opened_case=head.opened_case if head.opened_case in opened else "",
            values=stored_values,
            withdrawn=head.withdrawn,
            seq=head.seq,
            created_at=head.created_at,
            created_by=head.created_by,
            edited_at=head.edited_at,
            edited_by=head.edited_by,
        )
        fields = visible_fields(register, row, seen, office)
        if fields is not None:
            views.append(row_view(ctx, register, row, fields, office, linked=linked))
    return views


def row_view(
    ctx: RequestContext,
    register: Register,
    row: RegisterRow,
    fields: Collection[str],
    office: Office,
    *,
    linked: Mapping[str, str],
) -> RowView:
    """Return a row with these fields. `linked`: names of cases and rows."""
    order = [name for name in register.fields if name in fields]
    values = {name: row.values[name] for name in order if is_filled(row.values.get(name))}
    own = not in_reach(register, row, reader_scope(ctx), office)
    return RowView(
        id=row.id,
        register_id=row.register,
        version=row.version,
        unit=row.unit,
        case=row.case,
        opened_case="" if own else row.opened_case,
        withdrawn=row.withdrawn,
        ground=row.ground,
        seq=row.seq,
        created_at=row.created_at,
        created_by="" if own else row.created_by,
        edited_at=row.edited_at,
        edited_by="" if own else row.edited_by,
        values=values,
        names=_names(register, row, values, office, ctx.language) | _linked_of(register, values, linked),
        may_write=may_write(ctx, register, row, office),
    )


def _names(
    register: Register, row: RegisterRow, values: Mapping[str, Any], office: Office, language: str
) -> dict[str, str]:
    keys = [str(value) for name, value in values.items() if register.fields[name].kind in ("person", "unit")]
    names = {key: name_in(office, key, language) for key in (*keys, *filter(None, [row.unit]))}
    return _posts(register, values, office, language) | names


def _posts(register: Register, values: Mapping[str, Any], office: Office, language: str) -> dict[str, str]:
    """Return the posts among the texts of a row, of the people it names -> the same in the language."""
    kinds = {name: register.fields[name].kind for name in values}
    texts = {str(value) for name, value in values.items() if kinds[name] in ("text", "position")}
    keys = [str(value) for name, value in values.items() if kinds[name] == "person"]
    return {
        post: person.post_in(language)
        for person in filter(None, (office.people.get(key) or office.former.get(key) for key in keys))
        for post in texts & {*filter(None, (person.post, person.post_kk, person.post_ru))}
    }


def names_of(ctx: RequestContext, register: Register, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of people, units, cases and rows in values that are not written yet."""
    office, names = ctx.reads.office(), _linked_names(ctx, [(register, values) for values in rows])
    for one in register.fields.values():
        if one.kind in ("person", "unit"):
            keys = [str(values[one.id]) for values in rows if is_filled(values.get(one.id))]
            names |= {key: name_in(office, key, ctx.language) for key in keys}
    return names


def _linked_of(register: Register, values: Mapping[str, object], linked: Mapping[str, str]) -> dict[str, str]:
    ids = [str(value) for name, value in values.items() if register.fields[name].kind in ("case", "row")]
    return {id: linked[id] for id in ids if id in linked}


def _linked_names(
    ctx: RequestContext, stored: Iterable[tuple[Register, Mapping[str, object]]]
) -> dict[str, str]:
    """Return the names of the cases and rows that rows refer to, if visible to the reader."""
    from storage.registers.lists import SqlRegisterLists

    ids: dict[str, set[str]] = {"case": set(), "row": set()}
    for register, values in stored:
        for one in register.fields.values():
            if one.kind in ids and is_filled(values.get(one.id)):
                ids[one.kind].add(str(values[one.id]))
    names = (
        {case.id: case.object or case.id for case in ctx.reads.heads(ids["case"]).values()}
        if ids["case"]
        else {}
    )
    if not ids["row"]:
        return names
    seen = reader_scope(ctx)
    heads = SqlRegisterLists(ctx.app.engine).heads(ids["row"])
    cases = ctx.reads.heads({head.case for head in heads if head.case})
    registers = {
        name: register_view(ctx.app.registers.on(name, ctx.today), seen)
        for name in {head.register_id for head in heads} & {*ctx.app.registers.ids()}
    }
    shown = [head for head in heads if head.register_id in registers and (not head.case or head.case in cases)]
    language = ctx.language or ctx.app.settings.office.language
    rows = head_views(ctx, shown, links=False)
    return names | {row.id: row_name(registers[row.register_id], row, language) for row in rows}


def register_view(register: Register, seen: RowScope, *, rows: int = 0, own: bool = False) -> RegisterView:
    """Return a register with the fields visible to the reader. `own`: those of rows that name them, if no
    others.
    """
    shown: Collection[str] = list_fields(register, seen)
    if own and not shown:
        shown = frozenset[str]().union(*register.seen_by_person.values())
    fields = [field_view(one) for one in register.fields.values() if one.id in shown]
    return RegisterView(
        id=register.id,
        version=register.edition,
        title=_titles(register.title),
        note=_titles(register.note) if register.note else None,
        act=_titles(register.acts[register.act].short),
        paragraph=register.paragraph,
        kept_in=register.kept_in,
        procedures=list(register.procedures),
        confidential=register.confidential,
        opens=register.opens.procedure if register.opens else "",
        may_write=sees_lists(register, seen),
        rows=rows,
        fields=fields,
        named_by=[name for name in register.named_by if name in shown],
        columns=[name for name in register.columns if name in shown],
    )


def field_view(one: RegisterField) -> FieldView:
    """Return a field for forms and lists."""
    return FieldView(
        id=one.id,
        title=_titles(one.title),
        kind=one.kind,
        required=one.required,
        help=_titles(one.help) if one.help else None,
        confidential=one.confidential,
        options=[OptionView(id=option.id, title=_titles(option.title)) for option in one.options],
        several=one.several,
        register_id=one.register,
        unit=_titles(one.unit) if one.unit else None,
        filterable=one.indexed,
        sortable=one.sortable,
        total=one.total,
        translation_of=one.translation_of,
    )


def cell_value(field: FieldView, row: RowView, language: str) -> object:
    """Return a value for a table cell: a date, Decimal or bool, else a text; None if empty."""
    value = row.values.get(field.id)
    if value is None:
        return None
    match field.kind:
        case "date":
            return date.fromisoformat(value)
        case "number" | "money":
            return written_amount(field, Decimal(value))
        case "yes_no":
            return bool(value)
        case "choice":
            titles = {option.id: option.title[language] for option in field.options}
            chosen = value if isinstance(value, list) else [value]
            return "; ".join(titles.get(str(name), str(name)) for name in chosen)
        case "file":
            return str(value.get("name", ""))
    return row.names.get(str(value), str(value))


def written_amount(field: FieldView, amount: Decimal) -> Decimal:
    """Return an amount for display: money with a fraction of a tenge gets both digits of the tiyn."""
    is_part = field.kind == "money" and amount.as_tuple().exponent == -1
    return amount.quantize(Decimal("0.01")) if is_part else amount


def row_name(register: RegisterView, row: RowView, language: str) -> str:
    """Return the title of a row: the visible values of the fields that name it."""
    fields = [one for one in register.fields if one.id in register.named_by]
    words = [cell_value(one, row, language) for one in fields]
    texts = [f"{word:%d.%m.%Y}" if isinstance(word, date) else str(word) for word in words if word is not None]
    return " · ".join(filter(None, texts)) or row.id


def _titles(text: Text) -> Titles:
    return Titles(kk=text.kk, ru=text.ru, en=text.en)
