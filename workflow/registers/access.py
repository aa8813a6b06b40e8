"""Decides who sees which rows and fields of a register."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from workflow.org.access import Scope, within
from workflow.org.office import Office
from workflow.registers.definition import Register
from workflow.registers.rows import RegisterRow


def sees_lists(register: Register, scope: Scope) -> bool:
    """Return whether a user sees lists of a register at all, beyond the rows that name them."""
    allowed = scope.opens_restricted or not register.confidential or scope.access in register.seen_by_reader
    return scope.unit is not None and allowed


def keeps_rows(register: Register, scope: Scope) -> bool:
    """Return whether a user with the right to record may write rows of a register in their units."""
    return scope.unit is not None and (scope.opens_restricted or not register.confidential)


def list_fields(register: Register, scope: Scope) -> tuple[str, ...]:
    """Return the fields shown in lists: all for officers, else the open ones and those granted their access;
    none for who sees no lists of the register.
    """
    if not sees_lists(register, scope):
        return ()
    granted = register.seen_by_reader.get(scope.access, frozenset())
    return tuple(
        field.id
        for field in register.fields.values()
        if scope.opens_restricted or field.id in granted or not field.confidential
    )


def in_reach(register: Register, row: RegisterRow, scope: Scope, office: Office) -> bool:
    """Return whether a row is visible to a user as one of their units', not only because it names them."""
    hidden = register.confidential and _naming_the_user(register.subjects, row, scope)
    return sees_lists(register, scope) and within(office, row.unit, scope.unit) and not hidden


def visible_fields(
    register: Register, row: RegisterRow, scope: Scope, office: Office
) -> Collection[str] | None:
    """Return the fields of a row visible to a user; None if the row itself is hidden from them.

    The person a row is about sees none of its confidential fields, whatever their access.
    """
    about_reader = _naming_the_user(register.subjects, row, scope)
    own_fields: frozenset[str] = frozenset()
    for field in _naming_the_user(register.seen_by_person, row, scope):
        own_fields |= register.seen_by_person[field]
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
