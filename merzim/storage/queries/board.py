"""Queries of the board: deadlines, their sums, recommendations, assignments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    select,
)

from merzim.storage.board import deadlines, figures, lateness
from merzim.storage.board import recommendations as recommended
from merzim.storage.board.deadlines import Firsts
from merzim.storage.board.recommendations import MeasureStatus as Stands
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import reading
from merzim.storage.queries.search import SearchReads
from merzim.storage.rows import row, rows_by_case
from merzim.storage.tables.board import DEADLINE, RECOMMENDATION
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import ASSIGNMENT_GIVEN, EVENT
from workflow.board.figures import Outcomes, StageSpan
from workflow.board.rows import AssigneeKey, DeadlineFilter, Horizon, Row, Sum
from workflow.cases.registers.assignments import AssignmentFilter
from workflow.cases.registers.risk_lists import Place, RecommendationFilter, RiskGroup

_OPEN = and_(DEADLINE.c.state == "open", CASE.c.standing == "active")
_BOARD = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
_ROWS_OF = {
    only: (
        select(DEADLINE)
        .where(in_names(DEADLINE.c.case), *conditions)
        .order_by(DEADLINE.c.case, DEADLINE.c.due.is_(None), DEADLINE.c.due, DEADLINE.c.obligation)
    )
    for only, conditions in {
        "": (),
        "open": (DEADLINE.c.state == "open", DEADLINE.c.due.is_not(None)),
        "measures": (DEADLINE.c.obligation.startswith("measure.", autoescape=True),),
        "dated": (
            DEADLINE.c.state != "not_required",
            func.coalesce(DEADLINE.c.due, DEADLINE.c.planned_on, DEADLINE.c.done_on).is_not(None),
        ),
    }.items()
}
_IN_ORDER = (DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)


class BoardReads(SearchReads):
    """Queries of the board's rows."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows that are overdue on `today`, the longest overdue first."""
        return self._rows(_BOARD.where(_OPEN, lateness.overdue(today)).order_by(*_IN_ORDER), unit)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows with a valid due date from `today` to `until`, both included, the nearest first."""
        query = _BOARD.where(_OPEN, lateness.ahead(today), DEADLINE.c.due <= until)
        return self._rows(query.order_by(*_IN_ORDER), unit)

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Return rows of the state `missed`, by due date."""
        query = _BOARD.where(DEADLINE.c.state == "missed", CASE.c.standing == "active")
        return self._rows(query.order_by(*_IN_ORDER), unit)

    def rows_of(
        self, cases: Collection[str], only: Literal["", "open", "measures", "dated"] = ""
    ) -> Mapping[str, Sequence[Row]]:
        """Return the board rows of these cases by case id, by due date, those without one last.

        Args:
            only: those that are open and have a due date, those of measures, or those that are required and
                have any date.
        """
        with reading(self._engine) as connection:
            return rows_by_case(execute_for_names(connection, _ROWS_OF[only], self._visible.among(cases)))

    def days_of(self, steps: Mapping[str, str]) -> Mapping[str, date]:
        """Return by case the day on which its given obligation was done, else is planned; cases without a day
        are left out.
        """
        day, names = func.coalesce(DEADLINE.c.done_on, DEADLINE.c.planned_on), sorted({*steps.values()})
        query = select(DEADLINE.c.case, DEADLINE.c.obligation, day)
        query = query.where(in_names(DEADLINE.c.case), DEADLINE.c.obligation.in_(names), day.is_not(None))
        with reading(self._engine) as connection:
            records = execute_for_names(connection, query, self._visible.among(steps))
            return {case: on for case, obligation, on in records if steps[case] == obligation}

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sequence[Sum]:
        """Return the numbers of rows that are late, near, missed or past their plan date, by assignee, edition,
        stage and obligation.
        """
        with reading(self._engine) as connection:
            return deadlines.counts(connection, horizon, self._visible.rows(unit))

    def assignees(self, unit: str | None = None) -> Sequence[AssigneeKey]:
        """Return who has rows of any state."""
        with reading(self._engine) as connection:
            return deadlines.assignees(connection, self._visible.rows(unit))

    def listed(self, criteria: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """Return a page of the matching rows, the earliest due first."""
        conditions = self._visible.rows(criteria.unit)
        with reading(self._engine) as connection:
            return deadlines.rows(connection, criteria, conditions, limit=limit, offset=offset)

    def count(self, criteria: DeadlineFilter) -> int:
        """Return the number of matching rows."""
        with reading(self._engine) as connection:
            return deadlines.count(connection, criteria, self._visible.rows(criteria.unit))

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """Return the number of open rows due on each day from `first` to `last`, with due dates valid on
        `first`.
        """
        with reading(self._engine) as connection:
            return deadlines.by_day(connection, first, last, self._visible.rows(unit))

    def days(self, first: date, last: date, unit: str | None = None, *, limit: int) -> Mapping[date, Firsts]:
        """Return by day from `first` to `last` the number of open rows due, and the first of them by case."""
        with reading(self._engine) as connection:
            return deadlines.firsts_by_day(connection, first, last, self._visible.rows(unit), limit=limit)

    def overdue_since(self, today: date, unit: str | None = None) -> Mapping[AssigneeKey, date]:
        """Return, for everybody with an overdue row, the due date of the longest overdue one."""
        with reading(self._engine) as connection:
            return deadlines.oldest(connection, today, self._visible.rows(unit))

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.
        """
        conditions = self._visible.rows(unit)
        with reading(self._engine) as connection:
            ended = figures.outcomes(connection, first, last, today, conditions)
            return ended, figures.stage_spans(connection, first, last, conditions)

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, Firsts]:
        """Return by quarter the number of rows that were due before the day and not reported, and some of
        them.
        """
        conditions = self._visible.rows(unit)
        with reading(self._engine) as connection:
            return deadlines.unreported(connection, today, conditions, limit=limit, offset=offset)

    def recommendations(self, criteria: RecommendationFilter, today: date) -> Mapping[Stands, int]:
        """Return the number of recommendations by status and lateness, with all other filters applied."""
        conditions = [*self._recommended(criteria.unit), *self._worded(criteria.words)]
        with reading(self._engine) as connection:
            return recommended.counts(connection, criteria, today, conditions)

    def recommended(
        self, criteria: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Place]:
        """Return a page of the matching recommendations, by case, risk and measure."""
        conditions = self._recommended(criteria.unit)
        with reading(self._engine) as connection:
            conditions += self._worded(criteria.words)
            return recommended.page(connection, criteria, today, conditions, limit=limit, offset=offset)

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        """Return risks found in more than one case, those in most units first, each with up to `first`
        examples.
        """
        with reading(self._engine) as connection:
            return recommended.alike(connection, self._recommended(unit), limit=limit, first=first)

    def assignments(
        self, criteria: AssignmentFilter, *, limit: int, offset: int = 0
    ) -> tuple[Sequence[Row], int]:
        """Return a page of the matching assignments' rows, and their total number.

        Open ones are ordered by due date, the longest overdue first; answered ones the latest first.
        """
        if self._visible.is_blind:
            return [], 0
        query = select(DEADLINE).join(CASE, CASE.c.id == DEADLINE.c.case)
        number = literal("assignment.").concat(EVENT.c.name)
        query = query.join(EVENT, and_(EVENT.c.case == DEADLINE.c.case, DEADLINE.c.obligation == number))
        states = {"open": "open", "overdue": "open", "done": "done", "refused": "not_required"}
        conditions = [*self._visible.cases()]
        if criteria.whose == "mine":
            conditions.append(DEADLINE.c.responsible == criteria.person)
        elif criteria.whose == "given":
            conditions.append(EVENT.c.by == criteria.login)
        if criteria.state != "all":
            conditions.append(DEADLINE.c.state == states[criteria.state])
        if criteria.state == "overdue":
            conditions.append(DEADLINE.c.due < criteria.today)
        waits = criteria.state in ("open", "overdue")
        query = query.where(ASSIGNMENT_GIVEN, *conditions)
        order = DEADLINE.c.due if waits else DEADLINE.c.due.desc()
        page = query.order_by(order, DEADLINE.c.case, DEADLINE.c.obligation).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            return [row(record) for record in connection.execute(page)], total

    def _rows(self, query: Select[tuple[object, ...]], unit: str | None) -> list[Row]:
        query = query.where(*self._visible.cases())
        if unit is not None:
            query = query.where(self._visible.within(DEADLINE.c.unit, unit))
        with reading(self._engine) as connection:
            return [row(record) for record in connection.execute(query)]

    def _recommended(self, unit: str) -> list[ColumnElement[bool]]:
        reach = self._visible.reach(RECOMMENDATION.c.case, RECOMMENDATION.c.unit, unit or None)
        return self._visible.lines(RECOMMENDATION.c.case, reach)
