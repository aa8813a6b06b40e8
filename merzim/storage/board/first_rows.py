"""Queries for board rows by day or period: the number of rows, and the first few of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, and_, func, select

from merzim.storage.board.lateness import overdue
from merzim.storage.board.sums import AccessFilter
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.rows import row
from merzim.storage.tables.board import DEADLINE, UNREPORTED
from workflow.board.rows import Row

Firsts: TypeAlias = tuple[int, Sequence[Row]]
"""The number of rows, and the first of them."""
_KEY = {"case": DEADLINE.c.case, "obligation": DEADLINE.c.obligation}
_IN_ORDER = (DEADLINE.c.due, *_KEY.values())
_WITHIN, _BETWEEN = "\x1f", "\x1e"
_PLACE = _KEY["case"].concat(_WITHIN).concat(_KEY["obligation"])
_ROWS_AT = select(DEADLINE).where(in_names(_PLACE)).order_by(*_IN_ORDER)


def by_day(
    connection: Connection, first: date, last: date, access: AccessFilter, *, limit: int
) -> Mapping[date, Firsts]:
    """Return the open rows due on each day from `first` to `last`, by case; days without any are left out."""
    within = DEADLINE.c.due.between(first, last)
    return _firsts(connection, DEADLINE.c.due, within, (DEADLINE.c.state == "open", *access.rows), limit, 0)


def unreported(
    connection: Connection, today: date, access: AccessFilter, *, limit: int, offset: int
) -> Mapping[str, Firsts]:
    """Return the first rows due before the day and not reported, by quarter, earliest due first."""
    late = and_(UNREPORTED, overdue(today))
    rows_by_name = _firsts(connection, DEADLINE.c.obligation, late, (late, *access.rows), limit, offset)
    return {name.partition(".")[2]: firsts for name, firsts in rows_by_name.items()}


def _firsts(
    connection: Connection,
    group: Column[Any],
    within: ColumnElement[bool],
    conditions: Sequence[ColumnElement[bool]],
    limit: int,
    offset: int,
) -> Mapping[Any, Firsts]:
    """Return by group the number of rows that meet the conditions, and the first of them, earliest due first.

    Args:
        within: the condition that limits the groups; a group's first rows are read off an index and no further.
    """
    each = select(group.label("k_of"), func.count().label("k_all")).where(within, *conditions).group_by(group)
    groups = each.subquery("k_groups")
    key = _PLACE.label("k_key")
    in_order = select(key).where(*conditions, group == groups.c.k_of).order_by(*_IN_ORDER)
    first = in_order.limit(limit).offset(offset).correlate(groups).subquery("k_first")
    keys = select(func.aggregate_strings(first.c.k_key, _BETWEEN)).scalar_subquery()
    records = [tuple(record) for record in connection.execute(select(*groups.c, keys))]
    firsts: dict[Any, tuple[int, list[Row]]] = {of: (number, []) for of, number, _ in records}
    places = [place for *_, keys in records for place in (keys or "").split(_BETWEEN) if place]
    for record in execute_for_names(connection, _ROWS_AT, places):
        first_row = row(record)
        firsts[getattr(first_row, group.name)][1].append(first_row)
    return firsts
