"""Statistics of a year: deadlines met in time by month, stage and unit, and durations of stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from merzim.services.context import RequestContext
from merzim.services.names import UnitName, known_year, unit_name
from merzim.services.verbs import NotFound
from workflow.board.figures import Pace, Performance, pace_by_stage, performance_by
from workflow.deadlines.deadline import working_days_between
from workflow.law.procedure import Text

SHOWN_UNITS = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresLine:
    """The statistics of one month, stage or unit.

    Attributes:
        id: the month ("2026-01"), the stage or the unit.
        name: the first day of the month, the title of the stage, the unit.
        pace: for a stage, the days it took; None if none ended.
    """

    id: str
    name: date | Text | UnitName
    figures: Performance
    pace: Pace | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FiguresView:
    """The statistics of a year, of one unit with all units below it, or of all visible to the reader.

    Attributes:
        last: the last local date that is counted.
        months: those that have begun, in order; `highest`: the largest number of deadlines in one.
        units: the worst first.
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
    """Return the statistics of a year as of today, by default of the present one.

    Raises:
        NotFound: it lies before the calendar or in the future.
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
