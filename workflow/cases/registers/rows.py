"""Rows of any register of a case: reading them, applying one event, and their values as event data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from workflow.cases.case import Case, Event
from workflow.cases.registers.entries import folded
from workflow.cases.registers.exposure import Position, Remark, next_position, next_remark
from workflow.cases.registers.measure_term import MeasureTerm, as_data
from workflow.cases.registers.risk import Measure, Risk, next_measure, next_risk

Row = Any
"""A Risk, Measure, Position or Remark."""
_NEXT: Mapping[str, Callable[[Row | None, int, Event], Row]] = {
    "risk": next_risk,
    "measure": next_measure,
    "position": next_position,
    "remark": next_remark,
}
_ROWS: Mapping[str, type] = {"risk": Risk, "measure": Measure, "position": Position, "remark": Remark}


def rows_of(case: Case, kind: str) -> Mapping[int, Row]:
    """Return the rows of a kind (risk, measure, position or remark) in a case by number."""
    return folded(case, kind, _NEXT[kind])


def is_extra(kind: str, name: str) -> bool:
    """Return whether a field has no attribute of its own in the program; rows store it in `extra`."""
    return name not in _ROWS[kind].__dataclass_fields__  # type: ignore[attr-defined]


def changes_row(kind: str, row: Row | None, event: Event) -> bool:
    """Return whether an event changes a row; where there is no row yet, it does."""
    return row is None or bool(_NEXT[kind](row, row.number, event) != row)


def value_of(row: Row, name: str) -> object:
    """Return the value of a field of a row; "" where it is not filled."""
    return data_of(getattr(row, name) if name in row.__dataclass_fields__ else row.extra.get(name))


def written_of(row: Row, name: str) -> object:
    """Return the value of a field of a row as it was written: of a term its words."""
    return as_written(value_of(row, name))


def as_written(value: object) -> object:
    """Return a value of an event as it was written: of a term its words."""
    return value["written"] if isinstance(value, Mapping) else value


def values_of(row: Row, names: Iterable[str]) -> dict[str, object]:
    return {name: value_of(row, name) for name in names}


def data_of(value: object) -> object:
    """Return a value as stored in an event's payload: JSON values only, "" for none."""
    if isinstance(value, MeasureTerm):
        return as_data(value) if value.written or not value.dateless else ""
    return value.isoformat() if isinstance(value, date) else "" if value is None else value
