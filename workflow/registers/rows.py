"""Rows of registers: their events, the row computed from them, its index for lists, and who sees what of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from workflow.languages import LANGUAGES
from workflow.org.access import Scope, within
from workflow.org.office import Office
from workflow.registers.definition import Register, RegisterField
from workflow.registers.values import Value, Values, as_date, holds, is_filled
from workflow.search_words import alphabetical, normalise as fold_text

RowEventKind = Literal["added", "confirmed", "edited", "withdrawn", "opened", "erased"]
"""Kinds of events of a row; `confirmed` adds a row like `added`, but by the person it is about, through a
personal link.
"""
KEY_LIMIT = 200
"""Maximum characters of a text in its sort key."""
NUMBER_SHIFT = 10**14
"""Added to a number so that the texts of numbers, including negative ones, sort like the numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowEvent:
    """One event of a row. `at` is UTC; `payload` carries values, and digests of those that may be erased."""

    row: str
    seq: int
    kind: str
    at: datetime
    by: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterRow:
    """A row computed from its events; `values`: by field, without erased ones.

    `version`: of the register when it was last written; `unit`: its owner, "" for the organisation.
    """

    id: str
    register: str
    version: str
    unit: str = ""
    opened_case: str = ""
    values: Values = field(default_factory=dict)
    withdrawn: bool = False
    ground: str = ""
    seq: int = 0
    created_at: datetime
    created_by: str
    edited_at: datetime
    edited_by: str


def next_row(row: RegisterRow | None, event: RowEvent) -> RegisterRow:
    """Return a row (None before its first event) as an event leaves it."""
    payload = event.payload
    if row is None:
        row = RegisterRow(
            id=event.row,
            register=str(payload.get("register", "")),
            version="",
            created_at=event.at,
            created_by=event.by,
            edited_at=event.at,
            edited_by=event.by,
        )
    values, erased = {**row.values, **payload.get("values", {})}, payload.get("erased", ())
    is_edit, is_withdrawal = event.kind != "opened", event.kind == "withdrawn"
    return replace(
        row,
        seq=event.seq,
        version=str(payload.get("version", row.version)),
        unit=str(payload.get("unit", row.unit)),
        opened_case=str(payload.get("opened_case", row.opened_case)),
        values={name: value for name, value in values.items() if is_filled(value) and name not in erased},
        withdrawn=row.withdrawn or is_withdrawal,
        ground=str(payload.get("ground", "")) if is_withdrawal else row.ground,
        edited_at=event.at if is_edit else row.edited_at,
        edited_by=event.by if is_edit else row.edited_by,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Projection:
    """The index entries of a row that lists work with.

    `shown`: values of the fields that are not confidential; `cells`: field -> its sort key for filtering and
    sorting, a list of several, "" for none; `search`: the text that searches look in, normalised like words.
    """

    shown: Values
    cells: Mapping[str, str | list[str]]
    search: str


def project(register: Register, row: RegisterRow, office: Office) -> Projection:
    """Return the index entries of a row; a withdrawn one has no cells, so that no filtered list finds it."""
    shown_values = {
        name: value
        for name, value in row.values.items()
        if name in register.fields and not register.fields[name].confidential
    }
    cells = {} if row.withdrawn else _cells(register, row.values)
    words = [row.id, *(_words(register.fields[name], value, office) for name, value in shown_values.items())]
    return Projection(shown=shown_values, cells=cells, search=fold_text(" ".join(filter(None, words))))


def fact_fields(register: Register, values: Values) -> list[tuple[str, str]]:
    """Return the date fields that give facts to the case a row opens, each with its fact."""
    if register.opens is None:
        return []
    conditional = register.opens.conditional
    return [
        *register.opens.facts.items(),
        *((entry.field, entry.fact) for entry in conditional if holds(entry.when, values)),
    ]


def days_of_case(
    register: Register, row: RegisterRow, recorded: Mapping[str, date], *, today: date
) -> dict[str, date | None]:
    """Return the fields of a row whose day differs from the case's: field -> the day of the fact, None where
    the row has a past day and the case no such fact (any more). `recorded`: the facts of the case with their
    days.
    """
    days: dict[str, date | None] = {}
    for name, fact in fact_fields(register, row.values):
        own_day, recorded_day = as_date(row.values.get(name)), recorded.get(fact)
        if recorded_day is not None and recorded_day != own_day:
            days[name] = recorded_day
        elif recorded_day is None and own_day is not None and own_day <= today:
            days[name] = None
    return days


def name_in(office: Office, key: str, language: str = "") -> str:
    """Return the name of a unit or person in a language, also of who left; the key itself if unknown."""
    member = office.named(key)
    return member.name_in(language) if member is not None else key


def _cells(register: Register, values: Values) -> dict[str, str | list[str]]:
    """Return the keys by which lists find and sort a row, by field."""
    cells: dict[str, str | list[str]] = {}
    for row_field in register.fields.values():
        value = values.get(row_field.id)
        if row_field.indexed and isinstance(value, list):
            cells[row_field.id] = [sort_key(row_field, item) for item in value]
        elif row_field.indexed:
            cells[row_field.id] = sort_key(row_field, value)
        elif row_field.kind == "person" and is_filled(value):
            # Lists are not filtered by it, but the row's owner must be stored.
            cells[row_field.id] = str(value)
    return cells


def sort_key(field: RegisterField, value: Value) -> str:
    """Return the key by which a field's value is filtered and sorted; "" for none."""
    if not is_filled(value):
        return ""
    if field.kind in ("number", "money"):
        return f"{Decimal(value) + NUMBER_SHIFT:020.4f}"
    if field.kind == "yes_no":
        return "yes" if value else "no"
    if field.kind in ("text", "link"):
        return text_key(str(value))
    return str(value)


def text_key(text: str) -> str:
    """Return the key by which a text is found and sorted: no letter case, the order of the Kazakh alphabet."""
    return alphabetical(text)[:KEY_LIMIT]


def _words(field: RegisterField, value: Value, office: Office) -> str:
    """Return a value in words, for searches."""
    if field.kind == "choice":
        options = [field.option(name) for name in (value if isinstance(value, list) else [value])]
        titles = [option.title for option in options if option is not None]
        return " ".join(title[language] for title in titles for language in LANGUAGES)
    if field.kind in ("person", "unit"):
        member = office.named(str(value))
        return " ".join(member.names) if member is not None else str(value)
    if field.kind == "file":
        return str(value.get("name", ""))
    return "" if field.kind == "yes_no" else str(value)


def sees_lists(register: Register, scope: Scope) -> bool:
    """Return whether a user sees lists of a register at all, beyond the rows that name them."""
    allowed = scope.opens_restricted or not register.confidential or scope.access in register.seen_by_reader
    return scope.unit is not None and allowed


def keeps_rows(register: Register, scope: Scope) -> bool:
    """Return whether a user with the right to record may write rows of a register in their units."""
    return scope.unit is not None and (scope.opens_restricted or not register.confidential)


def list_fields(register: Register, scope: Scope) -> tuple[str, ...]:
    """Return the fields lists show: all to officers, else open and granted ones; none to who sees no lists."""
    if not sees_lists(register, scope):
        return ()
    granted = register.seen_by_reader.get(scope.access, frozenset())
    return tuple(
        row_field.id
        for row_field in register.fields.values()
        if scope.opens_restricted or row_field.id in granted or not row_field.confidential
    )


def in_reach(register: Register, row: RegisterRow, scope: Scope, office: Office) -> bool:
    """Return whether a row is visible to a user as one of their units', not only because it names them."""
    hidden = register.confidential and _naming_the_user(register.subjects, row, scope)
    return sees_lists(register, scope) and within(office, row.unit, scope.unit) and not hidden


def visible_fields(
    register: Register, row: RegisterRow, scope: Scope, office: Office
) -> Collection[str] | None:
    """Return the fields of a row visible to a user, None if the row is hidden from them.

    The person a row is about sees none of its confidential fields, whatever their access.
    """
    about_reader = _naming_the_user(register.subjects, row, scope)
    own_fields: frozenset[str] = frozenset()
    for name in _naming_the_user(register.seen_by_person, row, scope):
        own_fields |= register.seen_by_person[name]
    if in_reach(register, row, scope, office):
        shown_fields = list_fields(register, scope)
        return own_fields.union(
            name for name in shown_fields if not (about_reader and register.fields[name].confidential)
        )
    return own_fields if own_fields and not row.withdrawn else None


def is_withheld(register: Register, values: Mapping[str, object], scope: Scope) -> bool:
    """Return whether lists the user sees leave a row out because it is about them; its values are given."""
    about = (scope.person and values.get(name) == scope.person for name in register.subjects)
    return register.confidential and sees_lists(register, scope) and any(about)


def _naming_the_user(fields: Collection[str], row: RegisterRow, scope: Scope) -> list[str]:
    """Return those of these fields that name the user."""
    return [name for name in fields if scope.person and row.values.get(name) == scope.person]
