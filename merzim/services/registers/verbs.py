"""Verbs on register rows: add, edit, withdraw, erase. Queries are in `merzim.services.registers.views`.

The fields of a form come from `services.registers.views.list_registers`; all mistakes in a row are reported
at once (`InvalidRow.errors`), each with its field.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field, StringConstraints

from merzim.services.context import RequestContext
from merzim.services.inputs import NO_NUL, FileInput, Ground, Line, Name, store_file
from merzim.services.names import name_of, unit_in_reach, unit_name
from merzim.services.registers.cases import follow_duties, follow_row, open_cases, opening_of, reserve_cases
from merzim.services.registers.results import may_write, seen_row, shown_fields, writable_register
from merzim.services.registers.views import AskRow, RegisterId, RowDetail, RowId, lookup, seen_units, show_row
from merzim.services.verbs import Command, NotAllowed, verb
from merzim.storage import register_rows as row_store
from merzim.storage.database import writing
from workflow.org.kinds import among
from workflow.org.office import Person
from workflow.ports import Contradiction
from workflow.refusal import Refusal
from workflow.registers.definition import Register, UnknownRegisterField
from workflow.registers.rows import RegisterRow, RowEvent, RowEventKind, in_reach, next_row, visible_fields
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

MAX_FIELDS = 200
RowText = Annotated[str, StringConstraints(max_length=20_000), NO_NUL]
FieldValue = bool | int | float | RowText | list[Line] | FileInput | None
"""A value for a field: a text (a date as 2026-04-13, an option by its id or title, a person by key, e-mail or
name), a number, true or false, a list of options, a file; null or an empty text clears it.
"""
FieldValues = Annotated[dict[Name, FieldValue], Field(max_length=MAX_FIELDS)]


class AddRow(Command):
    """Add a row to a register of a unit. `unit`: empty for that of the first person the row names, or the
    reader's topmost one if it names nobody.
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
    _refuse_unseen(command.values, [*shown_fields(ctx, register)])
    values = _with_files(ctx, command.values, partial(check_row, ctx, register))
    _refuse_own(ctx, register, next_row(None, _added(ctx, register, "", values, unit)))
    [row] = add_rows(ctx, register, [values], [unit])
    return show_row(ctx, AskRow(row=row))


@verb("record")
def edit_row(ctx: RequestContext, command: EditRow) -> RowDetail:
    """Change fields of a row, its case and the duties it carries out; without changes nothing is written."""
    row, register, fields = _writable(ctx, command.row)
    if command.seq is not None and command.seq != row.seq:
        raise Contradiction("register.row_changed", row=row.id)
    _refuse_unseen(command.values, [name for name in shown_fields(ctx, register) if name in fields])
    values = _with_files(ctx, command.values, partial(check_row, ctx, register, before=row.values))
    if values:
        _refuse_own(ctx, register, replace(row, values={**row.values, **values}))
        payload: dict[str, object] = {"values": values}
        if command.ground:
            payload["ground"] = command.ground
        if row.version != register.edition:
            payload |= {"version": register.edition, "digest": register.digest}
        with writing(ctx.app.engine):
            after = _change(ctx, register, row, "edited", payload)
            if row.opened_case:
                follow_row(ctx, register, row, after, ground=command.ground)
            else:
                cases = reserve_cases(ctx, register, [after])
                for _, case_id in cases.values():
                    after = _change(ctx, register, after, "opened", {"opened_case": case_id})
                open_cases(ctx, register, [after], cases)
            follow_duties(ctx.app, register, (row, after), ground=command.ground, at=ctx.moment)
    return show_row(ctx, AskRow(row=row.id))


@verb("manage")
def withdraw_row(ctx: RequestContext, command: WithdrawRow) -> RowDetail:
    """Withdraw a row recorded by mistake, with its case and the duties it carried out; its history stays."""
    row, register, _ = _writable(ctx, command.row)
    with writing(ctx.app.engine):
        after = _change(ctx, register, row, "withdrawn", {"ground": command.ground})
        follow_row(ctx, register, row, after, ground=command.ground)
        follow_duties(ctx.app, register, [row], ground=command.ground, at=ctx.moment)
    return show_row(ctx, AskRow(row=row.id))


def erasable_fields(ctx: RequestContext, name: str) -> list[str]:
    """Return the fields of a row the reader may erase: stored outside its events, in a row of their units."""
    row, register, fields = seen_row(ctx, name)
    if not in_reach(register, row, ctx.scope, ctx.reads.office()):
        return []
    return [name for name in register.fields if register.outside_events(name) and name in fields]


@verb("manage")
def erase_row(ctx: RequestContext, command: EraseRow) -> RowDetail:
    """Erase values of a row that are stored outside its events; the chain can still be verified, and records
    it.
    """
    row, register, _ = seen_row(ctx, command.row)
    if not in_reach(register, row, ctx.scope, ctx.reads.office()):
        raise NotAllowed
    erasable = erasable_fields(ctx, row.id)
    for name in command.fields:
        if name not in erasable:
            raise UnknownRegisterField("register.cannot_erase", field=name, allowed=tuple(erasable))
    payload = {"ground": command.ground, "erased": sorted({*command.fields})}
    _change(ctx, register, row, "erased", payload)
    return show_row(ctx, AskRow(row=row.id))


def count_openings(
    ctx: RequestContext, register: Register, rows: Sequence[Values], units: Sequence[str]
) -> int:
    """Return how many of these rows, not written yet, would open a case."""
    new = (_added(ctx, register, "", *line) for line in zip(rows, units, strict=True))
    return sum(opening_of(ctx, register, next_row(None, row_event)) is not None for row_event in new)


def add_rows(
    ctx: RequestContext,
    register: Register,
    rows: Sequence[Values],
    units: Sequence[str],
    *,
    kind: RowEventKind = "added",
    answer: Mapping[str, object] | None = None,
) -> Sequence[str]:
    """Write checked rows (`units`: of each), the cases they open and the duties they carry out, in one
    transaction; return their ids.

    Args:
        kind: kind of their first event.
        answer: further data of its event if it is the row of an answer to a campaign. It is accepted even if an
            equal row exists, which its author could not change.

    Raises InvalidRow for a value that must be unique and exists already.
    """
    with writing(ctx.app.engine):
        ids = row_store.next_ids(ctx.app.engine, register.id, len(rows), ctx.today.year)
        added = {
            id: _added(ctx, register, id, values, unit, kind, answer)
            for id, values, unit in zip(ids, rows, units, strict=True)
        }
        cases = reserve_cases(ctx, register, [next_row(None, row_event) for row_event in added.values()])
        for id, (_, case_id) in cases.items():
            added[id] = replace(added[id], payload={**added[id].payload, "opened_case": case_id})
        changes = [(None, row_event) for row_event in added.values()]
        written = _write(ctx, register, changes, unique=answer is None)
        open_cases(ctx, register, written, cases)
        follow_duties(ctx.app, register, written, at=ctx.moment)
    return ids


def check_row(
    ctx: RequestContext,
    register: Register,
    given_values: Mapping[str, object],
    *,
    before: Values | None = None,
) -> dict[str, Value]:
    """Return the values of a new row, or those other than `before`. Raises InvalidRow with all mistakes."""
    values, problems = read_row(ctx, register, given_values, lookup(ctx), before=before)
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
    shown = {*shown_fields(ctx, register)} - {*unread}
    return checked_values(
        register.fields,
        given_values,
        find,
        today=ctx.today,
        any_of=register.any_of,
        before=before,
        shown=shown,
    )


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
    the organisation. Raises UnknownUnit, Refusal, also for a unit that does not have this register.
    """
    office = ctx.reads.office()
    if not unit and person is not None:
        try:
            return unit_of_new_row(ctx, register, person.unit)
        except Refusal:
            raise Refusal("register.person_elsewhere", person=name_of(person)) from None
    # A row without a unit would apply to nobody: the case with its terms would not be opened.
    place = unit_in_reach(ctx, unit or ctx.reader.root or office.root)
    if place and not among(office.kind_of(place), register.applies_to):
        raise Refusal("register.not_for_kind", title=register.title, unit=unit_name(office, place).name)
    return place


def _writable(ctx: RequestContext, name: str) -> tuple[RegisterRow, Register, Collection[str]]:
    """Return what `seen_row` does of a row the reader may change. Raises NotAllowed, Refusal."""
    row, register, fields = seen_row(ctx, name)
    if row.withdrawn:
        raise Refusal("register.withdrawn_already", row=row.id)
    if not may_write(ctx, register, row, ctx.reads.office()):
        raise NotAllowed
    return row, register, fields


def _refuse_own(ctx: RequestContext, register: Register, row: RegisterRow) -> None:
    """Raise Refusal for a row its writer would not see: one about themselves in a confidential register."""
    if visible_fields(register, row, ctx.scope, ctx.reads.office()) is None:
        raise Refusal("register.about_yourself", title=register.title)


def _refuse_unseen(given_values: Mapping[str, object], shown_fields: Sequence[str]) -> None:
    """Raise UnknownRegisterField for a field hidden from the writer, as if it did not exist."""
    for name in given_values:
        if name not in shown_fields:
            raise UnknownRegisterField("register.unknown_field", field=name, allowed=tuple(shown_fields))


def _with_files(
    ctx: RequestContext,
    given_values: Mapping[str, FieldValue],
    checked: Callable[[Mapping[str, object]], dict[str, Value]],
) -> dict[str, Value]:
    """Return values as checked, with their files stored; no file is stored if `checked` refuses the values."""
    files = {name: value for name, value in given_values.items() if isinstance(value, FileInput)}
    result = checked({**given_values, **{name: {"sha256": "0" * 64} for name in files}})
    if not files:
        return result
    return checked({**given_values, **{name: store_file(ctx, file) or None for name, file in files.items()}})


def _added(
    ctx: RequestContext,
    register: Register,
    id: str,
    values: Values,
    unit: str,
    kind: RowEventKind = "added",
    answer: Mapping[str, object] | None = None,
) -> RowEvent:
    """Return the first event of a row. `answer`: its further data."""
    payload = {
        "register": register.id,
        "version": register.edition,
        "digest": register.digest,
        "unit": unit,
        "values": {name: value for name, value in values.items() if is_filled(value)},
        **(answer or {}),
    }
    return RowEvent(row=id, seq=1, kind=kind, at=ctx.now, by=ctx.reader.login, payload=payload)


def _change(
    ctx: RequestContext, register: Register, row: RegisterRow, kind: RowEventKind, payload: Mapping[str, object]
) -> RegisterRow:
    """Write the next event of a row; return the row after it. Raises InvalidRow, Contradiction."""
    by, seq = ctx.reader.login, row.seq + 1
    row_event = RowEvent(row=row.id, seq=seq, kind=kind, at=ctx.now, by=by, payload=payload)
    [after] = _write(ctx, register, [(row, row_event)])
    return after


def _write(
    ctx: RequestContext, register: Register, changes: Sequence[row_store.Change], *, unique: bool = True
) -> Sequence[RegisterRow]:
    """Write changes of rows that were checked; their keys alone are compared here, with the rows the reader
    sees. Raises InvalidRow, Contradiction.
    """
    engine, office, seen = ctx.app.engine, ctx.reads.office(), seen_units(ctx)
    return row_store.write(engine, register, office, changes, seen_units=seen, unique=unique)
