"""Previews and results of importing schedules and opening years, for pages and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from documents.schedules.reading import Note
    from services.app import AppContext
    from services.imports.schedules import ConsideredAnalysis, ScheduleAnswers
    from workflow.cases.case import Case
    from workflow.cases.commands.opening import Opening
    from workflow.law.procedure import Procedure


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """One analysis of an uploaded schedule, before it is written.

    Attributes:
        row: its first row, as numbered in the spreadsheet.
        unit: id of the matching unit, else the words of the file.
        case: the existing case, whole; None when one would be opened.
        facts, planned: dates in the file (local dates), `cells`: their places; `new`, `moved`: those that would
            be written.
        procedure: its edition.
        responsible: fact -> the person responsible, in the words of the file.
        names: names of the object by language, guessed or given by the user; `looks_like`: existing cases it
            may be.
    """

    row: int
    object: str
    unit: str
    case: Case | None
    facts: Mapping[str, date]
    planned: Mapping[str, date]
    cells: Mapping[str, str]
    new: Mapping[str, date]
    moved: Mapping[str, date]
    procedure: Procedure
    responsible: Mapping[str, str]
    names: Mapping[str, str]
    looks_like: tuple[Case, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """The result of importing a schedule, or its preview: ids of cases, notes, and the meaning of its
    responsible texts.

    Attributes:
        matches: text -> unit id or person key; `strange`: texts that match nobody.
    """

    cases: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class YearPreview:
    """The cases that opening a year would open, and the number already there."""

    openings: tuple[Opening, ...]
    there: int


def preview_schedule(
    app: AppContext,
    content: bytes,
    name: str,
    procedure: str,
    *,
    answers: ScheduleAnswers | None = None,
    today: date,
) -> tuple[tuple[Analysis, ...], ImportResult]:
    """Return what importing a schedule would do. Raises UnreadablePaper, UnknownProcedure."""
    from services.imports.files import consider_schedule

    considered = consider_schedule(app, content, procedure, name=name, answers=answers, today=today)
    analyses = tuple(_analysis(item) for item in considered.analyses)
    return analyses, ImportResult(
        notes=considered.notes, matches=considered.matches, strange=considered.strange
    )


def take_schedule(
    app: AppContext,
    content: bytes,
    name: str,
    procedure: str,
    *,
    matches: Mapping[str, str],
    answers: ScheduleAnswers | None = None,
    by: str,
    now: datetime,
    today: date,
) -> ImportResult:
    """Import a schedule, all of it or none. Raises UnreadablePaper, UnknownProcedure.

    Args:
        matches: texts of the file -> unit id or person key, stored for the next file.
        answers: information missing in the file.
    """
    from services.imports.files import import_schedule
    from storage.org import store as office_store
    from storage.org.chain import Stamp

    if matches:
        office_store.save(app.engine, matches=matches, hand=Stamp(by=by, now=now, today=today))
    imported = import_schedule(app, content, procedure, name=name, answers=answers, by=by, now=now, today=today)
    return ImportResult(
        cases=tuple(case.id for case in imported.cases),
        opened=imported.opened,
        replanned=imported.replanned,
        unchanged=imported.unchanged,
        notes=imported.notes,
        matches=imported.matches,
    )


def preview_year(app: AppContext, year: int, unit: str, *, today: date) -> YearPreview:
    """Return what opening a year would open. Raises NothingYearly, OutOfRange."""
    from services.yearly.opening import year_ahead

    openings, there = year_ahead(app, year, unit=unit, today=today)
    return YearPreview(openings=tuple(openings), there=there)


def _analysis(item: ConsideredAnalysis) -> Analysis:
    return Analysis(
        row=item.schedule.row,
        object=item.schedule.object,
        unit=item.unit,
        case=item.case,
        facts=item.facts,
        planned=item.intended,
        cells=item.schedule.cells,
        new=item.new,
        moved=item.moved,
        procedure=item.procedure,
        responsible=item.schedule.responsible,
        names=item.names,
        looks_like=item.looks_like,
    )
