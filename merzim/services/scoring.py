"""Points of a year: the numbers register rows give, points earned, lost and at stake, next steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import partial
from typing import TypeAlias, cast

from calendars.terms import Element
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.moments import almaty
from merzim.services.registers.access import reader_scope
from merzim.services.registers.queries import ListRows, row_query
from merzim.services.regulations.registers import scoring
from merzim.storage.board import change_counters
from merzim.storage.database.engine import read_once, reading
from merzim.storage.registers.lists import CellFilter, RowQuery, SqlRegisterLists
from workflow.law.procedure import Text
from workflow.org.office import Office
from workflow.registers.access import sees_lists
from workflow.registers.definition import FILLED, Condition, Count, Register, Registers
from workflow.registers.rows import sort_key, text_key
from workflow.scoring.prospects import Prospect, Step, explain, prospect, remarks, steps
from workflow.scoring.recorded import CountedRows, Numbers, YearRecords, row_numbers
from workflow.scoring.scale import Readings, Scoring
from workflow.scoring.score import Scores, score
from workflow.scoring.tally import Tally, Year, tally


@dataclass(frozen=True, kw_only=True, slots=True)
class YearScores:
    """The points of one unit in one year.

    Attributes:
        counted: the records each indicator was calculated from.
        prospects: points lost and at stake, where the document names a ceiling or a deduction.
        steps: the next step of each indicator, the most points first.
        recorded: whether anything was recorded in the year, or is open in a case.
        remarks: since when records are kept, and what is not assessed.
    """

    unit: str
    year: int
    scores: Scores
    counted: Mapping[str, Tally]
    prospects: Mapping[str, Prospect]
    steps: tuple[Step, ...]
    recorded: bool
    remarks: tuple[Element, ...] = ()

    @property
    def lost(self) -> Fraction:
        """Points that can no longer be earned."""
        return sum((prospect.lost for prospect in self.prospects.values()), Fraction(0))

    @property
    def at_stake(self) -> Fraction:
        """Points that may still be earned or lost."""
        return sum((prospect.at_stake for prospect in self.prospects.values()), Fraction(0))

    def projects(self) -> Mapping[str, Fraction]:
        """Points by project (`P1` ... `P4`)."""
        totals: dict[str, Fraction] = {}
        for row in self.scores.scores:
            project = row.id.partition(".")[0]
            totals[project] = totals.get(project, Fraction(0)) + row.points
        return totals


def year_scores(
    ctx: RequestContext, unit: str, year: int, *, today: date, readings: Readings, by_unit: bool = False
) -> tuple[YearScores, ...]:
    """Return the points of a unit with all units below it ("" is the whole office), from data visible to the
    reader.

    Args:
        by_unit: whether to return also the points of each unit directly below it.
    """
    shipped, cache = scoring(), ctx.app.points_cache
    gathered = with_rows(ctx, cache.year(shipped, year, today=today), year)
    first, titles = cache.first_record(), register_titles(ctx)
    hidden = (Element(code="score.rows_hidden"),) if hides_counts(ctx) else ()
    office = gathered.office
    # The whole office stands for its single top unit, if there is one; that unit's cases may name no unit.
    unit = unit or office.root
    roots = [unit, *(office.parts.get(unit or None, ()) if by_unit else ())]
    since = None if first is None else first.astimezone(almaty()).date()

    def scores(root: str) -> YearScores:
        of_year = Year(gathered=gathered, root=root, year=year, today=today, since=since, kinds=shipped.units)
        return _score_year(shipped, of_year, readings, titles, hidden)

    # Records change with the office, its registers and their rows: the points of each unit are kept with them.
    chosen = tuple(sorted(readings.items()))
    return tuple(
        gathered.once(partial(scores, root), root, since, chosen, bool(hidden), today=today) for root in roots
    )


def _score_year(
    scoring: Scoring,
    year: Year,
    readings: Readings,
    titles: Mapping[str, Text],
    hidden: tuple[Element, ...],
) -> YearScores:
    tallies = tally(scoring, year, readings)
    scores = score({name: entry.answer for name, entry in tallies.items()}, scoring, readings)
    scores = explain(scores, tallies, scoring, year, readings, registers=titles)
    prospects = {
        score.id: prospect(scoring.indicators[score.id], score, tallies[score.id], year)
        for score in scores.scores
    }
    return YearScores(
        unit=year.root,
        year=year.year,
        scores=scores,
        counted=tallies,
        prospects={name: entry for name, entry in prospects.items() if entry is not None},
        steps=steps(scoring, tallies, year, readings),
        recorded=year.body.any_case,
        remarks=(*remarks(scoring, year, readings), *hidden),
    )


FEW_UNITS = 20
"""Up to so many units of a register whose rows changed are counted anew alone; for more, all of its rows."""
MOST_YEARS = 3
"""Number of years whose counts are kept."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
_SCALE = 10**4
_Line: TypeAlias = "tuple[str, str, str, int, int | None, int | None]"
"""Unit, month, value, rows, sum and largest number, in ten-thousandths."""


def with_rows(ctx: RequestContext, records: YearRecords, year: int) -> YearRecords:
    """Return the records of a year with the numbers that register rows give for its points.

    Rows of open registers count for every reader, as facts of cases do; rows of confidential registers only for
    readers who see them, so that no number reveals a hidden row.
    """
    scope, last = reader_scope(ctx), min(ctx.today, date(year, 12, 31))
    records = _with_open_rows(ctx.app, records, year, last)
    secret = [
        register
        for register in _counting(ctx.app.registers, last)
        if register.confidential and sees_lists(register, scope)
    ]
    kept_registers, counted_rows = (
        SqlRegisterLists(ctx.app.engine).registers_with_rows() if secret else (),
        list[CountedRows](),
    )
    for register in secret:
        if register.id in kept_registers:
            query = row_query(ctx, register, ListRows(register_id=register.id))
            counted_rows += _counted(ctx.app, records.office, register, query, year, last)
    return records.with_rows(row_numbers(counted_rows)) if counted_rows else records


@dataclass(frozen=True, kw_only=True, slots=True)
class _Year:
    """What the rows of open registers give for a year, by register and unit, and what it was read by.

    Attributes:
        lines: the change counters of rows; `version`: their sum.
        records: the records of a year it was added to; `added`: both.
    """

    registers: Registers
    office: Office
    version: int | None
    lines: Mapping[int, tuple[str | None, int]]
    numbers: Mapping[str, Mapping[str, Numbers]]
    records: YearRecords
    added: YearRecords


def _with_open_rows(app: AppContext, records: YearRecords, year: int, last: date) -> YearRecords:
    """Return the records of a year with the numbers of the rows of open registers, dated up to its last day.

    They are kept; rows are counted anew in the registers and units where some were written.
    """
    office, before = records.office, cast("_Year | None", app.row_cache.get((year, last)))
    version = read_once(app.engine, change_counters.versions).get(change_counters.ROWS)
    if before is not None and before.registers is not app.registers:
        before = None
    if before is not None and before.version == version and before.office is office:
        if before.records is records:
            return before.added
        lines, numbers = before.lines, before.numbers
    else:
        # The counters are read before the rows: these may be newer, and are then read again.
        with reading(app.engine) as connection:
            lines = change_counters.lines(connection, change_counters.ROWS)
        version = sum(n for _, n in lines.values())
        changed_keys = None if before is None else change_counters.changed(before.lines, lines)
        numbers = _row_numbers(app, office, year, last, before, changed_keys)
    all_numbers = dict[str, Numbers]()
    for unit, sums in (unit_sums for by_unit in numbers.values() for unit_sums in by_unit.items()):
        all_numbers.setdefault(unit, Counter()).update(sums)
    open_rows = _Year(
        registers=app.registers,
        office=office,
        version=version,
        lines=lines,
        numbers=numbers,
        records=records,
        added=records.with_rows(all_numbers),
    )
    # Another thread may do the same at the same time: what either keeps is right.
    app.row_cache.pop((year, last), None)
    for oldest in [*app.row_cache][: 1 - MOST_YEARS]:
        app.row_cache.pop(oldest, None)
    app.row_cache[year, last] = open_rows
    return open_rows.added


def _row_numbers(
    app: AppContext,
    office: Office,
    year: int,
    last: date,
    before: _Year | None,
    changed_keys: frozenset[str] | None,
) -> Mapping[str, Mapping[str, Numbers]]:
    """Count rows by register and unit. `changed_keys`: only where rows were written; None for everywhere."""
    kept_registers, numbers = (
        SqlRegisterLists(app.engine).registers_with_rows(),
        dict[str, Mapping[str, Numbers]](),
    )
    for register in _counting(app.registers, last):
        if register.confidential or register.id not in kept_registers:
            continue
        query = RowQuery(register=register.id, open_cases=register.kept_in == "case")
        unchanged: Mapping[str, Numbers] = {}
        if before is not None and changed_keys is not None and register.id in before.numbers:
            units = [
                changed_key.partition("/")[2]
                for changed_key in changed_keys
                if changed_key.partition("/")[0] == register.id
            ]
            # By a field that names the unit, rows of one unit count for others, as the office is now.
            is_moved = any(count.unit for count in register.counts)
            if not units and (before.office is office or not is_moved):
                numbers[register.id] = before.numbers[register.id]
                continue
            if len(units) <= FEW_UNITS and not is_moved:
                query = replace(query, units=units)
                unchanged = {
                    unit: sums for unit, sums in before.numbers[register.id].items() if unit not in units
                }
        fresh_rows = row_numbers(_counted(app, office, register, query, year, last))
        numbers[register.id] = {**unchanged, **fresh_rows}
    return numbers


def hides_counts(ctx: RequestContext) -> bool:
    """Return whether there are registers that count for indicators but whose rows the reader does not see."""
    scope = reader_scope(ctx)
    return any(not sees_lists(register, scope) for register in _counting(ctx.app.registers, ctx.today))


def register_titles(ctx: RequestContext) -> Mapping[str, Text]:
    """Return the titles of registers by id."""
    return {name: ctx.app.registers.latest(name).title for name in ctx.app.registers.ids()}


def _counting(registers: Registers, last: date) -> Iterator[Register]:
    """Yield the registers with counting rules, in the version in force on that day."""
    dated_registers = (registers.on(name, last) for name in registers.ids())
    return (register for register in dated_registers if register.counts)


def _counted(
    app: AppContext, office: Office, register: Register, query: RowQuery, year: int, last: date
) -> Iterator[CountedRows]:
    """Yield the counted rows of a register by unit, month and value, up to that day."""
    for count in register.counts:
        yield from _counted_by(app, office, register, count, query, year, last)


def _counted_by(
    app: AppContext, office: Office, register: Register, count: Count, query: RowQuery, year: int, last: date
) -> Iterator[CountedRows]:
    fact = count.fact or scoring().indicators[count.indicator].counting.fact
    for condition in count.where:
        keys = _keys(register, condition)
        query = query.with_condition(CellFilter(field=condition.field, keys=keys, filled=keys is None))
    figures = SqlRegisterLists(app.engine).figures(
        query,
        date_field=count.date,
        first=date(FIRST_YEAR if count.standing else year, 1, 1),
        last=last,
        value_field=count.unit or count.distinct,
        number_field=count.sum or count.most,
    )
    lines: Collection[_Line] = [*_placed(office, figures)] if count.unit else figures
    values: dict[str, set[str]] = {}
    for unit, _, value, *_rest in lines:
        values.setdefault(unit, set()).add(value)
    for unit, month, value, rows, total, highest in lines:
        if not {*count.all_of} <= values[unit]:
            continue
        value = value if count.distinct else ""
        number = 1 if count.distinct else int(total or 0) // _SCALE if count.sum else rows
        yield CountedRows(
            fact=fact,
            register=register.id,
            unit=unit,
            month=int(month[5:]) if month.startswith(f"{year}-") else 0,
            count=number,
            rows=rows,
            value=value,
            views=int(highest or 0) // _SCALE if count.most else None,
        )


def _placed(office: Office, lines: Iterable[_Line]) -> Iterator[_Line]:
    """Yield rows with their unit replaced by the one named in a field; rows with an unknown unit are left
    out.
    """
    units_by_name = {text_key(unit.name): unit.id for unit in office.units.values()}
    for _, month, place, rows, total, highest in lines:
        unit = place if place in office.units else units_by_name.get(place)
        if unit is not None:
            yield unit, month, "", rows, total, highest


def _keys(register: Register, where: Condition) -> tuple[str, ...] | None:
    """Return the sort keys that meet a condition; None where it asks only that the field is filled."""
    field = register.fields[where.field]
    if where.value == FILLED:
        return None
    return (where.value,) if field.kind in ("choice", "yes_no") else (sort_key(field, where.value),)
