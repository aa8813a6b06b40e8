"""Queries for recommendations of all cases: counts by status, pages, and risks shared by units.

A measure is late when its board row is open and its date has passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from storage.board.lateness import overdue
from storage.database.engine import Row_
from storage.tables.board import DEADLINE, MEASURES, RECOMMENDATION
from workflow.cases.registers.risk_lists import Place, RecommendationFilter, RiskGroup

Standing: TypeAlias = tuple[str, bool]
"""The outcome of the last review, and whether the measure is late."""
_R = RECOMMENDATION.c
_PLACE = (_R.case, _R.risk, _R.measure)


class _Number(FunctionElement[int]):
    """SQL expression for the number in the id of a measure's obligation, `measure.3` or `measure.3.2026Q3`."""

    type = Integer()
    inherit_cache = True
    name = "measure_number"


@compiles(_Number, "sqlite")
def _sqlite(element: _Number, compiler: Any, **more: Any) -> str:
    # A text is cast as far as it is a number.
    return f"CAST(substr({compiler.process(element.clauses, **more)}, 9) AS INTEGER)"


@compiles(_Number, "postgresql")
def _postgresql(element: _Number, compiler: Any, **more: Any) -> str:
    return f"CAST(split_part({compiler.process(element.clauses, **more)}, '.', 2) AS INTEGER)"


def counts(
    connection: Connection, narrowed: RecommendationFilter, today: date, seen: Sequence[ColumnElement[bool]]
) -> Mapping[Standing, int]:
    """Return the number of recommendations by status, with every filter except status and lateness."""
    wanted = (*seen, *_wanted(narrowed))
    late = _late(today)
    every = select(_R.status, func.count()).where(*wanted).group_by(_R.status)
    behind = select(_R.status, func.count()).join_from(RECOMMENDATION, late, _its(late))
    behind = behind.where(*wanted).group_by(_R.status)
    overdue = {status: int(n) for status, n in map(tuple, connection.execute(behind))}
    found: dict[Standing, int] = {}
    for status, n in map(tuple, connection.execute(every)):
        found[status, True] = overdue.get(status, 0)
        found[status, False] = int(n) - found[status, True]
    return found


def page(
    connection: Connection,
    narrowed: RecommendationFilter,
    today: date,
    seen: Sequence[ColumnElement[bool]],
    *,
    limit: int | None,
    offset: int,
) -> Sequence[Place]:
    """Return a page of the filtered recommendations, by case, risk and measure."""
    asked: Select[Any] = select(*_PLACE).where(*seen, *_wanted(narrowed))
    if narrowed.status:
        asked = asked.where(_R.status == narrowed.status)
    if narrowed.late:
        late = _late(today)
        asked = asked.join_from(RECOMMENDATION, late, _its(late))
    asked = asked.order_by(*_PLACE).limit(limit).offset(offset)
    return [Place(*record) for record in connection.execute(asked)]


def alike(
    connection: Connection, seen: Sequence[ColumnElement[bool]], *, limit: int, first: int
) -> Sequence[RiskGroup]:
    """Return risks found in more than one case, those in most units first.

    Args:
        first: number of examples of each.
    """
    marked = and_(_R.alike.is_not(None), *seen)
    units, cases = func.count(_R.unit.distinct()), func.count(_R.case.distinct())
    asked = (
        select(_R.alike, units, cases, func.count(case((_R.unasked, _R.case)).distinct()))
        .where(marked)
        .group_by(_R.alike)
        .having(func.min(_R.case) < func.max(_R.case))
        .order_by(units.desc(), cases.desc(), _R.alike)
        .limit(limit)
    )
    known = [tuple(record) for record in connection.execute(asked)]
    if not known:
        return []
    names = [one[0] for one in known]
    ranked = (
        select(
            _R.alike,
            *_PLACE,
            _R.unasked,
            func.row_number().over(partition_by=_R.alike, order_by=_PLACE).label("nth"),
            func.row_number().over(partition_by=(_R.alike, _R.unasked), order_by=_PLACE).label("nth_so"),
        )
        .where(marked, _R.alike.in_(names))
        .subquery()
    )
    shown = or_(ranked.c.nth <= first, and_(ranked.c.unasked, ranked.c.nth_so <= first))
    members: dict[str, list[Row_]] = {name: [] for name in names}
    for record in connection.execute(select(ranked).where(shown).order_by(ranked.c.nth)):
        members[record.alike].append(record)
    return [
        RiskGroup(
            units=int(units),
            cases=int(cases),
            first=tuple(Place(*one[1:4]) for one in members[name] if one.nth <= first),
            unasked=int(unasked),
            asking=tuple(
                dict.fromkeys(one.case for one in members[name] if one.unasked and one.nth_so <= first)
            ),
        )
        for name, units, cases, unasked in known
    ]


def _wanted(narrowed: RecommendationFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    return [
        *([_R.direction == narrowed.direction] if narrowed.direction else []),
        *([_R.legal] if narrowed.legal else []),
    ]


def _late(today: date) -> Subquery:
    """Return a subquery of the measures that are late."""
    number = _Number(DEADLINE.c.obligation).label("number")
    asked = select(DEADLINE.c.case, number).where(MEASURES, overdue(today)).distinct()
    return asked.subquery("late")


def _its(late: Subquery) -> ColumnElement[bool]:
    """Return the condition that joins a recommendation with its late measure."""
    return and_(_R.case == late.c.case, _R.measure == late.c.number)
