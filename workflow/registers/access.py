"""Decides who sees which rows and fields of a register."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.org.access import Scope, within

if TYPE_CHECKING:
    from workflow.org.office import Office
    from workflow.registers.definition import Register
    from workflow.registers.rows import RegisterRow


@dataclass(frozen=True, kw_only=True, slots=True)
class RowScope:
    """The rows a user may see.

    Attributes:
        unit: the topmost unit visible; "" is the whole office, None nothing.
        officer: whether confidential rows and fields in those units are visible.
        person: the user's person key, "" for nobody.
    """

    unit: str | None
    officer: bool
    person: str = ""


EVERYTHING = RowScope(unit="", officer=True)
"""The scope of the program itself: commands of the terminal, rounds."""


def row_scope(scope: Scope | None, person: str) -> RowScope:
    """Return the rows visible to a user with this scope of cases; None is the program itself, which sees
    all.
    """
    if scope is None:
        return EVERYTHING
    return RowScope(unit=scope.unit, officer=scope.restricted, person=person)


def sees_lists(register: Register, scope: RowScope) -> bool:
    """Return whether a user sees lists of a register at all, beyond the rows that name them."""
    return scope.unit is not None and (scope.officer or not register.confidential)


def list_fields(register: Register, scope: RowScope) -> tuple[str, ...]:
    """Return the fields shown in lists: the non-confidential ones; all for officers."""
    if not sees_lists(register, scope):
        return ()
    return tuple(one.id for one in register.fields.values() if scope.officer or not one.confidential)


def in_reach(register: Register, row: RegisterRow, scope: RowScope, office: Office) -> bool:
    """Return whether a row is visible to a user as one of their units', not only because it names them."""
    hidden = register.confidential and _named(register.subjects, row, scope)
    return sees_lists(register, scope) and within(office, row.unit, scope.unit) and not hidden


def visible_fields(
    register: Register, row: RegisterRow, scope: RowScope, office: Office
) -> Collection[str] | None:
    """Return the fields of a row visible to a user; None if the row itself is hidden from them.

    The person a row is about sees none of its confidential fields, whatever their access.
    """
    about_reader = _named(register.subjects, row, scope)
    own: frozenset[str] = frozenset()
    for field in _named(register.seen_by_person, row, scope):
        own |= register.seen_by_person[field]
    if in_reach(register, row, scope, office):
        fields = register.fields.values()
        if scope.officer and not about_reader:
            return {one.id for one in fields}
        return {one.id for one in fields if not one.confidential} | own
    return own if own and not row.withdrawn else None


def _named(fields: Collection[str], row: RegisterRow, scope: RowScope) -> list[str]:
    return [name for name in fields if scope.person and row.values.get(name) == scope.person]
