"""What importing a schedule would do: which of its analyses are new cases, and what of existing ones changes.

An analysis matches an existing case by its procedure, the words for its object and unit, and the year of its
start (an object analysed again next year is another case). If it may be an existing case under other words, in
the other language, the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from calendars.kazakhstan import Kazakhstan
from merzim.documents.people.matching import match
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import Errors, RowNote
from merzim.services.inputs import Day, Line, Name
from merzim.services.verbs import Command
from workflow.cases.case import PLAN, Case
from workflow.law.library import Library
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure
from workflow.org.office import Office
from workflow.refusal import Refusal

Key = tuple[str, str, int | None]
STARTS_WITH, ENDS_WITH = "analysis_started", "analysis_ended"
_KAZAKH = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
RowNumber = Annotated[int, Field(ge=0, le=2_000_000)]


class ObjectNames(Command):
    """Names of an object by language; a name left out stays as the file has it."""

    kk: Line | None = None
    ru: Line | None = None


class ScheduleAnswers(Command):
    """The user's answers about a file, by the row of the analysis.

    `objects`: the object in the nominative, replacing the preview's guess; `joins`: the existing case an
    analysis is, or "" for a new case; `units`: in place of the file's; `planned`: plan dates by fact, besides
    and in place of the file's, null takes the file's away; `skip`: rows that are no analyses.
    """

    objects: dict[RowNumber, ObjectNames] = Field(default_factory=dict, max_length=5000)
    joins: dict[RowNumber, Line] = Field(default_factory=dict, max_length=5000)
    units: dict[RowNumber, Line] = Field(default_factory=dict, max_length=5000)
    planned: dict[RowNumber, dict[Name, Day | None]] = Field(default_factory=dict, max_length=5000)
    skip: list[RowNumber] = Field(default_factory=list, max_length=5000)


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
        closed: whether it is an existing case that the user may not see or not manage; `case` is None then.
    """

    schedule: ReadSchedule
    unit: str
    case: Case | None
    names: Mapping[str, str] = field(default_factory=dict)
    looks_like: tuple[Case, ...] = ()
    joined: bool = False
    closed: bool = False
    facts: Mapping[str, date]
    planned: Mapping[str, date]
    procedure: Procedure

    @property
    def change(self) -> str:
        """What importing it would do: open a case, replan (new facts or plan dates), nothing (same), or be
        refused (closed).
        """
        if self.closed:
            return "closed"
        if self.case is None:
            return "open"
        return "replan" if self.new_facts or self.new_plans else "same"

    @property
    def new_facts(self) -> dict[str, date]:
        """Facts that its case has not recorded on any day, without those withdrawn with this day."""
        recorded_facts = self.case.facts if self.case else {}
        withdrawn = {record for record, _, _ in self.withdrawn}
        return {
            fact: on for fact, on in self.facts.items() if fact not in recorded_facts and fact not in withdrawn
        }

    @property
    def new_plans(self) -> dict[str, date]:
        """Plan dates that its case lacks or has on another day, without those withdrawn with this day."""
        planned_days = self.case.planned if self.case else {}
        withdrawn = {record for record, _, _ in self.withdrawn}
        return {
            fact: on
            for fact, on in self.planned.items()
            if planned_days.get(fact) != on and PLAN + fact not in withdrawn
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


def consider(
    schedules: Sequence[ReadSchedule],
    *,
    name: str,
    library: Library,
    cases: Sequence[Case],
    office: Office,
    procedure: Procedure,
    calendar: Kazakhstan,
    today: date,
    answers: ScheduleAnswers | None = None,
    closed: Container[str] = (),
) -> Consideration:
    """Return what importing a file would do.

    Args:
        cases: active cases the schedules may refer to by their words or days, whole, in any order.
        procedure: the edition whose names are checked; a new case gets the edition of its own dates.
        closed: ids of those the user may not see or not manage; nothing of them is told.

    Raises:
        UnreadablePaper: with every row that plans a date the ledger cannot store.
    """
    answers, errors = answers or ScheduleAnswers(), Errors()
    notes = [note for schedule in schedules for note in schedule.notes if not _is_dated_now(note, answers)]
    schedules = corrected(with_responsible_units(schedules, office), answers, errors)
    units = units_meant(schedules, office)
    considering = _Considering(
        library=library,
        office=office,
        procedure=procedure,
        calendar=calendar,
        today=today,
        answers=answers,
        closed=closed,
        cases_by_key={key: case for case in cases for key in _known_keys(case, procedure)},
        open_cases=[case for case in cases if case.id not in closed],
        units=units,
        errors=errors,
        notes=[*notes, *_strange_units(schedules, units, office)],
    )
    keys = {key for schedule in schedules for key in considering.keys(schedule)}
    considering.taken_cases |= {case.id for key, case in considering.cases_by_key.items() if key in keys}
    analyses = [considering.analysis(schedule) for schedule in schedules]
    errors.refuse(name)
    return Consideration(
        analyses=tuple(analyses),
        notes=(*considering.notes, *_unnamed(analyses)),
        matches=considering.matches,
        strange=tuple(sorted(considering.strange)),
    )


@dataclass(kw_only=True, slots=True)
class _Considering:
    """What the analyses of a file are compared with, and what was found so far.

    Attributes:
        cases_by_key: active cases by the words they may be found by; open_cases: those the user may manage.
        units: id of the unit by the words of the file.
        taken_cases: ids of cases that an analysis of the file is.
    """

    library: Library
    office: Office
    procedure: Procedure
    calendar: Kazakhstan
    today: date
    answers: ScheduleAnswers
    closed: Container[str]
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

    def keys(self, schedule: ReadSchedule) -> list[Key]:
        """Return the keys its case may be found by: with the id of its unit, and with the words of the file."""
        begins = self.procedure.begins_with
        on = schedule.planned.get(begins) or schedule.facts.get(begins)
        year = _year(on, [*schedule.planned.values(), *schedule.facts.values()])
        return [_key(schedule.object, unit, year) for unit in (self.unit(schedule), schedule.unit)]

    def analysis(self, schedule: ReadSchedule) -> ConsideredAnalysis:
        """Return what importing an analysis would do; mistakes and notes are added to those of the file."""
        facts, intended = self._facts_and_plans(schedule)
        self._check(schedule, {**facts, **intended})
        self._match(schedule)
        by_key = self.cases_by_key
        case = next((by_key[key] for key in self.keys(schedule) if key in by_key), None)
        names, twins, joined = dict[str, str](), tuple[Case, ...](), False
        is_closed = case is not None and case.id in self.closed
        if is_closed:
            case = None
        elif case is None:
            names = _names(schedule, self.open_cases, self.answers.objects.get(schedule.row, ObjectNames()))
            case, twins = self._decided(schedule, self._twins(schedule, names))
            joined = case is not None
            self.taken_cases |= {case.id} if case else set()
        first = min([*facts.values(), *intended.values()], default=self.today)
        analysis = ConsideredAnalysis(
            schedule=schedule,
            unit=self.unit(schedule),
            case=case,
            facts=facts,
            planned=intended,
            procedure=self._edition(schedule, case, first),
            names=names,
            looks_like=twins,
            joined=joined,
            closed=is_closed,
        )
        if case is not None:
            self.notes += _differing(analysis, case, self.procedure)
            self.notes += _withdrawn(analysis)
        return analysis

    def _edition(self, schedule: ReadSchedule, case: Case | None, first: date) -> Procedure:
        """Return the edition of the case, or of the analysis's first day; an impossible day is an error."""
        try:
            return self.library.named(case.edition) if case else self.library.edition(self.procedure.id, first)
        except Refusal as refusal:
            self.errors.take(schedule.row, refusal)
            return self.procedure

    def _facts_and_plans(self, schedule: ReadSchedule) -> tuple[dict[str, date], dict[str, date]]:
        """Return facts and plan dates. A future fact in the file becomes a plan date, with a note."""
        facts, intended = dict(schedule.facts), dict(schedule.planned)
        for name, on in schedule.facts.items():
            if on > self.today:
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
                self.calendar.is_working_day(on)
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
        case_id = self.answers.joins.get(schedule.row)
        if case_id is None:
            return None, twins
        case = next((twin for twin in twins if twin.id == case_id), None)
        if case_id and case is None:
            cases = ", ".join(twin.id for twin in twins)
            self.errors.add(schedule.row, "import.not_alike", object=schedule.object, case=case_id, cases=cases)
        return case, ()


def corrected(
    schedules: Sequence[ReadSchedule], answers: ScheduleAnswers, errors: Errors
) -> list[ReadSchedule]:
    """Return the analyses as the user corrected them, with rows that got their day from the user alone; without
    skipped rows, and without the cell of a day that the user changed.

    Errors, of analyses that stay in the result: neither a planned day nor a fact; an end before the start.
    """
    undated = (
        ReadSchedule(form="flat", object=str(note.arguments["object"]), row=note.row)
        for schedule in schedules
        for note in schedule.notes
        if _is_dated_now(note, answers)
    )
    analyses = []
    for schedule in (*schedules, *undated):
        if schedule.row in answers.skip:
            continue
        unit = answers.units.get(schedule.row, schedule.unit)
        days = {**schedule.planned, **answers.planned.get(schedule.row, {})}
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


def _is_dated_now(note: RowNote, answers: ScheduleAnswers) -> bool:
    """Return whether a note is about a row without a day that the user gave one."""
    days = answers.planned.get(note.row, {})
    return note.code == "read_row_no_day" and note.row not in answers.skip and any(days.values())


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


def _names(schedule: ReadSchedule, cases: Iterable[Case], answered: ObjectNames) -> dict[str, str]:
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
    names_by_language |= answered.model_dump(exclude_none=True)
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
    new = (analysis for analysis in analyses if analysis.case is None and not analysis.closed)
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
