"""Editing a row of a case's registers: a risk, a measure, an exposed position, a remark.

An edit is an event that carries only the fields that changed; two people who change different fields of one
row both keep what they wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from workflow.cases.case import Case, EventDraft
from workflow.cases.commands.desk import CaseCommands, Change
from workflow.cases.commands.risks import CannotEnter, happened
from workflow.cases.registers.exposure import exposure
from workflow.cases.registers.measure_term import MeasureTerm, as_data
from workflow.cases.registers.remarks import SOURCES, remarks
from workflow.cases.registers.risk import DIRECTIONS, register
from workflow.closest_matches import closest_first

FIELDS: Mapping[str, tuple[str, ...]] = {
    "risk": (
        *("description", "direction", "cause", "act", "body", "for_legal_monitoring"),
        *("department", "district"),
    ),
    "measure": ("risk", "recommendation", "action", "completion", "responsible", "term"),
    "position": ("title", "holder", "why", "department", "district", "approved_on"),
    "remark": ("text", "author", "source", "on"),
}
"""Fields that can be edited, by kind of row."""
_NEVER_EMPTY = frozenset({"description", "action", "title", "text"})


def edit_row(
    desk: CaseCommands,
    case_id: str,
    row: str,
    fields: Mapping[str, object],
    *,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Change fields of a row; those that say what they said are left out, and an edit of none writes nothing.

    Args:
        row: its kind and number: `risk.3`, `measure.2`, `position.4`, `remark.1`.
        fields: new values by name (`FIELDS`): texts, a boolean, a risk's number, local dates, a MeasureTerm.

    Raises:
        CannotEnter: an unknown row or field, a value that is not one of those allowed, an empty description.
        UnknownCase.
    """

    def events(case: Case) -> Sequence[EventDraft]:
        kind, number = _place(case, row)
        known = rows_of(case, kind)[number]
        changed: dict[str, object] = {}
        for name, value in fields.items():
            if name not in FIELDS[kind]:
                allowed = closest_first(name, FIELDS[kind])
                raise CannotEnter("risk.unknown_field", row=row, field=name, allowed=allowed)
            new = _checked(case, row, name, value, today)
            if new != _as_data(getattr(known, name)):
                changed[name] = new
        return [("row_edited", f"{kind}.{number}", None, changed)] if changed else ()

    return desk.enter(case_id, events, by=by, now=now, today=today)


def _place(case: Case, row: str) -> tuple[str, int]:
    kind, _, text = row.partition(".")
    known = rows_of(case, kind) if kind in FIELDS else {}
    if not (text.isascii() and text.isdecimal() and len(text) < 9) or int(text) not in known:
        allowed = tuple(f"{name}.{number}" for name in FIELDS for number in rows_of(case, name))
        raise CannotEnter("risk.unknown_row", case=case.id, row=row, allowed=closest_first(row, allowed)[:30])
    return kind, int(text)


def rows_of(case: Case, kind: str) -> Mapping[int, object]:
    """Return the rows of a kind (`risk`, `measure`, `position`, `remark`) by number."""
    of: dict[str, Callable[[], Mapping[int, object]]] = {
        "risk": lambda: register(case).risks,
        "measure": lambda: register(case).measures,
        "position": lambda: exposure(case).positions,
        "remark": lambda: remarks(case),
    }
    return of[kind]()


def _checked(case: Case, row: str, name: str, value: object, today: date) -> object:
    """The value as the event carries it. Raises CannotEnter."""
    if isinstance(value, str):
        value = value.strip()
        if not value and name in _NEVER_EMPTY:
            raise CannotEnter("risk.field_empty", row=row, field=name)
    if name == "direction" and value not in DIRECTIONS:
        allowed = closest_first(str(value), DIRECTIONS)
        raise CannotEnter("risk.unknown_direction", direction=value, allowed=allowed)
    if name == "source" and value not in SOURCES:
        raise CannotEnter("risk.unknown_source", source=value, allowed=closest_first(str(value), SOURCES))
    if name == "risk" and value not in register(case).risks:
        known = tuple(map(str, register(case).risks))
        raise CannotEnter("risk.unknown_risk", case=case.id, risk=value, allowed=known)
    if name == "on" and not isinstance(value, date):
        raise CannotEnter("risk.field_empty", row=row, field=name)
    if isinstance(value, date):
        happened(value, today)
    return _as_data(value)


def _as_data(value: object) -> object:
    if isinstance(value, MeasureTerm):
        return as_data(value)
    return value.isoformat() if isinstance(value, date) else "" if value is None else value
