"""Queries for board rows by day or period: the number of rows, and the first few of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from sqlalchemy import Connection, and_, func, select, union_all

from storage.board.lateness import overdue
from storage.board.sums import AccessFilter
from storage.rows import row
from storage.tables.board import DEADLINE, UNREPORTED
from workflow.board.rows import Row

Firsts: TypeAlias = tuple[int, Sequence[Row]]
"""The number of rows, and the first of them."""
_KEY = (DEADLINE.c.case, DEADLINE.c.obligation)


def by_day(
    connection: Connection, first: date, last: date, access: AccessFilter, *, limit: int
) -> Mapping[date, Firsts]:
    """Return the open rows due on each day from `first` to `last`, by case; days without any are left out."""
    ranked = (
        select(
            *_KEY,
            func.count().over(partition_by=DEADLINE.c.due).label("k_all"),
            func.row_number().over(partition_by=DEADLINE.c.due, order_by=_KEY).label("k_nth"),
        )
        .where(DEADLINE.c.state == "open", DEADLINE.c.due >= first, DEADLINE.c.due <= last, *access.rows)
        .subquery()
    )
    # What is shown is looked up whole when it is known; the others are ranked alone.
    same = and_(DEADLINE.c.case == ranked.c.case, DEADLINE.c.obligation == ranked.c.obligation)
    query = select(*DEADLINE.c, ranked.c.k_all).join_from(ranked, DEADLINE, same)
    query = query.where(ranked.c.k_nth <= limit).order_by(DEADLINE.c.due, *_KEY)
    rows_by_day: dict[date, tuple[int, list[Row]]] = {}
    for *values, every in map(tuple, connection.execute(query)):
        first_row = row(values)
        assert first_row.due is not None
        rows_by_day.setdefault(first_row.due, (int(every), []))[1].append(first_row)
    return dict(rows_by_day)


def unreported(
    connection: Connection, today: date, access: AccessFilter, *, limit: int, offset: int
) -> Mapping[str, Firsts]:
    """Return the first rows due before the day and not reported, by quarter, earliest due first."""
    late = and_(UNREPORTED, overdue(today), *access.rows)
    counted = select(DEADLINE.c.obligation, func.count()).where(late).group_by(DEADLINE.c.obligation)
    rows_by_name: dict[str, tuple[int, list[Row]]] = {
        name: (number, []) for name, number in map(tuple, connection.execute(counted))
    }
    if rows_by_name:
        # Each quarter's first are read off an index and no further.
        firsts = [
            select(*_KEY)
            .where(late, DEADLINE.c.obligation == name)
            .order_by(DEADLINE.c.due, DEADLINE.c.case)
            .limit(limit)
            .offset(offset)
            .subquery()
            for name in rows_by_name
        ]
        shown = union_all(*(select(subquery) for subquery in firsts)).subquery()
        # Joined: by a list of pairs SQLite would look at every row.
        same = and_(DEADLINE.c.case == shown.c.case, DEADLINE.c.obligation == shown.c.obligation)
        query = select(DEADLINE).join_from(shown, DEADLINE, same).order_by(DEADLINE.c.due, *_KEY)
        for record in connection.execute(query):
            rows_by_name[record.obligation][1].append(row(record))
    return {name.partition(".")[2]: firsts for name, firsts in rows_by_name.items()}
