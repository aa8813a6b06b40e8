"""Values as JSON and back: what a reading process is asked, and what it answers.

Pickle would have the service run whatever a process put into it that has just parsed a hostile file. JSON can
name nothing but the values below: a reader that was taken over can lie about what stands in the file, as the
file itself could, and no more.
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
    "documents.schedules.reading": ("Note", "ReadSchedule"),
    "documents.schedules.audit_table": ("AuditCase",),
    "documents.people.read_people": ("ReadPeople",),
    "documents.measure_plan": ("ReadMeasure",),
    "documents.forms.rows_file": ("FormData",),
    "documents.sheets.unreadable": ("RowError",),
    "workflow.law.procedure": ("Text",),
    "workflow.org.office": ("Unit", "Person"),
    "workflow.org.office_time": ("OfficeTime",),
    "workflow.cases.registers.exposure": ("CartogramLine",),
    "workflow.cases.registers.measure_term": ("MeasureTerm",),
    "calendars.terms": (
        *("AtOnce", "CalendarDays", "DayAfterPeriod", "InMonth", "InQuarter", "Months", "OnDate"),
        *("PerPeriod", "Weeks", "WithoutTerm", "WorkingDays", "Years"),
    ),
}
"""The classes an answer may name, by module. Dataclasses and named tuples without behaviour of their own."""


def encoded(value: object) -> Any:
    """Return the value as JSON has it. Raises TypeError for what is not on the list."""
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
            return {"map": [[encoded(key), encoded(one)] for key, one in value.items()]}
        case list():
            return {"list": [encoded(one) for one in value]}
        case tuple() if not hasattr(value, "_fields"):
            return [encoded(one) for one in value]
    name = type(value).__name__
    if type(value) is not _classes().get(name):
        raise TypeError(f"no value of a paper: {type(value)!r}")
    return {name: [encoded(getattr(value, field)) for field in _fields(name)]}


def decoded(data: Any) -> Any:
    """Return the value that JSON stands for. Raises ValueError, LookupError or TypeError where it is none."""
    if isinstance(data, list):
        return tuple(decoded(one) for one in data)
    if not isinstance(data, dict):
        return data
    ((name, inside),) = data.items()
    if plain := _PLAIN.get(name):
        return plain(inside)
    return _classes()[name](**dict(zip(_fields(name), map(decoded, inside), strict=True)))


_PLAIN: Mapping[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "decimal": Decimal,
    "map": lambda pairs: {decoded(key): decoded(one) for key, one in pairs},
    "list": lambda items: [decoded(one) for one in items],
}


@cache
def _classes() -> Mapping[str, type[Any]]:
    return {name: getattr(import_module(module), name) for module, names in _CLASSES.items() for name in names}


@cache
def _fields(name: str) -> tuple[str, ...]:
    made = _classes()[name]
    return tuple(field.name for field in fields(made)) if is_dataclass(made) else made._fields
