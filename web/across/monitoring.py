"""Monitoring across cases as values: recommendations with their terms, risks many units share, silent units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar
from web.page.found import Field
from web.page.narrowing import narrowing
from web.page.office import UnitName, unit_name
from web.page.standing import working_days_between
from web.ports.reads import Reads
from workflow.board import Row
from workflow.case import Case
from workflow.office import Office
from workflow.registers.entries import is_entry, number_of
from workflow.registers.risk import DIRECTIONS, OUTCOMES, Measure, Risk
from workflow.registers.risk_lists import Shared, listed, shared

PAGE = 100
NOT_REVIEWED = "none"
AT_ONCE = 40
"""So many of those that have not reported a quarter are named; the others are counted."""
STATUSES = (*OUTCOMES, NOT_REVIEWED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrowed:
    """What the list is narrowed to; everything empty shows all."""

    unit: str = ""
    status: str = ""
    direction: str = ""
    legal: bool = False
    late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One risk with one of its measures. `due`: the next day of the measure; `late`: it has passed undone."""

    case: Case
    unit: UnitName
    risk: Risk
    measure: Measure | None
    due: date | None
    late: bool
    working_days: int

    @property
    def status(self) -> str:
        """What the last review says; "" where there is no measure to review."""
        return (self.measure.outcome or NOT_REVIEWED) if self.measure else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """A case whose quarter nobody has reported; `working_days` since the day it was due."""

    case: Case
    unit: UnitName
    due: date
    working_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarter:
    """How many have not reported a quarter, and some of them."""

    number: int
    silent: tuple[Silent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """The page. `counts`: measures by status, with those that are late under "late"; of all that is narrowed
    to but the status itself.
    """

    lines: tuple[Line, ...]
    total: int
    counts: Mapping[str, int]
    shared: tuple[tuple[Shared, tuple[str, ...]], ...]
    silent: Mapping[str, Quarter]
    narrowed: Narrowed
    units: Field
    statuses: tuple[str, ...]
    directions: tuple[str, ...]
    number: int
    pages: int


def monitoring(
    reads: Reads,
    calendar: Calendar,
    narrowed: Narrowed,
    *,
    today: date,
    number: int = 1,
    further: int = 1,
    own: str = "",
) -> Monitoring:
    """What has become of recommendations, as a reader may see it on a day.

    Args:
        number: the page of recommendations; further: of those that have not reported a quarter; own: the unit
            the reader sees, "" is all.
    """
    office = reads.office()
    cases = reads.with_registers(narrowed.unit or None)
    of_unit = list(_lines(reads, cases, office, calendar, narrowed, today))
    lines = [one for one in of_unit if _kept(one, narrowed)]
    pages = max(1, -(-len(lines) // PAGE))
    number = min(number, pages)
    measured = [one for one in of_unit if one.measure is not None]
    counts = {status: sum(one.status == status for one in measured) for status in STATUSES}
    return Monitoring(
        lines=tuple(lines[(number - 1) * PAGE : number * PAGE]),
        total=len(lines),
        counts={**counts, "late": sum(one.late for one in measured)},
        shared=tuple(
            (one, tuple(unit_name(office, unit).name for unit in one.units)) for one in shared(cases)[:20]
        ),
        silent=_silent(reads, office, calendar, narrowed.unit or None, today, further),
        narrowed=narrowed,
        units=narrowing(office, narrowed.unit or "", own=own),
        statuses=STATUSES,
        directions=DIRECTIONS,
        number=number,
        pages=pages,
    )


def all_lines(reads: Reads, calendar: Calendar, narrowed: Narrowed, *, today: date) -> list[Line]:
    """Every line of the list, for a file."""
    cases = reads.with_registers(narrowed.unit or None)
    found = _lines(reads, cases, reads.office(), calendar, narrowed, today)
    return [one for one in found if _kept(one, narrowed)]


def _lines(
    reads: Reads,
    cases: Sequence[Case],
    office: Office,
    calendar: Calendar,
    narrowed: Narrowed,
    today: date,
) -> Iterator[Line]:
    dues = {case: _next(rows) for case, rows in reads.rows_of([one.id for one in cases]).items()}
    for one in listed(cases):
        if narrowed.direction and one.risk.direction != narrowed.direction:
            continue
        if narrowed.legal and not one.risk.for_legal_monitoring:
            continue
        row = dues.get(one.case.id, {}).get(one.measure.number) if one.measure else None
        due = row.due if row else None
        late = row is not None and row.state == "open" and due is not None and due < today
        yield Line(
            case=one.case,
            unit=unit_name(office, one.case.unit),
            risk=one.risk,
            measure=one.measure,
            due=due,
            late=late,
            working_days=working_days_between(due, today, calendar) if late else 0,
        )


def _kept(line: Line, narrowed: Narrowed) -> bool:
    return (not narrowed.status or line.status == narrowed.status) and (not narrowed.late or line.late)


def _next(rows: Sequence[Row]) -> dict[int, Row]:
    """The next row of each measure: the earliest still waiting, else the last."""
    waiting: dict[int, Row] = {}
    past: dict[int, Row] = {}
    for row in sorted((one for one in rows if one.due), key=lambda one: one.due or date.max):
        if not is_entry(row.obligation) or not row.obligation.startswith("measure."):
            continue
        number = number_of(row.obligation)
        if row.state in ("open", "not_due_yet"):
            waiting.setdefault(number, row)
        past[number] = row
    return past | waiting


def _silent(
    reads: Reads, office: Office, calendar: Calendar, unit: str | None, today: date, number: int
) -> dict[str, Quarter]:
    """By quarter, the last first: analyses whose information for it has not come, though its day has."""
    late = reads.unreported(today, unit, limit=AT_ONCE, offset=(number - 1) * AT_ONCE)
    heads = reads.heads({row.case for _, rows in late.values() for row in rows})
    return {
        period: Quarter(
            number=late[period][0],
            silent=tuple(
                Silent(
                    case=heads[row.case],
                    unit=unit_name(office, row.unit),
                    due=row.due,
                    working_days=working_days_between(row.due, today, calendar),
                )
                for row in late[period][1]
                if row.case in heads and row.due is not None
            ),
        )
        for period in sorted(late, reverse=True)
    }
