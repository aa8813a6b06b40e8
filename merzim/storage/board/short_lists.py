"""The first rows of several lists, read by one prepared statement, for readers who see every unit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    bindparam,
    func,
    literal,
    not_,
    select,
    union_all,
)

from merzim.storage.board import lateness
from merzim.storage.board.sums import of_urgency
from merzim.storage.confidentiality import HIDDEN, reader_values
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.rows import row
from merzim.storage.tables.board import DEADLINE, UNDATED
from workflow.board.rows import Row
from workflow.board.sums import AssigneeKey, Horizon, Urgency
from workflow.org.access import Scope

_SEPARATOR = "\x1e"
_ASSIGNEE = ("unit", "duty", "responsible", "person")
_SEEN = DEADLINE.c.case.not_in(HIDDEN)
_UNDATED = (
    select(DEADLINE)
    .where(
        UNDATED,
        in_names(DEADLINE.c.unit),
        *(DEADLINE.c[name] == bindparam(f"k_{name}") for name in _ASSIGNEE[1:]),
        lateness.holds(lateness.TODAY),
        _SEEN,
    )
    .order_by(func.coalesce(DEADLINE.c.case, DEADLINE.c.case), DEADLINE.c.obligation)
    .limit(bindparam("k_limit"))
)


class ShortList(NamedTuple):
    """Rows of one urgency: at most `limit`, found `by_unit` or walked by due date."""

    urgency: Urgency
    limit: int
    is_obligatory: bool | None = None
    by_unit: bool = False
    of_assignees: bool = False


def first_rows(
    connection: Connection,
    lists: Sequence[ShortList],
    assignees: Collection[AssigneeKey],
    scope: Scope | None,
    horizon: Horizon,
) -> list[list[Row]]:
    """Return the first rows of each list, earliest due (of slipped ones, earliest planned) first.

    Args:
        assignees: the assignees of those lists that are limited to them.
        scope: of a reader who sees every unit; None for the program itself.
    """
    rows: list[list[Row]] = [[] for _ in lists]
    values = {
        "today": horizon.today,
        "week": horizon.week,
        "soon": horizon.soon,
        "k_units": [*{key.unit for key in assignees}],
        "k_asked": [*map(_SEPARATOR.join, assignees)],
        **reader_values(scope),
    }
    for place, *record in connection.execute(_statement(tuple(lists)), values) if lists else ():
        rows[place].append(row(record))
    for short, its in zip(lists, rows, strict=True):
        its.sort(key=attrgetter("planned_on" if short.urgency == "slipped" else "due", "case", "obligation"))
    return rows


def undated_rows(
    connection: Connection,
    assignees: Collection[AssigneeKey],
    scope: Scope | None,
    horizon: Horizon,
    *,
    limit: int,
) -> Sequence[Row]:
    """Return the first rows without a due date that wait for the assignees, by case and obligation.

    Each assignee is looked up in the index, because only few of such rows are theirs.
    """
    units: dict[tuple[str, ...], set[str]] = {}
    for key in assignees:
        units.setdefault(key[1:], set()).add(key.unit)
    values = {
        "today": horizon.today,
        "k_limit": limit,
        **reader_values(scope),
    }
    rows = [
        row(record)
        for rest, of_units in sorted(units.items())
        for record in execute_for_names(
            connection,
            _UNDATED,
            sorted(of_units),
            {**values, **{f"k_{name}": value for name, value in zip(_ASSIGNEE[1:], rest, strict=True)}},
        )
    ]
    return sorted(rows, key=attrgetter("case", "obligation"))[:limit]


@cache
def _statement(lists: tuple[ShortList, ...]) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(
                select(literal(place).label("place"), DEADLINE)
                .where(*_conditions(short))
                .order_by(_day(short), DEADLINE.c.case, DEADLINE.c.obligation)
                .limit(short.limit)
                .subquery()
            )
            for place, short in enumerate(lists)
        )
    )


def _conditions(short: ShortList) -> Iterator[ColumnElement[bool]]:
    yield from of_urgency(short.urgency, lateness.TODAY, bindparam("week"), bindparam("soon"))
    if short.is_obligatory is not None:
        obligatory = DEADLINE.c.force == "obligatory"
        yield obligatory if short.is_obligatory else not_(obligatory)
    if short.of_assignees:
        yield in_names(DEADLINE.c.unit, "k_units")
        key: ColumnElement[str] = DEADLINE.c.unit
        for name in _ASSIGNEE[1:]:
            key = key.concat(_SEPARATOR).concat(DEADLINE.c[name])
        yield in_names(key, "k_asked")
    yield _SEEN


def _day(short: ShortList) -> ColumnElement[object]:
    """Return the date rows are ordered by: by unit no index gives them in its order."""
    if short.urgency == "slipped":
        return DEADLINE.c.planned_on
    return func.coalesce(DEADLINE.c.due, DEADLINE.c.due) if short.by_unit else DEADLINE.c.due
