"""Importing schedules, with a preview; cases are opened only in units the reader sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SkipValidation
from pydantic.json_schema import SkipJsonSchema

from merzim.documents.child import read
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import Errors, RowNote, Upload
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, stamp
from merzim.services.evidence import uploaded_file
from merzim.services.imports.considering import (
    Consideration,
    ConsideredAnalysis,
    ScheduleAnswers,
    consider,
    units_meant,
)
from merzim.services.imports.past import known_headings
from merzim.services.inputs import Digest, Line
from merzim.services.names import chosen_procedure
from merzim.services.verbs import verb
from merzim.storage.cases import twins
from merzim.storage.cases.ledger import hold_openings
from merzim.storage.database.engine import one_transaction
from merzim.storage.org import store as office_store
from workflow.cases.case import Case, Wording
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.passports import PassportEdit, edit_passport
from workflow.cases.commands.recording import record, replan
from workflow.org.access import within
from workflow.org.audit import Stamp
from workflow.org.office import Office
from workflow.refusal import Refusal, closest_first

NEAREST = 3
"""Number of units and people a refusal suggests."""
MAX_TWINS = 500
"""Maximum number of cases with the same days that are compared with a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedFile:
    """The result of an import: its cases in order, what happened to each, and notes for the reader."""

    cases: tuple[Case, ...]
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[RowNote, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)


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
    return _consider(ctx, _read(ctx.app, content, name, procedure), name, procedure, answers)


def _read(app: AppContext, content: bytes | Path, name: str, procedure: str) -> Sequence[ReadSchedule]:
    """Return the analyses in a file, read by the facts of every edition of a procedure.

    Raises:
        UnreadablePaper, UnknownProcedure.
    """
    facts, headings = set[str](), dict[str, str]()
    app.library.earliest(procedure)
    for edition in app.library.editions_of(procedure):
        facts |= {*edition.facts}
        headings |= known_headings(edition)
    return read(read_schedule, content, name or None, facts=facts, headings=headings)


def _consider(
    ctx: RequestContext,
    schedules: Sequence[ReadSchedule],
    name: str,
    procedure: str,
    answers: ScheduleAnswers | None,
) -> Consideration:
    """Return what importing analyses would do by the present cases and office. Raises UnreadablePaper."""
    app = ctx.app
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
    """Return the cases the analyses may be: with their object and unit, or (at most MAX_TWINS) planned to begin
    on their days.
    """
    office = app.reads.office()
    places = {(schedule.unit, schedule.object) for schedule in schedules}
    units = units_meant(schedules, office)
    places |= {(units.get(unit, unit), what) for unit, what in places}
    begins = app.library.latest(procedure).begins_with
    days = {on for schedule in schedules if (on := schedule.planned.get(begins)) is not None}
    names = twins.alike(app.engine, procedure, places)
    if days:
        begun = {procedure: begins}
        same_day = twins.cases_beginning_on(app.engine, begun, days, active_only=True, limit=MAX_TWINS)
        names += [case.id for case in same_day]
    return list(app.ledger.cases(dict.fromkeys(names)).values())


class ImportSchedule(ScheduleAnswers):
    """A schedule to import (XLSX, CSV), with the answers about its rows.

    `file`: the digest from `/files`; `content`, from a page or a terminal: the file itself; `procedure`: by
    default the internal analysis; `meant`: unmatched responsible texts -> the unit or person by id, key, name
    or e-mail.
    """

    file: Digest | None = None
    content: SkipJsonSchema[Annotated[Any, SkipValidation]] = Field(default=None, exclude=True)
    procedure: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    meant: dict[Line, Line] = Field(default_factory=dict, max_length=500)


@verb("manage")
def take_schedule(ctx: RequestContext, command: ImportSchedule) -> ImportedFile:
    """Import a schedule, once every row of it is in order: all of it or nothing. The same file again changes no
    case; a changed one writes only the changes.

    Raises:
        Refusal: a bad row, a unit or a case not among the reader's, an answer that matches nobody.
        Conflict: another user changed a case of the file meanwhile; nothing was written.
    """
    content, name = _file(ctx, command)
    procedure = chosen_procedure(ctx, command.procedure).id
    digest = sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()
    schedules = _read(ctx.app, content, name, procedure)
    with one_transaction(ctx.app.engine):
        # Of two imports at once the second finds the cases that the first opened.
        hold_openings(ctx.app.engine)
        return _import_whole(ctx, schedules, name, procedure, command, digest)


def _import_whole(
    ctx: RequestContext,
    schedules: Sequence[ReadSchedule],
    name: str,
    procedure: str,
    command: ImportSchedule,
    digest: str,
) -> ImportedFile:
    """Import the analyses of a file, in the caller's transaction. Raises: as `take_schedule`.

    Args:
        digest: the SHA-256 of the file; one imported before is not imported again, its cases are returned.
    """
    office = ctx.reads.office()
    considered = _consider(ctx, schedules, name, procedure, command)
    errors = Errors()
    for analysis in considered.analyses:
        if is_foreign(ctx, office, analysis):
            errors.add(analysis.schedule.row, "web.open.foreign", object=analysis.schedule.object)
    errors.refuse(name)
    if matches := _matches(office, considered.strange, command.meant):
        office_store.save(ctx.app.engine, matches=matches, stamp=stamp(ctx))
        considered = _consider(ctx, schedules, name, procedure, command)
    if before := twins.cases_of_file(ctx.app.engine, digest):
        cases, visible = ctx.app.ledger.cases(before.values()), _managed(ctx, list(before.values()))
        known_cases = tuple(cases[id] for id in before.values() if id in cases and id in visible)
        return ImportedFile(cases=known_cases, unchanged=tuple(case.id for case in known_cases))
    imported = take_in(considered, name=name, case_commands=ctx.app.case_commands, at=stamp(ctx))
    if imported.matches:
        office_store.save(ctx.app.engine, matches=imported.matches, stamp=stamp(ctx))
    places = {str(number): case.id for number, case in enumerate(imported.cases)}
    twins.remember(ctx.app.engine, digest, places, now=ctx.now)
    return imported


def _refuse_undecided(analyses: Iterable[ConsideredAnalysis], name: str) -> None:
    """Refuse a file with analyses of cases closed to the user, or of cases the office may have already."""
    errors = Errors()
    for analysis in analyses:
        row, object = analysis.schedule.row, analysis.schedule.object
        if analysis.closed:
            errors.add(row, "web.open.foreign", object=object)
        if analysis.looks_like:
            cases_like = ", ".join(case.id for case in analysis.looks_like)
            errors.add(row, "import.looks_like", object=object, cases=cases_like)
    errors.refuse(name)


def take_in(
    considered: Consideration, *, name: str = "", case_commands: CaseCommands, at: Stamp
) -> ImportedFile:
    """Open or change the cases of a file, once all of its analyses are decided, in the caller's transaction. An
    existing case gets new plan dates, facts it lacks, and the file's words if the user joined it.

    Raises:
        UnreadablePaper: an analysis may be an existing case, and the user has not answered whether it is; or it
            is a case closed to the user.
    """
    _refuse_undecided(considered.analyses, name)
    openings = [
        (number, _opening(analysis))
        for number, analysis in enumerate(considered.analyses)
        if analysis.case is None
    ]
    opened_cases = case_commands.open_many([opening for _, opening in openings], at=at) if openings else ()
    cases = dict(zip((number for number, _ in openings), opened_cases, strict=True))
    replanned: list[str] = []
    unchanged: list[str] = []
    known = [(analysis.case.id, number) for number, analysis in enumerate(considered.analyses) if analysis.case]
    # In the order of ids, so that two writers of the same cases never wait for each other crosswise.
    for case_id, number in sorted(known):
        analysis = considered.analyses[number]
        changes = [case_commands.write(case_id, at, replan, analysis.new_plans)]
        if analysis.joined:
            edit = _joining(analysis)
            changes.append(case_commands.write(case_id, at, edit_passport, edit, kind_of=lambda _: ""))
        for fact, on in analysis.new_facts.items():
            changes.append(case_commands.write(case_id, at, record, fact, on=on))
        (replanned if any(change.events for change in changes) else unchanged).append(case_id)
        cases[number] = changes[-1].case
    return ImportedFile(
        cases=tuple(cases[number] for number in sorted(cases)),
        opened=tuple(case.id for case in opened_cases),
        replanned=tuple(replanned),
        unchanged=tuple(unchanged),
        notes=considered.notes,
        matches=considered.matches,
    )


def _opening(analysis: ConsideredAnalysis) -> Opening:
    """Return the request to open the case of an analysis."""
    return Opening(
        procedure=analysis.procedure.id,
        unit=analysis.unit,
        object=analysis.schedule.object,
        object_kk=analysis.names.get("kk", ""),
        object_ru=analysis.names.get("ru", ""),
        planned=analysis.planned,
        facts=analysis.facts,
        responsible=dict(analysis.schedule.responsible),
    )


def _joining(analysis: ConsideredAnalysis) -> PassportEdit:
    """Return the passport edit of the case an analysis is: the file's words, and names the passport lacks."""
    case = analysis.case
    assert case is not None
    return PassportEdit(
        object_kk=case.object_kk or analysis.names.get("kk"),
        object_ru=case.object_ru or analysis.names.get("ru"),
        written=Wording(analysis.schedule.object, analysis.unit),
    )


def keep_match(ctx: RequestContext, text: str, target: str) -> None:
    """Store what a responsible text means in later imports: `target`, a unit (id or name) or a person (key,
    e-mail or name). Raises Refusal: it is no single one.
    """
    meaning = {text: _unit_or_person(ctx.reads.office(), text, target)}
    office_store.save(ctx.app.engine, matches=meaning, stamp=stamp(ctx))


def _unit_or_person(office: Office, text: str, target: str) -> str:
    """Return the id of the only unit, or key of the only person, that is called so. Raises Refusal."""
    candidates = [*office.unit_called.exactly(target), *office.person_called.exactly(target)]
    if len(candidates) != 1:
        names = [unit.name for unit in office.units.values()]
        names += [person.name for person in office.people.values()]
        near = closest_first(target, names)[:NEAREST] or ("–",)
        raise Refusal("web.refusal.unknown_meaning", text=text, answer=target, allowed=near)
    return candidates[0]


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


def _matches(office: Office, strange: Sequence[str], meanings: Mapping[str, str]) -> dict[str, str]:
    """Return the unit or person meant by each unmatched text, as the reader answered; texts without an answer
    are left out. Raises Refusal for an answer that is no single one.
    """
    answers = {text: meanings.get(text, "").strip() for text in strange}
    return {text: _unit_or_person(office, text, answer) for text, answer in answers.items() if answer}
