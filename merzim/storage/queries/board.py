"""Queries of the board: deadlines, their sums and outcomes, durations of stages, recommendations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    extract,
    func,
    literal,
    or_,
    select,
)

from merzim.storage import lateness
from merzim.storage.database.dialect import in_names, read_for_names
from merzim.storage.database.engine import read, reading
from merzim.storage.queries.deadlines import DeadlineReads
from merzim.storage.queries.recommendations import RecommendationReads
from merzim.storage.rows import row, rows_by_case
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import ASSIGNMENT_GIVEN, EVENT
from workflow.board.figures import Outcomes, StageSpan
from workflow.board.rows import Row
from workflow.cases.registers.assignments import AssignmentFilter

Conditions = Sequence[ColumnElement[bool]]
LONGEST_STAGE = timedelta(days=366)
"""Maximum time between the first and the last due date of a stage."""
_WHOSE = (DEADLINE.c.unit, DEADLINE.c.stage, CASE.c.edition)


def _ended(first: date, last: date, today: date, conditions: Conditions) -> Select[tuple[Any, ...]]:
    """Return the query of the outcomes, counted by what they have in common."""
    late_by = func.coalesce(DEADLINE.c.late_by, 0)
    ended = case(
        (DEADLINE.c.state == "missed", "missed"),
        (DEADLINE.c.state == "open", "open"),
        (late_by > 0, "late"),
        else_="on_time",
    )
    month = extract("year", DEADLINE.c.due), extract("month", DEADLINE.c.due)
    came_due = or_(
        DEADLINE.c.state == "missed",
        and_(DEADLINE.c.state == "done", DEADLINE.c.done_on.is_not(None)),
        and_(DEADLINE.c.state == "open", lateness.overdue(today)),
    )
    since = case((DEADLINE.c.state == "open", DEADLINE.c.due))
    alike = (*_WHOSE, *month, ended, late_by, since)
    counts_query = _in_force(conditions, *alike, func.count()).group_by(*alike)
    return counts_query.where(
        DEADLINE.c.state.in_(("done", "open", "missed")), DEADLINE.c.due.between(first, last), came_due
    )


def _stage_spans(first: date, last: date, conditions: Conditions) -> Select[tuple[Any, ...]]:
    """Return the query of the stages whose obligatory deadlines are all met, the last of them due from `first`
    to `last`.

    A step that waits for another has no due date yet but keeps its stage open; a step without a term does not.
    A stage with only terms counted backwards has no duration.
    """
    due = func.max(DEADLINE.c.due)
    columns = (
        func.min(DEADLINE.c.span_first).label("first"),
        due.label("due"),
        func.max(DEADLINE.c.done_on).label("done"),
    )
    is_open = case((DEADLINE.c.state != "done", 1), else_=0)
    awaited = or_(DEADLINE.c.due.is_not(None), DEADLINE.c.waiting_for.is_not(None))
    is_counted = and_(DEADLINE.c.due >= first - LONGEST_STAGE, DEADLINE.c.span_first.is_not(None))
    stages = _in_force(conditions, *_WHOSE, *columns).where(
        or_(
            and_(DEADLINE.c.state == "open", awaited),
            and_(DEADLINE.c.state.in_(("done", "missed")), is_counted),
        )
    )
    stages = stages.group_by(DEADLINE.c.case, *_WHOSE).having(func.sum(is_open) == 0, due.between(first, last))
    stage_rows = stages.subquery()
    whose = [stage_rows.c[name] for name in ("unit", "stage", "edition", "first", "due", "done")]
    return (
        select(*whose, func.count())
        .where(stage_rows.c.done >= stage_rows.c.first, stage_rows.c.due > stage_rows.c.first)
        .group_by(*whose)
    )


def _in_force(conditions: Conditions, *columns: ColumnElement[Any]) -> Select[tuple[Any, ...]]:
    """Return a query over the obligatory rows of cases that were neither cancelled nor exempted."""
    rows = select(*columns).join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
    return rows.where(DEADLINE.c.force == "obligatory", CASE.c.status == "active", *conditions)


_OPEN = and_(DEADLINE.c.state == "open", CASE.c.status == "active")
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


class BoardReads(DeadlineReads, RecommendationReads):
    """Queries of the board's rows."""

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.

        Deadlines not due yet or no longer required are left out.
        """
        conditions = self._visible.rows(unit)
        with reading(self._engine) as session:
            ended = [
                Outcomes(unit, stage, edition, date(int(year), int(number), 1), outcome, days, count, due)
                for unit, stage, edition, year, number, outcome, days, due, count in session.execute(
                    _ended(first, last, today, conditions)
                )
            ]
            spans = session.execute(_stage_spans(first, last, conditions))
            return ended, [StageSpan(*record) for record in spans]

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
        return rows_by_case(read_for_names(self._engine, _ROWS_OF[only], self._visible.among(cases)))

    def days_of(self, steps: Mapping[str, str]) -> Mapping[str, date]:
        """Return by case the day on which its given obligation was done, else is planned; cases without a day
        are left out.
        """
        day, names = func.coalesce(DEADLINE.c.done_on, DEADLINE.c.planned_on), sorted({*steps.values()})
        query = select(DEADLINE.c.case, DEADLINE.c.obligation, day)
        query = query.where(in_names(DEADLINE.c.case), DEADLINE.c.obligation.in_(names), day.is_not(None))
        records = read_for_names(self._engine, query, self._visible.among(steps))
        return {case: on for case, obligation, on in records if steps[case] == obligation}

    def assignments(
        self, criteria: AssignmentFilter, *, limit: int, offset: int = 0
    ) -> tuple[Sequence[Row], int]:
        """Return a page of the matching assignments' rows, and their total number.

        By due date: of the states `open` and `overdue` the earliest first, of all others the latest.
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
        with reading(self._engine) as session:
            total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            return [row(record) for record in session.execute(page)], total

    def _rows(self, query: Select[tuple[object, ...]], unit: str | None) -> list[Row]:
        """Return the rows a query finds that the reader sees, of a unit with all below it; None for all."""
        query = query.where(*self._visible.cases())
        if unit is not None:
            query = query.where(self._visible.within(DEADLINE.c.unit, unit))
        return [row(record) for record in read(self._engine, query)]
