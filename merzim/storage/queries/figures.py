"""Queries of statistics over time: how deadlines that came due ended, how long stages took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select

from merzim.storage import lateness
from merzim.storage.database.engine import reading
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.board.figures import Outcomes, StageSpan

LONGEST_STAGE = timedelta(days=366)
"""Maximum time between the first and the last due date of a stage."""
_D = DEADLINE.c
_WHOSE = (_D.unit, _D.stage, CASE.c.edition)


class FigureReads(ReaderQueries):
    """Queries of statistics."""

    def outcomes(
        self, first: date, last: date, today: date, unit: str | None = None
    ) -> tuple[Sequence[Outcomes], Sequence[StageSpan]]:
        """Return the outcomes of obligatory deadlines due in a period, as of a day, and the stages that ended
        in it.

        Deadlines not due yet or no longer required are left out, and those of cases cancelled or exempted.
        """
        in_force = _D.force == "obligatory", CASE.c.status == "active", *self._seen_rows(unit)
        rows = select().join_from(DEADLINE, CASE, CASE.c.id == _D.case).where(*in_force)
        with reading(self._engine) as session:
            ended = [
                Outcomes(unit, stage, edition, date(int(year), int(number), 1), outcome, days, count, due)
                for unit, stage, edition, year, number, outcome, days, due, count in session.execute(
                    _ended(rows, first, last, today)
                )
            ]
            spans = [StageSpan(*record) for record in session.execute(_stage_spans(rows, first, last))]
        return ended, spans


def _ended(rows: Select[Any], first: date, last: date, today: date) -> Select[Any]:
    """Return the query of the outcomes, counted by what they have in common."""
    late_by, is_open = func.coalesce(_D.late_by, 0), _D.state == "open"
    is_missed, is_late = _D.state == "missed", (late_by > 0, "late")
    ended = case((is_missed, "missed"), (is_open, "open"), is_late, else_="on_time")
    month = extract("year", _D.due), extract("month", _D.due)
    alike: tuple[ColumnElement[Any], ...] = (*_WHOSE, *month, ended, late_by, case((is_open, _D.due)))
    is_done = and_(_D.state == "done", _D.done_on.is_not(None))
    came_due = or_(is_missed, is_done, and_(is_open, lateness.overdue(today)))
    # Named together as well: an index finds the rows by their state.
    states = _D.state.in_(("done", "open", "missed"))
    query = rows.add_columns(*alike, func.count()).group_by(*alike)
    return query.where(states, _D.due.between(first, last), came_due)


def _stage_spans(rows: Select[Any], first: date, last: date) -> Select[Any]:
    """Return the query of the stages whose obligatory deadlines are all met, the last of them due from `first`
    to `last`.

    A step that waits for another has no due date yet but keeps its stage open; a step without a term does not.
    A stage with only terms counted backwards has no duration.
    """
    due = func.max(_D.due)
    days = func.min(_D.span_first).label("first"), due.label("due"), func.max(_D.done_on).label("done")
    awaited = and_(_D.state == "open", or_(_D.due.is_not(None), _D.waiting_for.is_not(None)))
    is_counted = and_(_D.due >= first - LONGEST_STAGE, _D.span_first.is_not(None))
    is_over = and_(_D.state.in_(("done", "missed")), is_counted)
    is_met = func.sum(case((_D.state != "done", 1), else_=0)) == 0
    stages = rows.add_columns(*_WHOSE, *days).where(or_(awaited, is_over)).group_by(_D.case, *_WHOSE)
    stage = stages.having(is_met, due.between(first, last)).subquery().c
    whose = [stage[name] for name in ("unit", "stage", "edition", "first", "due", "done")]
    lasted = stage.done >= stage.first, stage.due > stage.first
    return select(*whose, func.count()).where(*lasted).group_by(*whose)
