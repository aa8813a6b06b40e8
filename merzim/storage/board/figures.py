"""Statistics: counts of the deadlines due in a period by outcome, and durations of stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, extract, func, or_, select

from merzim.storage.board import lateness
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.board.figures import Outcomes, StageSpan

Conditions = Sequence[ColumnElement[bool]]
LONGEST_STAGE = timedelta(days=366)
"""Maximum time between the first and the last due date of a stage."""
_WHOSE = (DEADLINE.c.unit, DEADLINE.c.stage, CASE.c.edition)


def outcomes(
    connection: Connection, first: date, last: date, today: date, scope_conditions: Conditions
) -> list[Outcomes]:
    """Return the outcomes of the obligatory deadlines due from `first` to `last` (local dates), as of a day.

    Deadlines not due yet or no longer required are left out.

    Args:
        scope_conditions: conditions on the rows a reader may see.
    """
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
    counts_query = _in_force(scope_conditions, *alike, func.count()).group_by(*alike)
    counts_query = counts_query.where(
        DEADLINE.c.state.in_(("done", "open", "missed")), DEADLINE.c.due.between(first, last), came_due
    )
    return [
        Outcomes(unit, stage, edition, date(int(year), int(number), 1), outcome, days, count, due)
        for unit, stage, edition, year, number, outcome, days, due, count in connection.execute(counts_query)
    ]


def stage_spans(
    connection: Connection, first: date, last: date, scope_conditions: Conditions
) -> list[StageSpan]:
    """Return the stages whose obligatory deadlines are all met, the last of them due from `first` to `last`.

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
    stages = _in_force(scope_conditions, *_WHOSE, *columns).where(
        or_(
            and_(DEADLINE.c.state == "open", awaited),
            and_(DEADLINE.c.state.in_(("done", "missed")), is_counted),
        )
    )
    stages = stages.group_by(DEADLINE.c.case, *_WHOSE).having(func.sum(is_open) == 0, due.between(first, last))
    stage_rows = stages.subquery()
    whose = (
        stage_rows.c.unit,
        stage_rows.c.stage,
        stage_rows.c.edition,
        stage_rows.c.first,
        stage_rows.c.due,
        stage_rows.c.done,
    )
    alike = (
        select(*whose, func.count())
        .where(stage_rows.c.done >= stage_rows.c.first, stage_rows.c.due > stage_rows.c.first)
        .group_by(*whose)
    )
    return [StageSpan(*record) for record in connection.execute(alike)]


def _in_force(scope_conditions: Conditions, *columns: ColumnElement[Any]) -> Select[tuple[Any, ...]]:
    """Return a query over the obligatory rows of cases that were neither cancelled nor exempted."""
    rows = select(*columns).join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
    return rows.where(DEADLINE.c.force == "obligatory", CASE.c.standing == "active", *scope_conditions)
