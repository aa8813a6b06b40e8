"""Importing schedules, with a preview; cases are opened only in units the reader sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from merzim.documents.child import read
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.sheets.unreadable import Errors, RowNote
from merzim.services.context import RequestContext
from merzim.services.documents.considered_schedules import (
    Consideration,
    ConsideredAnalysis,
    ImportSchedule,
    ScheduleFile,
    consider,
    unit_or_person,
)
from merzim.services.documents.past_analyses import known_headings
from merzim.services.inputs import require_file
from merzim.services.names import chosen_procedure
from merzim.services.verbs import verb
from merzim.storage import office as office_store
from merzim.storage.cases import ledger
from merzim.storage.cases.ledger import hold_openings
from merzim.storage.database import writing
from workflow.cases.case import Case, Wording
from workflow.cases.commands.case_commands import Opening
from workflow.cases.commands.recording import record, replan
from workflow.cases.commands.statuses import edit_passport


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedFile:
    """The result of an import: its cases in order, what happened to each, and notes for the reader."""

    cases: tuple[Case, ...]
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[RowNote, ...] = ()


def preview_schedule(ctx: RequestContext, command: ImportSchedule) -> Consideration:
    """Return what importing a schedule would do; nothing is written. Raises UnreadablePaper with every bad row,
    UnknownProcedure, NotFound for the file.
    """
    return consider(ctx, _read(ctx, command), command)


def _read(ctx: RequestContext, command: ImportSchedule) -> ScheduleFile:
    """Return the file of a command, read by the facts of every edition. Raises as `preview_schedule`."""
    content, name = require_file(ctx, command)
    data, procedure = content.read(), chosen_procedure(ctx, command.procedure)
    facts, headings = set[str](), dict[str, str]()
    for edition in ctx.library.editions_of(procedure.id):
        facts |= {*edition.facts}
        headings |= known_headings(edition)
    return ScheduleFile(
        name=name,
        digest=sha256(data).hexdigest(),
        procedure=procedure,
        schedules=read(read_schedule, data, name, facts=facts, headings=headings),
    )


@verb("manage")
def take_schedule(ctx: RequestContext, command: ImportSchedule) -> ImportedFile:
    """Import a schedule, once every row of it is in order: all of it or nothing. The same file again changes no
    case but for days the user corrected; a changed one writes only the changes. Raises Refusal, or Conflict
    where another user changed a case of the file meanwhile.
    """
    file = _read(ctx, command)
    with writing(ctx.app.engine):
        # Of two imports at once the second finds the cases that the first opened.
        hold_openings(ctx.app.engine)
        return import_analyses(ctx, file, command)


def import_analyses(ctx: RequestContext, file: ScheduleFile, command: ImportSchedule) -> ImportedFile:
    """Import the analyses of a file, in the caller's transaction. Raises: as `take_schedule`."""
    considered = consider(ctx, file, command)
    _refuse_undecided(considered.analyses, file.name)
    imported = _take_in(ctx, considered)
    known = ctx.app.reads.office().matches
    if new := {text: key for text, key in considered.matches.items() if known.get(text) != key}:
        office_store.save(ctx.app.engine, matches=new, at=ctx.moment)
    rows = (analysis.schedule.row for analysis in considered.analyses)
    places = {str(row): case.id for row, case in zip(rows, imported.cases, strict=True)}
    ledger.remember(ctx.app.engine, file.digest, places, now=ctx.now)
    return imported


def _refuse_undecided(analyses: Iterable[ConsideredAnalysis], name: str) -> None:
    """Refuse analyses the user may not import, and those that may be a case while this is not answered."""
    errors = Errors()
    for analysis in analyses:
        row, object = analysis.schedule.row, analysis.schedule.object
        if analysis.foreign:
            errors.add(row, "web.open.foreign", object=object)
        if analysis.looks_like:
            cases_like = ", ".join(case.id for case in analysis.looks_like)
            errors.add(row, "import.looks_like", object=object, cases=cases_like)
    errors.refuse(name)


def _take_in(ctx: RequestContext, considered: Consideration) -> ImportedFile:
    """Open or change the cases of a file, once all of its analyses are decided."""
    new = [analysis for analysis in considered.analyses if analysis.case is None]
    opened = ctx.case_commands.open_many(list(map(_opening, new)), at=ctx.moment) if new else ()
    known = [(analysis.case, number) for number, analysis in enumerate(considered.analyses) if analysis.case]
    told: dict[bool, list[str]] = {True: [], False: []}
    changed: dict[int, Case] = {}
    # In the order of ids, so that two writers of the same cases never wait for each other crosswise.
    for case, number in sorted(known, key=lambda item: (item[0].id, item[1])):
        changed[number], is_changed = _change(ctx, considered.analyses[number], case)
        told[is_changed].append(case.id)
    next_opened = iter(opened)
    cases = (changed.get(number) or next(next_opened) for number in range(len(considered.analyses)))
    return ImportedFile(
        cases=tuple(cases),
        opened=tuple(case.id for case in opened),
        replanned=tuple(told[True]),
        unchanged=tuple(told[False]),
        notes=considered.notes,
    )


def _change(ctx: RequestContext, analysis: ConsideredAnalysis, case: Case) -> tuple[Case, bool]:
    """Write new plans, facts and, if joined, words into a case; return it, and whether anything was written."""
    if analysis.change == "same" and not analysis.joined:
        return case, False
    write, at = ctx.case_commands.write, ctx.moment
    changes = [write(case.id, at, replan, analysis.new_plans)]
    if analysis.joined:
        edit = partial(
            edit_passport,
            object_kk=case.object_kk or analysis.names.get("kk"),
            object_ru=case.object_ru or analysis.names.get("ru"),
            written=Wording(analysis.schedule.object, analysis.unit),
            kind_of=lambda _: "",
        )
        changes.append(write(case.id, at, edit))
    changes += [write(case.id, at, record, fact, on=on) for fact, on in analysis.new_facts.items()]
    return changes[-1].case, any(change.events for change in changes)


def _opening(analysis: ConsideredAnalysis) -> Opening:
    """Return the request to open the case of an analysis."""
    return Opening(
        procedure=analysis.procedure.id,
        unit=analysis.unit,
        object=analysis.schedule.object,
        object_kk=analysis.names.get("kk", ""),
        object_ru=analysis.names.get("ru", ""),
        planned=analysis.schedule.planned,
        facts=analysis.schedule.facts,
        responsible=dict(analysis.schedule.responsible),
    )


def keep_match(ctx: RequestContext, text: str, target: str) -> None:
    """Store what a responsible text means in later imports: `target`, a unit (id or name) or a person (key,
    e-mail or name). Raises Refusal: it is no single one.
    """
    meaning = {text: unit_or_person(ctx.reads.office(), text, target)}
    office_store.save(ctx.app.engine, matches=meaning, at=ctx.moment)
