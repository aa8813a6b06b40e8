"""Who sees which rows of a register, and which of their fields."""

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
    """Which rows somebody sees.

    Attributes:
        unit: the root of the units seen; "" is the whole office, None none of it.
        officer: whether confidential rows and fields are seen in that reach.
        person: their key among the people, "" for nobody.
    """

    unit: str | None
    officer: bool
    person: str = ""


EVERYTHING = RowScope(unit="", officer=True)
"""The office itself: commands of the terminal, rounds."""


def row_scope(scope: Scope | None, person: str) -> RowScope:
    """Return the rows somebody sees who sees these cases; None is the office itself."""
    if scope is None:
        return EVERYTHING
    return RowScope(unit=scope.unit, officer=scope.restricted, person=person)


def sees_lists(register: Register, scope: RowScope) -> bool:
    """Return whether somebody sees lists of a register at all, and not only rows that name them."""
    return scope.unit is not None and (scope.officer or not register.confidential)


def list_fields(register: Register, scope: RowScope) -> tuple[str, ...]:
    """Return the fields shown in lists: those that are not confidential, and for officers all."""
    if not sees_lists(register, scope):
        return ()
    return tuple(one.id for one in register.fields.values() if scope.officer or not one.confidential)


def in_reach(register: Register, row: RegisterRow, scope: RowScope, office: Office) -> bool:
    """Return whether somebody sees a row as one of their units', and not only because it names them."""
    hidden = register.confidential and _named(register.subjects, row, scope)
    return sees_lists(register, scope) and within(office, row.unit, scope.unit) and not hidden


def visible_fields(
    register: Register, row: RegisterRow, scope: RowScope, office: Office
) -> Collection[str] | None:
    """Return the fields of a row somebody sees; None where the row does not exist for them.

    Whom a row is about sees nothing confidential of it, whatever their access.
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
