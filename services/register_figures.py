"""The numbers that register rows give for indicators: rows of a year, counted by each register's
`[[count]]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from services.context import RequestContext
from services.row_access import reader_scope
from services.row_queries import ListRows, row_query
from services.scoring import scoring
from workflow.registers.access import sees_lists
from workflow.registers.definition import FILLED, Condition, Count, Register
from workflow.registers.rows import sort_key, text_key
from workflow.scoring.recorded import CountedRows, row_numbers

if TYPE_CHECKING:
    from storage.registers.lists import RowQuery
    from workflow.law.procedure import Text
    from workflow.scoring.recorded import Numbers

FIRST_YEAR, LAST_YEAR = 2000, 2100
_SCALE = 10**4
_Line: TypeAlias = "tuple[str, str, str, int, int | None, int | None]"
"""Unit, month, value, rows, sum and largest number, in ten-thousandths."""


def year_rows(ctx: RequestContext, year: int) -> Mapping[str, Numbers]:
    """Return the numbers that register rows give for the points of a year, by unit.

    Rows of open registers count for every reader, as facts of cases do; rows of confidential registers only for
    readers who see them, so that no number reveals a hidden row.
    """
    from storage.registers.lists import RowQuery, SqlRegisterLists

    seen, found = reader_scope(ctx), list[CountedRows]()
    kept = SqlRegisterLists(ctx.app.engine).kept()
    for register, count in _counts(ctx, year):
        if register.id not in kept:
            continue
        query = RowQuery(register=register.id, open_cases=register.kept_in == "case")
        if register.confidential:
            if not sees_lists(register, seen):
                continue
            query = row_query(ctx, register, ListRows(register_id=register.id))
        found += _counted(ctx, register, count, query, year)
    return row_numbers(found)


def hides_counts(ctx: RequestContext) -> bool:
    """Return whether there are registers that count for indicators but whose rows the reader does not see."""
    seen = reader_scope(ctx)
    return any(not sees_lists(register, seen) for register, _ in _counts(ctx, ctx.today.year))


def register_titles(ctx: RequestContext) -> Mapping[str, Text]:
    """Return the titles of registers by id."""
    return {name: ctx.app.registers.latest(name).title for name in ctx.app.registers.ids()}


def _counts(ctx: RequestContext, year: int) -> Iterator[tuple[Register, Count]]:
    """Yield each register with its counting rules, in the version in force at the end of the year."""
    last = min(ctx.today, date(year, 12, 31))
    for name in ctx.app.registers.ids():
        register = ctx.app.registers.on(name, last)
        for count in register.counts:
            yield register, count


def _counted(
    ctx: RequestContext, register: Register, count: Count, query: RowQuery, year: int
) -> Iterator[CountedRows]:
    """Yield the counted rows by unit, month and value, up to today."""
    from storage.registers.lists import CellFilter, SqlRegisterLists

    fact = count.fact or scoring().indicators[count.indicator].counting.fact
    for condition in count.where:
        keys = _keys(register, condition)
        query = query.narrowed(CellFilter(field=condition.field, keys=keys, filled=keys is None))
    found = SqlRegisterLists(ctx.app.engine).figures(
        query,
        date_field=count.date,
        first=date(FIRST_YEAR if count.standing else year, 1, 1),
        last=min(ctx.today, date(year, 12, 31)),
        value_field=count.unit or count.distinct,
        number_field=count.sum or count.most,
    )
    lines: list[_Line] = [(*line,) for line in found]
    if count.unit:
        lines = list(_placed(ctx, lines))
    values: dict[str, set[str]] = {}
    for unit, _, value, *_rest in lines:
        values.setdefault(unit, set()).add(value)
    for unit, month, value, rows, total, most in lines:
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
            views=int(most or 0) // _SCALE if count.most else None,
        )


def _placed(ctx: RequestContext, lines: Iterable[_Line]) -> Iterator[_Line]:
    """Yield rows with their unit replaced by the one named in a field; rows with an unknown unit are left
    out.
    """
    office = ctx.app.reads.office()
    named = {text_key(unit.name): unit.id for unit in office.units.values()}
    for _, month, place, rows, total, most in lines:
        unit = place if place in office.units else named.get(place)
        if unit is not None:
            yield unit, month, "", rows, total, most


def _keys(register: Register, where: Condition) -> tuple[str, ...] | None:
    """Return the sort keys that meet a condition; None if any filled value does."""
    known = register.fields[where.field]
    if where.value == FILLED:
        return None
    return (where.value,) if known.kind in ("choice", "yes_no") else (sort_key(known, where.value),)
