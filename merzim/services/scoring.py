"""Points of a year: the numbers register rows give, points earned, lost and at stake; by project, indicator and
unit, and the nearest steps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from calendars.hours import almaty
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.law.regulations import scoring
from merzim.services.names import Name, known_year, seen_unit, unit_name, unit_text
from merzim.services.registers.views import ListRows, row_query
from merzim.services.results import InLanguage, Points, Result, Spoken, at
from merzim.services.verbs import NotFound
from merzim.storage.cases import points
from merzim.storage.register_lists import CellFilter, RowQuery
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Procedure, Text
from workflow.org.office import Office
from workflow.registers.definition import FILLED, Condition, Register, Registers, RowCount
from workflow.registers.rows import sees_lists, sort_key, text_key
from workflow.scoring.indicators import SCORED, Counting, Scoring, choose
from workflow.scoring.prospects import Stake, YearScores, score_year
from workflow.scoring.records import CountedRows, YearRecords
from workflow.scoring.scales import Readings, as_decimal
from workflow.scoring.tally import AssessedYear
from workflow.search_words import alphabetical


def year_scores(
    ctx: RequestContext,
    unit: str,
    year: int,
    *,
    readings: Readings,
    by_unit: bool = False,
    with_rows: bool = True,
) -> tuple[YearScores, ...]:
    """Return the points of a unit with all units below it ("" is the whole office), by what was recorded up to
    today, without confidential rows the reader does not see; `by_unit`: also those of each unit directly below.
    """
    records = year_records(ctx, year, with_rows=with_rows)
    titles = {name: ctx.app.registers.latest(name).title for name in ctx.app.registers.ids()}
    # The whole office stands for its single top unit, if there is one; that unit's cases may name no unit.
    unit = unit or records.office.root
    first = points.first_record(ctx.app.engine)
    since = ctx.app.settings.office.kept_from or (first.astimezone(almaty()).date() if first else None)
    whole = AssessedYear(records=records, root=unit, today=ctx.today, readings=readings, since=since)
    parts = records.office.children.get(unit, ()) if by_unit else ()
    years = (whole, *(replace(whole, root=part) for part in parts))
    return tuple(score_year(of_year, registers=titles) for of_year in years)


class Stakes:
    """The points that can still be earned or lost this year, as the page of points counts them."""

    def __init__(self, ctx: RequestContext) -> None:
        self._ctx, self._office = ctx, ctx.reads.office()
        self._scores: dict[tuple[str, bool], YearScores] = {}

    def total(self, unit: str) -> Decimal:
        """Return the points at stake of a unit and all below ("": all the reader sees); of an unknown one 0."""
        try:
            return as_decimal(self._of_root(seen_unit(self._ctx, unit), with_rows=True).at_stake)
        except NotFound:
            return Decimal(0)

    def of(self, unit: str, indicator: str | None, period: str | None, due: date | None) -> Stake | None:
        """Return the points of an indicator at stake by what a unit (by id) does; None where it adopted no act
        of points, the organisation has what it needs, or another year is meant.
        """
        ctx, office, today = self._ctx, self._office, self._ctx.today
        unit = unit if unit in office.units else office.root
        year = int(period[:4]) if period else due.year if due else today.year
        if indicator is None or year != today.year:
            return None
        if not ctx.library.binds(SCORED, office, unit):
            return None
        *_, root = (office.root, *(above for above in office.above(unit) if above in office.units))
        # Most rows of a page are of analyses, whose points no register counts for.
        counting = _counting(ctx.app.registers, today)
        with_rows = any(count.indicator == indicator for register in counting for count in register.counts)
        scores = self._of_root(root, with_rows=with_rows)
        return scores.stake(indicator, unit, month=period)

    def by(self, unit: str, deadlines: Iterable[Deadline]) -> Decimal:
        """Return the points at stake by these deadlines of a unit together; 0 where nothing is."""
        points: dict[str, Decimal] = {}
        for deadline in deadlines:
            indicator = deadline.obligation.indicator
            stake = self.of(unit, indicator, deadline.period, deadline.due)
            if indicator is not None and stake is not None:
                points[indicator] = max(stake.points, points.get(indicator, Decimal(0)))
        return sum(points.values(), Decimal(0))

    def _of_root(self, root: str, *, with_rows: bool) -> YearScores:
        """Return the points of a unit this year by the usual readings, calculated once."""
        key, year, usual = (root, with_rows), self._ctx.today.year, scoring().usual
        if key not in self._scores:
            [self._scores[key]] = year_scores(self._ctx, root, year, readings=usual, with_rows=with_rows)
        return self._scores[key]


FIRST_YEAR = 2000
_SCALE = 10**4
_Line: TypeAlias = "tuple[str, str, str, int, int | None]"
"""Unit, month, value, rows, and the largest number in ten-thousandths."""


def year_records(ctx: RequestContext, year: int, *, with_rows: bool) -> YearRecords:
    """Return the records of every unit in a year up to today: of cases, and (`with_rows`) of register rows; of
    confidential registers only for readers who see them, so that no number reveals a hidden row.
    """
    office, scope, last = ctx.reads.office(), ctx.scope, min(ctx.today, date(year, 12, 31))
    facts, missing = points.of_year(ctx.app.engine, scoring(), year)
    kept_registers = ctx.app.register_lists.registers_having()
    rows: list[CountedRows] = []
    for register in _counting(ctx.app.registers, last) if with_rows else ():
        if register.id not in kept_registers or (register.confidential and not sees_lists(register, scope)):
            continue
        query = RowQuery(register=register.id)
        if register.confidential:
            query = row_query(ctx, register, ListRows(register_id=register.id))
        for count in register.counts:
            rows += _counted(ctx.app, office, register, count, query, year, last)
    hides_rows = any(not sees_lists(register, scope) for register in _counting(ctx.app.registers, ctx.today))
    return YearRecords(
        office, scoring(), year, today=last, facts=facts, rows=rows, missing=missing, hides_rows=hides_rows
    )


def _counting(registers: Registers, last: date) -> Iterator[Register]:
    """Yield the registers with counting rules, in the version in force on that day."""
    return (register for register in registers.all_on(last) if register.counts)


def _counted(
    app: AppContext, office: Office, register: Register, count: RowCount, query: RowQuery, year: int, last: date
) -> Iterator[CountedRows]:
    """Yield the rows that one counting rule of a register counts, by unit, month and value, up to that day."""
    fact = count.fact or scoring().indicators[count.indicator].counting.fact
    for condition in count.where:
        keys = _keys(register, condition)
        several = register.fields[condition.field].several
        condition_on_cell = CellFilter(field=condition.field, keys=keys, filled=keys is None, several=several)
        query = query.with_condition(condition_on_cell)
    figures = app.register_lists.figures(
        query,
        date_field=count.date,
        first=date(FIRST_YEAR if count.all_of else year, 1, 1),
        last=last,
        value_field=count.unit or count.distinct,
        number_field=count.values.get("views", ""),
    )
    lines: Collection[_Line] = [*_placed(office, figures)] if count.unit else figures
    values: dict[str, set[str]] = {}
    for unit, _, value, *_rest in lines:
        values.setdefault(unit, set()).add(value)
    for unit, month, value, rows, highest in lines:
        if not {*count.all_of} <= values[unit]:
            continue
        value = value if count.distinct else ""
        number = 1 if count.distinct else rows
        yield CountedRows(
            fact=fact,
            register=register.id,
            unit=unit,
            month=int(month[5:]) if month.startswith(f"{year}-") else 0,
            count=number,
            rows=rows,
            value=value,
            views=int(highest or 0) // _SCALE if count.values else None,
        )


def _placed(office: Office, lines: Iterable[_Line]) -> Iterator[_Line]:
    """Yield rows with their unit replaced by the one named in a field, without those of an unknown one."""
    units_by_name = {text_key(unit.name): unit.id for unit in office.units.values()}
    for _, month, place, rows, highest in lines:
        unit = place if place in office.units else units_by_name.get(place)
        if unit is not None:
            yield unit, month, "", rows, highest


def _keys(register: Register, where: Condition) -> tuple[str, ...] | None:
    """Return the sort keys of a field that meet a condition; None where it asks only that it is filled."""
    field = register.fields[where.field]
    if where.value == FILLED:
        return None
    return (where.value,) if field.kind in ("choice", "yes_no") else (sort_key(field, where.value),)


PAGE = 100
MOST_NAMED = 12
"""Number of organisations or cases named of those that lack something."""
MOST_SEARCHED = 50
"""Number of the newest cases of a body's parts among which the step that records a number is sought."""


class IndicatorAnswer(Result):
    """The points of one indicator as decimal strings. `maximum`: null where the document names no ceiling;
    `lost`, `at_stake`: null where it names no deduction either.
    """

    id: str
    title: InLanguage
    points: Points
    maximum: Points | None
    lost: Points | None
    at_stake: Points | None
    arithmetic: list[Spoken]
    missing: list[InLanguage]


class ProjectAnswer(Result):
    number: str
    points: Points = at("total")
    lost: Points
    at_stake: Points
    indicators: list[IndicatorAnswer]


class PartAnswer(Result):
    unit: str = at("unit", "id")
    name: InLanguage = at("unit", "name")
    points: Points = at("total")
    lost: Points
    at_stake: Points


class StepAnswer(Result):
    """A step that would earn points. `gain`: the points; `by`: the last day for it."""

    indicator: str
    title: InLanguage
    text: Spoken = at("sentence")
    gain: Points
    by: date
    missing: list[InLanguage]


class ScoresAnswer(Result):
    """The points of a year. `readings`: the chosen readings of ambiguous passages of the document."""

    unit: str = at("unit", "id")
    year: int = at("assessed", "year")
    total: Points
    lost: Points
    at_stake: Points
    projects: list[ProjectAnswer]
    parts: list[PartAnswer]
    steps: list[StepAnswer]
    readings: dict[str, str]
    notes: list[InLanguage]
    remarks: list[Spoken]
    page: int
    pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StepToRecord:
    """The step of a case that records the number a share is taken of; `case` is "" where none of the year is
    open. `fact`: its name with the year; `recorded`: already, and would be corrected.
    """

    case: str
    title: Text
    fact: str = ""
    recorded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class YearPoints:
    """The points of a year (`answer`; `whole`: of the unit with all below it), and by indicator the step of a
    case that records the number its share is taken of.
    """

    answer: ScoresAnswer
    whole: YearScores
    to_record: Mapping[str, StepToRecord]


def points_of_year(
    ctx: RequestContext,
    unit: str | None,
    year: int | None,
    chosen_readings: Mapping[str, str],
    *,
    number: int | None,
) -> YearPoints:
    """Return the points of a unit in a year with all units below, also by project of the standard, and of each
    unit directly below, the most at stake first.

    Args:
        year: by default the present one; chosen_readings: readings by name, among other things.
        number: page of the units directly below; None for all of them.

    Raises Refusal where a reading has no such value.
    """
    year, unit, office = known_year(ctx, year), seen_unit(ctx, unit or ""), ctx.reads.office()
    rules = scoring()
    readings = choose(
        {name: chosen_readings[name] for name in rules.readings if chosen_readings.get(name)}, rules
    )
    whole_year, *parts = year_scores(ctx, unit, year, readings=readings, by_unit=True)
    parts.sort(
        key=lambda part: (-part.at_stake, -part.lost, alphabetical(unit_text(office, part.assessed.root)))
    )
    pages, language = max(1, -(-len(parts) // PAGE)), ctx.spoken_language

    answer = ScoresAnswer.of(
        whole_year,
        language,
        unit=unit_name(office, whole_year.assessed.root),
        projects=_projects(whole_year, office, language),
        parts=[
            PartAnswer.of(part, language, unit=unit_name(office, part.assessed.root))
            for part in (parts if number is None else parts[(min(number, pages) - 1) * PAGE :][:PAGE])
        ],
        steps=[
            StepAnswer.of(
                step,
                language,
                title=rules.indicators[step.indicator].title,
                missing=_names(office, step.missing),
            )
            for step in whole_year.steps
        ],
        readings=readings,
        notes=rules.notes,
        page=min(number or 1, pages),
        pages=pages,
    )
    return YearPoints(
        answer=answer, whole=whole_year, to_record=_steps_to_record(ctx, whole_year, rules, unit, year)
    )


def _projects(whole_year: YearScores, office: Office, language: str) -> list[ProjectAnswer]:
    """Return the points by project of the standard, each with its indicators."""
    return [
        ProjectAnswer.of(
            of_project,
            number=project.removeprefix("P"),
            indicators=[
                IndicatorAnswer.of(
                    score, language, missing=_names(office, whole_year.counted[score.id].missing)
                )
                for score in of_project.scores
            ],
        )
        for project, of_project in whole_year.projects().items()
    ]


def _names(office: Office, places: Sequence[str]) -> list[Name]:
    """Return the names of the first MOST_NAMED of these units."""
    return [unit_name(office, place).name for place in places[:MOST_NAMED]]


def _steps_to_record(
    ctx: RequestContext, whole_year: YearScores, rules: Scoring, unit: str, year: int
) -> dict[str, StepToRecord]:
    """Return by indicator, of shares counted or lacking it, the step that records the number they are of."""
    lacking = {
        remark.arguments["indicator"] for remark in whole_year.remarks if remark.code == "score.rows_of_what"
    }
    shares = [
        indicator
        for indicator in rules.indicators.values()
        if indicator.counting.by == "values" and indicator.id in {*whole_year.counted, *lacking}
    ]
    steps = {share.id: _step_to_record(ctx, share.counting, unit, year) for share in shares}
    return {indicator: step for indicator, step in steps.items() if step is not None}


def _step_to_record(ctx: RequestContext, counting: Counting, unit: str, year: int) -> StepToRecord | None:
    """Return the step that records the number a share is taken of, in the unit's case of the year, else in one
    below it; where none is open, without a case, but None for a past year and who may not open the year.
    """
    steps = [fact.partition(":") for fact in (counting.fact, *counting.also)]
    for case, edition in _cases_of_year(ctx, steps[0][0], unit, year):
        names = [name for _, _, name in steps if name in edition.by_id]
        waiting = [name for name in names if f"{name}.{year}" not in case.facts]
        if names:
            name, title = (waiting or names)[0], edition.by_id[(waiting or names)[0]].title
            return StepToRecord(case=case.id, title=title, fact=f"{name}.{year}", recorded=not waiting)
    if not ctx.reader.may("manage") or year < ctx.today.year:
        return None
    return StepToRecord(case="", title=ctx.library.latest(steps[0][0]).title)


def _cases_of_year(
    ctx: RequestContext, procedure: str, unit: str, year: int
) -> Iterator[tuple[Case, Procedure]]:
    """Yield the active cases of a procedure that begin in the year, with editions: first the unit's own."""
    heads = ctx.reads.cases(unit or None, procedure=procedure, status="active")
    unit = unit or ctx.reads.office().root
    own, below = ([head for head in heads if (head.unit == unit) is is_own] for is_own in (True, False))
    for group in (own, below[:MOST_SEARCHED]):
        full_cases = ctx.reads.whole([head.id for head in group])
        for case in (full_cases[head.id] for head in reversed(group)):
            edition = ctx.library.named(case.edition)
            begin_day = case.day_of(edition.begins_with)
            if begin_day is not None and begin_day.year == year:
                yield case, edition
