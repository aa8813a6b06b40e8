"""Importing schedules and opening years, with previews; cases are opened only in units the reader sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SkipValidation
from pydantic.json_schema import SkipJsonSchema

from i18n import say
from merzim.documents.child import read
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import Errors, Upload
from merzim.services.app import AppContext
from merzim.services.cases.verbs import unit_to_open_in
from merzim.services.context import RequestContext, stamp
from merzim.services.evidence import uploaded_file
from merzim.services.imports.past import known_headings
from merzim.services.imports.schedules import (
    Consideration,
    ConsideredAnalysis,
    ImportedFile,
    ScheduleAnswers,
    consider,
    take_in,
    units_meant,
)
from merzim.services.inputs import Day, Digest, Line, Name
from merzim.services.names import chosen_procedure
from merzim.services.verbs import Command, verb
from merzim.services.yearly import opening as yearly
from merzim.storage.cases import imported_files
from merzim.storage.org import store as office_store
from workflow.cases.case import Case
from workflow.cases.commands.opening import Opening
from workflow.org.access import within
from workflow.org.office import Office
from workflow.refusal import Refusal, closest_first

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""The years that can be opened."""
RowNumber = Annotated[int, Field(ge=0, le=2_000_000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class YearAhead:
    """The cases that opening a year would open, the number already there, and what opening would bring today.

    Attributes:
        told: name of a person -> the number of reminders the next round would send them.
    """

    openings: tuple[Opening, ...]
    there: int
    kept_from: date
    overdue: int
    told: Mapping[str, int]


def preview_schedule(
    ctx: RequestContext,
    content: bytes | Path,
    name: str,
    procedure: str,
    answers: ScheduleAnswers | None = None,
) -> Consideration:
    """Return what importing a schedule would do; nothing is written.

    Args:
        content: the bytes of an upload, or a path; `name`: its name in error messages.
        answers: information missing in the file about its analyses.

    Raises:
        UnreadablePaper: its `errors` name every bad row.
        UnknownProcedure: there is no such procedure.
    """
    app, facts, headings = ctx.app, set[str](), dict[str, str]()
    app.library.earliest(procedure)
    for edition in app.library.editions_of(procedure):
        facts |= {*edition.facts}
        headings |= known_headings(edition)
    schedules = read(read_schedule, content, name or None, facts=facts, headings=headings)
    cases = _candidate_cases(app, procedure, schedules)
    return consider(
        schedules,
        name=name,
        library=app.library,
        cases=cases,
        office=app.reads.office(),
        procedure=app.library.latest(procedure),
        calendar=app.calendar,
        answers=answers,
        closed={case.id for case in cases} - _managed(ctx, [case.id for case in cases]),
        today=ctx.today,
    )


def _candidate_cases(app: AppContext, procedure: str, schedules: Sequence[ReadSchedule]) -> list[Case]:
    office = app.reads.office()
    places = {(schedule.unit, schedule.object) for schedule in schedules}
    units = units_meant(schedules, office)
    places |= {(units.get(unit, unit), what) for unit, what in places}
    begins = app.library.latest(procedure).begins_with
    days = {on for schedule in schedules if (on := schedule.planned.get(begins)) is not None}
    names = imported_files.alike(app.engine, procedure, places)
    names += imported_files.planned_for(app.engine, procedure, begins, days) if days else []
    return list(app.ledger.cases(dict.fromkeys(names)).values())


class ObjectNames(Command):
    """Names of an object by language; a name left out stays as the file has it."""

    kk: Line | None = None
    ru: Line | None = None


class ImportSchedule(Command):
    """A schedule to import (XLSX, CSV). `file`: the digest from `/files`; `procedure`: by default the internal
    analysis; `meant`: unmatched responsible texts -> the unit or person by id, key, name or e-mail.

    By the row of an analysis: `objects`, the object in the nominative, replacing the preview's guess; `joins`:
    the existing case an analysis is, or "" for a new case; `units` and `planned`, in place of the file's;
    `skip`: rows that are no analyses.

    `content`, from a page or a terminal: the file itself.
    """

    file: Digest | None = None
    content: SkipJsonSchema[Annotated[Any, SkipValidation]] = Field(default=None, exclude=True)
    procedure: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    meant: dict[Line, Line] = Field(default_factory=dict, max_length=500)
    objects: dict[RowNumber, ObjectNames] = Field(default_factory=dict, max_length=5000)
    joins: dict[RowNumber, Line] = Field(default_factory=dict, max_length=5000)
    units: dict[RowNumber, Line] = Field(default_factory=dict, max_length=5000)
    planned: dict[RowNumber, dict[Name, Day | None]] = Field(default_factory=dict, max_length=5000)
    skip: list[RowNumber] = Field(default_factory=list, max_length=5000)


@verb("manage")
def take_schedule(ctx: RequestContext, command: ImportSchedule) -> ImportedFile:
    """Import a schedule: the whole file or nothing. Importing it again writes only the changes.

    Raises:
        Refusal: a bad row, a unit or a case not among the reader's, an answer that matches nobody.
    """
    content, name = _file(ctx, command)
    procedure = chosen_procedure(ctx, command.procedure).id
    answers = ScheduleAnswers(
        objects={row: names.model_dump(exclude_none=True) for row, names in command.objects.items()},
        joins=command.joins,
        units=command.units,
        planned=command.planned,
        skip=frozenset(command.skip),
    )
    office = ctx.reads.office()
    considered = preview_schedule(ctx, content, name, procedure, answers)
    errors = Errors()
    for analysis in considered.analyses:
        if is_foreign(ctx, office, analysis):
            errors.add(analysis.schedule.row, "web.open.foreign", object=analysis.schedule.object)
    errors.refuse(name)
    if matches := _matches(office, considered.strange, command.meant):
        office_store.save(ctx.app.engine, matches=matches, stamp=stamp(ctx))
        considered = preview_schedule(ctx, content, name, procedure, answers)
    digest = sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()
    if before := imported_files.cases_of_file(ctx.app.engine, digest):
        cases, visible = ctx.app.ledger.cases(before.values()), _managed(ctx, list(before.values()))
        known_cases = tuple(cases[id] for id in before.values() if id in cases and id in visible)
        return ImportedFile(cases=known_cases, unchanged=tuple(case.id for case in known_cases))
    imported = take_in(considered, name=name, case_commands=ctx.app.case_commands, at=stamp(ctx))
    if imported.matches:
        office_store.save(ctx.app.engine, matches=imported.matches, stamp=stamp(ctx))
    places = {str(number): case.id for number, case in enumerate(imported.cases)}
    imported_files.remember(ctx.app.engine, digest, places, now=ctx.now)
    return imported


def keep_match(ctx: RequestContext, text: str, target: str) -> None:
    """Store what a responsible text means: a unit (id or name) or a person (key or name). Raises Refusal."""
    meaning = {text: _unit_or_person_key(ctx.reads.office(), target)}
    office_store.save(ctx.app.engine, matches=meaning, stamp=stamp(ctx))


def _unit_or_person_key(office: Office, target: str) -> str:
    for unit in office.units.values():
        if target.casefold() in (unit.id.casefold(), unit.name.casefold()):
            return unit.id
    for person in office.people.values():
        if target.casefold() in (person.key.casefold(), person.name.casefold()):
            return person.key
    raise Refusal("cli.unknown_key", key=target, allowed=closest_first(target, [*office.units, *office.people]))


def _file(ctx: RequestContext, command: ImportSchedule) -> tuple[bytes | Path, str]:
    """Return the file of a command and its name. Raises NotFound."""
    if isinstance(command.content, Path):
        return command.content, command.content.name
    upload = command.content or uploaded_file(ctx, "file", command.file or "")
    assert isinstance(upload, Upload)
    return upload.content, upload.name


def _managed(ctx: RequestContext, cases: Collection[str]) -> frozenset[str]:
    """Return those of these cases (ids) that the reader sees and manages."""
    heads = ctx.reads.heads(cases)
    return frozenset(name for name, head in heads.items() if take_schedule.allows(ctx, head))


def is_foreign(ctx: RequestContext, office: Office, analysis: ConsideredAnalysis) -> bool:
    """Return whether the reader may not import an analysis of a schedule: its case is closed to them, or its
    unit lies outside theirs.
    """
    if analysis.closed:
        return True
    unit = analysis.case.unit if analysis.case else analysis.unit
    return bool(ctx.reader.root) and not within(office, unit, ctx.reader.root)


def preview_year(ctx: RequestContext, year: int, unit: str, kept_from: date | None = None) -> YearAhead:
    """Return what opening a year would open, for organisations at or below a unit; "" is the reader's own.

    Raises Refusal, NothingYearly, OutOfRange.
    """
    _require_past(kept_from, ctx.today)
    openings, existing_count = yearly.year_ahead(ctx.app, year, unit=_own_unit(ctx, unit), today=ctx.today)
    first_day = yearly.first_day(ctx.app, openings, kept_from=kept_from, now=ctx.now, today=ctx.today)
    people = ctx.reads.office().people
    return YearAhead(
        openings=tuple(openings),
        there=existing_count,
        kept_from=first_day.kept_from,
        overdue=first_day.overdue,
        told={people[key].name if key in people else key: count for key, count in first_day.told.items()},
    )


def _require_past(kept_from: date | None, today: date) -> None:
    if kept_from is not None and kept_from > today:
        raise Refusal("kept_from_ahead", on=kept_from, today=today)


class OpenYear(Command):
    """A year to open. `unit`: only organisations at or below it; empty for all the reader may open for.

    `kept_from`: the day from which records are kept, by default the office's first day: what was due before it
    is not overdue.
    """

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    unit: Line = ""
    kept_from: Day | None = None


class UndoYear(Command):
    """The year whose last opening is taken back, `unit` as for its opening."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    unit: Line = ""


class UndoneYear(BaseModel):
    """The result of taking an opening back: the ids of the cases that were cancelled."""

    year: int
    cancelled: list[str]


class OpenedYear(BaseModel):
    """The result of opening a year: the ids of the cases opened, and the number already there."""

    year: int
    opened: list[str]
    there: int


@verb("manage")
def open_year(ctx: RequestContext, command: OpenYear) -> OpenedYear:
    """Open the yearly programmes of a year; existing cases are not opened again. Raises like `preview_year`."""
    _require_past(command.kept_from, ctx.today)
    unit = _own_unit(ctx, command.unit)
    result = yearly.open_year(ctx.app, command.year, unit=unit, kept_from=command.kept_from, at=stamp(ctx))
    return OpenedYear(year=command.year, opened=[case.id for case in result.cases], there=result.there)


@verb("manage")
def undo_year(ctx: RequestContext, command: UndoYear) -> UndoneYear:
    """Take back the reader's last opening of a year, while its cases hold no records. Raises CannotUndo."""
    unit, ground = _own_unit(ctx, command.unit), say("withdraw.opened_by_mistake", {}, ctx.spoken_language)
    cases = yearly.undo_year(ctx.app, command.year, unit=unit, ground=ground, at=stamp(ctx))
    return UndoneYear(year=command.year, cancelled=list(cases))


def _own_unit(ctx: RequestContext, unit: str) -> str:
    """Return the requested unit, else the reader's own, if the reader may open cases for it."""
    unit, office = unit or ctx.reader.root, ctx.reads.office()
    if unit and office.units and unit not in office.units:
        raise Refusal("web.refusal.unknown_unit", unit=unit[:100])
    return unit_to_open_in(ctx, unit)


def _matches(office: Office, strange: Sequence[str], meanings: Mapping[str, str]) -> dict[str, str]:
    """Return the unit or person meant by each unmatched text, as the reader answered."""
    matches = {}
    for text in strange:
        answer = meanings.get(text, "").strip()
        if not answer:
            continue
        candidates = [*office.unit_called.exactly(answer), *office.person_called.exactly(answer)]
        if len(candidates) != 1:
            raise Refusal("web.refusal.unknown_meaning", text=text, answer=answer)
        matches[text] = candidates[0]
    return matches
