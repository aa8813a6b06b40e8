"""Queries of the board: deadlines, their sums, recommendations, assignments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal

from sqlalchemy import (
    Select,
    and_,
    func,
    literal,
    select,
)

from merzim.storage import lateness
from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import reading
from merzim.storage.queries.deadlines import DeadlineReads
from merzim.storage.queries.figures import FigureReads
from merzim.storage.queries.recommendations import RecommendationReads
from merzim.storage.rows import row, rows_by_case
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import ASSIGNMENT_GIVEN, EVENT
from workflow.board.rows import Row
from workflow.cases.registers.assignments import AssignmentFilter

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


class BoardReads(DeadlineReads, FigureReads, RecommendationReads):
    """Queries of the board's rows."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows that are overdue on `today`, the longest overdue first."""
        return self._rows(_BOARD.where(_OPEN, lateness.overdue(today)).order_by(*_IN_ORDER), unit)

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows with a valid due date from `today` to `until`, both included, the nearest first."""
        query = _BOARD.where(_OPEN, lateness.ahead(today), DEADLINE.c.due <= until)
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
