"""Registers and rows as a reader may see and change them: views for lists and forms, cells in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

import i18n
from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here, is_shown
from merzim.services.results import Result, Titles, at
from merzim.services.verbs import NotAllowed, NotFound
from merzim.storage.register_rows import stored_rows
from workflow.languages import KAZAKH_LETTERS
from workflow.org.kinds import among
from workflow.org.office import Office
from workflow.registers.definition import Campaign, Register, RegisterField, UnknownRegister
from workflow.registers.rows import (
    RegisterRow,
    in_reach,
    keeps_rows,
    list_fields,
    name_in,
    sees_lists,
    visible_fields,
)
from workflow.registers.values import days_late, is_filled

NAMING = ("person", "unit", "row")
"""Kinds of fields whose values are keys of what has a name."""
_WORD = re.compile(r"[^\W\d_]+")


class UnknownRow(NotFound):
    """There is no row with that id visible to the reader."""

    not_found = "web.problem.no_row"


def seen_register(ctx: RequestContext, name: str) -> Register:
    """Return a register whose lists are visible to the reader. Raises UnknownRegister."""
    register = ctx.app.registers.on(name, ctx.today)
    if not sees_lists(register, ctx.scope):
        raise UnknownRegister("register.unknown", register=name, allowed=())
    return register


def writable_register(ctx: RequestContext, name: str) -> Register:
    """Return a register of whose rows the reader may write some. Raises UnknownRegister, NotAllowed."""
    register = seen_register(ctx, name)
    if not keeps_rows(register, ctx.scope):
        raise NotAllowed
    return register


def shown_fields(ctx: RequestContext, register: Register) -> dict[str, RegisterField]:
    """Return the fields of a register that lists show the reader, by id."""
    return {name: register.fields[name] for name in list_fields(register, ctx.scope)}


def seen_row(ctx: RequestContext, name: str) -> tuple[RegisterRow, Register, Collection[str]]:
    """Return a row, its register and its fields visible to the reader. Raises UnknownRow."""
    row = stored_rows(ctx.app.engine, [name]).get(name)
    if row is not None and row.register in ctx.app.registers.ids():
        register = ctx.app.registers.on(row.register, ctx.today)
        fields = visible_fields(register, row, ctx.scope, ctx.reads.office())
        if fields is not None:
            return row, register, fields
    raise UnknownRow("register.unknown_row", row=name)


def may_write(ctx: RequestContext, register: Register, row: RegisterRow, office: Office) -> bool:
    """Return whether the reader may change a row: of a register and unit they write, and not withdrawn."""
    scope = ctx.scope
    allowed = ctx.reader.may("record") and keeps_rows(register, scope)
    return allowed and not row.withdrawn and in_reach(register, row, scope, office)


class OptionView(Result):
    """An option of a field of kind `choice`."""

    id: str
    title: Titles


class FieldView(Result):
    """A field as needed by a form and the head of a list. `filterable`, `sortable`, `total`: whether lists may
    be filtered, sorted by it, and have its sum under them. `register_id`: for references: the other register.
    `unit`: unit of a number. `translation_of`: the text field it says in the other language of papers, or "";
    `post_of`: the person field whose post it takes where nothing is written, or "".
    """

    id: str
    title: Titles
    kind: str
    required: bool
    help: Titles | None
    confidential: bool
    options: list[OptionView]
    several: bool
    register_id: str = at("rows_of")
    unit: Titles | None
    filterable: bool = at("indexed")
    sortable: bool
    total: bool
    translation_of: str
    post_of: str = ""


class RegisterView(Result):
    """A register. `rows`: number of visible rows; `opens`: the procedure whose case a row opens, or "";
    `unopened`: why no row opens one in this office: `act` (not adopted) or `kind` (of organisation), or "";
    `adopted`: false where the act is one organisation's that this office has not adopted; `columns`: the fields
    its list shows beside the names of rows, where its file says so.
    """

    id: str
    version: str = at("edition")
    title: Titles
    note: Titles | None
    act: Titles
    paragraph: str
    confidential: bool
    opens: str
    unopened: str = ""
    adopted: bool = True
    may_write: bool
    rows: int
    fields: list[FieldView]
    named_by: list[str]
    columns: list[str]


class RowView(Result):
    """A row with the values of visible fields, without empty ones: texts, ISO dates, decimals as texts, True or
    False, ids of options, keys of people and units, files as `{sha256, name, type, size}`. `names`: names of
    the people, units and rows it refers to, if visible; `opened_case`: the case it opened, if visible. `late`:
    dates that are late, with the calendar days they are late by. `seq`: number of its last event; sent with a
    change, it prevents overwriting another user's change.
    """

    id: str
    register_id: str = at("register")
    version: str
    unit: str
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
    late: dict[str, int] = Field(default_factory=dict)
    may_write: bool = False


def head_views(ctx: RequestContext, heads: Iterable[Any], *, links: bool = True) -> list[RowView]:
    """Return the visible rows among stored heads, for lists. `links`: whether names of rows are included."""
    ids = [head.id for head in heads]
    stored = stored_rows(ctx.app.engine, ids)
    return row_views(ctx, [stored[id] for id in ids if id in stored], links=links)


def row_views(ctx: RequestContext, rows: Sequence[RegisterRow], *, links: bool = True) -> list[RowView]:
    """Return the visible ones of these rows as the reader sees them. `links`: as in `head_views`."""
    scope, office, views = ctx.scope, ctx.reads.office(), []
    opened_cases = [row.opened_case for row in rows if row.opened_case]
    seen_cases = ctx.reads.heads(opened_cases) if opened_cases else {}
    registers = {name: ctx.app.registers.on(name, ctx.today) for name in {row.register for row in rows}}
    names = names_of(ctx, [(registers[row.register], row.values) for row in rows], links=links)
    for row in rows:
        register = registers[row.register]
        fields, seen = visible_fields(register, row, scope, office), in_reach(register, row, scope, office)
        if fields is None:
            continue
        shown = {name: row.values.get(name) for name in register.fields if name in fields}
        values = {name: value for name, value in shown.items() if is_filled(value)}
        late = {} if row.withdrawn else days_late(register, values, today=ctx.today)
        keys = [str(value) for name, value in values.items() if register.fields[name].kind in NAMING]
        own_names = _posts(register, values, office, ctx.language)
        own_names |= {key: names[key] for key in keys if key in names}
        if row.unit:
            own_names[row.unit] = name_in(office, row.unit, ctx.language)
        views.append(
            RowView.of(
                row,
                opened_case=row.opened_case if seen and row.opened_case in seen_cases else "",
                created_by=row.created_by if seen else "",
                edited_by=row.edited_by if seen else "",
                values=values,
                names=own_names,
                late={name: days for name, days in late.items() if name in fields},
                may_write=may_write(ctx, register, row, office),
            )
        )
    return views


def _posts(register: Register, values: Mapping[str, Any], office: Office, language: str) -> dict[str, str]:
    """Return the posts among the texts of a row, of the people it names -> the same in the language."""
    kinds = {name: register.fields[name].kind for name in values}
    texts = {str(value) for name, value in values.items() if kinds[name] == "text"}
    keys = [str(value) for name, value in values.items() if kinds[name] == "person"]
    return {
        post: person.post_in(language)
        for person in filter(None, (office.member(key) for key in keys))
        for post in texts & {*filter(None, (person.post, person.post_kk, person.post_ru))}
    }


def names_of(
    ctx: RequestContext, stored: Iterable[tuple[Register, Mapping[str, object]]], *, links: bool = True
) -> dict[str, str]:
    """Return the names of the people and units in values of rows, and of those rows they refer to that the
    reader may see. `links`: whether names of rows are included.
    """
    office, names, row_ids = ctx.reads.office(), dict[str, str](), set[str]()
    for register, values in stored:
        for name, value in values.items():
            kind = register.fields[name].kind if name in register.fields and is_filled(value) else ""
            if kind in ("person", "unit"):
                names[str(value)] = name_in(office, str(value), ctx.language)
            elif kind == "row" and links:
                row_ids.add(str(value))
    if not row_ids:
        return names
    stored_there = stored_rows(ctx.app.engine, row_ids).values()
    registers = {
        name: register_view(ctx, ctx.app.registers.on(name, ctx.today))
        for name in {row.register for row in stored_there} & {*ctx.app.registers.ids()}
    }
    rows = row_views(ctx, [row for row in stored_there if row.register in registers], links=False)
    language = ctx.spoken_language
    return names | {row.id: row_name(registers[row.register_id], row, language) for row in rows}


def register_view(
    ctx: RequestContext, register: Register, *, rows: int = 0, is_own: bool = False
) -> RegisterView:
    """Return a register with the fields visible to the reader, the act it rests on in this office (where that
    is another organisation's, one adopted here by which it asks people), and why its rows open no case here.
    `is_own`: for a list of rows that name the reader, who sees those fields if no others.
    """
    shown: Collection[str] = shown_fields(ctx, register)
    if is_own and not shown:
        shown = frozenset[str]().union(*register.seen_by_person.values())
    acts, act, paragraph, asked = acts_here(ctx), register.act, register.paragraph, list[Campaign]()
    is_elsewhere = act not in acts and act in ctx.library.adopted_acts
    if is_elsewhere and (asked := [each for each in register.campaigns.values() if each.act in acts]):
        act = asked[0].act
        paragraph = ", ".join(dict.fromkeys(each.paragraph for each in asked if each.act == act))
    return RegisterView.of(
        register,
        act=register.acts[act].short,
        paragraph=paragraph,
        opens=register.opens.procedure if register.opens else "",
        unopened=_unopened(ctx, register),
        adopted=bool(asked) or not is_elsewhere,
        may_write=keeps_rows(register, ctx.scope),
        rows=rows,
        fields=[field_view(field) for field in register.fields.values() if field.id in shown],
        named_by=[name for name in register.named_by if name in shown],
        columns=[name for name in register.columns if name in shown],
    )


def _unopened(ctx: RequestContext, register: Register) -> Literal["", "act", "kind"]:
    """Return why no row opens a case here: nobody adopted the act its procedure rests on, or the procedure is
    for another kind of organisation; "" where rows open cases, or the register has none to open.
    """
    if register.opens is None:
        return ""
    procedure = ctx.library.latest(register.opens.procedure)
    office, root = ctx.reads.office(), ctx.scope.unit

    def kinds() -> frozenset[str]:
        units = office.below(root) if root else office.units
        of_each = {office.units[unit].kind for unit in units if unit in office.units} - {""}
        return frozenset(of_each | {office.kind_of(unit) for unit in [*units][:1]})

    unit_kinds = office.resolved_once(ctx.today, ("kinds", root), kinds)
    if not any(among(kind, procedure.applies_to) for kind in unit_kinds or {""}):
        return "kind"
    return "" if is_shown(procedure, acts_here(ctx)) else "act"


def field_view(field: RegisterField) -> FieldView:
    """Return a field for forms and lists; a post of a person is not required, as the office's fills it in."""
    return FieldView.of(field, required=field.required and not field.post_of)


def cell_value(field: FieldView, row: RowView, language: str) -> object:
    """Return a value for a table cell: a date or Decimal, else a text; None if empty."""
    value = row.values.get(field.id)
    if value is None:
        return None
    match field.kind:
        case "date":
            return date.fromisoformat(value)
        case "number" | "money":
            return written_amount(field, Decimal(value))
        case "yes_no":
            return i18n.say("register.yes" if value else "register.no", {}, language)
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
    texts = [cell_text(field, row, language) for field in register.fields if field.id in register.named_by]
    return " · ".join(filter(None, texts)) or i18n.row_number(row.id, language)


def cell_text(field: FieldView, row: RowView, language: str) -> str:
    """Return a value in words; "" if empty."""
    value = cell_value(field, row, language)
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else "" if value is None else str(value)


def paper_text(field: FieldView, value: object, language: str) -> str:
    """Return a value for a table cell as text of a paper."""
    match value:
        case date():
            return i18n.date_long(value, language)
        case Decimal():
            unit = f" {field.unit[language]}" if field.unit else ""
            return (i18n.money if field.kind == "money" else i18n.number)(value, language) + unit
    return str(value)


def values_view(values: Mapping[str, object], names: Mapping[str, str]) -> RowView:
    """Return values outside a register as a row, for `cell_value`. `names`: of people and units, by key."""
    return RowView.model_construct(id="", register_id="", values=values, names=names)


def row_in_language(row: RowView, fields: Iterable[FieldView], language: str) -> RowView:
    """Return a row whose texts are those in a language, where it has them, without their translations. Which of
    two is Kazakh is seen by words with letters Russian lacks.
    """
    values: dict[str, Any] = dict(row.values)
    pairs = {field.translation_of: field.id for field in fields if field.translation_of}
    both = [pair for pair in pairs.items() if all(map(values.get, pair))]
    # Short words tell nothing ("сот", "суд"): all the row says in two languages does.
    all_said = [_share(" ".join(str(row.values[name]) for name in names)) for names in zip(*both, strict=True)]
    for name, translated in pairs.items():
        text, translation = (str(values.pop(each, None) or "") for each in (name, translated))
        if (name, translated) in both:
            shares = [_share(text), _share(translation)]
            first, second = shares if shares[0] != shares[1] else all_said
            text = text if (first >= second) == (language == "kk") else translation
        if text or translation:
            values[name] = text or translation
    return row.model_copy(update={"values": values})


def _share(text: str) -> float:
    """Return the share of words with letters that only Kazakh has."""
    words = _WORD.findall(text.casefold())
    return (
        sum(any(letter in KAZAKH_LETTERS for letter in word) for word in words) / len(words) if words else 0.0
    )
