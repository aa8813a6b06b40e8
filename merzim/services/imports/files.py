"""Imports files: schedules, people, and the meaning of responsible texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from merzim.documents.child import read
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.services.app import AppContext
from merzim.services.imports.past import known_headings
from merzim.services.imports.schedules import (
    Consideration,
    ImportedFile,
    ScheduleAnswers,
    consider,
    take_in,
    units_meant,
)
from merzim.storage.cases import imported_files
from merzim.storage.org import store as office_store
from merzim.storage.org.chain import ChangeStamp
from workflow.cases.case import Case
from workflow.org.office import Office
from workflow.refusal import Refusal, closest_first

Allowed = Callable[[Collection[str]], Collection[str]]
"""Returns those of these cases (ids) that the user may see and manage."""


def import_schedule(
    app: AppContext,
    file: Path | bytes,
    procedure: str,
    *,
    name: str = "",
    answers: ScheduleAnswers | None = None,
    allowed: Allowed = frozenset,
    by: str,
    now: datetime,
    today: date,
) -> ImportedFile:
    """Import a schedule as cases. Importing the same file again changes nothing.

    Args:
        file: a path, or the bytes of an upload.
        name: name of an upload in error messages.
        answers: information missing in the file: names of its objects, and which known cases they are.
        allowed: the cases open to the user, by default all.

    Raises:
        UnreadablePaper: all of the file or none of it; `.errors` names every bad row.
        UnknownProcedure: there is no such procedure.
    """
    considered = consider_schedule(
        app, file, procedure, name=name, answers=answers, allowed=allowed, today=today
    )
    digest = sha256(file if isinstance(file, bytes) else file.read_bytes()).hexdigest()
    before = imported_files.cases_of_file(app.engine, digest)
    if before:
        cases = app.ledger.cases(before.values())
        visible = allowed(list(before.values()))
        known_cases = tuple(cases[name] for name in before.values() if name in cases and name in visible)
        return ImportedFile(cases=known_cases, unchanged=tuple(case.id for case in known_cases))
    imported = take_in(considered, name=name, case_commands=app.case_commands, by=by, now=now, today=today)
    if imported.matches:
        office_store.save(app.engine, matches=imported.matches, stamp=ChangeStamp(by=by, now=now, today=today))
    places = {str(number): case.id for number, case in enumerate(imported.cases)}
    imported_files.remember(app.engine, digest, places, now=now)
    return imported


def consider_schedule(
    app: AppContext,
    file: Path | bytes,
    procedure: str,
    *,
    name: str = "",
    answers: ScheduleAnswers | None = None,
    allowed: Allowed = frozenset,
    today: date,
) -> Consideration:
    """Return what importing a schedule would do; nothing is written. Arguments and errors as in
    `import_schedule`.
    """
    app.library.earliest(procedure)
    editions = app.library.editions_of(procedure)
    facts = {fact for edition in editions for fact in edition.facts}
    headings = {text: column for edition in editions for text, column in known_headings(edition).items()}
    schedules = read(read_schedule, file, name or None, facts=facts, headings=headings)
    cases = _candidate_cases(app, procedure, schedules)
    ids = {case.id for case in cases}
    return consider(
        schedules,
        name=name or (file.name if isinstance(file, Path) else ""),
        library=app.library,
        cases=cases,
        office=app.reads.office(),
        procedure=app.library.latest(procedure),
        calendar=app.calendar,
        answers=answers or ScheduleAnswers(),
        closed=ids.difference(allowed(ids)),
        today=today,
    )


def keep_match(app: AppContext, text: str, target: str, *, by: str, now: datetime, today: date) -> None:
    """Store the meaning of a responsible text: a unit (id or name) or a person (key or name).

    Raises:
        Refusal: the office has neither.
    """
    target = _target(app.reads.office(), target)
    office_store.save(app.engine, matches={text: target}, stamp=ChangeStamp(by=by, now=now, today=today))


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


def _target(office: Office, target: str) -> str:
    for unit in office.units.values():
        if target.casefold() in (unit.id.casefold(), unit.name.casefold()):
            return unit.id
    for person in office.people.values():
        if target.casefold() in (person.key.casefold(), person.name.casefold()):
            return person.key
    raise Refusal("cli.unknown_key", key=target, allowed=closest_first(target, [*office.units, *office.people]))
