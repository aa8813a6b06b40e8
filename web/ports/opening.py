"""Files and years taken in whole: what they would do, and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from documents.schedules.reading import Note
from workflow.cases.case import Case
from workflow.cases.commands.opening import Opening
from workflow.findings.finding import Finding
from workflow.law.procedure import Procedure


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """One analysis of a schedule somebody sent, before it is written.

    Attributes:
        row: the first row that speaks of it, as the spreadsheet numbers them.
        unit: id of the unit meant, else the words of the file.
        case: the case that is known already, whole; None when one would be opened.
        facts, planned: what the file says (local dates); `new`, `moved`: what of it would be written.
        procedure: the edition it would be judged by.
        responsible: fact -> who answers for it, in the words of the file.
    """

    row: int
    object: str
    unit: str
    case: Case | None
    facts: Mapping[str, date]
    planned: Mapping[str, date]
    new: Mapping[str, date]
    moved: Mapping[str, date]
    procedure: Procedure
    responsible: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What becomes, or became, of a schedule: ids of cases, notes, and whom its responsible texts mean.

    Attributes:
        matches: text -> unit id or person key; `strange`: texts nobody is known by.
    """

    cases: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """What opening a year would open, and how many cases of it are there already."""

    openings: tuple[Opening, ...]
    there: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Findings of one analysis long past."""

    case: str
    findings: tuple[Finding, ...]


class Intake(Protocol):
    """Files and years taken in whole. What cannot be read is a refusal that names every bad row."""

    def look(
        self, content: bytes, name: str, procedure: str, *, today: date
    ) -> tuple[tuple[Analysis, ...], Taken]:
        """What taking in a schedule would do; nothing is written."""

    def take(
        self,
        content: bytes,
        name: str,
        procedure: str,
        *,
        meant: Mapping[str, str],
        by: str,
        now: datetime,
        today: date,
    ) -> Taken:
        """Take in a schedule, all of it or none. `meant`: responsible texts -> unit id or person key."""

    def year(self, year: int, unit: str) -> Year:
        """What opening a year would open, for the organisations at a unit or below it; "" is all."""

    def open_year(self, year: int, unit: str, *, by: str, now: datetime, today: date) -> int:
        """Open it; how many cases were opened."""

    def past(self, content: bytes, name: str, procedure: str) -> tuple[Past, ...]:
        """Findings of a table of past analyses, case by case."""
