"""The overview: what is overdue, where, how late, at what cost, and who is responsible.

Numbers come from one count of what is late or near; only rows shown individually are loaded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from heapq import nsmallest
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from merzim.services.board.deadlines import (
    Load,
    ObligationLine,
    Workload,
    acting_unit,
    build_board_lines,
    keys_of_person,
    rank_workloads,
)
from merzim.services.context import RequestContext
from merzim.services.law.acts import acts_here
from merzim.services.names import AssigneeNames, UnitName, known_year, seen_unit, unit_name
from merzim.services.scoring import Stakes
from merzim.services.verbs import NotFound
from workflow.board.figures import Performance, pace_by_stage, performance_by
from workflow.board.rows import DeadlineFilter, Horizon, Sum, total
from workflow.deadlines.deadline import last_near_day, working_days_between
from workflow.law.procedure import Obligation, Text
from workflow.scoring.indicators import SCORED

WORST = 10
WORST_RECOMMENDED = 5
UNITS = 25
PEOPLE = 12
NAMED = 3
"""People named in the first sentence."""
DAYS = 10
"""Working days of the next two weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """A unit and its load at each stage. `late`: working days late of the longest overdue, None without one."""

    unit: UnitName
    cells: tuple[Load, ...]
    total: Load
    late: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """The matrix of units (the worst first) by stages; `left_out`: number of units not shown."""

    stages: tuple[tuple[str, Text], ...]
    rows: tuple[MatrixRow, ...]
    left_out: int


class DayDue(NamedTuple):
    """One day of the next two weeks. `height`: of its bar, 0-10, relative to the day with most deadlines."""

    on: date
    number: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """What is overdue, in one sentence: how many wait for the reader (`mine`, of these for `signatures`), how
    many units owe a quarter's report (`quarters`), who else has most (`others`).
    """

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


def overview(ctx: RequestContext, unit: str | None) -> Overview:
    """Return the overview of the day, of one unit with all units below it, or of all visible to the reader.
    Raises NotFound for a unit of others.
    """
    reads, today, day, stakes = ctx.reads, ctx.today, ctx.horizon, Stakes(ctx)
    office, sums = reads.office(), reads.sums(day, unit)
    if unit and unit in office.units:
        seen_unit(ctx, unit)
    late_of = ((counted, _obligation(ctx, counted)) for counted in sums if counted.overdue)
    # Rows of registers are always obligatory.
    recommended = sum(late.overdue for late, asked in late_of if asked and asked.force != "obligatory")
    listed = partial(DeadlineFilter, horizon=day, unit=unit)
    late = partial(listed, urgency="overdue")
    rows = [*reads.listed(late(is_obligatory=True), limit=WORST)]
    if recommended:
        rows += reads.listed(late(is_obligatory=False), limit=WORST_RECOMMENDED)
    worst = build_board_lines(ctx, reads, rows, stakes)
    first = min(worst, key=lambda line: line.due or today, default=None)
    unconfirmed, slipped = (reads.count(listed(urgency=name)) for name in ("unconfirmed", "slipped"))
    never = reads.listed(listed(urgency="never_confirmed"), limit=WORST)
    never_number = reads.count(listed(urgency="never_confirmed")) if len(never) == WORST else len(never)
    workloads, everybody = rank_workloads(office, sums, on=today, limit=PEOPLE)
    return Overview(
        horizon=day,
        unit=unit,
        overdue=total(sums, "overdue"),
        recommended=recommended,
        today=total(sums, "today"),
        due=total(sums, "due"),
        unconfirmed=unconfirmed,
        never_confirmed=(build_board_lines(ctx, reads, never, stakes), never_number),
        slipped=slipped,
        lead=_lead(ctx, sums, workloads),
        longest=(first.working_days, first.who) if first else None,
        matrix=_matrix(ctx, sums),
        worst=worst,
        days=_days(ctx, unit),
        waiting=tuple(workloads),
        waiting_left_out=everybody - len(workloads),
        any_case=bool(sums or unconfirmed or slipped or reads.cases(limit=1)),
        stake=stakes.total(unit or "") if SCORED in acts_here(ctx) else None,
    )


def _obligation(ctx: RequestContext, counted: Sum) -> Obligation | None:
    """Return the obligation of counted rows; None for rows of registers."""
    return ctx.library.named(counted.edition).by_id.get(counted.obligation)


def _lead(ctx: RequestContext, sums: Iterable[Sum], workloads: Iterable[Workload]) -> Lead:
    """Return what the first sentence of the overview says."""
    person, office = ctx.reader.person, ctx.reads.office()
    late = [counted for counted in sums if counted.overdue]
    keys = {counted.assignee for counted in late} if person else ()
    own = keys_of_person(office, person, keys, on=ctx.today)
    mine = [counted for counted in late if counted.assignee in own]
    to_sign = (counted for counted in mine if own[counted.assignee].why != "prepares")
    signed = [counted for counted in to_sign if (each := _obligation(ctx, counted)) and each.signed_by]
    return Lead(
        mine=total(mine, "overdue"),
        signatures=total(signed, "overdue"),
        quarters=len({counted.assignee.unit for counted in late if counted.obligation == "quarter_reported"}),
        others=tuple(work for work in workloads if work.load.overdue and person not in work.who.keys)[:NAMED],
    )


def _matrix(ctx: RequestContext, sums: Iterable[Sum]) -> Matrix:
    """Return the units with most overdue deadlines by stage, each deadline with the unit of who must act."""
    office, today = ctx.reads.office(), ctx.today
    totals, cells = defaultdict[str, Load](Load), defaultdict[tuple[str, str], Load](Load)
    editions: dict[str, str] = {}
    for counted in sums:
        unit = acting_unit(office, counted.assignee, on=today)
        totals[unit].counted.append(counted)
        cells[unit, counted.stage].counted.append(counted)
        editions.setdefault(counted.stage, counted.edition)
    stages = ctx.library.stage_titles(editions)
    worst = nsmallest(UNITS, totals.items(), key=lambda item: (*item[1].rank, item[0]))
    rows = (
        MatrixRow(
            unit=unit_name(office, unit),
            cells=tuple(cells[unit, stage] for stage in stages),
            total=load,
            late=working_days_between(load.since, today, ctx.calendar) if load.since else None,
        )
        for unit, load in worst
    )
    return Matrix(stages=tuple(stages.items()), rows=tuple(rows), left_out=len(totals) - len(worst))


def _days(ctx: RequestContext, unit: str | None) -> tuple[DayDue, ...]:
    """Return how much is due today and on the next DAYS working days; days off between only if anything is."""
    today, last = ctx.today, last_near_day(ctx.calendar, ctx.today, DAYS)
    numbers = ctx.reads.by_day(today, last, unit)
    largest = max(numbers.values(), default=1)
    days = (today + timedelta(days=n) for n in range((last - today).days + 1))
    shown = ((on, numbers.get(on, 0)) for on in days if on in numbers or _works(ctx.calendar, on))
    return tuple(DayDue(on, number, -(-10 * number // largest)) for on, number in shown)


def _works(calendar: Kazakhstan, on: date) -> bool:
    """Return whether a day is a working day; days beyond the calendar are taken for such."""
    return not calendar.first <= on <= calendar.last or calendar.is_working_day(on)


SHOWN_UNITS = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresLine:
    """The statistics of one month ("2026-01"; `name`: its first day), stage or unit. `pace`: the medians
    of the working days a stage took and was given; None if none ended.
    """

    id: str
    name: date | Text | UnitName
    figures: Performance
    pace: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresView:
    """The statistics of a year, of one unit with all units below it, or of all visible to the reader.

    Attributes:
        last: the last local date that is counted; units: the worst first.
        months: those that have begun, in order; `highest`: the largest number of deadlines in one.
    """

    year: int
    last: date
    unit: str
    total: Performance
    months: tuple[FiguresLine, ...]
    highest: int
    stages: tuple[FiguresLine, ...]
    units: tuple[FiguresLine, ...]


def figures_of(ctx: RequestContext, unit: str, year: int | None) -> FiguresView:
    """Return the statistics of a year (by default the present) as of today. Raises NotFound for one ahead or
    unknown.
    """
    reads, calendar, today = ctx.reads, ctx.calendar, ctx.today
    year = known_year(ctx, year)
    if year > today.year:
        raise NotFound("web.problem.no_year")
    office, last = reads.office(), min(today, date(year, 12, 31))
    outcomes, spans = reads.outcomes(date(year, 1, 1), last, today, unit or None)
    delay = partial(working_days_between, today=today, calendar=calendar)
    by_month = performance_by(outcomes, lambda outcome: outcome.month, delay)
    by_unit = performance_by(outcomes, lambda outcome: outcome.unit or office.root, delay)
    by_stage = performance_by(outcomes, lambda outcome: outcome.stage, delay)
    pace = pace_by_stage(spans, lambda first, on: working_days_between(first, on, calendar))
    titles = ctx.library.stage_titles({outcome.stage: outcome.edition for outcome in outcomes})
    firsts = [date(year, month, 1) for month in range(1, 13)]
    months = [
        FiguresLine(id=f"{on:%Y-%m}", name=on, figures=by_month.get(on, Performance()))
        for on in firsts
        if on <= last
    ]
    worst = sorted(by_unit, key=lambda unit: (by_unit[unit].rate or 0, -by_unit[unit].due, unit))
    return FiguresView(
        year=year,
        last=last,
        unit=unit,
        total=performance_by(outcomes, lambda _: None, delay).get(None, Performance()),
        months=tuple(months),
        highest=max((performance.due for performance in by_month.values()), default=0),
        stages=tuple(
            FiguresLine(id=stage, name=title, figures=by_stage[stage], pace=pace.get(stage))
            for stage, title in titles.items()
        ),
        units=tuple(
            FiguresLine(id=unit, name=unit_name(office, unit), figures=by_unit[unit]) for unit in worst
        ),
    )
