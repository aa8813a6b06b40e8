"""What importing a schedule would do: which of its analyses are new cases, and what of existing ones changes.

An analysis matches an existing case by its procedure, the words for its object and unit, and the year of its
start (an object analysed again next year is another case). If it may be an existing case under other words, in
the other language, the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from merzim.documents.people.matching import match
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.sheets.unreadable import Errors, RowNote
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, FileInput, Line, Name, OptionalName
from merzim.services.verbs import Command
from merzim.storage.cases import twins
from workflow.cases.case import PLAN, Case
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure
from workflow.org.access import within
from workflow.org.office import Office
from workflow.refusal import Refusal, closest_first

Key = tuple[str, str, int | None]
STARTS_WITH, ENDS_WITH = "analysis_started", "analysis_ended"
_KAZAKH = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
RowNumber = Annotated[int, Field(ge=0, le=2_000_000)]


NEAREST = 3
"""Number of units and people a refusal suggests."""
MAX_TWINS = 500
"""Maximum number of cases with the same days that are compared with a file."""


class RowAnswer(Command):
    """The user's answers about the analysis of a row; what is left out stays as the file has it.

    `object_kk`, `object_ru`: the object in the nominative, replacing the preview's guess; `joins`: the existing
    case it is, or "" for a new case; `planned`: plan dates by fact, null takes the file's away; `skip`: whether
    the row is no analysis.
    """

    object_kk: Line | None = None
    object_ru: Line | None = None
    joins: Line | None = None
    unit: Line | None = None
    planned: dict[Name, Day | None] = Field(default_factory=dict)
    skip: bool = False


UNANSWERED = RowAnswer()


class ImportSchedule(FileInput):
    """A schedule to import (XLSX, XLS, ODS, DOCX, CSV), with the answers about its rows.

    `procedure`: by default the internal analysis; `rows`: by number; `meant`: responsible texts -> the unit or
    person by id, key, name or e-mail.
    """

    procedure: OptionalName = ""
    rows: dict[RowNumber, RowAnswer] = Field(default_factory=dict, max_length=5000)
    meant: dict[Line, Line] = Field(default_factory=dict, max_length=500)

    def about(self, row: int) -> RowAnswer:
        """Return the answers about a row."""
        return self.rows.get(row, UNANSWERED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsideredAnalysis:
    """One analysis of a file and what importing it would do; nothing is written yet.

    Attributes:
        unit: id of the matching unit, else the words of the file.
        case: the existing case, whole; None when one would be opened.
        facts, planned: facts and plan dates in the file (local dates).
        procedure: the edition of the case, or of the one to be opened.
        names: names of its object by language, of the file or typed by the user; empty for a case found by
            these words.
        looks_like: existing cases it may be, as long as the user has not answered.
        joined: whether the user said that it is `case`.
        settled: names of the facts and plan dates, as they are in a file that was imported before and became
            `case` then: they change nothing in it.
        foreign: whether the user may not import it: it is a case they may not see or not manage (`case` is None
            then), or its unit is none of theirs.
    """

    schedule: ReadSchedule
    unit: str
    case: Case | None
    names: Mapping[str, str] = field(default_factory=dict)
    looks_like: tuple[Case, ...] = ()
    joined: bool = False
    settled: Set[str] = frozenset()
    foreign: bool = False
    facts: Mapping[str, date]
    planned: Mapping[str, date]
    procedure: Procedure

    @property
    def change(self) -> str:
        """What importing it would do: open a case, replan (new facts or plan dates), nothing (same), or be
        refused (foreign).
        """
        if self.foreign:
            return "foreign"
        if self.case is None:
            return "open"
        return "replan" if self.new_facts or self.new_plans else "same"

    @property
    def new_facts(self) -> dict[str, date]:
        """Facts that its case has not recorded on any day, without those withdrawn with this day."""
        kept = {
            *(self.case.facts if self.case else ()),
            *self.settled,
            *(name for name, _, _ in self.withdrawn),
        }
        return {fact: on for fact, on in self.facts.items() if fact not in kept}

    @property
    def new_plans(self) -> dict[str, date]:
        """Plan dates that its case lacks or has on another day, without those withdrawn with this day."""
        planned_days = self.case.planned if self.case else {}
        withdrawn = {record for record, _, _ in self.withdrawn}
        return {
            fact: on
            for fact, on in self.planned.items()
            if planned_days.get(fact) != on and fact not in self.settled and PLAN + fact not in withdrawn
        }

    @property
    def withdrawn(self) -> list[tuple[str, str, date]]:
        """Records in the file that were withdrawn in its case with the same day: record, fact, day.

        Withdrawn records were mistakes, so an import does not record them anew.
        """
        taken_back = self.case.withdrawn if self.case else {}
        dated_facts = [(fact, fact, on) for fact, on in self.facts.items()]
        dated_facts += [(PLAN + fact, fact, on) for fact, on in self.planned.items()]
        return [
            (record, fact, on)
            for record, fact, on in dated_facts
            if record in taken_back and taken_back[record].on == on
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Consideration:
    """A file before it is imported.

    Attributes:
        matches: responsible text -> unit id or person key.
        strange: responsible texts that match nobody.
    """

    analyses: tuple[ConsideredAnalysis, ...]
    notes: tuple[RowNote, ...]
    matches: Mapping[str, str]
    strange: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleFile:
    """A file that was read: its analyses, and the SHA-256 of its bytes. `procedure`: the edition whose names
    are checked; a new case gets the edition of its own dates.
    """

    name: str
    digest: str
    procedure: Procedure
    schedules: Sequence[ReadSchedule]


def consider(ctx: RequestContext, file: ScheduleFile, command: ImportSchedule) -> Consideration:
    """Return what importing a file would do, by the present cases and office.

    Raises:
        UnreadablePaper: with every row that plans a date the ledger cannot store.
        Refusal: a text means no single unit or person.
    """
    office, errors = ctx.app.reads.office(), Errors()
    office = replace(office, matches={**office.matches, **_meanings(office, command.meant)})
    known, found = twins.cases_of_file(ctx.app.engine, file.digest), _candidate_cases(ctx, file, office)
    cases = ctx.app.ledger.cases(dict.fromkeys([*found, *known.values()]))
    managed = {id for id, head in ctx.reads.heads(cases).items() if ctx.reads.in_reach(head)}
    candidates = [case for id, case in cases.items() if id in found]
    notes = [note for schedule in file.schedules for note in schedule.notes if not _is_dated_now(note, command)]
    schedules = corrected(with_responsible_units(file.schedules, office), command, errors)
    units = units_meant(schedules, office)
    considering = _Considering(
        ctx=ctx,
        office=office,
        procedure=file.procedure,
        command=command,
        managed=managed,
        known={int(row): cases[id] for row, id in known.items() if id in cases},
        days_written={schedule.row: {**schedule.planned, **schedule.facts} for schedule in file.schedules},
        cases_by_key={key: case for case in candidates for key in _known_keys(case, file.procedure)},
        open_cases=[case for case in candidates if case.id in managed],
        units=units,
        errors=errors,
        notes=[*notes, *_strange_units(schedules, units, office)],
    )
    considering.taken_cases |= {case.id for case in map(considering.own_case, schedules) if case is not None}
    analyses = [considering.analysis(schedule) for schedule in schedules]
    errors.refuse(file.name)
    return Consideration(
        analyses=tuple(analyses),
        notes=(*considering.notes, *_unnamed(analyses)),
        matches=considering.matches,
        strange=tuple(sorted(considering.strange)),
    )


def _candidate_cases(ctx: RequestContext, file: ScheduleFile, office: Office) -> list[str]:
    """Return the ids of the active cases the analyses may be: with their object and unit, or (at most
    MAX_TWINS) planned to begin on their days.
    """
    places = {(schedule.unit, schedule.object) for schedule in file.schedules}
    units = units_meant(file.schedules, office)
    places |= {(units.get(unit, unit), what) for unit, what in places}
    begins = file.procedure.begins_with
    days = {on for schedule in file.schedules if (on := schedule.planned.get(begins)) is not None}
    ids = twins.alike(ctx.app.engine, file.procedure.id, places)
    if days:
        begun = {file.procedure.id: begins}
        same_day = twins.cases_beginning_on(ctx.app.engine, begun, days, active_only=True, limit=MAX_TWINS)
        ids += [case.id for case in same_day]
    return ids


def _meanings(office: Office, meant: Mapping[str, str]) -> dict[str, str]:
    """Return the unit or person meant by each text the user answered about. Raises Refusal."""
    return {text: unit_or_person(office, text, answer) for text, answer in meant.items() if answer.strip()}


def unit_or_person(office: Office, text: str, answer: str) -> str:
    """Return the id of the only unit, or key of the only person, that an answer about a text names by id, key,
    e-mail or name. Raises Refusal.
    """
    candidates = [*office.unit_called.exactly(answer), *office.person_called.exactly(answer)]
    if len(candidates) != 1:
        names = [unit.name for unit in office.units.values()]
        names += [person.name for person in office.people.values()]
        near = closest_first(answer, names)[:NEAREST] or ("–",)
        raise Refusal("web.refusal.unknown_meaning", text=text, answer=answer, allowed=near)
    return candidates[0]


@dataclass(kw_only=True, slots=True)
class _Considering:
    """What the analyses of a file are compared with, and what was found so far.

    Attributes:
        managed: ids of the cases the user may manage; of others nothing is told.
        known: the cases that rows became when the same file was imported before.
        days_written: by row the facts and plan dates of the file, before the user corrected them.
        cases_by_key: active cases by the words they may be found by; open_cases: those the user may manage.
        units: id of the unit by the words of the file.
        taken_cases: ids of cases that an analysis of the file is.
    """

    ctx: RequestContext
    office: Office
    procedure: Procedure
    command: ImportSchedule
    managed: Container[str]
    known: Mapping[int, Case]
    days_written: Mapping[int, Mapping[str, date]]
    cases_by_key: Mapping[Key, Case]
    open_cases: Sequence[Case]
    units: Mapping[str, str]
    errors: Errors
    notes: list[RowNote]
    taken_cases: set[str] = field(default_factory=set)
    matches: dict[str, str] = field(default_factory=dict)
    strange: set[str] = field(default_factory=set)

    def unit(self, schedule: ReadSchedule) -> str:
        """Return the id of the unit an analysis names, or its words where they name none."""
        return self.units.get(schedule.unit, schedule.unit)

    def own_case(self, schedule: ReadSchedule) -> Case | None:
        """Return the case an analysis is by its file or by its words: the unit by its id, or as the file names
        it.
        """
        begins = self.procedure.begins_with
        on = schedule.planned.get(begins) or schedule.facts.get(begins)
        year = _year(on, [*schedule.planned.values(), *schedule.facts.values()])
        keys = (_key(schedule.object, unit, year) for unit in (self.unit(schedule), schedule.unit))
        by_words = (self.cases_by_key[key] for key in keys if key in self.cases_by_key)
        return self.known.get(schedule.row) or next(by_words, None)

    def analysis(self, schedule: ReadSchedule) -> ConsideredAnalysis:
        """Return what importing an analysis would do; mistakes and notes are added to those of the file."""
        facts, intended = self._facts_and_plans(schedule)
        self._check(schedule, {**facts, **intended})
        self._match(schedule)
        case, names, looks_like, joined = self.own_case(schedule), dict[str, str](), tuple[Case, ...](), False
        is_foreign = case is not None and case.id not in self.managed
        if is_foreign:
            case = None
        elif case is None:
            names = _names(schedule, self.open_cases, self.command.about(schedule.row))
            case, looks_like = self._decided(schedule, self._twins(schedule, names))
            joined = case is not None
            self.taken_cases |= {case.id} if case else set()
        root = self.ctx.reader.root
        if root and not within(self.office, case.unit if case else self.unit(schedule), root):
            is_foreign = True
        days = {**facts, **intended}
        first = min(days.values(), default=self.ctx.today)
        known, written = (
            case is not None and schedule.row in self.known,
            self.days_written.get(schedule.row, {}),
        )
        analysis = ConsideredAnalysis(
            schedule=schedule,
            unit=self.unit(schedule),
            case=case,
            facts=facts,
            planned=intended,
            procedure=self._edition(schedule, case, first),
            names=names,
            looks_like=looks_like,
            joined=joined,
            settled={name for name, on in days.items() if written.get(name) == on} if known else frozenset(),
            foreign=is_foreign,
        )
        if case is not None and not known:
            self.notes += _differing(analysis, case, self.procedure)
            self.notes += _withdrawn(analysis)
        return analysis

    def _edition(self, schedule: ReadSchedule, case: Case | None, first: date) -> Procedure:
        """Return the edition of the case, or of the analysis's first day; an impossible day is an error."""
        try:
            library = self.ctx.library
            return library.named(case.edition) if case else library.edition(self.procedure.id, first)
        except Refusal as refusal:
            self.errors.take(schedule.row, refusal)
            return self.procedure

    def _facts_and_plans(self, schedule: ReadSchedule) -> tuple[dict[str, date], dict[str, date]]:
        """Return facts and plan dates. A future fact in the file becomes a plan date, with a note."""
        facts, intended = dict(schedule.facts), dict(schedule.planned)
        for name, on in schedule.facts.items():
            if on > self.ctx.today:
                intended[name] = facts.pop(name)
                title = self.procedure.by_id[name].title if name in self.procedure.by_id else name
                arguments = {"fact": name, "title": title, "on": on}
                self.notes.append(RowNote(schedule.row, "cli.import.ahead", arguments))
        return facts, intended

    def _check(self, schedule: ReadSchedule, days: Mapping[str, date]) -> None:
        """Add an error for each fact that the procedure does not know or day beyond the calendar."""
        for fact, on in days.items():
            try:
                known_fact(self.procedure, fact)
                self.ctx.calendar.is_working_day(on)
            except Refusal as refusal:
                self.errors.take(schedule.row, refusal)

    def _match(self, schedule: ReadSchedule) -> None:
        """Find the unit or person each responsible text means; of one that matches nobody a note is kept."""
        for text in dict.fromkeys(schedule.responsible.values()):
            if text in self.matches or text in self.strange:
                continue
            meaning = match(text, self.office)
            if meaning is not None:
                self.matches[text] = meaning
            else:
                self.strange.add(text)
                self.notes.append(RowNote(schedule.row, "cli.import.unmatched", {"text": text}))

    def _twins(self, schedule: ReadSchedule, names: Mapping[str, str]) -> tuple[Case, ...]:
        """Return the open cases planned to begin on its day, of no other known unit and not taken by another
        row, that an analysis may be: those with its name in the passport; else those with the same planned end
        whose words are in the other language.
        """
        language, fact = _language_of(schedule.object), self.procedure.begins_with
        begins, ends = schedule.planned.get(fact), schedule.planned.get(ENDS_WITH)
        if begins is None or not language:
            return ()
        unit, units = self.unit(schedule), self.office.units
        alike = [
            case
            for case in self.open_cases
            if case.planned.get(fact) == begins
            and case.id not in self.taken_cases
            and not (unit != case.unit and unit in units and case.unit in units)
        ]
        name = names.get(language, "").casefold()
        namesakes = [case for case in alike if name == getattr(case, f"object_{language}").casefold() != ""]
        return tuple(namesakes) or tuple(
            case
            for case in alike
            if language not in {_language_of(wording.object) for wording in case.written}
            and case.planned.get(ENDS_WITH) == ends
        )

    def _decided(self, schedule: ReadSchedule, twins: tuple[Case, ...]) -> tuple[Case | None, tuple[Case, ...]]:
        """Return the case the user says it is, or None; and, while they have not answered, those it may be."""
        case_id = self.command.about(schedule.row).joins
        if case_id is None:
            return None, twins
        case = next((twin for twin in twins if twin.id == case_id), None)
        if case_id and case is None:
            cases = ", ".join(twin.id for twin in twins)
            self.errors.add(schedule.row, "import.not_alike", object=schedule.object, case=case_id, cases=cases)
        return case, ()


def corrected(schedules: Sequence[ReadSchedule], command: ImportSchedule, errors: Errors) -> list[ReadSchedule]:
    """Return the analyses as the user corrected them, with rows that got their day from the user alone; without
    skipped rows, and without the cell of a day that the user changed.

    Errors, of analyses that stay in the result: neither a planned day nor a fact; an end before the start.
    """
    undated = (
        ReadSchedule(form="flat", object=str(note.arguments["object"]), row=note.row)
        for schedule in schedules
        for note in schedule.notes
        if _is_dated_now(note, command)
    )
    analyses = []
    for schedule in (*schedules, *undated):
        answer = command.about(schedule.row)
        if answer.skip:
            continue
        unit = schedule.unit if answer.unit is None else answer.unit
        days = {**schedule.planned, **answer.planned}
        planned = {fact: on for fact, on in days.items() if on is not None}
        first, last = (planned.get(fact) for fact in (STARTS_WITH, ENDS_WITH))
        if not planned and not schedule.facts:
            errors.add(schedule.row, "paper_row_no_day", object=schedule.object)
        elif first and last and last < first:
            errors.add(schedule.row, "import.backwards", object=schedule.object, first=first, last=last)
        cells = {
            fact: cell for fact, cell in schedule.cells.items() if schedule.planned.get(fact) == days.get(fact)
        }
        analyses.append(replace(schedule, unit=unit, planned=planned, cells=cells))
    return analyses


def _is_dated_now(note: RowNote, command: ImportSchedule) -> bool:
    """Return whether a note is about a row without a day that the user gave one."""
    answer = command.about(note.row)
    return note.code == "read_row_no_day" and not answer.skip and any(answer.planned.values())


def with_responsible_units(schedules: Sequence[ReadSchedule], office: Office) -> Sequence[ReadSchedule]:
    """Return the analyses with their units where only a column "ответственное подразделение" names them.

    It names the units of the analyses when it says another one from row to row; one and the same in every row
    is whoever carries them all out.
    """
    unit_texts = {
        schedule.row: text
        for schedule in schedules
        if not schedule.unit
        and schedule.responsible.keys() == {STARTS_WITH, ENDS_WITH}
        and match(text := schedule.responsible[STARTS_WITH], office) in office.units
    }
    if len({match(text, office) for text in unit_texts.values()}) < 2:
        return schedules
    return [replace(schedule, unit=unit_texts.get(schedule.row, schedule.unit)) for schedule in schedules]


def units_meant(schedules: Iterable[ReadSchedule], office: Office) -> dict[str, str]:
    """Return the unit's id for each name of a unit in the schedules; unknown names are left out."""
    texts = dict.fromkeys(schedule.unit for schedule in schedules if schedule.unit)
    unit_keys = {text: match(text, office) for text in texts}
    return {text: key for text, key in unit_keys.items() if key in office.units and key is not None}


def _strange_units(
    schedules: Iterable[ReadSchedule], units: Mapping[str, str], office: Office
) -> list[RowNote]:
    """Return a note for each unknown unit, at its first row; none while the office has no units."""
    if not office.units:
        return []
    first: dict[str, int] = {}
    for schedule in schedules:
        if schedule.unit and schedule.unit not in units:
            first.setdefault(schedule.unit, schedule.row)
    return [RowNote(row, "cli.import.strange_unit", {"text": text}) for text, row in first.items()]


def _differing(analysis: ConsideredAnalysis, case: Case, procedure: Procedure) -> list[RowNote]:
    """Return a note for each fact that the case has on another day: the import does not change that day."""
    return [
        RowNote(
            analysis.schedule.row,
            "cli.import.fact_differs",
            {
                "case": case.id,
                "title": known_fact(procedure, fact).title,
                "on": on,
                "known": case.facts[fact].on,
            },
        )
        for fact, on in analysis.facts.items()
        if fact in case.facts and case.facts[fact].on != on
    ]


def _withdrawn(analysis: ConsideredAnalysis) -> Iterator[RowNote]:
    """Yield a note for each record of the file that was withdrawn in its case: it is not recorded anew."""
    assert analysis.case is not None
    for _, fact, on in analysis.withdrawn:
        title = known_fact(analysis.procedure, fact).title
        arguments = {"case": analysis.case.id, "title": title, "on": on}
        yield RowNote(analysis.schedule.row, "cli.import.withdrawn", arguments)


def _names(schedule: ReadSchedule, cases: Iterable[Case], answer: RowAnswer) -> dict[str, str]:
    """Return the names of an object: as answered, else from its passport of another year, else as the
    column of objects has them.
    """
    names_by_language = _names_in_column(schedule)
    words = schedule.object.casefold()
    for case in cases:
        if any(wording.object.casefold() == words for wording in case.written):
            names_by_language |= {
                name: text for name, text in (("kk", case.object_kk), ("ru", case.object_ru)) if text
            }
    answered = {"kk": answer.object_kk, "ru": answer.object_ru}
    names_by_language |= {language: text for language, text in answered.items() if text is not None}
    return {language: text.strip() for language, text in names_by_language.items() if text.strip()}


def _names_in_column(schedule: ReadSchedule) -> dict[str, str]:
    """Return the name of an object by language. Words cut out of a title are declined: the officer types the
    name.
    """
    if schedule.form == "published":
        return {}
    language = _language_of(schedule.object)
    return dict.fromkeys((language,) if language else ("kk", "ru"), schedule.object)


def _language_of(text: str) -> str:
    """Return the language of a text: `kk`, `ru`, or "" where its letters do not tell."""
    return "kk" if _KAZAKH.search(text) else "ru" if _CYRILLIC.search(text) else ""


def _unnamed(analyses: Iterable[ConsideredAnalysis]) -> Iterator[RowNote]:
    """Yield one note on how many new cases lack their object's name in Kazakh or Russian; none if none does."""
    new = (analysis for analysis in analyses if analysis.case is None and not analysis.foreign)
    lacking = sum(not {"kk", "ru"} <= analysis.names.keys() for analysis in new)
    if lacking:
        yield RowNote(0, "cli.import.object_lacks", {"count": lacking})


def _known_keys(case: Case, procedure: Procedure) -> Iterator[Key]:
    """Yield the keys by which a case is found: every wording in files, with the unit then and the present
    unit.
    """
    days = [*case.planned.values(), *(fact.on for fact in case.facts.values())]
    year = _year(case.day_of(procedure.begins_with), days)
    for words in case.written:
        for unit in dict.fromkeys((words.unit, case.unit)):
            yield _key(words.object, unit, year)


def _key(object: str, unit: str, year: int | None) -> Key:
    """Return the words and year by which an analysis and its case are the same."""
    return object.casefold(), unit.casefold(), year


def _year(begins: date | None, days: Iterable[date]) -> int | None:
    """Return the year an analysis begins, else of its first day; None without a day."""
    first_day = begins or min(days, default=None)
    return first_day.year if first_day else None
