"""Queries for recommendations of all cases: counts by status, pages, and risks shared by units.

A measure is late when its board row is open and its date has passed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlmodel import Session

from merzim.storage.database import Row_, reading, text_before
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.tables.board import DEADLINE, RECOMMENDATION, overdue
from merzim.storage.tables.cases import CASE_ROW
from workflow.cases.registers.risks import RecommendationFilter, RecommendationPlace, RiskGroup, Words

MeasureStatus: TypeAlias = tuple[str, bool]
"""The outcome of the last review, and whether the measure is late."""
_R = RECOMMENDATION.c
_PLACE = (_R.case, _R.risk, _R.measure)


class RecommendationReads(ReaderQueries):
    """Queries of recommendations."""

    def count_recommendations(self, criteria: RecommendationFilter, today: date) -> Mapping[MeasureStatus, int]:
        """Return the number of recommendations by status and lateness, whatever the filter says of these."""
        query = select(_R.status, func.count()).where(*self._matching(criteria)).group_by(_R.status)
        with reading(self._engine) as session:
            totals = {status: int(n) for status, n in session.execute(query)}
            late = {status: int(n) for status, n in session.execute(query.where(_late(session, today)))}
        counts_by_status: dict[MeasureStatus, int] = {}
        for status, n in totals.items():
            counts_by_status[status, True] = late.get(status, 0)
            counts_by_status[status, False] = n - counts_by_status[status, True]
        return counts_by_status

    def recommendation_places(
        self, criteria: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[RecommendationPlace]:
        """Return a page of the matching recommendations (case, risk, measure), in that order."""
        query = select(*_PLACE).where(*self._matching(criteria)).order_by(*_PLACE).limit(limit).offset(offset)
        if criteria.status:
            query = query.where(_R.status == criteria.status)
        with reading(self._engine) as session:
            if criteria.late:
                query = query.where(_late(session, today))
            return [RecommendationPlace(*record) for record in session.execute(query)]

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        """Return risks found in more than one case, those in most units first, each with up to `first`
        examples.
        """
        marked = and_(_R.alike.is_not(None), *self._recommended(unit))
        units, cases = func.count(_R.unit.distinct()), func.count(_R.case.distinct())
        query = (
            select(_R.alike, units, cases, func.count(case((_R.unasked, _R.case)).distinct()))
            .where(marked)
            .group_by(_R.alike)
            .having(func.min(_R.case) < func.max(_R.case))
            .order_by(units.desc(), cases.desc(), _R.alike)
            .limit(limit)
        )
        nth = func.row_number().over(partition_by=_R.alike, order_by=_PLACE).label("nth")
        nth_so = func.row_number().over(partition_by=(_R.alike, _R.unasked), order_by=_PLACE).label("nth_so")
        ranked = select(_R.alike, *_PLACE, _R.unasked, nth, nth_so)
        with reading(self._engine) as session:
            groups = [tuple(record) for record in session.execute(query)]
            members: dict[str, list[Row_]] = {group[0]: [] for group in groups}
            found = ranked.where(marked, _R.alike.in_(members)).subquery()
            is_shown = or_(found.c.nth <= first, and_(found.c.unasked, found.c.nth_so <= first))
            for record in session.execute(select(found).where(is_shown).order_by(found.c.nth)):
                members[record.alike].append(record)
        return [
            RiskGroup(
                units=int(units),
                cases=int(cases),
                first=tuple(RecommendationPlace(*each[1:4]) for each in members[name] if each.nth <= first),
                unasked=int(unasked),
                asking=tuple(dict.fromkeys(each.case for each in members[name] if each.unasked)),
            )
            for name, units, cases, unasked in groups
        ]

    def _matching(self, criteria: RecommendationFilter) -> list[ColumnElement[bool]]:
        """Return the conditions for recommendations the reader sees that meet a filter, but for its status."""
        conditions = [*self._recommended(criteria.unit), *_worded(criteria.words)]
        conditions += [_R.direction == criteria.direction] if criteria.direction else []
        return [*conditions, _R.legal] if criteria.legal else conditions

    def _recommended(self, unit: str) -> list[ColumnElement[bool]]:
        """Return the conditions for recommendations the reader sees, of a unit and all below; "" for all."""
        return self._seen(_R.case, _R.unit, unit or None)


def _worded(words: Words) -> list[ColumnElement[bool]]:
    """Return the conditions that each word occurs in the risk or the measure of a recommendation."""
    place = RECOMMENDATION.c
    rows = [literal("risk.") + cast(place.risk, String), literal("measure.") + cast(place.measure, String)]
    mine = CASE_ROW.c.case == place.case, CASE_ROW.c.row.in_(rows)
    return [exists().where(*mine, has_word(word)) for word in words]


def has_word(readings: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of the texts of a word occurs in those of a row."""
    return or_(*(CASE_ROW.c.search.contains(reading, autoescape=True) for reading in readings))


def _late(session: Session, today: date) -> ColumnElement[bool]:
    """Return the condition that the measure of a recommendation is overdue on the day."""
    obligation = DEADLINE.c.obligation
    # The number in the id of its obligation, `measure.3` or `measure.3.2026Q3`.
    number = cast(text_before(session, func.substr(obligation, len("measure.") + 1), "."), Integer)
    is_measure = obligation.startswith("measure.", autoescape=True)
    late = select(DEADLINE.c.case, number).where(DEADLINE.c.state == "open", is_measure, overdue(today))
    return tuple_(_R.case, _R.measure).in_(late)
