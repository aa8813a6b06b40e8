"""Queries for lists of register rows: filtered, sorted, paged, summed and counted.

A row's cells are the sort keys of its fields; withdrawn rows have none. A list is read as ids with their keys,
sorted, and only the rows of its page are read whole.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    and_,
    cast,
    collate,
    false,
    func,
    literal,
    null,
    or_,
    select,
)

from merzim.storage.database.dialect import text_within
from merzim.storage.database.engine import Row_, read, read_column, read_once, read_value, reading
from merzim.storage.registers.rows import heads
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.registers.rows import NUMBER_SHIFT
from workflow.search_words import search_words

_SCALE = 10**4
_R = REGISTER_ROW.c
UNIT = "unit"
"""The sort by the unit of a row, which is no field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFilter:
    """A condition on one field, by its sort keys (`workflow.registers.rows.sort_key`).

    Attributes:
        keys: one of these; None for any. `least`, `most`: inclusive bounds; empty values do not match.
        contains: with this text inside; filled: with any value.
        several: whether a row may have several values, of which one is enough.
        instead: row -> the key that stands in place of its own.
    """

    field: str
    keys: tuple[str, ...] | None = None
    least: str = ""
    most: str = ""
    contains: str = ""
    filled: bool = False
    several: bool = False
    instead: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def matches(self, key: str) -> bool:
        """Return whether a single key meets the condition; "" is the key of an empty field."""
        return (
            (self.keys is None or key in self.keys)
            and (not self.least or key >= self.least)
            and (not self.most or "" < key <= self.most)
            and (not self.filled or key != "")
            and self.contains in key
        )


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
    """

    register: str
    units: Collection[str] | None = None
    hidden_person: str = ""
    hidden_fields: tuple[str, ...] = ()
    filters: tuple[CellFilter, ...] = ()
    search: str = ""
    withdrawn: bool = False

    def with_condition(self, condition: CellFilter) -> RowQuery:
        return replace(self, filters=(*self.filters, condition))


class SqlRegisterLists:
    """Queries over many rows of a register."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, query: RowQuery) -> int:
        statement = select(func.count()).select_from(REGISTER_ROW).where(*self._conditions(query))
        return int(read_value(self._engine, statement))

    def page(
        self,
        query: RowQuery,
        *,
        sort: str = "",
        descending: bool = True,
        limit: int,
        offset: int = 0,
        totals: Collection[str] = (),
        order: Callable[[str], str] | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> FoundHeads:
        """Return the number of rows, one page of their heads, and the sums of number fields over all of them.

        Args:
            sort: a field, or `unit`; "" for the time they were added.
            order: by which the keys of what it is sorted by are sorted themselves: the names of people; None:
                as they are.
            instead: row -> the key it is sorted by in place of its own.
        """
        key = _R.number if not sort else _R.unit if sort == UNIT else func.coalesce(self._cell(sort), "")
        conditions, numbers = self._conditions(query), [self._number(name) for name in totals]
        with reading(self._engine) as connection:
            if order is None and not instead:
                measures = select(func.count(), *map(func.sum, numbers)).where(*conditions)
                total, *amounts = connection.execute(measures).one()
                places = [key.desc(), _R.id.desc()] if descending else [key, _R.id]
                by_key = select(_R.id).where(*conditions).order_by(*places).limit(limit).offset(offset)
                ids = connection.execute(by_key).scalars().all()
            else:
                # Read once: the JSON of many rows costs more than all else.
                found = connection.execute(select(_R.id, key, *numbers).where(*conditions)).all()
                total = len(found)
                amounts = [sum(record[n] or 0 for record in found) for n in range(2, 2 + len(numbers))]
                ids = _in_order(found, order or str, instead or {}, descending)[offset : offset + limit]
            by_id = {head.id: head for head in heads(connection, ids)}
        return FoundHeads(
            total=total,
            rows=[by_id[id] for id in ids],
            totals={
                name: Decimal(int(amount or 0)) / _SCALE for name, amount in zip(totals, amounts, strict=True)
            },
        )

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
        day = self._cell(date_field)
        value = self._cell(value_field) if value_field else literal("")
        number = self._number(number_field) if number_field else cast(null(), BigInteger)
        conditions = [*self._conditions(query), day >= first.isoformat(), day <= last.isoformat()]
        if value_field:
            conditions.append(value != "")
        statement = (
            select(
                _R.unit.label("unit"),
                func.substr(day, 1, 7).label("month"),
                value.label("what"),
                func.count(),
                func.max(number),
            )
            .where(*conditions)
            .group_by("unit", "month", "what")
        )
        records = read(self._engine, statement)
        return [
            (unit, month, what, rows, highest)
            for unit, month, values, rows, highest in records
            for what in (json.loads(values) if values.startswith("[") else [values])
        ]

    def dated(
        self, register: str, date_field: str, first: date, last: date, units: Collection[str] | None = None
    ) -> Sequence[Row_]:
        """Return id, unit and shown values of the rows with a date in these days, ordered by date and number.

        Args:
            units: rows of these units; None for all.
        """
        day = self._cell(date_field)
        statement = (
            select(_R.id, _R.unit, _R.shown)
            .where(_R.register_id == register, day >= first.isoformat(), day <= last.isoformat())
            .order_by(day, _R.number)
        )
        if units is not None:
            statement = statement.where(_R.unit.in_(units))
        return read(self._engine, statement)

    def any_dated(self, register: str, date_field: str, first: date, last: date) -> bool:
        """Return whether any row of a register, visible or not, has a date in these days."""
        if register not in self.registers_with_rows():
            return False
        day = self._cell(date_field)
        statement = select(_R.id).where(
            _R.register_id == register, day >= first.isoformat(), day <= last.isoformat()
        )

        def read(connection: Connection) -> bool:
            return connection.execute(statement.limit(1)).first() is not None

        return read_once(self._engine, read, "any dated", register, date_field, first, last)

    def naming(self, people: Collection[str], fields: Mapping[str, Collection[str]]) -> Sequence[Row_]:
        """Return the heads of rows that name one of these people in these fields, by register; the newest
        first.
        """
        conditions = [
            and_(_R.register_id == register, or_(*(self._cell(name).in_(people) for name in names)))
            for register, names in fields.items()
            if names
        ]
        if not any(people) or not conditions:
            return []
        query = REGISTER_ROW.select().where(or_(*conditions)).order_by(_R.number.desc())
        return read(self._engine, query)

    def pointing(self, register: str, field: str, rows: Collection[str] | None = None) -> Mapping[str, int]:
        """Return the number of rows of a register whose field refers to each of these rows, or to any."""
        key = self._cell(field).label("key")
        statement = select(key, func.count()).where(_R.register_id == register, key != "").group_by("key")
        if rows is not None:
            statement = statement.where(key.in_(rows))
        return {row: int(count) for row, count in read(self._engine, statement)}

    def among(self, query: RowQuery, rows: Collection[str]) -> Sequence[Row_]:
        """Return the heads of those of these rows (ids) that a query finds."""
        statement = REGISTER_ROW.select().where(*self._conditions(query), _R.id.in_(rows))
        return read(self._engine, statement)

    def registers_having(self, text: str) -> frozenset[str]:
        """Return the registers with a row that has all words of a search."""
        statement = select(_R.register_id).distinct().where(*_having(text))
        return frozenset(read_column(self._engine, statement))

    def heads(self, ids: Collection[str]) -> Sequence[Row_]:
        """Return the heads of these rows, withdrawn ones too; unknown ids are left out."""
        with reading(self._engine) as connection:
            return [*heads(connection, ids)]

    def counts(self, units: Collection[str] | None = None) -> Mapping[str, int]:
        """Return register -> the number of its rows that are not withdrawn, of these units or of all."""
        statement = select(_R.register_id, func.count()).where(_R.withdrawn.is_(False))
        if units is not None:
            statement = statement.where(_R.unit.in_(units))
        records = read(self._engine, statement.group_by(_R.register_id))
        return {name: int(count) for name, count in records}

    def units(self, registers: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return the (register, unit) pairs of all rows of these registers."""
        statement = select(_R.register_id, _R.unit).where(_R.register_id.in_(registers)).distinct()
        return [(register, unit) for register, unit in read(self._engine, statement)]

    def registers_with_rows(self) -> frozenset[str]:
        """Return the registers that have any row, even a withdrawn one."""
        ids = select(_R.register_id).distinct()
        return read_once(self._engine, lambda at: frozenset(at.execute(ids).scalars()), "registers with rows")

    def exists(self, register: str, row: str) -> bool:
        """Return whether a register has a row with that id that is not withdrawn."""
        statement = select(_R.id).where(_R.id == row, _R.register_id == register, _R.withdrawn.is_(False))
        return read_value(self._engine, statement) is not None

    def _conditions(self, query: RowQuery) -> list[ColumnElement[bool]]:
        """Return the conditions a row meets that a query finds."""
        conditions: list[ColumnElement[bool]] = [
            _R.register_id == query.register,
            _R.withdrawn.is_(query.withdrawn),
            *_having(query.search),
            *(self._filter(cell_filter) for cell_filter in query.filters),
        ]
        if query.units is not None:
            conditions.append(_R.unit.in_(query.units))
        if query.hidden_person:
            conditions += [
                self._cell(name).is_distinct_from(query.hidden_person) for name in query.hidden_fields
            ]
        return conditions

    def _filter(self, cell_filter: CellFilter) -> ColumnElement[bool]:
        """Return the condition of a filter: on the key that stands in place of a row's own, else on its own."""
        condition = and_(*self._on_cell(cell_filter))
        if not cell_filter.instead:
            return condition
        right = [name for name, key in cell_filter.instead.items() if cell_filter.matches(key)]
        return or_(_R.id.in_(right), and_(condition, _R.id.not_in(cell_filter.instead)))

    def _on_cell(self, cell_filter: CellFilter) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions of a filter on the key that is stored."""
        cell, keys = self._cell(cell_filter.field), cell_filter.keys
        if keys is not None and cell_filter.several:
            yield or_(
                false(), *(text_within(self._engine, cell, f'"{key}"') if key else cell == "" for key in keys)
            )
        elif keys is not None:
            yield cell.in_(keys)
        if cell_filter.least:
            yield cell >= cell_filter.least
        if cell_filter.most:
            yield and_(cell <= cell_filter.most, cell > "")
        if cell_filter.filled:
            yield cell > ""
        if cell_filter.contains:
            yield text_within(self._engine, cell, cell_filter.contains)

    def _cell(self, field: str) -> ColumnElement[str]:
        """Return the sort key of a field; "" for none, of several values the text of a JSON list.

        It is NULL, and meets no condition, for a withdrawn row and one older than the field.
        """
        key = _R.cells[field].as_string()
        return key if self._engine.dialect.name == "sqlite" else collate(key, "C")

    def _number(self, field: str) -> ColumnElement[int]:
        """Return the number in a field in ten-thousandths; NULL for none."""
        digits = func.nullif(func.replace(self._cell(field), ".", ""), "")
        return cast(digits, BigInteger) - NUMBER_SHIFT * _SCALE


def _in_order(
    found: Iterable[Row_], order: Callable[[str], str], instead: Mapping[str, str], descending: bool
) -> list[str]:
    """Return the ids of rows in the order of their keys. `order`: what a key is ordered by; `instead`: by id
    of a row the key that stands for its own.
    """
    pairs = [(instead.get(id, key), id) for id, key, *_ in found]
    keys = sorted({key for key, _ in pairs}, key=lambda key: (order(key) if key else "", key))
    places = {key: place for place, key in enumerate(keys)}
    return [id for _, id in sorted(((places[key], id) for key, id in pairs), reverse=descending)]


def _having(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that each word of a search occurs in the texts of a row."""
    return [_R.search.contains(word, autoescape=True) for word in search_words(text)]
