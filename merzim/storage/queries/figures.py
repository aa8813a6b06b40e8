"""Statistics: counts of the deadlines due in a period by outcome, and durations of stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select

from merzim.storage import lateness
from merzim.storage.database.engine import reading
from merzim.storage.queries.reader import Reader
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.board.figures import Outcomes, StageSpan

Conditions = Sequence[ColumnElement[bool]]
LONGEST_STAGE = timedelta(days=366)
"""Maximum time between the first and the last due date of a stage."""
_WHOSE = (DEADLINE.c.unit, DEADLINE.c.stage, CASE.c.edition)


class FigureReads(Reader):
    """Queries of how deadlines ended."""

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.

        Deadlines not due yet or no longer required are left out.
        """
        conditions = self._visible.rows(unit)
        with reading(self._engine) as connection:
            ended = [
                Outcomes(unit, stage, edition, date(int(year), int(number), 1), outcome, days, count, due)
                for unit, stage, edition, year, number, outcome, days, due, count in connection.execute(
                    _ended(first, last, today, conditions)
                )
            ]
            spans = connection.execute(_stage_spans(first, last, conditions))
            return ended, [StageSpan(*record) for record in spans]


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
    return rows.where(DEADLINE.c.force == "obligatory", CASE.c.standing == "active", *conditions)
