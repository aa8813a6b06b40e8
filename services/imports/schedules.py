"""A schedule becomes cases: new analyses are opened, known ones replanned, the rest is left as it is.

An analysis is known when its procedure, object, unit and the year of its start are: the same object is
analysed again next year, and that is another case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from calendars import OutOfRange
from calendars.calendar import Calendar
from documents.people.matching import match
from documents.schedules.reading import Note, ReadSchedule
from documents.sheets.unreadable import Errors
from workflow.cases.case import PLAN, Case
from workflow.cases.commands.desk import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.library import Library
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure
from workflow.org.office import Office
from workflow.refusal import Refusal

Key = tuple[str, str, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedFile:
    """What became of a file: its cases in order, what happened to each, and what the reader should see."""

    cases: tuple[Case, ...]
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsideredAnalysis:
    """One analysis of a file and what taking it in would do; nothing is written yet.

    Attributes:
        unit: id of the unit meant, else the words of the file.
        case: the case that is known already, whole; None when one would be opened.
        facts, intended: what the file says has happened, and what it plans (local dates).
        procedure: the edition it is, or would be, judged by.
    """

    schedule: ReadSchedule
    unit: str
    case: Case | None
    facts: Mapping[str, date]
    intended: Mapping[str, date]
    procedure: Procedure

    @property
    def new(self) -> dict[str, date]:
        """Facts nobody has recorded; none that was withdrawn with this day."""
        known = self.case.facts if self.case else {}
        withdrawn = {record for record, _, _ in self.withdrawn}
        return {fact: on for fact, on in self.facts.items() if fact not in known and fact not in withdrawn}

    @property
    def moved(self) -> dict[str, date]:
        """Plan dates that are other ones, or new; none that was withdrawn."""
        known = self.case.planned if self.case else {}
        withdrawn = {record for record, _, _ in self.withdrawn}
        return {
            fact: on
            for fact, on in self.intended.items()
            if known.get(fact) != on and PLAN + fact not in withdrawn
        }

    @property
    def withdrawn(self) -> list[tuple[str, str, date]]:
        """What the file says again of what was withdrawn in its case: record, fact, day.

        Somebody decided that it was a mistake; a file that repeats it does not record it anew.
        """
        taken_back = self.case.withdrawn if self.case else {}
        said = [(fact, fact, on) for fact, on in self.facts.items()]
        said += [(PLAN + fact, fact, on) for fact, on in self.intended.items()]
        return [
            (record, fact, on)
            for record, fact, on in said
            if record in taken_back and taken_back[record].on == on
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Consideration:
    """A file before it is taken in.

    Attributes:
        matches: responsible text -> unit id or person key.
        strange: responsible texts nobody is known by.
    """

    analyses: tuple[ConsideredAnalysis, ...]
    notes: tuple[Note, ...]
    matches: Mapping[str, str]
    strange: tuple[str, ...]


def consider(
    schedules: Sequence[ReadSchedule],
    *,
    name: str,
    library: Library,
    known: Sequence[Case],
    office: Office,
    procedure: Procedure,
    calendar: Calendar,
    today: date,
) -> Consideration:
    """What taking in a file would do.

    Args:
        known: active cases the schedules may speak of, whole, in any order.
        procedure: the edition whose names are checked; a new case gets the edition of its own dates.

    Raises:
        UnreadablePaper: with every row that plans something the ledger cannot hold.
    """
    there = {_known_key(case, procedure): case for case in known}
    notes: list[Note] = [note for schedule in schedules for note in schedule.notes]
    matches: dict[str, str] = {}
    strange: set[str] = set()
    units = units_meant(schedules, office)
    notes += _strange_units(schedules, units, office)
    errors = Errors()
    found = []
    for schedule in schedules:
        facts, intended = _told(schedule, today, notes)
        _check(schedule, {**facts, **intended}, procedure, calendar, errors)
        _match(schedule, office, matches, strange, notes)
        unit = units.get(schedule.unit, schedule.unit)
        year = _first_year(schedule, procedure)
        case = there.get(_key(schedule.object, unit, year)) or there.get(
            _key(schedule.object, schedule.unit, year)
        )
        edition = procedure
        try:
            days = min([*facts.values(), *intended.values()], default=today)
            edition = library.named(case.edition) if case else library.edition(procedure.id, days)
        except Refusal as refusal:
            errors.take(schedule.row, refusal)
        found.append(
            ConsideredAnalysis(
                schedule=schedule, unit=unit, case=case, facts=facts, intended=intended, procedure=edition
            )
        )
        if case is not None:
            notes += _differing(schedule, case, facts, procedure)
            notes += _withdrawn(found[-1])
    errors.refuse(name)
    return Consideration(
        analyses=tuple(found), notes=tuple(notes), matches=matches, strange=tuple(sorted(strange))
    )


def take_in(
    considered: Consideration, *, desk: CaseCommands, by: str, now: datetime, today: date
) -> ImportedFile:
    """Take in all of a file or none of it. What it says of known cases anew is a replan, or a new fact."""
    openings = [(number, _opening(one)) for number, one in enumerate(considered.analyses) if one.case is None]
    opened = (
        desk.open_many([opening for _, opening in openings], by=by, now=now, today=today) if openings else ()
    )
    cases = dict(zip((number for number, _ in openings), opened, strict=True))
    replanned: list[str] = []
    unchanged: list[str] = []
    for number, one in enumerate(considered.analyses):
        if one.case is None:
            continue
        changes = [desk.replan_all(one.case.id, one.moved, by=by, now=now, today=today)]
        for fact, on in one.new.items():
            changes.append(desk.record(one.case.id, fact, on=on, by=by, now=now, today=today))
        (replanned if any(change.events for change in changes) else unchanged).append(one.case.id)
        cases[number] = changes[-1].case
    return ImportedFile(
        cases=tuple(cases[number] for number in sorted(cases)),
        opened=tuple(case.id for case in opened),
        replanned=tuple(replanned),
        unchanged=tuple(unchanged),
        notes=considered.notes,
        matches=considered.matches,
    )


def _told(schedule: ReadSchedule, today: date, notes: list[Note]) -> tuple[dict[str, date], dict[str, date]]:
    """Facts and plan dates. A fact of the paper that lies ahead is planned, and said so."""
    facts, intended = dict(schedule.facts), dict(schedule.planned)
    for name, on in schedule.facts.items():
        if on > today:
            intended[name] = facts.pop(name)
            notes.append(Note(schedule.row, "cli.import.ahead", {"fact": name, "on": on}))
    return facts, intended


def _check(
    schedule: ReadSchedule, days: Mapping[str, date], procedure: Procedure, calendar: Calendar, errors: Errors
) -> None:
    for fact, on in days.items():
        try:
            known_fact(procedure, fact)
            calendar.is_working(on)
        except Refusal as refusal:
            errors.take(schedule.row, refusal)
        except OutOfRange as outside:
            errors.add(schedule.row, outside.code, **outside.arguments)


def units_meant(schedules: Iterable[ReadSchedule], office: Office) -> dict[str, str]:
    """What each schedule calls its unit -> the unit's id; texts the office knows no unit by are left out."""
    texts = dict.fromkeys(schedule.unit for schedule in schedules if schedule.unit)
    meant = {text: match(text, office) for text in texts}
    return {text: key for text, key in meant.items() if key in office.units and key is not None}


def _strange_units(schedules: Iterable[ReadSchedule], units: Mapping[str, str], office: Office) -> list[Note]:
    """A note for each unit nobody has entered, at its first row; none while the office is empty."""
    if not office.units:
        return []
    first: dict[str, int] = {}
    for schedule in schedules:
        if schedule.unit and schedule.unit not in units:
            first.setdefault(schedule.unit, schedule.row)
    return [Note(row, "cli.import.strange_unit", {"text": text}) for text, row in first.items()]


def _match(
    schedule: ReadSchedule, office: Office, matches: dict[str, str], strange: set[str], notes: list[Note]
) -> None:
    for text in dict.fromkeys(schedule.responsible.values()):
        if text in matches or text in strange:
            continue
        meant = match(text, office)
        if meant is not None:
            matches[text] = meant
        else:
            strange.add(text)
            notes.append(Note(schedule.row, "cli.import.unmatched", {"text": text}))


def _differing(
    schedule: ReadSchedule, case: Case, facts: Mapping[str, date], procedure: Procedure
) -> list[Note]:
    """Facts of the paper that the case knows with another date: the ledger's stands until it is corrected."""
    return [
        Note(
            schedule.row,
            "cli.import.fact_differs",
            {
                "case": case.id,
                "title": known_fact(procedure, fact).title,
                "on": on,
                "known": case.facts[fact].on,
            },
        )
        for fact, on in facts.items()
        if fact in case.facts and case.facts[fact].on != on
    ]


def _withdrawn(one: ConsideredAnalysis) -> Iterator[Note]:
    assert one.case is not None
    for _, fact, on in one.withdrawn:
        title = known_fact(one.procedure, fact).title
        said = {"case": one.case.id, "title": title, "on": on}
        yield Note(one.schedule.row, "cli.import.withdrawn", said)


def _opening(one: ConsideredAnalysis) -> Opening:
    return Opening(
        procedure=one.procedure.id,
        unit=one.unit,
        object=one.schedule.object,
        planned=one.intended,
        facts=one.facts,
        responsible=dict(one.schedule.responsible),
    )


def _known_key(case: Case, procedure: Procedure) -> Key:
    return _key(case.object, case.unit, _year(case, procedure))


def _key(object: str, unit: str, year: int | None) -> Key:
    return object.casefold(), unit.casefold(), year


def _first_year(schedule: ReadSchedule, procedure: Procedure) -> int | None:
    begins = schedule.planned.get(procedure.begins_with) or schedule.facts.get(procedure.begins_with)
    days = [*schedule.planned.values(), *schedule.facts.values()]
    found = begins or min(days, default=None)
    return found.year if found else None


def _year(case: Case, procedure: Procedure) -> int | None:
    fact = case.facts.get(procedure.begins_with)
    begins = fact.on if fact else case.planned.get(procedure.begins_with)
    days = [*case.planned.values(), *(known.on for known in case.facts.values())]
    found = begins or min(days, default=None)
    return found.year if found else None
