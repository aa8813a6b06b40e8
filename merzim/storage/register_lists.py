"""Queries for lists of register rows: filtered, sorted, paged, summed and counted.

A row's cells are the sort keys of its fields; withdrawn rows have none. A list is read as ids with their keys,
sorted, and only the rows of its page are read whole.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Engine,
    Select,
    and_,
    cast,
    collate,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlmodel import Session

from merzim.storage.database import (
    Row_,
    in_names,
    read,
    read_column,
    read_for_names,
    read_value,
    reading,
    text_within,
)
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.registers.rows import NUMBER_SHIFT
from workflow.search_words import search_words

_SCALE = 10**4
_R = REGISTER_ROW.c
_ROWS_OF = REGISTER_ROW.select().where(in_names(_R.id))
UNIT = "unit"
"""The sort by the unit of a row, which is no field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFilter:
    """A condition on one field, by its sort keys (`workflow.registers.rows.sort_key`). `keys`: one of these;
    None for any. `least`, `most`: inclusive bounds; empty values do not match. `contains`: with this text
    inside; `filled`: with any value. `several`: whether a row may have several values, of which one is enough.
    """

    field: str
    keys: tuple[str, ...] | None = None
    least: str = ""
    most: str = ""
    contains: str = ""
    filled: bool = False
    several: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundHeads:
    """The rows a query finds: their number, the heads of one page, the sums of number fields over all."""

    total: int
    rows: Sequence[Row_]
    totals: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class RowQuery:
    """A query for rows of a register.

    Attributes:
        units: rows of these units; None for all.
        hidden_person: rows that name this person in one of `hidden_fields` are left out; "" for none.
        withdrawn: the withdrawn rows alone, instead of all others.
        sort: a field, or `unit`; "" for the time they were added. order: the texts by which the keys of what it
            is sorted by are sorted themselves: the names of people; None: as they are.
    """

    register: str
    units: Collection[str] | None = None
    hidden_person: str = ""
    hidden_fields: tuple[str, ...] = ()
    filters: tuple[CellFilter, ...] = ()
    search: str = ""
    withdrawn: bool = False
    sort: str = ""
    descending: bool = True
    order: Mapping[str, str] | None = None

    def with_condition(self, condition: CellFilter) -> RowQuery:
        return replace(self, filters=(*self.filters, condition))


class SqlRegisterLists:
    """Queries over many rows of a register."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, query: RowQuery) -> int:
        return int(read_value(self._engine, _select(self._engine, query, func.count())))

    def page(self, query: RowQuery, *, limit: int, offset: int = 0, totals: Collection[str] = ()) -> FoundHeads:
        """Return the number of rows, one page of their heads, and the sums of number fields over all."""
        key: ColumnElement[Any] = _R.unit if query.sort == UNIT else _R.number
        if query.sort not in ("", UNIT):
            key = func.coalesce(_cell(self._engine, query.sort), "")
        numbers = [_number(self._engine, name).label(f"number_{name}") for name in totals]
        found = _select(self._engine, query, _R.id, key.label("key"), *numbers)
        with reading(self._engine) as session:
            # Read once: the JSON of many rows costs more than all else.
            once = found.cte("found").prefix_with("MATERIALIZED")
            if query.order is None:
                ids, measures = _by_key(session, once, query.descending, limit, offset)
            else:
                ids, measures = _by_text(session, once, query.descending, query.order)
                ids = ids[offset : offset + limit]
            by_id = {head.id: head for head in self.heads(ids)}
        total, *amounts = (int(measure or 0) for measure in measures)
        sums = {name: Decimal(amount) / _SCALE for name, amount in zip(totals, amounts, strict=True)}
        return FoundHeads(total=total, rows=[by_id[id] for id in ids], totals=sums)

    def figures(
        self,
        query: RowQuery,
        *,
        date_field: str,
        first: date,
        last: date,
        value_field: str = "",
        number_field: str = "",
    ) -> Sequence[tuple[str, str, str, int, int | None]]:
        """Return the number of rows with a date in these days by unit, month (`2026-03`) and value of a field.
        Each also has the maximum of a number field in ten-thousandths, None without one. If a value field is
        given, rows without a value are left out.
        """
        within = CellFilter(field=date_field, least=first.isoformat(), most=last.isoformat())
        if value_field:
            query = query.with_condition(CellFilter(field=value_field, filled=True))
        statement = _select(
            *(self._engine, query.with_condition(within)),
            _R.unit.label("unit"),
            func.substr(_cell(self._engine, date_field), 1, 7).label("month"),
            (_cell(self._engine, value_field) if value_field else literal("")).label("what"),
            func.count(),
            func.max(_number(self._engine, number_field) if number_field else cast(null(), BigInteger)),
        )
        records = read(self._engine, statement.group_by("unit", "month", "what"))
        return [
            (unit, month, what, rows, highest)
            for unit, month, values, rows, highest in records
            for what in (json.loads(values) if values.startswith("[") else [values])
        ]

    def dated(
        self, register: str, date_field: str, first: date, last: date, units: Collection[str] | None = None
    ) -> Sequence[Row_]:
        """Return id, unit and shown values of the rows, without withdrawn ones, that have a date in these days,
        ordered by date and number. `units`: rows of these units; None for all.
        """
        within = CellFilter(field=date_field, least=first.isoformat(), most=last.isoformat())
        query = RowQuery(register=register, units=units, filters=(within,))
        statement = _select(self._engine, query, _R.id, _R.unit, _R.shown)
        return read(self._engine, statement.order_by(_cell(self._engine, date_field), _R.number))

    def naming(self, people: Collection[str], fields: Mapping[str, Collection[str]]) -> Sequence[Row_]:
        """Return the heads of rows that name one of these people, the newest first. `fields`: register -> its
        fields that are searched.
        """
        conditions = [
            and_(_R.register_id == register, or_(*(_cell(self._engine, name).in_(people) for name in names)))
            for register, names in fields.items()
            if names
        ]
        if not any(people) or not conditions:
            return []
        query = REGISTER_ROW.select().where(or_(*conditions)).order_by(_R.number.desc())
        return read(self._engine, query)

    def registers_having(self, text: str = "") -> frozenset[str]:
        """Return the registers with a row that has all words of a search; for "" any, even a withdrawn one."""
        statement = select(_R.register_id).distinct().where(*_having(text))
        return frozenset(read_column(self._engine, statement))

    def heads(self, ids: Collection[str]) -> Sequence[Row_]:
        """Return these rows as stored, without their history, withdrawn ones too; no unknown ids."""
        return read_for_names(self._engine, _ROWS_OF, ids)

    def counts(self, units: Collection[str] | None = None) -> Mapping[str, int]:
        """Return register -> the number of its rows that are not withdrawn, of these units or of all."""
        statement = select(_R.register_id, func.count()).where(_R.withdrawn.is_(False))
        if units is not None:
            statement = statement.where(_R.unit.in_(units))
        return dict(map(tuple, read(self._engine, statement.group_by(_R.register_id))))

    def exists(self, register: str, row: str) -> bool:
        """Return whether a register has a row with that id that is not withdrawn."""
        statement = select(_R.id).where(_R.id == row, _R.register_id == register, _R.withdrawn.is_(False))
        return read_value(self._engine, statement) is not None


def _select(engine: Engine, query: RowQuery, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return what selects these columns of the rows a query finds."""
    statement = select(*columns).select_from(REGISTER_ROW).where(_R.register_id == query.register)
    statement = statement.where(_R.withdrawn.is_(query.withdrawn), *_having(query.search))
    for cell_filter in query.filters:
        statement = statement.where(*_meets(engine, cell_filter))
    if query.units is not None:
        statement = statement.where(_R.unit.in_(query.units))
    for name in query.hidden_fields if query.hidden_person else ():
        statement = statement.where(_cell(engine, name).is_distinct_from(query.hidden_person))
    return statement


def _meets(engine: Engine, cell_filter: CellFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a filter."""
    cell, keys = _cell(engine, cell_filter.field), cell_filter.keys
    if keys is not None and cell_filter.several:
        yield or_(false(), *(text_within(engine, cell, f'"{key}"') if key else cell == "" for key in keys))
    elif keys is not None:
        yield cell.in_(keys)
    if cell_filter.least:
        yield cell >= cell_filter.least
    if cell_filter.most:
        yield and_(cell <= cell_filter.most, cell > "")
    if cell_filter.filled:
        yield cell > ""
    if cell_filter.contains:
        yield text_within(engine, cell, cell_filter.contains)


def _having(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that each word of a search occurs in the texts of a row."""
    return [_R.search.contains(word, autoescape=True) for word in search_words(text)]


def _cell(engine: Engine, field: str) -> ColumnElement[str]:
    """Return the stored sort key of a field, which is compared sign by sign, in no order of a language; "" for
    none, of several values the text of a JSON list. It is NULL, and meets no condition, for a withdrawn row and
    one older than the field.
    """
    text = _R.cells[field].as_string()
    return text if engine.dialect.name == "sqlite" else collate(text, "C")


def _number(engine: Engine, field: str) -> ColumnElement[int]:
    """Return the number in a field in ten-thousandths; NULL for none."""
    digits = func.nullif(func.replace(_cell(engine, field), ".", ""), "")
    return cast(digits, BigInteger) - NUMBER_SHIFT * _SCALE


Measures: TypeAlias = "Sequence[int | None]"
"""The number of rows, and sums over them."""


def _by_key(
    session: Session, found: CTE, descending: bool, limit: int, offset: int
) -> tuple[Sequence[str], Measures]:
    """Return the ids of a page of rows (their id, key and numbers) in the order of their keys, and the number
    and sums of all.
    """
    _, _, *numbers = found.c
    measures = select(func.count().label("rows"), *map(func.sum, numbers)).select_from(found)
    sums = measures.cte("measures")
    page = select(found.c.id, *sums.c).select_from(found.join(sums, true()))
    page = page.order_by(*(place.desc() if descending else place for place in (found.c.key, found.c.id)))
    records = session.execute(page.limit(limit).offset(offset)).all()
    ids = [record.id for record in records]
    return ids, records[0][1:] if records else session.execute(measures).one()


def _by_text(
    session: Session, found: CTE, descending: bool, order: Mapping[str, str]
) -> tuple[Sequence[str], Measures]:
    """Return the ids of all rows in the order of the texts for their keys, and their number and sums."""
    _, key, *numbers = found.c
    ids = func.aggregate_strings(found.c.id, " ")
    groups = session.execute(select(key, ids, func.count(), *map(func.sum, numbers)).group_by(key)).all()
    in_order = sorted(groups, key=lambda group: (order.get(group.key, group.key), group.key))
    by_text = [id for group in in_order for id in sorted(group[1].split())]
    measures = [sum(group[n] or 0 for group in groups) for n in range(2, 3 + len(numbers))]
    return by_text[:: -1 if descending else 1], measures
