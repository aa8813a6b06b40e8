"""Points of a year: the numbers register rows give, points earned, lost and at stake, next steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from calendars.hours import almaty
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.law.regulations import scoring
from merzim.services.names import seen_unit
from merzim.services.registers.results import reader_scope
from merzim.services.registers.views import ListRows, row_query
from merzim.services.verbs import NotFound
from merzim.storage.cases import points
from merzim.storage.register_lists import CellFilter, RowQuery, SqlRegisterLists
from workflow.deadlines.deadline import Deadline
from workflow.org.office import Office, acts_of
from workflow.registers.definition import FILLED, Condition, Register, Registers, RowCount
from workflow.registers.rows import sees_lists, sort_key, text_key
from workflow.scoring.indicators import SCORED
from workflow.scoring.prospects import Stake, YearScores, score_year
from workflow.scoring.records import CountedRows, YearRecords
from workflow.scoring.scales import Readings, as_decimal
from workflow.scoring.tally import AssessedYear


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
    since = None if first is None else first.astimezone(almaty()).date()
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
        """Return the points at stake of a unit with all below it ("" is all the reader sees); none of an
        unknown one.
        """
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
        if SCORED not in acts_of(office, unit) | {*ctx.app.settings.regulations.acts}:
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
    office, scope, last = ctx.reads.office(), reader_scope(ctx), min(ctx.today, date(year, 12, 31))
    facts, missing = points.of_year(ctx.app.engine, scoring(), year)
    kept_registers = SqlRegisterLists(ctx.app.engine).registers_with_rows()
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
    figures = SqlRegisterLists(app.engine).figures(
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
