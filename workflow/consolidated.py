"""Consolidates one obligation over many organisations: who fulfilled it, who has not; pending uploads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from calendars.terms import period_of
from workflow.cases.case import Case, Fact, State
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Obligation, Procedure
from workflow.org.kinds import among
from workflow.org.office import Office


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
        silent: ids of organisations that have not reported: without a case, or with something begun and not
            done.
        sums: of each number, over everything done.
    """

    required: tuple[str, ...]
    lines: tuple[ResultLine, ...]
    silent: tuple[str, ...]
    sums: Mapping[str, Decimal]


def required_of(
    office: Office, units: Iterable[str], procedure: Procedure, obligation: Obligation
) -> tuple[str, ...]:
    """Return the units of which the obligation is required, by their kinds; a unit of unknown kind is
    included.
    """
    kinds = (procedure.applies_to, obligation.only_for)
    return tuple(unit for unit in units if all(among(office.kind_of(unit), named) for named in kinds))


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
    for case, deadlines in cases:
        unit = _nearest(office, case.unit, lines_by_unit)
        if unit is None:
            continue
        lines_by_unit[unit] += [
            _line(unit, case, deadline)
            for deadline in deadlines
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


def _nearest(office: Office, unit: str, reporting_units: Mapping[str, object]) -> str | None:
    """Return the reporting organisation that a case's unit belongs to; None if none does."""
    place = office.unit_id(unit)
    if not place and len(office.organisations) == 1:
        # A case without a unit is of the whole organisation, where there is no other it could be of.
        place = office.organisations[0]
    return next((higher_unit for higher_unit in office.above(place) if higher_unit in reporting_units), None)


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


_EVER = datetime(1, 1, 1, tzinfo=UTC)

ExaminedCase = tuple[Case, Procedure, tuple[Deadline, ...]]
"""A case with its edition and deadlines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedFact:
    """A fact that is done and proved: its case, and the number of its documents."""

    case: str
    fact: str
    obligation: Obligation
    on: date
    documents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AwaitedUpload:
    """An open upload, and the documents ready for it.

    Attributes:
        upload: the deadline of the upload.
        ready: documents, in order of the days of their facts.
    """

    case: Case
    upload: Deadline
    ready: tuple[ProvedFact, ...]


def awaited_uploads(examined_cases: Iterable[ExaminedCase]) -> Iterator[AwaitedUpload]:
    """Yield the open uploads of one organisation for which documents are ready.

    Ready are the proved facts of the upload's own case; for the upload of a period also those that points hang
    on, of cases that have no uploads of their own and are not confidential.

    Args:
        examined_cases: all active cases of the organisation.
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
                yield AwaitedUpload(case=case, upload=deadline, ready=tuple(ready))


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
    """Yield the proved facts of a case, recorded after a moment, that an upload takes up; where `scored`, those
    alone that points hang on.
    """
    case, procedure, _ = examined
    for name, fact in case.facts.items():
        obligation = procedure.by_id.get(name.partition(".")[0])
        if obligation is None or obligation.uploads or (scored and obligation.indicator is None):
            continue
        if not _proved(obligation, fact) or not _of_period(name, fact, upload):
            continue
        if fact.at is None or fact.at > after:
            yield ProvedFact(
                case=case.id, fact=name, obligation=obligation, on=fact.on, documents=len(fact.evidence)
            )


def _proved(obligation: Obligation, fact: Fact) -> bool:
    """Return whether every required document is there; where none is required, whether there is any."""
    evidence_kinds = {item.kind for item in fact.evidence}
    return bool(fact.evidence) and all(kind in evidence_kinds for kind in obligation.evidence)


def _of_period(name: str, fact: Fact, upload: Deadline) -> bool:
    """Return whether a fact belongs to the period of an upload: by its own period, else by its day."""
    if upload.period is None or upload.obligation.recurs is None:
        return True
    own_period = name.partition(".")[2].partition("#")[0]
    if own_period == upload.period:
        return True
    return period_of(fact.on, upload.obligation.recurs.every).name == upload.period
