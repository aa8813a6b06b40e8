"""A schedule becomes cases: new analyses are opened, known ones replanned, the rest is left as it is.

An analysis is known when its procedure, object, unit and the year of its start are: the same object is
analysed again next year, and that is another case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from calendars import OutOfRange
from calendars.calendar import Calendar
from papers.matching import match
from papers.reading import Note, ReadSchedule
from papers.unreadable import Errors
from workflow.case import Case
from workflow.desk import Desk, Opening
from workflow.names import known_fact
from workflow.office import Office
from workflow.procedure import Procedure
from workflow.refusal import Refusal

Key = tuple[str, str, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of a file: its cases in order, what happened to each, and what the reader should see."""

    cases: tuple[Case, ...]
    opened: tuple[str, ...] = ()
    replanned: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    matches: Mapping[str, str] = field(default_factory=dict)


def take_in(
    schedules: Sequence[ReadSchedule],
    *,
    name: str,
    desk: Desk,
    known: Sequence[Case],
    office: Office,
    procedure: Procedure,
    calendar: Calendar,
    by: str,
    now: datetime,
    today: date,
) -> Imported:
    """Take in all of a file or none of it. What it says of known cases anew is a replan, or a new fact.

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
    openings: list[tuple[int, Opening]] = []
    planned: list[tuple[int, Case, dict[str, date], dict[str, date]]] = []
    for number, schedule in enumerate(schedules):
        facts, intended = _told(schedule, today, notes)
        _check(schedule, {**facts, **intended}, procedure, calendar, errors)
        _match(schedule, office, matches, strange, notes)
        unit = units.get(schedule.unit, schedule.unit)
        year = _first_year(schedule, procedure)
        case = there.get(_key(schedule.object, unit, year)) or there.get(
            _key(schedule.object, schedule.unit, year)
        )
        if case is None:
            openings.append((number, _opening(schedule, procedure, unit, facts, intended)))
            continue
        notes += _differing(schedule, case, facts, procedure)
        new = {fact: on for fact, on in facts.items() if fact not in case.facts}
        planned.append((number, case, intended, new))
    errors.refuse(name)
    cases: dict[int, Case] = {}
    opened = (
        desk.open_many([opening for _, opening in openings], by=by, now=now, today=today) if openings else ()
    )
    cases.update(zip((number for number, _ in openings), opened, strict=True))
    replanned: list[str] = []
    unchanged: list[str] = []
    for number, case, intended, new in planned:
        changes = [desk.replan_all(case.id, intended, by=by, now=now, today=today)]
        for fact, on in new.items():
            changes.append(desk.record(case.id, fact, on=on, by=by, now=now, today=today))
        (replanned if any(change.events for change in changes) else unchanged).append(case.id)
        cases[number] = changes[-1].case
    return Imported(
        cases=tuple(cases[number] for number in sorted(cases)),
        opened=tuple(case.id for case in opened),
        replanned=tuple(replanned),
        unchanged=tuple(unchanged),
        notes=tuple(notes),
        matches=matches,
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


def _opening(
    schedule: ReadSchedule,
    procedure: Procedure,
    unit: str,
    facts: dict[str, date],
    intended: dict[str, date],
) -> Opening:
    return Opening(
        procedure=procedure.id,
        unit=unit,
        object=schedule.object,
        planned=intended,
        facts=facts,
        responsible=dict(schedule.responsible),
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
