"""A year of many organisations: cases to open, the next analysis of each, one obligation over all. Pure.

That every organisation must hold an analysis ("per unit") is practice, not law. "Once a year" is read as once
in each calendar year (contradictions 3, 19 and 20).
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from calendars.counting import count
from calendars.kazakhstan import Kazakhstan
from calendars.terms import Embargo, period_of
from workflow.cases.case import AWAITED, Case, State
from workflow.cases.commands.case_commands import Opening
from workflow.cases.commands.planning import what_if
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.law.library import Library
from workflow.law.procedure import Obligation, Procedure
from workflow.org.kinds import among
from workflow.org.office import Office

STARTED, ENDED, EXTERNAL = "analysis_started", "analysis_ended", "external_analysis_ended"
ExaminedCase = tuple[Case, Procedure, tuple[Deadline, ...]]
"""A case with its edition and deadlines."""
_EVER = datetime(1, 1, 1, tzinfo=UTC)


def yearly(library: Library, year: int) -> Iterator[Procedure]:
    """Yield the editions for the cases of a year: in force on its first day, else the first of that year."""
    for name in library.ids():
        editions = library.editions_of(name)
        begun = [edition for edition in editions if edition.in_force <= date(year, 1, 1)]
        edition = begun[-1] if begun else editions[0]
        if edition.in_force <= date(year, 12, 31) and edition.opened == "yearly":
            yield edition


def still_due(
    before: Iterable[Opening],
    library: Library,
    office: Office,
    year: int,
    *,
    calendar: Kazakhstan,
    today: date,
    ground: str,
) -> Iterator[Opening]:
    """Yield the openings of the year before of which something is due in the year that begins, from today on.

    Obligations that are over or have no date are exempted: nothing due before the records began is required.
    `ground`: of the exemptions.
    """
    last = max(date(year - 1, 12, 31), today - timedelta(days=1))
    awaited: dict[tuple[str, str], list[Deadline]] = {}
    for opening in before:
        kind = office.kind_of(opening.unit)
        if (opening.procedure, kind) not in awaited:
            edition = library.named(opening.edition)
            case = what_if(edition, unit=opening.unit, kind=kind, planned=opening.planned)
            chain = deadlines(case, edition, calendar, today=today, bare=True)
            awaited[opening.procedure, kind] = [each for each in chain if each.state in AWAITED]
        of_case = awaited[opening.procedure, kind]
        over = [each.id for each in of_case if each.due is None or each.due <= last]
        if len(over) < len(of_case):
            yield replace(opening, exempted=dict.fromkeys(over, ground))


def openings(
    library: Library,
    office: Office,
    year: int,
    *,
    units: Collection[str],
    known_openings: Collection[tuple[str, str]],
) -> Iterator[Opening]:
    """Yield the cases to open for the year: one of each yearly procedure for every unit of a kind it applies
    to. `units`: organisations; "" stands for an office without any unit. `known_openings`: procedure and unit
    of the cases opened already.
    """
    opened_keys = frozenset(known_openings)
    for procedure in yearly(library, year):
        for unit in units:
            if (
                library.binds(procedure.adopted_act, office, unit)
                and (procedure.id, unit) not in opened_keys
                and among(office.kind_of(unit), procedure.applies_to)
            ):
                yield Opening(
                    procedure=procedure.id,
                    edition=procedure.edition,
                    unit=unit,
                    planned={procedure.begins_with: date(year, 1, 1)},
                )


TurnState = Literal["closed", "overdue", "running", "planned", "waiting"]
"""An analysis is running; else the embargo holds (`closed`); else the last day for the next one has passed;
else it is planned, or not even that (`waiting`).
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The status of one organisation in the yearly cycle of analyses.

    Attributes:
        last, last_case: the day the last internal analysis ended.
        closed_until: the last day on which no internal one may run after an external one by the authorised
            body; instead the plan after the external one is assessed.
        due: the last day for the next one to end.
        postponed: whether `due` is counted from the end of the embargo (our reading).
        next_on: the day the next one started or is planned to start.
        next_closed: whether it starts (or is planned) during the embargo.
    """

    unit: str
    state: TurnState
    last: date | None = None
    last_case: str = ""
    closed_until: date | None = None
    due: date
    postponed: bool = False
    next_on: date | None = None
    next_case: str = ""
    next_closed: bool = False


def days_of(cases: Sequence[Case], fact: str, today: date) -> list[tuple[date, str]]:
    """Return the days up to today on which a fact happened, each with its case."""
    days = ((case.facts[fact].on, case.id) for case in cases if fact in case.facts)
    return [(on, case) for on, case in days if on <= today]


def turn(unit: str, analyses: Sequence[Case], *, embargo: Embargo, calendar: Kazakhstan, today: date) -> Turn:
    """Return the status of an organisation on a local date, by the cases of its analyses. `embargo`: how long
    after an external analysis no internal one may start, from the edition.
    """
    ended = days_of(analyses, ENDED, today)
    last, last_case = max(ended, default=(None, ""))
    external, _ = max(days_of(analyses, EXTERNAL, today), default=(None, ""))
    opens = count(embargo, external, calendar).opens if external else None
    closed = opens - timedelta(days=1) if opens else None
    # Without any on record this year is required, since none is known to have been held before.
    due = date(last.year + 1 if last else today.year, 12, 31)
    postponed = closed is not None and due <= closed
    if opens is not None and postponed:
        # Counted anew from the end of the embargo, during which the external analysis took its place.
        due = date(opens.year, 12, 31)
    over = {case for _, case in ended}
    open_ones = [case for case in analyses if case.id not in over]
    running = days_of(open_ones, STARTED, today)
    planned = [
        (case.planned[STARTED], case.id)
        for case in open_ones
        if STARTED in case.planned and STARTED not in case.facts
    ]
    next_on, next_case = min(running or planned, default=(None, ""))
    state: TurnState
    if running:
        state = "running"
    elif closed and today <= closed:
        state = "closed"
    elif due < today:
        state = "overdue"
    else:
        state = "planned" if planned else "waiting"
    return Turn(
        unit=unit,
        state=state,
        last=last,
        last_case=last_case,
        closed_until=closed,
        due=due,
        postponed=postponed,
        next_on=next_on,
        next_case=next_case,
        next_closed=bool(closed and external and next_on and external < next_on <= closed),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultLine:
    """One case's result (one for each period), or an organisation that has no case.

    Attributes:
        unit: id of the organisation.
        place: the unit of the case, as it is recorded; objects: the names of its object, by language.
        obligation: id with its period; without one where there is no case.
        on: the local date it was done; values: the numbers recorded with it; evidence: number of documents.
        state: None where the organisation has no case.
    """

    unit: str
    case: str = ""
    place: str = ""
    objects: Mapping[str, str] = field(default_factory=dict)
    obligation: str = ""
    due: date | None = None
    on: date | None = None
    state: State | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    evidence: int = 0
    late_by: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Consolidated:
    """The consolidated form.

    Attributes:
        lines: by organisation, in the order of the office, then by case and period.
        silent: organisations that have not reported: without a case, or with something begun and not done.
        sums: of each number, over everything done.
    """

    required: tuple[str, ...]
    lines: tuple[ResultLine, ...]
    silent: tuple[str, ...]
    sums: Mapping[str, Decimal]


def consolidated(
    office: Office,
    unit_ids: Iterable[str],
    cases: Iterable[tuple[Case, tuple[Deadline, ...]]],
    obligation: str,
    *,
    year: int,
    additive: bool = True,
) -> Consolidated:
    """Return the consolidated form of one obligation in a year over these organisations.

    Args:
        unit_ids: ids of organisations; "" stands for an office without units.
        cases: with their deadlines; each belongs to the nearest of the organisations above its unit.
        obligation: id without period.
        additive: whether its numbers can be added up (a measured figure cannot).
        year: of the period; without a period, the year of the day it was done, else due, else of the case's
            first date.
    """
    units = tuple(unit_ids)
    lines_by_unit: dict[str, list[ResultLine]] = {unit: [] for unit in units}
    for case, chain in cases:
        unit = organisation_of(office, case.unit, lines_by_unit)
        if unit is None:
            continue
        lines_by_unit[unit] += [
            _line(unit, case, deadline)
            for deadline in chain
            if deadline.obligation.id == obligation
            and deadline.state != "not_required"
            and _year(deadline, case) == year
        ]
    for unit_lines in lines_by_unit.values():
        unit_lines.sort(key=lambda line: (line.case, line.obligation))
    lines = tuple(line for unit in units for line in lines_by_unit[unit] or (ResultLine(unit=unit),))
    sums = _added(line.values for line in lines) if additive else {}
    silent = tuple(unit for unit in units if not _reported(lines_by_unit[unit]))
    return Consolidated(required=units, lines=lines, silent=silent, sums=sums)


def _reported(lines: list[ResultLine]) -> bool:
    """Return whether everything begun is done, and at least something is."""
    started_lines = [line for line in lines if line.state != "not_due_yet"]
    return bool(started_lines) and all(line.on is not None for line in started_lines)


def organisation_of(office: Office, unit: str, among: Container[str]) -> str | None:
    """Return the nearest of these organisations at or above a case's unit (id or name); None if there is none.

    A case without a unit is of the organisation at the top, where there is one alone.
    """
    place = office.unit_id(unit)
    if not place:
        tops = [each for each in office.organisations if not office.is_within_another(each)]
        place = tops[0] if len(tops) == 1 else ""
    return next((above for above in office.above(place) if above in among), None)


def _line(unit: str, case: Case, deadline: Deadline) -> ResultLine:
    """Return the result of one deadline of a case; numbers recorded several times are added up."""
    facts = case.occurrences(deadline.id)
    return ResultLine(
        unit=unit,
        case=case.id,
        place=case.unit,
        objects=case.object_names(),
        obligation=deadline.id,
        due=deadline.due,
        on=deadline.done_on,
        state=deadline.state,
        values=_added(fact.values for fact in facts),
        evidence=sum(len(fact.evidence) for fact in facts),
        late_by=deadline.late_by,
    )


def _added(values: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Return the sum of each number over all of these."""
    sums: dict[str, Decimal] = {}
    for amounts in values:
        for name, value in amounts.items():
            sums[name] = sums.get(name, Decimal()) + value
    return sums


def _year(deadline: Deadline, case: Case) -> int:
    """Return the year a deadline is reported in, as `consolidated` says; else that of the case's opening."""
    if deadline.period is not None:
        return int(deadline.period[:4])
    case_days = [*(fact.on for fact in case.facts.values()), *case.planned.values()]
    first = min(case_days, default=case.opened_on or date.max)
    return (deadline.done_on or deadline.due or first).year


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedFact:
    """A fact that is done and proved: its case, and the number of its documents."""

    case: str
    fact: str
    obligation: Obligation
    on: date
    documents: int


def awaited_uploads(
    examined_cases: Iterable[ExaminedCase],
) -> Iterator[tuple[Case, Deadline, tuple[ProvedFact, ...]]]:
    """Yield the open uploads of one organisation (by all its active cases) for which documents are ready, each
    with its case and these, by the days of their facts.

    Ready are the proved facts of the upload's own case; for the upload of a period also those that points hang
    on, of cases that have no uploads of their own and are not confidential.
    """
    examined = tuple(examined_cases)
    shared = [
        each
        for each in examined
        if not each[1].confidential and not any(obligation.uploads for obligation in each[1].obligations)
    ]
    for own in examined:
        case, _, deadlines = own
        for deadline in deadlines:
            after = _open_since(case, deadline)
            if after is None:
                continue
            pool = [own, *shared] if deadline.period else [own]
            ready = [fact for each in pool for fact in _ready(each, deadline, after, scored=each is not own)]
            if ready:
                ready.sort(key=lambda fact: (fact.on, fact.fact))
                yield case, deadline, tuple(ready)


def _open_since(case: Case, deadline: Deadline) -> datetime | None:
    """Return the moment from which recorded facts wait for the upload; None if nothing can wait for it."""
    if not deadline.obligation.uploads:
        return None
    if deadline.state in ("open", "missed"):
        return _EVER
    if deadline.state == "done" and deadline.obligation.several:
        # Facts recorded after the last upload of the period are not part of it.
        moments = [fact.at for fact in case.occurrences(deadline.id) if fact.at is not None]
        return max(moments, default=None)
    return None


def _ready(examined: ExaminedCase, upload: Deadline, after: datetime, *, scored: bool) -> Iterator[ProvedFact]:
    """Yield what an upload takes up of a case, recorded after a moment; `scored`: if points hang on it.

    A fact is proved by every document it requires, at least one. It belongs to its own period, else to that of
    its day.
    """
    case, procedure, _ = examined
    recurs = upload.obligation.recurs if upload.period else None
    for name, fact in case.facts.items():
        obligation = procedure.by_id.get(name.partition(".")[0])
        if obligation is None or obligation.uploads or (scored and obligation.indicator is None):
            continue
        is_proved = fact.evidence and {*obligation.evidence} <= {item.kind for item in fact.evidence}
        own_period = name.partition(".")[2].partition("#")[0]
        is_of_period = not recurs or upload.period in (own_period, period_of(fact.on, recurs.every).name)
        if is_proved and is_of_period and (fact.at is None or fact.at > after):
            yield ProvedFact(
                case=case.id, fact=name, obligation=obligation, on=fact.on, documents=len(fact.evidence)
            )
