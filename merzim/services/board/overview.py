"""The overview: what is overdue, where, how late, at what cost, and who is responsible.

Numbers come from one count of what is late or near; only rows shown individually are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from heapq import nsmallest

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from merzim.services.board.assignees import Workload, acting_unit, keys_of_person, rank_workloads
from merzim.services.board.lines import ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here
from merzim.services.names import AssigneeNames, UnitName, unit_name
from merzim.services.scoring import Stakes
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import AssigneeKey, DeadlineFilter, Horizon, Sum, total
from workflow.deadlines.lateness import last_near_day, working_days_between
from workflow.law.library import Library
from workflow.law.procedure import Text
from workflow.org.office import Office
from workflow.scoring.scale import SCORED

Pair = tuple[int, int]
"""The numbers of overdue and of near deadlines."""
WORST = 10
WORST_RECOMMENDED = 5
UNITS = 25
PEOPLE = 12
NAMED = 3
"""People named in the first sentence."""
DAYS = 10
"""Working days of the next two weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageCell:
    """A unit at a stage. `heat` 0-4: intensity of the colour, by overdue deadlines only."""

    overdue: int
    due: int
    heat: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """A row of the matrix: a unit. `late`: working days late of its longest overdue deadline, None if nothing
    is overdue.
    """

    unit: UnitName
    cells: tuple[StageCell, ...]
    total: StageCell
    late: int | None


@dataclass(slots=True)
class _Heat:
    """Overdue and near deadlines of one unit, by stage and in total; for each stage an edition that has it;
    and the due date of the longest overdue one, None if nothing is overdue.
    """

    cells: dict[str, Pair] = field(default_factory=dict)
    total: Pair = (0, 0)
    since: date | None = None
    editions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """The matrix of units (the worst first) by stages; `left_out`: number of units not shown."""

    stages: tuple[tuple[str, Text], ...]
    rows: tuple[MatrixRow, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DayDue:
    """One day of the next two weeks. `height` 0-10: height of its bar, relative to the day with most
    deadlines.
    """

    on: date
    number: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """What is overdue, in one sentence.

    Attributes:
        mine, signatures: number of those that wait for the reader, and of these for a signature.
        quarters: number of units that owe a quarter's report.
        others: the people with most overdue, but for the reader.
    """

    overdue: int
    mine: int
    signatures: int
    quarters: int
    others: tuple[Workload, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The data of the overview page.

    Attributes:
        recommended: number of overdue deadlines that are not obligatory.
        lead: what the first sentence says.
        longest: working days late of the longest overdue deadline, and who must act on it.
        worst: those overdue the longest, obligatory ones first.
        unconfirmed: number of those missed, or without a term open since before today.
        never_confirmed: the first of those that completed cases still wait for, and the number of all of them.
        stake: points of the year at stake; None where no act of points was adopted.
    """

    horizon: Horizon
    unit: str | None
    overdue: int
    recommended: int
    today: int
    due: int
    unconfirmed: int
    never_confirmed: tuple[tuple[ObligationLine, ...], int]
    slipped: int
    lead: Lead
    longest: tuple[int, AssigneeNames] | None
    matrix: Matrix
    worst: tuple[ObligationLine, ...]
    days: tuple[DayDue, ...]
    waiting: tuple[Workload, ...]
    waiting_left_out: int
    any_case: bool
    stake: Decimal | None


def overview(ctx: RequestContext, unit: str | None = None) -> Overview:
    """Return the overview of the day, of one unit with all units below it, or of all visible to the reader."""
    reads, library, calendar, today = ctx.reads, ctx.library, ctx.calendar, ctx.today
    stakes = Stakes(ctx)
    day = ctx.horizon
    sums = reads.sums(day, unit)
    office = reads.office()
    matrix = _matrix(sums, library, office, calendar, today=today)
    late = partial(DeadlineFilter, urgency="overdue", horizon=day, unit=unit)
    worst = [*reads.listed(late(is_obligatory=True), limit=WORST)]
    if recommended := _recommended(sums, library):
        worst += reads.listed(late(is_obligatory=False), limit=WORST_RECOMMENDED)
    unconfirmed = reads.count(DeadlineFilter(urgency="unconfirmed", horizon=day, unit=unit))
    slipped = reads.count(DeadlineFilter(urgency="slipped", horizon=day, unit=unit))
    never_confirmed = DeadlineFilter(urgency="never_confirmed", horizon=day, unit=unit)
    never = reads.listed(never_confirmed, limit=WORST)
    workloads, everybody = rank_workloads(office, sums, on=today, limit=PEOPLE)
    shown_lines = build_board_lines(ctx, reads, worst, stakes)
    first = min(shown_lines, key=lambda line: line.due or today, default=None)
    return Overview(
        horizon=day,
        unit=unit,
        overdue=total(sums, "overdue"),
        recommended=recommended,
        today=total(sums, "today"),
        due=total(sums, "due"),
        unconfirmed=unconfirmed,
        never_confirmed=(
            build_board_lines(ctx, reads, never, stakes),
            reads.count(never_confirmed) if len(never) == WORST else len(never),
        ),
        slipped=slipped,
        lead=_lead(sums, library, office, workloads, ctx.reader.person, today),
        longest=(first.working_days, first.who) if first else None,
        matrix=matrix,
        worst=shown_lines,
        days=_days(reads, calendar, day, unit),
        waiting=tuple(workloads),
        waiting_left_out=everybody - len(workloads),
        any_case=bool(sums or unconfirmed or slipped) or bool(reads.cases(limit=1)),
        stake=stakes.total(unit or "") if SCORED in acts_here(ctx) else None,
    )


def _lead(
    sums: Iterable[Sum],
    library: Library,
    office: Office,
    workloads: Iterable[Workload],
    person: str,
    today: date,
) -> Lead:
    """Return what the first sentence of the overview says; `person`: key of the reader."""
    late = [entry for entry in sums if entry.overdue]
    own = keys_of_person(office, person, {entry.assignee for entry in late}, on=today) if person else {}
    mine = [entry for entry in late if entry.assignee in own]
    signed = [
        entry for entry in mine if own[entry.assignee].why != "prepares" and _asks_signature(library, entry)
    ]
    return Lead(
        overdue=total(late, "overdue"),
        mine=total(mine, "overdue"),
        signatures=total(signed, "overdue"),
        quarters=len({entry.assignee.unit for entry in late if entry.obligation == "quarter_reported"}),
        others=tuple(load for load in workloads if load.overdue and person not in load.keys)[:NAMED],
    )


def _asks_signature(library: Library, tally: Sum) -> bool:
    obligation = library.named(tally.edition).by_id.get(tally.obligation)
    return obligation is not None and obligation.signed_by is not None


def _recommended(sums: Iterable[Sum], library: Library) -> int:
    """Return the number of overdue deadlines that are not obligatory; rows of registers always are."""
    return sum(entry.overdue for entry in sums if entry.overdue and not _is_obligatory(library, entry))


def _is_obligatory(library: Library, tally: Sum) -> bool:
    obligation = library.named(tally.edition).by_id.get(tally.obligation)
    return obligation is None or obligation.force == "obligatory"


def _matrix(
    sums: Iterable[Sum],
    library: Library,
    office: Office,
    calendar: Kazakhstan,
    *,
    today: date,
) -> Matrix:
    """Return the units with most overdue deadlines by stage."""
    units = _by_stage(sums, office, today)
    shown_units, editions = _worst(units)
    stages = library.stage_titles(editions)
    return Matrix(
        stages=tuple(stages.items()),
        rows=tuple(
            MatrixRow(
                unit=unit_name(office, unit),
                cells=tuple(_cell(*units[unit].cells.get(stage, (0, 0))) for stage in stages),
                total=_cell(*units[unit].total),
                late=working_days_between(since, today, calendar) if since else None,
            )
            for unit, since in ((unit, units[unit].since) for unit in shown_units)
        ),
        left_out=len(units) - len(shown_units),
    )


def _by_stage(sums: Iterable[Sum], office: Office, today: date) -> dict[str, _Heat]:
    """Return overdue and near deadlines by the unit of who must act, and by stage; what no unit must do is the
    organisation's, if there is one.
    """
    heats: dict[str, _Heat] = {}
    units: dict[AssigneeKey, str] = {}
    for tally in sums:
        if tally.overdue or tally.due:
            if tally.assignee not in units:
                units[tally.assignee] = acting_unit(office, tally.assignee, on=today)
            unit = heats.setdefault(units[tally.assignee], _Heat())
            late, soon = unit.cells.get(tally.stage, (0, 0))
            unit.cells[tally.stage] = late + tally.overdue, soon + tally.due
            unit.total = unit.total[0] + tally.overdue, unit.total[1] + tally.due
            unit.editions.setdefault(tally.stage, tally.edition)
            if tally.overdue:
                unit.since = min(tally.first_due, unit.since or tally.first_due)
    return heats


def _worst(units: Mapping[str, _Heat]) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the units with most overdue deadlines, and for each stage an edition that has it."""
    first = nsmallest(UNITS, units, key=lambda unit: (-units[unit].total[0], -units[unit].total[1], unit))
    editions: dict[str, str] = {}
    for heat in units.values():
        if not heat.editions.keys() <= editions.keys():
            editions = {**heat.editions, **editions}
    return first, editions


def _cell(overdue: int, due: int) -> StageCell:
    steps = (1, 3, 6, 11)
    return StageCell(overdue=overdue, due=due, heat=sum(1 for step in steps if overdue >= step))


def _days(reads: Reads, calendar: Kazakhstan, horizon: Horizon, unit: str | None) -> tuple[DayDue, ...]:
    """Return how much is due today and on the next DAYS working days; days off between only if anything is."""
    today = horizon.today
    last = last_near_day(calendar, today, DAYS)
    numbers = reads.by_day(today, last, unit)
    largest = max(numbers.values(), default=0)
    days = (today + timedelta(days=n) for n in range((last - today).days + 1))
    return tuple(
        DayDue(
            on=on, number=numbers.get(on, 0), height=-(-10 * numbers.get(on, 0) // largest) if largest else 0
        )
        for on in days
        if on in numbers or _works(calendar, on)
    )


def _works(calendar: Kazakhstan, on: date) -> bool:
    """Return whether a day is a working day; days beyond the calendar are taken for such."""
    try:
        return calendar.is_working_day(on)
    except OutOfRange:
        return True
