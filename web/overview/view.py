"""The overview as values: in ten seconds what is overdue, where, how late, at what cost, and with whom.

Figures come from the sums the ledger keeps; of the rows only those that are named are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from calendars import OutOfRange
from calendars.calendar import Calendar
from web.page.asked import Waiting, waiting
from web.page.lines import Line, lines, points
from web.page.office import UnitName, unit_name, units_to_narrow
from web.page.standing import SOON_WORKING_DAYS, working_days_between
from web.ports.reads import Reads
from workflow.library import Library
from workflow.office import Office
from workflow.procedure import Procedure, Text
from workflow.sums import Horizon, Sought, Sum, Sums, horizon, total

Pair = tuple[int, int]

WORST = 10
UNITS = 25
PEOPLE = 12
DAYS = 10
"""Working days of the next two weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A unit at a stage. `heat` 0-4: how strongly it is tinted; only what is overdue is hot."""

    overdue: int
    due: int
    heat: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """A unit. `late`: working days since what is overdue the longest was due, None when nothing is."""

    unit: UnitName
    cells: tuple[Cell, ...]
    total: Cell
    late: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """Units down, the worst first, stages across; `left_out`: units that found no place."""

    stages: tuple[tuple[str, Text], ...]
    rows: tuple[MatrixRow, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DayDue:
    """One day of the next two weeks. `height` 0-10: of its bar, against the fullest day."""

    on: date
    number: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The whole page. `longest`: working days the longest overdue is late, and whose it is."""

    horizon: Horizon
    unit: str | None
    units: tuple[UnitName, ...]
    overdue: int
    today: int
    due: int
    missed: int
    stake: Decimal
    longest: tuple[int, UnitName] | None
    matrix: Matrix
    worst: tuple[Line, ...]
    days: tuple[DayDue, ...]
    waiting: tuple[Waiting, ...]
    waiting_left_out: int
    any_case: bool


def near(calendar: Calendar, today: date, working_days: int = SOON_WORKING_DAYS) -> date:
    """The last day that counts as near; beyond the records of days, so many calendar days on."""
    try:
        return calendar.add(today, working_days)
    except OutOfRange:
        return today + timedelta(days=working_days)


def overview(
    reads: Reads, library: Library, calendar: Calendar, *, today: date, unit: str | None = None
) -> Overview:
    """The overview of a day, of one unit with those below it or of all the reader may see."""
    day = horizon(today, soon=near(calendar, today))
    sums = reads.sums(day, unit)
    office = reads.office()
    matrix = _matrix(reads, sums, library, office, calendar, today)
    worst = reads.listed(Sought(urgency="overdue", horizon=day, unit=unit), limit=WORST)
    asked = waiting(office, sums, on=today)
    first = worst[0] if worst else None
    return Overview(
        horizon=day,
        unit=unit,
        units=units_to_narrow(office, unit or ""),
        overdue=total(sums, "overdue"),
        today=total(sums, "today"),
        due=total(sums, "due"),
        missed=total(sums, "missed"),
        stake=at_stake(sums, library),
        longest=(working_days_between(first.due, today, calendar), unit_name(office, first.unit))
        if first
        else None,
        matrix=matrix,
        worst=lines(reads, library, office, calendar, worst, today=today, soon=day.soon),
        days=_days(reads, calendar, today, unit),
        waiting=tuple(asked[:PEOPLE]),
        waiting_left_out=max(0, len(asked) - PEOPLE),
        any_case=bool(sums) or reads.any_case(),
    )


def at_stake(sums: Sums, library: Library) -> Decimal:
    """Points of all indicators something overdue or missed belongs to; each scores once, so it counts once."""
    return sums.once(("at stake", library), lambda found: _at_stake(found, library))


def _at_stake(sums: Iterable[Sum], library: Library) -> Decimal:
    found: dict[tuple[str, str], Decimal] = {}
    for one in sums:
        if not one.overdue and not one.missed:
            continue
        procedure = library.named(one.edition)
        obligation = procedure.by_id.get(one.obligation)
        indicator = procedure.indicators.get(obligation.indicator or "") if obligation else None
        if indicator is not None:
            known = (procedure.id, indicator.id)
            found[known] = max(found.get(known, Decimal(0)), points(indicator.stake))
    return sum(found.values(), Decimal(0))


def _matrix(
    reads: Reads, sums: Sums, library: Library, office: Office, calendar: Calendar, today: date
) -> Matrix:
    cells, units, worst, editions = sums.once("matrix", _worst_first)
    stages: dict[str, tuple[int, Text]] = {}
    for stage, edition in editions.items():
        procedure = library.named(edition)
        stages[stage] = _place(procedure, stage), procedure.stage_title[stage]
    columns = sorted(stages, key=lambda stage: (stages[stage][0], stage))
    shown = worst[:UNITS]
    since = reads.overdue_since([unit for unit in shown if units[unit][0]], today)
    return Matrix(
        stages=tuple((stage, stages[stage][1]) for stage in columns),
        rows=tuple(
            MatrixRow(
                unit=unit_name(office, unit),
                cells=tuple(_cell(*cells.get((unit, stage), (0, 0))) for stage in columns),
                total=_cell(*units[unit]),
                late=working_days_between(since[unit], today, calendar) if unit in since else None,
            )
            for unit in shown
        ),
        left_out=len(worst) - len(shown),
    )


def _worst_first(
    sums: Sums,
) -> tuple[Mapping[tuple[str, str], Pair], Mapping[str, Pair], Sequence[str], Mapping[str, str]]:
    """What is overdue and what is near, by unit and stage and by unit; the units, the worst first; of each
    stage an edition that knows it."""
    cells: dict[tuple[str, str], Pair] = {}
    units: dict[str, Pair] = {}
    editions: dict[str, str] = {}
    for one in sums:
        if not one.overdue and not one.due:
            continue
        unit = one.asked.unit
        late, soon = cells.get((unit, one.stage), (0, 0))
        cells[unit, one.stage] = late + one.overdue, soon + one.due
        late, soon = units.get(unit, (0, 0))
        units[unit] = late + one.overdue, soon + one.due
        editions.setdefault(one.stage, one.edition)
    worst = sorted(units, key=lambda unit: (-units[unit][0], -units[unit][1], unit))
    return cells, units, worst, editions


def _place(procedure: Procedure, stage: str) -> int:
    return next(n for n, one in enumerate(procedure.stages) if one.id == stage)


def _cell(overdue: int, due: int) -> Cell:
    steps = (1, 3, 6, 11)
    return Cell(overdue=overdue, due=due, heat=sum(1 for step in steps if overdue >= step))


def _days(reads: Reads, calendar: Calendar, today: date, unit: str | None) -> tuple[DayDue, ...]:
    """Today and the working days after it; a day off stands there only when something is due on it."""
    last = near(calendar, today, DAYS)
    numbers = reads.by_day(today, last, unit)
    most = max(numbers.values(), default=0)
    every = (today + timedelta(days=n) for n in range((last - today).days + 1))
    return tuple(
        DayDue(on=on, number=numbers.get(on, 0), height=-(-10 * numbers.get(on, 0) // most) if most else 0)
        for on in every
        if on in numbers or _works(calendar, on)
    )


def _works(calendar: Calendar, on: date) -> bool:
    try:
        return calendar.is_working(on)
    except OutOfRange:
        return True
