"""The office as values: units in a tree, people, what duties they hold, who is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

DUTIES = (
    "authorised_person",
    "head",
    "head_of_unit",
    "object_unit",
    "deputy",
    "hr",
    "ethics_officer",
    "chief_of_staff",
    "officer",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    id: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who may be told. `key`: the e-mail, else unit and name."""

    key: str
    name: str
    unit: str
    post: str = ""
    duties: tuple[str, ...] = ()
    email: str | None = None
    language: str = "kk"
    away: tuple[tuple[date, date], ...] = ()
    deputy: str | None = None

    def is_away(self, on: date) -> bool:
        return any(first <= on <= last for first, last in self.away)


@dataclass(frozen=True, kw_only=True)
class Office:
    """Units and people, and which responsible texts of schedules mean whom (`matches`: text -> unit id or person key)."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    matches: Mapping[str, str] = field(default_factory=dict)
    officer: str | None = None
