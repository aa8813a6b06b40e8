"""Queries for lists of register rows: filtered, sorted, paged, summed and counted.

A short result is found by its filters and then sorted; a long one is read in the requested order up to the end
of the page. Withdrawn rows have no cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Join,
    Select,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from merzim.storage.database.dialect import text_within
from merzim.storage.database.engine import Row_, read_once, reading
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.registers import REGISTER_CELL, REGISTER_ROW
from workflow.registers.rows import NUMBER_SHIFT
from workflow.search_words import search_words

SHORT = 1000
"""Up to so many rows are found first and then sorted."""
INDEXED_UNITS = 500
"""Up to so many units are looked up by the index; for more, each row is tested against a hash table."""
_SCALE = 10**4
_SORTED = REGISTER_CELL.alias("sorted")
_DATED = (
    select(REGISTER_CELL.c.row)
    .where(
        REGISTER_CELL.c.register_id == bindparam("k_register"),
        REGISTER_CELL.c.field == bindparam("k_field"),
        # Not BETWEEN, in which PostgreSQL takes no COLLATE of a parameter.
        REGISTER_CELL.c.key >= bindparam("k_first"),
        REGISTER_CELL.c.key <= bindparam("k_last"),
    )
    .limit(1)
)
_FIRST_REGISTER = select(func.min(REGISTER_ROW.c.register_id).label("id")).cte("kept", recursive=True)
_NEXT = select(func.min(REGISTER_ROW.c.register_id)).where(REGISTER_ROW.c.register_id > _FIRST_REGISTER.c.id)
_ALL = _FIRST_REGISTER.union_all(select(_NEXT.scalar_subquery()).where(_FIRST_REGISTER.c.id.is_not(None)))
_REGISTERS_WITH_ROWS = select(_ALL.c.id).where(_ALL.c.id.is_not(None))
UNIT = "unit"
"""The sort by the unit of a row, which is no field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellFilter:
    """A condition on one field, by its sort keys (`workflow.registers.rows.sort_key`).

    Attributes:
        keys: one of these; None for any. `least`, `most`: inclusive bounds; empty values do not match.
        contains: with this text inside; filled: with any value.
        instead: row -> the key that stands in place of its own.
    """

    field: str
    keys: tuple[str, ...] | None = None
    least: str = ""
    most: str = ""
    contains: str = ""
    filled: bool = False
    instead: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def matches(self, key: str) -> bool:
        """Return whether a key meets the condition."""
        return (
            (self.keys is None or key in self.keys)
            and (not self.least or key >= self.least)
            and (not self.most or "" < key <= self.most)
            and (not self.filled or key != "")
            and self.contains in key
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRows:
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
        case: rows kept in that case; "" for all.
        open_cases: those kept in a confidential case are left out.
        withdrawn: the withdrawn rows alone, instead of all others.
        ids: these rows alone; None for all.
    """

    register: str
    units: Collection[str] | None = None
    hidden_person: str = ""
    hidden_fields: tuple[str, ...] = ()
    case: str = ""
    open_cases: bool = False
    filters: tuple[CellFilter, ...] = ()
    search: str = ""
    withdrawn: bool = False
    ids: Collection[str] | None = None

    @property
    def has_conditions(self) -> bool:
        """Whether the query has any condition besides the register."""
        return bool(
            self.filters or self.search or self.case or self.open_cases or self.withdrawn or self.hidden_person
        ) or (self.units is not None)

    def with_condition(self, condition: CellFilter) -> RowQuery:
        """Return the same query with one more condition."""
        return replace(self, filters=(*self.filters, condition))


class SqlRegisterLists:
    """Queries over many rows of a register."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, query: RowQuery) -> int:
        """Return the number of rows."""
        with reading(self._engine) as connection:
            return self._count(connection, query)

    def page(
        self,
        query: RowQuery,
        *,
        sort: str = "",
        descending: bool = True,
        limit: int | None,
        offset: int = 0,
        totals: Collection[str] = (),
        order: Callable[[str], str] | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> FoundRows:
        """Return the number of rows, one page of their heads, and the sums of number fields over all of them.

        Args:
            sort: a field, or `unit`; "" for the time they were added.
            order: by which the keys of what it is sorted by are sorted themselves: the names of people; None:
                as they are.
            instead: row -> the key it is sorted by in place of its own.
        """
        with reading(self._engine) as connection:
            ids: Sequence[str] | None = None
            row_count: int | None = None
            if query.has_conditions:
                total, sums, ids = self._measure(connection, query, totals)
                whole_query = RowQuery(register=query.register)
                if total > SHORT and not query.withdrawn and not self._has_more(connection, whole_query, total):
                    # All rows have what was asked for: the rest of the work need not look for it again.
                    query, row_count = whole_query, total
            else:
                total = row_count = self._count(connection, query)
                sums = dict[str, Decimal]()
                for name, amount in connection.execute(self._sums(query, totals)) if totals else ():
                    sums[name] = _decimal(amount)
            if order is not None or instead:
                window = slice(offset, total if limit is None else offset + limit)
                rows = self._by_names(
                    connection, query, ids, total, sort, order or str, descending, window, instead or {}
                )
            else:
                ordered = self._sorted(connection, query, ids, row_count, sort, descending)
                rows = connection.execute(ordered.limit(limit).offset(offset or None)).all()
            return FoundRows(total=total, rows=rows, totals=dict.fromkeys(totals, Decimal(0)) | sums)

    def figures(
        self,
        query: RowQuery,
        *,
        date_field: str,
        first: date,
        last: date,
        value_field: str = "",
        number_field: str = "",
    ) -> Sequence[Row_]:
        """Return the number of rows with a date in these days by unit, month (`2026-03`) and value of a field.

        Each also has the sum and the maximum of a number field, None without one. If a value field is given,
        rows without a value are left out.
        """
        day, value, number = (REGISTER_CELL.alias(name) for name in ("day", "value", "number"))
        value_column = value.c.key if value_field else literal("")
        amount = cast(func.replace(number.c.key, ".", ""), BigInteger) - NUMBER_SHIFT * _SCALE
        numbers = [func.sum(amount), func.max(amount)] if number_field else [null(), null()]
        joined: Join = REGISTER_ROW.join(day, and_(day.c.row == REGISTER_ROW.c.id, day.c.field == date_field))
        if value_field:
            filled = and_(value.c.row == day.c.row, value.c.field == value_field, value.c.key != "")
            joined = joined.join(value, filled)
        if number_field:
            filled = and_(number.c.row == day.c.row, number.c.field == number_field, number.c.key != "")
            joined = joined.outerjoin(number, filled)
        statement = (
            select(
                REGISTER_ROW.c.unit,
                func.substr(day.c.key, 1, 7).label("month"),
                value_column.label("what"),
                func.count(),
                *numbers,
            )
            .select_from(joined)
            .where(
                day.c.register_id == query.register,
                day.c.key >= first.isoformat(),
                day.c.key <= last.isoformat(),
                *self._conditions(query),
            )
            .group_by(REGISTER_ROW.c.unit, "month", *(["what"] if value_field else []))
        )
        with reading(self._engine) as connection:
            return connection.execute(statement).all()

    def dated(
        self,
        register: str,
        date_field: str,
        first: date,
        last: date,
        units: Collection[str] | None = None,
        *,
        by_unit: bool = False,
    ) -> Sequence[Row_]:
        """Return id, unit and shown values of the rows with a date in these days, ordered by date and number.

        Args:
            units: rows of these units; None for all.
            by_unit: whether the index by unit is used instead of the index by date.
        """
        day = REGISTER_CELL.alias("day")
        statement = (
            select(REGISTER_ROW.c.id, REGISTER_ROW.c.unit, REGISTER_ROW.c.shown)
            .join_from(REGISTER_ROW, day, day.c.row == REGISTER_ROW.c.id)
            .where(day.c.field == date_field, day.c.key >= first.isoformat(), day.c.key <= last.isoformat())
            .order_by(day.c.key, REGISTER_ROW.c.number)
        )
        if units is not None:
            statement = statement.where(self._in_units(REGISTER_ROW.c.unit, units))
        # The index of dates begins with the register: without it in the cell the rows are found first.
        one_by_one = by_unit and units is not None and len(units) <= INDEXED_UNITS
        statement = statement.where((REGISTER_ROW if one_by_one else day).c.register_id == register)
        with reading(self._engine) as connection:
            return connection.execute(statement).all()

    def any_dated(self, register: str, date_field: str, first: date, last: date) -> bool:
        """Return whether any row of a register, visible or not, has a date in these days; one index step."""
        parameters = {"k_register": register, "k_field": date_field}
        days = {"k_first": first.isoformat(), "k_last": last.isoformat()}

        def read(connection: Connection) -> bool:
            return connection.execute(_DATED, {**parameters, **days}).first() is not None

        return read_once(self._engine, read, "any dated", register, date_field, first, last)

    def naming(self, person: str, fields: Mapping[str, Collection[str]]) -> Sequence[Row_]:
        """Return the heads of rows that name a person in these fields, by register; the newest first."""
        conditions = [
            and_(REGISTER_CELL.c.register_id == register, REGISTER_CELL.c.field.in_([*names]))
            for register, names in fields.items()
            if names
        ]
        if not person or not conditions:
            return []
        named_rows = select(REGISTER_CELL.c.row).where(or_(*conditions), REGISTER_CELL.c.key == person)
        query = (
            REGISTER_ROW.select()
            .where(REGISTER_ROW.c.id.in_(named_rows))
            .order_by(REGISTER_ROW.c.number.desc())
        )
        with reading(self._engine) as connection:
            return connection.execute(query).all()

    def naming_any(self, people: Collection[str], fields: Mapping[str, Collection[str]]) -> list[str]:
        """Return the ids of rows that name one of these people in these fields, ordered by register."""
        if not people:
            return []
        conditions = [
            (REGISTER_CELL.c.register_id == register) & REGISTER_CELL.c.field.in_([*names])
            for register, names in fields.items()
            if names
        ]
        names_people = REGISTER_CELL.c.key.in_(people)
        query = (
            select(REGISTER_CELL.c.row)
            .distinct()
            .where(or_(*conditions), names_people)
            .order_by(REGISTER_CELL.c.row)
        )
        with reading(self._engine) as connection:
            return [*connection.execute(query).scalars()]

    def pointing(self, register: str, field: str, rows: Collection[str] | None = None) -> Mapping[str, int]:
        """Return the number of rows of a register whose field refers to each of these rows, or to any."""
        key = REGISTER_CELL.c.key
        statement = select(key, func.count()).where(
            REGISTER_CELL.c.register_id == register, REGISTER_CELL.c.field == field, key != ""
        )
        if rows is not None:
            statement = statement.where(key.in_([*rows]))
        with reading(self._engine) as connection:
            return {row: int(count) for row, count in connection.execute(statement.group_by(key))}

    def among(self, query: RowQuery, rows: Collection[str]) -> Sequence[Row_]:
        """Return the heads of those of these rows that a query finds."""
        statement = REGISTER_ROW.select().where(*self._conditions(replace(query, ids=rows)))
        with reading(self._engine) as connection:
            return connection.execute(statement).all()

    def registers_having(self, text: str) -> frozenset[str]:
        """Return the registers with a row that has all words of a search."""
        statement = select(REGISTER_ROW.c.register_id).distinct().where(*_having(text))
        with reading(self._engine) as connection:
            return frozenset(connection.execute(statement).scalars())

    def newest(self, query: RowQuery, *, limit: int) -> tuple[int, Sequence[Row_]]:
        """Return the number of the rows, and the heads of the newest."""
        conditions = self._conditions(query)
        count = select(func.count()).select_from(REGISTER_ROW).where(*conditions)
        rows = REGISTER_ROW.select().where(*conditions).order_by(REGISTER_ROW.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            return connection.execute(count).scalar_one(), connection.execute(rows).all()

    def heads(self, ids: Collection[str]) -> Sequence[Row_]:
        """Return the heads of these rows."""
        statement = REGISTER_ROW.select().where(REGISTER_ROW.c.id.in_(ids))
        with reading(self._engine) as connection:
            return connection.execute(statement).all()

    def counts(self, units: Collection[str] | None = None) -> Mapping[str, int]:
        """Return the number of rows of each register in these units."""
        statement = select(REGISTER_ROW.c.register_id, func.count()).where(REGISTER_ROW.c.withdrawn.is_(False))
        if units is not None:
            statement = statement.where(self._in_units(REGISTER_ROW.c.unit, units))
        with reading(self._engine) as connection:
            records = connection.execute(statement.group_by(REGISTER_ROW.c.register_id))
            return {name: int(count) for name, count in records}

    def units(self, registers: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return the (register, unit) pairs of all rows of these registers."""
        statement = select(REGISTER_ROW.c.register_id, REGISTER_ROW.c.unit).distinct()
        with reading(self._engine) as connection:
            records = connection.execute(statement.where(REGISTER_ROW.c.register_id.in_([*registers])))
            return [(register, unit) for register, unit in records]

    def registers_with_rows(self) -> frozenset[str]:
        """Return the registers that have rows, by one index step for each register."""
        with reading(self._engine) as connection:
            return frozenset(connection.execute(_REGISTERS_WITH_ROWS).scalars())

    def exists(self, register: str, row: str) -> bool:
        """Return whether a register has a row with that id that is not withdrawn."""
        statement = select(REGISTER_ROW.c.id).where(
            REGISTER_ROW.c.id == row,
            REGISTER_ROW.c.register_id == register,
            REGISTER_ROW.c.withdrawn.is_(False),
        )
        with reading(self._engine) as connection:
            return connection.execute(statement).scalar() is not None

    def _count(self, connection: Connection, query: RowQuery) -> int:
        statement = select(func.count()).select_from(self._matching(query).subquery())
        return int(connection.execute(statement).scalar_one())

    def _has_more(self, connection: Connection, query: RowQuery, number: int) -> bool:
        """Return whether a query finds more rows than a number; it reads no further."""
        statement = select(REGISTER_ROW.c.id).where(*self._conditions(query)).offset(number).limit(1)
        return connection.execute(statement).first() is not None

    def _measure(
        self, connection: Connection, query: RowQuery, totals: Collection[str]
    ) -> tuple[int, dict[str, Decimal], Sequence[str] | None]:
        """Return the number of rows a query matches, their sums, and their ids if there are few.

        Conditions that require scanning rows are evaluated once, in one statement. An index range is read a
        second time for the sums, since PostgreSQL can estimate its size.
        """
        matching = self._matching(query).cte("matching").prefix_with("MATERIALIZED")
        count = select(func.count()).select_from(matching).scalar_subquery()
        answers = [
            select(literal("count"), literal(""), count),
            select(literal("row"), matching.c.id, null()).where(count <= SHORT),
        ]
        at_once = bool(totals) and self._on_rows(query)
        if at_once:
            of_rows: ColumnElement[bool] = REGISTER_CELL.c.row.in_(select(matching.c.id))
            if connection.dialect.name == "sqlite":
                # Not looked up row by row where all rows match; PostgreSQL joins them at once.
                all_rows = select(func.count()).where(*self._conditions(RowQuery(register=query.register)))
                of_rows = or_(count == all_rows.scalar_subquery(), of_rows)
            sums = self._sums(query, totals, of_rows).subquery()
            answers.append(select(literal("sum"), sums.c.field, sums.c.amount))
        records = connection.execute(union_all(*answers)).all()
        (total,) = (int(amount) for kind, _, amount in records if kind == "count")
        ids = [name for kind, name, _ in records if kind == "row"] if total <= SHORT else None
        amounts = [(name, amount) for kind, name, amount in records if kind == "sum"]
        if totals and not at_once:
            found_rows = (
                REGISTER_CELL.c.row.in_(self._matching(query)) if ids is None else REGISTER_CELL.c.row.in_(ids)
            )
            amounts = [(*line,) for line in connection.execute(self._sums(query, totals, found_rows))]
        return total, {name: _decimal(amount) for name, amount in amounts}, ids

    def _sums(self, query: RowQuery, fields: Collection[str], *where: ColumnElement[bool]) -> Select[Any]:
        """Return the query for the sums of number fields, in ten-thousandths. `where`: condition on the
        rows.
        """
        number = cast(func.replace(REGISTER_CELL.c.key, ".", ""), BigInteger) - NUMBER_SHIFT * _SCALE
        return (
            select(REGISTER_CELL.c.field, func.sum(number).label("amount"))
            .where(
                REGISTER_CELL.c.register_id == query.register,
                REGISTER_CELL.c.field.in_([*fields]),
                REGISTER_CELL.c.key != "",
                *where,
            )
            .group_by(REGISTER_CELL.c.field)
        )

    def _matching(self, query: RowQuery) -> Select[Any]:
        """Return the query for the ids of the rows: from the cells of one field where that alone is enough."""
        if not query.filters or self._on_rows(query):
            return select(REGISTER_ROW.c.id).where(*self._conditions(query))
        first, *other_filters = query.filters
        row = REGISTER_CELL.c.row.label("id")
        statement = select(row).where(
            *self._on_cell(query.register, first), *self._filters(query, other_filters, REGISTER_CELL.c.row)
        )
        # Of several values a row may have more than one that is asked for.
        return statement.distinct() if first.filled or len(first.keys or ()) > 1 else statement

    def _sorted(
        self,
        connection: Connection,
        query: RowQuery,
        ids: Sequence[str] | None,
        row_count: int | None,
        sort: str,
        descending: bool,
    ) -> Select[tuple[object, ...]]:
        """Return the query for the rows in the requested order.

        Args:
            ids: ids of the rows, for a short result.
            row_count: number of rows in the register, if it was counted.
        """
        order: list[ColumnElement[object]] = [REGISTER_ROW.c.number]
        statement = select(*REGISTER_ROW.c)
        if ids is not None:
            where: list[ColumnElement[bool]] = [REGISTER_ROW.c.id.in_(ids)]
        else:
            where = self._conditions(query)
        if sort:
            of_sorted = and_(_SORTED.c.row == REGISTER_ROW.c.id, _SORTED.c.field == sort)
            if ids is not None or not self._all_have(connection, query.register, sort, row_count):
                statement = statement.join(_SORTED, of_sorted, isouter=True)
                order = [func.coalesce(_SORTED.c.key, ""), REGISTER_ROW.c.id]
            else:
                statement = statement.join(_SORTED, of_sorted)
                where.append(_SORTED.c.register_id == query.register)
                order = [_SORTED.c.key, _SORTED.c.row]
        return statement.where(*where).order_by(*(column.desc() if descending else column for column in order))

    def _by_names(
        self,
        connection: Connection,
        query: RowQuery,
        ids: Sequence[str] | None,
        total: int,
        sort: str,
        order: Callable[[str], str],
        descending: bool,
        page: slice,
        instead: Mapping[str, str],
    ) -> Sequence[Row_]:
        """Return the rows of a page, sorted by the names of their keys.

        Of the whole register the keys are counted by their index, and only the rows of the page are read; of a
        narrowed list what each row is sorted by.

        Args:
            total: how many rows the query finds.
            instead: row -> the key that stands in place of its own.
        """
        is_whole = not query.has_conditions and not instead
        table, key, row, where = REGISTER_ROW, REGISTER_ROW.c.unit, REGISTER_ROW.c.id, self._conditions(query)
        if sort != UNIT:
            is_whole = is_whole and self._all_have(connection, query.register, sort, total)
            table, key, row = REGISTER_CELL, REGISTER_CELL.c.key, REGISTER_CELL.c.row
            where = [REGISTER_CELL.c.register_id == query.register, REGISTER_CELL.c.field == sort]
        groups, counts = dict[str, list[str]](), dict[str, int]()
        if is_whole:
            count_query = select(key, func.count()).where(*where).group_by(key)
            counts = {name: int(number) for name, number in connection.execute(count_query)}
        else:
            subquery = self._matching(query).subquery() if ids is None else None
            matching = REGISTER_ROW.alias() if subquery is None else subquery
            # By its row alone: the index that begins with the register would be gone through for each.
            of_row = [row == matching.c.id, *([REGISTER_CELL.c.field == sort] if sort != UNIT else [])]
            joined = matching.outerjoin(table, and_(*of_row))
            pairs = select(func.coalesce(key, ""), matching.c.id).select_from(joined)
            if ids is not None:
                pairs = pairs.where(matching.c.id.in_(ids))
            for name, row_id in connection.execute(pairs):
                groups.setdefault(instead.get(row_id, name), []).append(row_id)
            counts = {name: len(rows) for name, rows in groups.items()}
        names = sorted(counts, key=lambda name: (order(name) if name else "", name), reverse=descending)
        ordered, at = list[str](), 0
        for name in names:
            first, last = max(page.start - at, 0), min(page.stop - at, counts[name])
            at += counts[name]
            if first < last and not is_whole:
                ordered += sorted(groups[name], reverse=descending)[first:last]
            elif first < last:
                part = select(row).where(*where, key == name).order_by(row.desc() if descending else row)
                ordered += connection.execute(part.limit(last - first).offset(first)).scalars()
        heads = REGISTER_ROW.select().where(REGISTER_ROW.c.id.in_(ordered))
        by_id = {head.id: head for head in connection.execute(heads)}
        return [by_id[row_id] for row_id in ordered]

    def _all_have(self, connection: Connection, register: str, field: str, row_count: int | None) -> bool:
        """Return whether every row has a cell of a field: rows older than the field have none until a
        rebuild.
        """
        cells = select(func.count()).select_from(REGISTER_CELL)
        cells = cells.where(REGISTER_CELL.c.register_id == register, REGISTER_CELL.c.field == field)
        if row_count is None:
            row_count = self._count(connection, RowQuery(register=register))
        return bool(connection.execute(cells).scalar_one() == row_count)

    def _on_rows(self, query: RowQuery) -> bool:
        """Return whether a query asks for what stands in the heads of rows alone."""
        heads = query.case or query.open_cases or query.search or query.withdrawn
        return (
            bool(heads) or query.units is not None or any(cell_filter.instead for cell_filter in query.filters)
        )

    def _conditions(self, query: RowQuery) -> list[ColumnElement[bool]]:
        """Return the conditions on the heads of rows."""
        conditions: list[ColumnElement[bool]] = [
            REGISTER_ROW.c.register_id == query.register,
            REGISTER_ROW.c.withdrawn.is_(query.withdrawn),
        ]
        if query.units is not None:
            conditions.append(self._in_units(REGISTER_ROW.c.unit, query.units))
        if query.case:
            conditions.append(REGISTER_ROW.c.case == query.case)
        if query.open_cases:
            conditions.append(REGISTER_ROW.c.case.in_(select(CASE.c.id).where(CASE.c.confidential.is_(False))))
        conditions += _having(query.search)
        if query.ids is not None:
            conditions.append(REGISTER_ROW.c.id.in_(query.ids))
        return [*conditions, *self._filters(query, query.filters, REGISTER_ROW.c.id)]

    def _filters(
        self, query: RowQuery, filters: Sequence[CellFilter], row: ColumnElement[str]
    ) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        for cell_filter in filters:
            cell = REGISTER_CELL.alias()
            condition: ColumnElement[bool] = row.in_(
                select(cell.c.row).where(*self._on_cell(query.register, cell_filter, cell))
            )
            if cell_filter.instead:
                right = [name for name, key in cell_filter.instead.items() if cell_filter.matches(key)]
                condition = and_(condition, ~row.in_(cell_filter.instead))
                condition = or_(condition, row.in_(right))
            conditions.append(condition)
        if query.hidden_person and query.hidden_fields:
            cell = REGISTER_CELL.alias()
            hidden = select(cell.c.row).where(
                cell.c.register_id == query.register,
                cell.c.field.in_(query.hidden_fields),
                cell.c.key == query.hidden_person,
            )
            conditions.append(row.not_in(hidden))
        return conditions

    def _on_cell(
        self, register: str, cell_filter: CellFilter, cell: object = REGISTER_CELL
    ) -> list[ColumnElement[bool]]:
        columns = getattr(cell, "c")  # noqa: B009 (a table or an alias of it)
        conditions: list[ColumnElement[bool]] = [
            columns.register_id == register,
            columns.field == cell_filter.field,
        ]
        if cell_filter.keys is not None:
            conditions.append(columns.key.in_(cell_filter.keys) if cell_filter.keys else false())
        if cell_filter.least:
            conditions.append(columns.key >= cell_filter.least)
        if cell_filter.most:
            conditions += [columns.key <= cell_filter.most, columns.key > ""]
        if cell_filter.filled:
            conditions.append(columns.key > "")
        if cell_filter.contains:
            conditions.append(text_within(self._engine, columns.key, cell_filter.contains))
        return conditions

    def _in_units(self, column: ColumnElement[str], units: Collection[str]) -> ColumnElement[bool]:
        if len(units) <= INDEXED_UNITS:
            return column.in_([*units])
        return column.in_(units)


def _decimal(amount: int) -> Decimal:
    """Return a sum in ten-thousandths as a number."""
    return Decimal(int(amount)) / _SCALE


def _having(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions that each word of a search occurs in the texts of a row."""
    return [REGISTER_ROW.c.search.contains(word, autoescape=True) for word in search_words(text)]
