"""Verbs on register rows: add, edit, withdraw, erase. Queries are in `merzim.services.registers.views`.

The fields of a form come from `services.registers.views.list_registers`; all mistakes in a row are reported
at once (`InvalidRow.errors`), each with its field.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import Field, StringConstraints

from merzim.services.cases.verbs import unit_in_reach
from merzim.services.context import RequestContext
from merzim.services.evidence import store_file
from merzim.services.inputs import NO_NUL, FileInput, Ground, Line, Name
from merzim.services.names import name_of, unit_name
from merzim.services.registers.cases import follow_row, open_cases, opening_of
from merzim.services.registers.queries import RegisterId, lookup, seen_units
from merzim.services.registers.results import may_write, reader_scope, seen_row, writable_register
from merzim.services.registers.views import AskRow, RowDetail, RowId, show_row
from merzim.services.verbs import Command, NotAllowed, verb
from merzim.services.yearly.register_duties import follow_duties
from merzim.storage.database.engine import writing
from merzim.storage.registers.rows import NotUnique, RowWrite, SqlRegisterRows, UniqueKeys
from workflow.cases.commands.opening import Opening
from workflow.org.office import Person
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.access import in_reach, list_fields, visible_fields
from workflow.registers.definition import Register, UnknownRegisterField
from workflow.registers.rows import RegisterRow, RowEventKind, project, sort_key
from workflow.registers.values import (
    InvalidRow,
    Lookup,
    Value,
    ValueProblem,
    Values,
    checked_values,
    is_filled,
    parse_values,
)

T = TypeVar("T")
MAX_FIELDS = 200
RowText = Annotated[str, StringConstraints(max_length=20_000), NO_NUL]
FieldValue = bool | int | float | RowText | list[Line] | FileInput | None
"""A value for a field: a text (a date as 2026-04-13, an option by its id or title, a person by key, e-mail or
name), a number, true or false, a list of options, a file; null or an empty text clears it.
"""
FieldValues = Annotated[dict[Name, FieldValue], Field(max_length=MAX_FIELDS)]


class AddRow(Command):
    """Add a row to a register of a unit.

    `unit`: empty for that of the first person the row names, or the reader's topmost one if it names nobody.
    """

    register_id: RegisterId
    unit: Line = ""
    values: FieldValues


class EditRow(Command):
    """Change fields of a row: only those that are sent. `seq`: number of the last event the writer has seen."""

    row: RowId
    values: FieldValues
    ground: Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True), NO_NUL] = ""
    seq: Annotated[int, Field(ge=1)] | None = None


class WithdrawRow(Command):
    """Withdraw a row recorded by mistake, with the ground; it stays in the history."""

    row: RowId
    ground: Ground


class EraseRow(Command):
    """Erase values that are stored outside the events of a row (of person fields, confidential ones),
    permanently.
    """

    row: RowId
    fields: Annotated[list[Name], Field(min_length=1, max_length=MAX_FIELDS)]
    ground: Ground


@verb("record")
def add_row(ctx: RequestContext, command: AddRow) -> RowDetail:
    """Add a row, open the case it asks for, and record the duties it carries out in yearly cases."""
    register = writable_register(ctx, command.register_id)
    person = None if command.unit else first_person(ctx, register, command.values)
    unit = unit_of_new_row(ctx, register, command.unit, person=person)
    _refuse_unseen(ctx, register, None, command.values)
    values = _with_files(ctx, command.values, partial(check_row, ctx, register))
    [row] = add_rows(ctx, register, [values], [unit])
    return show_row(ctx, AskRow(row=row))


@verb("record")
def edit_row(ctx: RequestContext, command: EditRow) -> RowDetail:
    """Change fields of a row, its case and the duties it carries out; without changes nothing is written."""
    row, register = _writable(ctx, command.row)
    if command.seq is not None and command.seq != row.seq:
        raise Contradiction("register.row_changed", row=row.id)
    _refuse_unseen(ctx, register, row, command.values)
    changed_values, after = _with_files(ctx, command.values, partial(_edited, ctx, register, row))
    if changed_values:
        payload: dict[str, object] = {"ground": command.ground} if command.ground else {}
        if row.version != register.edition:
            payload |= {"version": register.edition, "digest": register.digest}
        unique = _unique_keys(register, after.values, changed_values)
        with writing(ctx.app.engine):
            _write(ctx, register, row, after, "edited", payload, values=changed_values, unique=unique)
            if row.opened_case:
                follow_row(ctx, register, row, after, ground=command.ground)
            else:
                _open_later(ctx, register, replace(after, seq=row.seq + 1))
            follow_duties(ctx.app, register, (row, after), ground=command.ground, at=ctx.moment)
    return show_row(ctx, AskRow(row=row.id))


@verb("manage")
def withdraw_row(ctx: RequestContext, command: WithdrawRow) -> RowDetail:
    """Withdraw a row recorded by mistake, with its case and the duties it carried out; its history stays."""
    row, register = _writable(ctx, command.row)
    after = replace(row, withdrawn=True, ground=command.ground)
    with writing(ctx.app.engine):
        _write(ctx, register, row, after, "withdrawn", {"ground": command.ground})
        follow_row(ctx, register, row, after, ground=command.ground)
        follow_duties(ctx.app, register, [row], ground=command.ground, at=ctx.moment)
    return show_row(ctx, AskRow(row=row.id))


def erasable_fields(ctx: RequestContext, name: str) -> list[str]:
    """Return the fields of a row whose values the reader may erase: those of their units stored outside its
    events.
    """
    row, register, fields = seen_row(ctx, name)
    if not in_reach(register, row, reader_scope(ctx), ctx.reads.office()):
        return []
    return [name for name in register.fields if register.outside_events(name) and name in fields]


@verb("manage")
def erase_row(ctx: RequestContext, command: EraseRow) -> RowDetail:
    """Erase values of a row that are stored outside its events; the chain can still be verified, and records
    it.
    """
    row, register, _ = seen_row(ctx, command.row)
    if not in_reach(register, row, reader_scope(ctx), ctx.reads.office()):
        raise NotAllowed
    erasable = erasable_fields(ctx, row.id)
    for name in command.fields:
        if name not in erasable:
            raise UnknownRegisterField("register.cannot_erase", field=name, allowed=tuple(erasable))
    names = tuple(dict.fromkeys(command.fields))
    after = replace(row, values={name: value for name, value in row.values.items() if name not in names})
    _write(ctx, register, row, after, "erased", {"ground": command.ground}, erased=names)
    return show_row(ctx, AskRow(row=row.id))


def _new_row(ctx: RequestContext, register: Register, values: Values, unit: str) -> RegisterRow:
    """Return a row not written yet, which has no id, with those of the values that are filled."""
    return RegisterRow(
        id="",
        register=register.id,
        version=register.edition,
        unit=unit,
        values={name: value for name, value in values.items() if is_filled(value)},
        seq=1,
        created_at=ctx.now,
        created_by=ctx.reader.login,
        edited_at=ctx.now,
        edited_by=ctx.reader.login,
    )


def count_openings(
    ctx: RequestContext, register: Register, rows: Sequence[Values], units: Sequence[str]
) -> int:
    """Return how many of these rows, not written yet, would open a case."""
    if register.opens is None:
        return 0
    office = ctx.reads.office()
    new = (_new_row(ctx, register, values, unit) for values, unit in zip(rows, units, strict=True))
    return sum(opening_of(ctx, register, row, office) is not None for row in new)


def add_rows(
    ctx: RequestContext,
    register: Register,
    rows: Sequence[Mapping[str, Value]],
    units: Sequence[str],
    *,
    kind: RowEventKind = "added",
    answer: Mapping[str, object] | None = None,
) -> Sequence[str]:
    """Write parsed and checked rows, the cases they open and the duties they carry out, in one transaction;
    return their ids.

    Args:
        units: the unit of each row.
        kind: kind of their first event.
        answer: further data of its event if it is the row of an answer to a campaign. It is accepted even if an
            equal row exists, which its author could not change.

    Raises:
        InvalidRow: a row has a value that must be unique and exists already.
    """
    office, writes, openings = ctx.reads.office(), [], dict[int, Opening]()
    for number, (values, unit) in enumerate(zip(rows, units, strict=True)):
        after = _new_row(ctx, register, values, unit)
        opening = opening_of(ctx, register, after, office)
        if opening is not None:
            openings[number] = opening
        payload = {
            "register": register.id,
            "version": register.edition,
            "digest": register.digest,
            "unit": after.unit,
            **(answer or {}),
        }
        unique = _unique_keys(register, after.values) if answer is None else {}
        writes.append(_row_write(ctx, register, None, after, kind, payload, values=after.values, unique=unique))
    cases = ctx.case_commands.reserve([*openings.values()], today=ctx.today) if openings else ()
    for number, case_id in zip(openings, cases, strict=True):
        opened = replace(writes[number].after, opened_case=case_id)
        payload = {**writes[number].payload, "opened_case": case_id}
        writes[number] = replace(writes[number], after=opened, payload=payload)
    with writing(ctx.app.engine):
        with _refusing_same(register):
            ids = SqlRegisterRows(ctx.app.engine).add(
                register.id, writes, seen_units=seen_units(ctx), at=ctx.moment
            )
        opened_rows = [replace(writes[number].after, id=ids[number]) for number in openings]
        of_rows = [replace(opening, row=ids[number]) for number, opening in openings.items()]
        open_cases(ctx, register, opened_rows, of_rows)
        follow_duties(ctx.app, register, (write.after for write in writes), at=ctx.moment)
    return ids


@contextmanager
def _refusing_same(register: Register) -> Iterator[None]:
    """Raise InvalidRow where the block writes a row with values that must be unique and exist already."""
    try:
        yield
    except NotUnique as same:
        raise InvalidRow(register.fields, (_not_unique(register, same.fields),)) from None


def _not_unique(register: Register, fields: Sequence[str]) -> ValueProblem:
    """Return the mistake that another row has the same values of these fields."""
    if len(fields) == 1:
        return ValueProblem(fields[0], "not_unique")
    titles = tuple(register.fields[name].title for name in fields)
    return ValueProblem(fields[0], "not_unique_together", {"fields": titles})


def check_row(ctx: RequestContext, register: Register, given_values: Mapping[str, object]) -> dict[str, Value]:
    """Return the values of a new row. Raises InvalidRow with all mistakes."""
    values, problems = read_row(ctx, register, given_values, lookup(ctx))
    if problems:
        raise InvalidRow(register.fields, tuple(problems))
    return values


def read_row(
    ctx: RequestContext,
    register: Register,
    given_values: Mapping[str, object],
    find: Lookup,
    *,
    before: Values | None = None,
    unread: Collection[str] = (),
) -> tuple[dict[str, Value], list[ValueProblem]]:
    """Return what `checked_values` returns, of broken rules those about fields the writer sees, without
    `unread` ones, which have a value.
    """
    shown = {*list_fields(register, reader_scope(ctx))} - {*unread}
    return checked_values(
        *(register.fields, given_values, find),
        today=ctx.today,
        any_of=register.any_of,
        before=before,
        shown=shown,
    )


def repeated_rows(
    ctx: RequestContext, register: Register, rows: Sequence[Mapping[str, Value]]
) -> list[tuple[int, ValueProblem]]:
    """Return the position of each new row that has values that must be unique but are not, and the problem."""
    keys = [_unique_keys(register, values) for values in rows]
    same_rows = SqlRegisterRows(ctx.app.engine).same(register.id, keys, seen_units(ctx)) if any(keys) else []
    return [(position, _not_unique(register, fields)) for position, fields in same_rows]


def first_person(ctx: RequestContext, register: Register, given_values: Mapping[str, object]) -> Person | None:
    """Return the first person of a unit that a person field of a row names; None if none does."""
    office, find = ctx.reads.office(), lookup(ctx)
    for field in register.fields.values():
        if field.kind == "person" and is_filled(given_values.get(field.id)):
            values, _ = parse_values(register.fields, {field.id: given_values[field.id]}, find)
            person = office.people.get(str(values.get(field.id)))
            if person is not None and person.unit:
                return person
    return None


def unit_of_new_row(ctx: RequestContext, register: Register, unit: str, *, person: Person | None = None) -> str:
    """Return the unit (id) a new row belongs to: the one named, else that of `person`, else the reader's own or
    the organisation.

    Raises:
        Refusal: the unit does not have this register.
        UnknownUnit, Refusal.
    """
    office = ctx.reads.office()
    if not unit and person is not None:
        try:
            return unit_of_new_row(ctx, register, person.unit)
        except Refusal:
            raise Refusal("register.person_elsewhere", person=name_of(person)) from None
    if not unit:
        # A row without a unit would apply to nobody: the case with its terms would not be opened.
        unit = ctx.reader.root or office.root
    place = unit_in_reach(ctx, unit)
    if place and not register.binds(office.kind_of(place)):
        raise Refusal("register.not_for_kind", title=register.title, unit=unit_name(office, place).name)
    return place


def _edited(
    ctx: RequestContext, register: Register, row: RegisterRow, given_values: Mapping[str, object]
) -> tuple[dict[str, Value], RegisterRow]:
    """Return the changed values and the row with them. Raises InvalidRow."""
    changed_values, problems = read_row(ctx, register, given_values, lookup(ctx), before=row.values)
    if problems:
        raise InvalidRow(register.fields, tuple(problems))
    values = {name: value for name, value in {**row.values, **changed_values}.items() if is_filled(value)}
    return changed_values, replace(row, version=register.edition, values=values)


def _writable(ctx: RequestContext, name: str) -> tuple[RegisterRow, Register]:
    """Return a row the reader may change, and the register's version of today. Raises NotAllowed, Refusal."""
    row, register, _ = seen_row(ctx, name)
    if row.withdrawn:
        raise Refusal("register.withdrawn_already", row=row.id)
    if not may_write(ctx, register, row, ctx.reads.office()):
        raise NotAllowed
    return row, register


def _refuse_unseen(
    ctx: RequestContext, register: Register, row: RegisterRow | None, given_values: Mapping[str, object]
) -> None:
    """Raise UnknownRegisterField for a field hidden from the writer, as if it did not exist."""
    scope = reader_scope(ctx)
    shown_fields = list_fields(register, scope)
    if row is not None:
        fields = visible_fields(register, row, scope, ctx.reads.office()) or ()
        shown_fields = tuple(name for name in shown_fields if name in fields)
    for name in given_values:
        if name not in shown_fields:
            raise UnknownRegisterField("register.unknown_field", field=name, allowed=shown_fields)


def _with_files(
    ctx: RequestContext, given_values: Mapping[str, FieldValue], checked: Callable[[Mapping[str, object]], T]
) -> T:
    """Return values as checked, with their files stored; no file is stored if `checked` refuses the values."""
    files = {name: value for name, value in given_values.items() if isinstance(value, FileInput)}
    result = checked({**given_values, **{name: {"sha256": "0" * 64} for name in files}})
    if not files:
        return result
    return checked({**given_values, **{name: store_file(ctx, file) or None for name, file in files.items()}})


def _open_later(ctx: RequestContext, register: Register, row: RegisterRow) -> None:
    """Open the case of a row if the row has all the case needs by now."""
    opening = opening_of(ctx, register, row, ctx.reads.office())
    if opening is None:
        return
    [case_id] = ctx.case_commands.reserve([opening], today=ctx.today)
    after = replace(row, opened_case=case_id)
    _write(ctx, register, row, after, "opened", {"opened_case": case_id})
    open_cases(ctx, register, [after], [opening])


def _unique_keys(
    register: Register, values: Mapping[str, Value], changed_names: Collection[str] | None = None
) -> UniqueKeys:
    """Return the keys of the unique fields that are filled. `changed_names`: only keys that contain one of
    these fields.
    """
    return {
        names: tuple(sort_key(register.fields[name], values[name]) for name in names)
        for names in register.unique
        if all(is_filled(values.get(name)) for name in names)
        and (changed_names is None or any(name in changed_names for name in names))
    }


def _row_write(
    ctx: RequestContext,
    register: Register,
    before: RegisterRow | None,
    after: RegisterRow,
    kind: RowEventKind,
    payload: Mapping[str, object],
    **changes: Any,
) -> RowWrite:
    """Return a change of a row as storage writes it. `changes`: values, erased fields, unique keys."""
    return RowWrite(
        kind=kind,
        before=before,
        after=after,
        projection=project(register, after, ctx.reads.office()),
        payload=payload,
        private=frozenset(filter(register.outside_events, changes.get("values", ()))),
        **changes,
    )


def _write(
    ctx: RequestContext,
    register: Register,
    before: RegisterRow,
    after: RegisterRow,
    kind: RowEventKind,
    payload: Mapping[str, object],
    **changes: Any,
) -> None:
    """Write a change of a row that was checked; its keys alone are compared here, with the rows the reader
    sees.

    Raises InvalidRow, Contradiction.
    """
    write = _row_write(ctx, register, before, after, kind, payload, **changes)
    with _refusing_same(register):
        SqlRegisterRows(ctx.app.engine).change(write, seen_units=seen_units(ctx), at=ctx.moment)
