"""Encodes values as JSON and back, for the messages between the service and a reading process.

Pickle would let a process that has just parsed a hostile file run code in the service. JSON allows only the
values below: a compromised reader can misreport the file's content, as the file itself could, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

_CLASSES: Mapping[str, tuple[str, ...]] = {
    "merzim.documents.schedules.rows_joined": ("Note", "ReadSchedule"),
    "merzim.documents.schedules.audit_table": ("AuditCase",),
    "merzim.documents.people.read_people": ("ReadAbsence", "ReadPeople", "TableAccount"),
    "merzim.documents.measure_plan": ("ReadMeasure",),
    "merzim.documents.registers.rows_table": ("RegisterTable",),
    "merzim.documents.forms.rows_file": ("FormData",),
    "merzim.documents.sheets.unreadable": ("RowError",),
    "workflow.law.procedure": ("Text",),
    "workflow.org.office": ("Unit", "Person"),
    "workflow.org.office_time": ("OfficeTime",),
    "workflow.cases.registers.exposure": ("CartogramLine",),
    "workflow.cases.registers.measure_term": ("MeasureTerm",),
    "calendars.terms": (
        *("AtOnce", "CalendarDays", "DayAfterPeriod", "InMonth", "InQuarter", "Months", "OnDate"),
        *("PerPeriod", "Weeks", "WithoutTerm", "WorkingDays", "YearlyDate", "Years"),
    ),
}
"""The classes an answer may contain, by module: dataclasses and named tuples without behaviour of their own."""


def encode(value: object) -> Any:
    """Return the value as JSON data. Raises TypeError for a type not on the list."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return {type(value).__name__: value.isoformat()}
        case timedelta():
            return {"seconds": value.total_seconds()}
        case Decimal():
            return {"decimal": str(value)}
        case Mapping():
            return {"map": [[encode(key), encode(item)] for key, item in value.items()]}
        case list():
            return {"list": [encode(item) for item in value]}
        case tuple() if not hasattr(value, "_fields"):
            return [encode(item) for item in value]
    name = type(value).__name__
    if type(value) is not _classes().get(name):
        raise TypeError(f"no value of a paper: {type(value)!r}")
    return {name: [encode(getattr(value, field)) for field in _fields(name)]}


def decode(data: Any) -> Any:
    """Return the value of JSON data. Raises ValueError, LookupError or TypeError for malformed data."""
    if isinstance(data, list):
        return tuple(decode(item) for item in data)
    if not isinstance(data, dict):
        return data
    ((name, inside),) = data.items()
    if plain := _PLAIN.get(name):
        return plain(inside)
    return _classes()[name](**dict(zip(_fields(name), map(decode, inside), strict=True)))


_PLAIN: Mapping[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "decimal": Decimal,
    "map": lambda pairs: {decode(key): decode(item) for key, item in pairs},
    "list": lambda items: [decode(item) for item in items],
}


@cache
def _classes() -> Mapping[str, type[Any]]:
    """Return the classes that may be encoded, by name."""
    return {name: getattr(import_module(module), name) for module, names in _CLASSES.items() for name in names}


@cache
def _fields(name: str) -> tuple[str, ...]:
    """Return the names of the fields of a class."""
    value_class = _classes()[name]
    return (
        tuple(field.name for field in fields(value_class)) if is_dataclass(value_class) else value_class._fields
    )
