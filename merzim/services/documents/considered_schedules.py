"""What importing a schedule would do: which of its analyses are new cases, and what of existing ones changes.

An analysis matches an existing case by its procedure, the words for its object and unit, and the year of its
start (an object analysed again next year is another case). If it may be an existing case under other words, in
the other language, the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from merzim.documents.matching import match
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.sheets.unreadable import Errors, RowNote
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, FileInput, Line, Name, OptionalName
from merzim.services.verbs import Command
from merzim.storage.cases import ledger
from workflow.cases.case import PLAN, Case
from workflow.law.library import known_fact
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
        schedule: as the user corrected it; a fact of a day to come is a plan date.
        unit: id of the matching unit, else the words of the file.
        case: the existing case, whole; None when one would be opened.
        new_facts: facts that its case has not recorded on any day; `new_plans`: plan dates that it lacks or has
            on another day; both without what was withdrawn with this day (records withdrawn were mistakes) and
            what stands as it did when the same file was imported before.
        procedure: the edition of the case, or of the one to be opened.
        names: names of its object by language, of the file or typed by the user; empty for a case found by
            these words.
        looks_like: existing cases it may be, as long as the user has not answered.
        joined: whether the user said that it is `case`.
        foreign: whether the user may not import it: it is a case they may not see or not manage (`case` is None
            then), or its unit is none of theirs.
    """

    schedule: ReadSchedule
    unit: str
    case: Case | None
    new_facts: Mapping[str, date]
    new_plans: Mapping[str, date]
    procedure: Procedure
    names: Mapping[str, str]
    looks_like: tuple[Case, ...]
    joined: bool
    foreign: bool

    @property
    def change(self) -> str:
        """What importing it would do: `open` or `replan` a case, nothing (`same`), be refused (`foreign`)."""
        if self.foreign:
            return "foreign"
        if self.case is None:
            return "open"
        return "replan" if self.new_facts or self.new_plans else "same"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consideration:
    """A file before it is imported. `matches`: responsible text -> unit id or person key; `strange`:
    responsible texts that match nobody.
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
    """Return what importing a file would do, by the present cases and office. Raises UnreadablePaper with every
    wrong row, Refusal where a text means no single unit or person.
    """
    found = _Considering(ctx, file, command)
    own = found.own_cases()
    found.taken = {case.id for case in own if case is not None}
    analyses = tuple(map(found.analysis, found.schedules, own))
    found.errors.refuse(file.name)
    return Consideration(
        analyses=analyses,
        notes=(*found.notes, *found.ahead.values(), *_unnamed(analyses)),
        matches={text: target for text, target in found.meanings.items() if target is not None},
        strange=tuple(sorted(text for text, target in found.meanings.items() if target is None)),
    )


def unit_or_person(office: Office, text: str, answer: str) -> str:
    """Return the id or key of the only unit or person named so by id, key, e-mail or name. Raises Refusal."""
    candidates = [*office.unit_called.exactly(answer), *office.person_called.exactly(answer)]
    if len(candidates) != 1:
        names = [each.name for each in (*office.units.values(), *office.people.values())]
        near = closest_first(answer, names)[:NEAREST] or ("–",)
        raise Refusal("web.refusal.unknown_meaning", text=text, answer=answer, allowed=near)
    return candidates[0]


class _Considering:
    """What the analyses of a file are compared with, and what is found on the way.

    Attributes:
        ahead: the notes on facts of days to come.
        written: by row the facts and plan dates of the file, before the user corrected them.
        schedules: the analyses as they did.
        units: id of the unit by the words of the file.
        known: the cases that rows became when the same file was imported before.
        candidates: the active cases the analyses may be.
        managed: ids of the cases the user may manage; of others nothing is told.
        taken: ids of the cases that an analysis of the file is.
        meanings: responsible text -> unit id or person key; None for one that matches nobody.
    """

    def __init__(self, ctx: RequestContext, file: ScheduleFile, command: ImportSchedule) -> None:
        office, engine = ctx.app.reads.office(), ctx.app.engine
        answered = [(text, answer) for text, answer in command.meant.items() if answer.strip()]
        meant = {text: unit_or_person(office, text, answer) for text, answer in answered}
        self.office = office = replace(office, matches={**office.matches, **meant})
        self.ctx, self.command, self.procedure = ctx, command, file.procedure
        self.errors, self.taken, self.meanings = Errors(), set[str](), dict[str, str | None]()
        notes = (note for schedule in file.schedules for note in schedule.notes)
        self.notes = [note for note in notes if not _is_dated_now(note, command)]
        self.ahead = dict[tuple[str, date], RowNote]()
        self.written = {schedule.row: {**schedule.planned, **schedule.facts} for schedule in file.schedules}
        self.schedules = _corrected(_with_responsible_units(file.schedules, office), command, self.errors)
        both = (*file.schedules, *self.schedules)
        self.units = _units_meant((schedule.unit for schedule in both), office)
        strange: dict[str, int] = {}
        for schedule in self.schedules if office.units else ():
            if schedule.unit and schedule.unit not in self.units:
                strange.setdefault(schedule.unit, schedule.row)
        self.notes += [RowNote.of(row, "cli.import.strange_unit", text=text) for text, row in strange.items()]
        known, found = ledger.cases_of_file(engine, file.digest), self._candidates(both)
        cases = ctx.app.ledger.cases(dict.fromkeys([*found, *known.values()]))
        self.known = {int(row): cases[id] for row, id in known.items() if id in cases}
        self.candidates = [case for id, case in cases.items() if id in found]
        self.managed = {id for id, head in ctx.reads.heads(cases).items() if ctx.reads.in_reach(head)}

    def _candidates(self, schedules: Iterable[ReadSchedule]) -> list[str]:
        """Return the ids of active cases these analyses may be, by object and unit or (MAX_TWINS) first day."""
        engine, procedure, begins = self.ctx.app.engine, self.procedure.id, self.procedure.begins_with
        places, days = set[tuple[str, str]](), set[date]()
        for schedule in schedules:
            places |= {(unit, schedule.object) for unit in (schedule.unit, self.unit(schedule))}
            days |= {on for fact, on in schedule.planned.items() if fact == begins}
        same_day = ledger.cases_beginning_on(
            engine, {procedure: begins}, days, active_only=True, limit=MAX_TWINS
        )
        return [*ledger.alike(engine, procedure, places), *(case.id for case in same_day)]

    def unit(self, schedule: ReadSchedule) -> str:
        """Return the id of the unit an analysis names, or its words where they name none."""
        return self.units.get(schedule.unit, schedule.unit)

    def own_cases(self) -> list[Case | None]:
        """Return the case each analysis is by its file, or by the words of files for it: the unit by its id, or
        as the file names it.
        """
        begins = self.procedure.begins_with
        by_words: dict[Key, Case] = {}
        for case in self.candidates:
            days = [*case.planned.values(), *(fact.on for fact in case.facts.values())]
            for words in case.written:
                for unit in (words.unit, case.unit):
                    by_words[_key(words.object, unit, case.day_of(begins), days)] = case
        own = []
        for schedule in self.schedules:
            days = [*schedule.planned.values(), *schedule.facts.values()]
            begun = schedule.planned.get(begins) or schedule.facts.get(begins)
            keys = (_key(schedule.object, unit, begun, days) for unit in (self.unit(schedule), schedule.unit))
            cases = (self.known.get(schedule.row), *map(by_words.get, keys))
            own.append(next((case for case in cases if case), None))
        return own

    def analysis(self, schedule: ReadSchedule, own: Case | None) -> ConsideredAnalysis:
        """Return what importing an analysis would do; mistakes and notes are added to those of the file. `own`:
        the case that its row or words have been imported to before, left alone where the reader may not manage
        it.
        """
        schedule = self._without_facts_ahead(schedule)
        days = {**schedule.facts, **schedule.planned}
        self._check(schedule, days)
        unit, names, looks_like, settled = self.unit(schedule), dict[str, str](), tuple[Case, ...](), set[str]()
        case = own if own and own.id in self.managed else None
        if own is None:
            names = self._names(schedule)
            case, looks_like = self._decided(schedule, self._twins(schedule, names))
            self.taken |= {case.id} if case else set()
        elif case and schedule.row in self.known:
            written = self.written.get(schedule.row, {})
            settled = {name for name, on in days.items() if written.get(name) == on}
        root = self.ctx.reader.root
        is_outside = bool(root) and not within(self.office, case.unit if case else unit, root)
        withdrawn = _withdrawn(case, schedule)
        done, plans = (case.facts, case.planned) if case else ({}, {})
        analysis = ConsideredAnalysis(
            schedule=schedule,
            unit=unit,
            case=case,
            new_facts={
                fact: on for fact, on in schedule.facts.items() if fact not in {*done, *settled, *withdrawn}
            },
            new_plans={
                fact: on
                for fact, on in schedule.planned.items()
                if plans.get(fact) != on and fact not in settled and PLAN + fact not in withdrawn
            },
            procedure=self._edition(schedule, case, min(days.values(), default=self.ctx.today)),
            names=names,
            looks_like=looks_like,
            joined=own is None and case is not None,
            foreign=(own is not None and case is None) or is_outside,
        )
        if case is not None and schedule.row not in self.known:
            self._note_kept(analysis, case, withdrawn)
        return analysis

    def _edition(self, schedule: ReadSchedule, case: Case | None, first: date) -> Procedure:
        """Return the edition of the case, or of the analysis's first day; an impossible day is an error."""
        try:
            library = self.ctx.library
            return library.named(case.edition) if case else library.edition(self.procedure.id, first)
        except Refusal as refusal:
            self.errors.take(schedule.row, refusal)
            return self.procedure

    def _without_facts_ahead(self, schedule: ReadSchedule) -> ReadSchedule:
        """Return an analysis whose facts of days to come are plan dates, with one note on each in the file."""
        facts, planned = dict(schedule.facts), dict(schedule.planned)
        for name, on in schedule.facts.items():
            if on > self.ctx.today:
                planned[name] = facts.pop(name)
                title = self.procedure.by_id[name].title if name in self.procedure.by_id else name
                self.ahead[name, on] = RowNote.of(0, "cli.import.ahead", title=title, on=on)
        return replace(schedule, facts=facts, planned=planned)

    def _check(self, schedule: ReadSchedule, days: Mapping[str, date]) -> None:
        """Add errors for unknown facts and days beyond the calendar; find whom responsible texts mean."""
        for fact, on in days.items():
            try:
                known_fact(self.procedure, fact)
                self.ctx.calendar.is_working_day(on)
            except Refusal as refusal:
                self.errors.take(schedule.row, refusal)
        for text in schedule.responsible.values():
            if text not in self.meanings:
                self.meanings[text] = match(text, self.office)
                if self.meanings[text] is None:
                    self.notes.append(RowNote.of(schedule.row, "cli.import.unmatched", text=text))

    def _names(self, schedule: ReadSchedule) -> dict[str, str]:
        """Return the names of an object by language: as answered, else from its passport of another year, else
        as the column of objects has them. Words cut out of a title are declined: the officer types the name.
        """
        language, names = _language_of(schedule.object), dict[str, str]()
        if schedule.form == "flat":
            names = dict.fromkeys((language,) if language else ("kk", "ru"), schedule.object)
        words, answer = schedule.object.casefold(), self.command.about(schedule.row)
        for case in self.candidates:
            if case.id in self.managed and any(each.object.casefold() == words for each in case.written):
                names |= {name: text for name, text in (("kk", case.object_kk), ("ru", case.object_ru)) if text}
        answered = (("kk", answer.object_kk), ("ru", answer.object_ru))
        names |= {name: text for name, text in answered if text is not None}
        return {name: text.strip() for name, text in names.items() if text.strip()}

    def _twins(self, schedule: ReadSchedule, names: Mapping[str, str]) -> tuple[Case, ...]:
        """Return the open cases that an analysis of the file may be: planned to begin on the same day, not of
        another unit of the office, not found for another row; of these the namesakes in its language (`names`),
        else those with the same planned end that so far were written only in the other language.
        """
        language, fact = _language_of(schedule.object), self.procedure.begins_with
        begins, ends = schedule.planned.get(fact), schedule.planned.get(ENDS_WITH)
        if begins is None or not language:
            return ()
        unit, units = self.unit(schedule), self.office.units
        alike = [
            case
            for case in self.candidates
            if case.planned.get(fact) == begins
            and case.id in self.managed
            and case.id not in self.taken
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

    def _note_kept(self, analysis: ConsideredAnalysis, case: Case, withdrawn: Mapping[str, date]) -> None:
        """Note each fact that the case has on another day, which the import does not change, and each record of
        the file that was withdrawn in it, which is not recorded anew.
        """
        row = analysis.schedule.row
        for fact, on in analysis.schedule.facts.items():
            if fact in case.facts and (known := case.facts[fact].on) != on:
                about = {"case": case.id, "title": known_fact(self.procedure, fact).title, "on": on}
                self.notes.append(RowNote.of(row, "cli.import.fact_differs", **about, known=known))
        for record, on in withdrawn.items():
            title = known_fact(analysis.procedure, record.removeprefix(PLAN)).title
            self.notes.append(RowNote.of(row, "cli.import.withdrawn", case=case.id, title=title, on=on))


def _withdrawn(case: Case | None, schedule: ReadSchedule) -> dict[str, date]:
    """Return the facts and plan dates, by record, that were withdrawn in a case with the same day."""
    records = {**schedule.facts, **{PLAN + fact: on for fact, on in schedule.planned.items()}}
    gone = case.withdrawn if case else {}
    return {record: on for record, on in records.items() if record in gone and gone[record].on == on}


def _corrected(
    schedules: Sequence[ReadSchedule], command: ImportSchedule, errors: Errors
) -> list[ReadSchedule]:
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
        unit = schedule.unit if answer.unit is None else answer.unit
        analyses.append(replace(schedule, unit=unit, planned=planned, cells=cells))
    return analyses


def _is_dated_now(note: RowNote, command: ImportSchedule) -> bool:
    """Return whether a note is about a row without a day that the user gave one."""
    answer = command.about(note.row)
    return note.code == "read_row_no_day" and not answer.skip and any(answer.planned.values())


def _with_responsible_units(schedules: Sequence[ReadSchedule], office: Office) -> Sequence[ReadSchedule]:
    """Return the analyses with their units where only a column "ответственное подразделение" names them: where
    it says another one from row to row; one and the same in every row is whoever carries them all out.
    """
    texts = {
        schedule.row: schedule.responsible[STARTS_WITH]
        for schedule in schedules
        if not schedule.unit and schedule.responsible.keys() == {STARTS_WITH, ENDS_WITH}
    }
    units = _units_meant(texts.values(), office)
    if len(set(units.values())) < 2:
        return schedules
    named = {row: text for row, text in texts.items() if text in units}
    return [replace(schedule, unit=named.get(schedule.row, schedule.unit)) for schedule in schedules]


def _units_meant(texts: Iterable[str], office: Office) -> dict[str, str]:
    """Return the unit's id for each text that means one."""
    keys = {text: match(text, office) for text in dict.fromkeys(texts) if text}
    return {text: key for text, key in keys.items() if key is not None and key in office.units}


def _language_of(text: str) -> str:
    """Return the language of a text: `kk`, `ru`, or "" where its letters do not tell."""
    return "kk" if _KAZAKH.search(text) else "ru" if _CYRILLIC.search(text) else ""


def _unnamed(analyses: Iterable[ConsideredAnalysis]) -> Iterator[RowNote]:
    """Yield one note on how many new cases lack their object's name in Kazakh or Russian; none if none does."""
    new = (analysis for analysis in analyses if analysis.case is None and not analysis.foreign)
    lacking = sum(not {"kk", "ru"} <= analysis.names.keys() for analysis in new)
    if lacking:
        yield RowNote.of(0, "cli.import.object_lacks", count=lacking)


def _key(object: str, unit: str, begins: date | None, days: Sequence[date]) -> Key:
    """Return the words and year by which analysis and case are the same: when it begins, else its first day."""
    first = begins or min(days, default=None)
    return object.casefold(), unit.casefold(), first.year if first else None
