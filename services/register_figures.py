"""Figures registers give for indicators: rows of a year, counted as each register's `[[count]]` says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from services.context import RequestContext
from services.inputs import Line
from services.register_views import ListRows, reader_scope, row_query
from services.verbs import Command, verb
from workflow.registers.access import sees_lists
from workflow.registers.definition import FILLED, Condition, Count, Register
from workflow.registers.rows import sort_key

FIRST_YEAR, LAST_YEAR = 2000, 2100


class AskFigures(Command):
    """The figures of a unit with all below it ("" for all the reader sees) in a year."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    unit: Line = ""
    indicator: Line = ""


class RegisterFigure(BaseModel):
    """What one `[[count]]` of a register comes to. `where`: its condition, "" for none; `number`: a decimal."""

    indicator: str
    register_id: str
    where: str
    number: str


class RegisterFigures(BaseModel):
    """The figures of a year."""

    year: int
    unit: str
    figures: list[RegisterFigure]


@verb("read", writes=False)
def list_figures(ctx: RequestContext, command: AskFigures) -> RegisterFigures:
    """Count rows of registers for indicators, as far as the reader sees them."""
    seen = reader_scope(ctx)
    last = min(ctx.today, date(command.year, 12, 31))
    registers = [ctx.app.registers.on(name, last) for name in ctx.app.registers.ids()]
    return RegisterFigures(
        year=command.year,
        unit=command.unit,
        figures=[
            RegisterFigure(
                indicator=count.indicator,
                register_id=register.id,
                where=str(count.where) if count.where is not None else "",
                number=f"{figure(ctx, register, count, command).normalize():f}",
            )
            for register in registers
            if sees_lists(register, seen)
            for count in register.counts
            if command.indicator in ("", count.indicator)
        ],
    )


def figure(ctx: RequestContext, register: Register, count: Count, asked: AskFigures) -> Decimal:
    """Return how many rows of the year count, how many different values, or the sum of a field."""
    from storage.registers.lists import CellFilter, SqlRegisterLists

    query = row_query(ctx, register, ListRows(register_id=register.id, unit=asked.unit))
    if count.where is not None:
        keys = _keys(register, count.where)
        where = CellFilter(field=count.where.field, keys=keys, filled=keys is None)
        query = query.narrowed(where)
    return SqlRegisterLists(ctx.app.engine).figure(
        query,
        date_field=count.date,
        first=date(asked.year, 1, 1),
        last=date(asked.year, 12, 31),
        distinct_field=count.distinct,
        sum_field=count.sum,
    )


def _keys(register: Register, where: Condition) -> tuple[str, ...] | None:
    """Return the keys that hold a condition; None for any that is filled."""
    known = register.fields[where.field]
    if where.value == FILLED:
        return None
    return (where.value,) if known.kind in ("choice", "yes_no") else (sort_key(known, where.value),)
