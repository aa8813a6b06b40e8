"""SQL conditions on board rows that match `workflow.deadlines.deadline` exactly.

`holds` and `overdue` look at the due date alone: whoever uses them asks besides that the row is open.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_, or_, select

from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.machine import COMPLETED


def holds(today: date) -> ColumnElement[bool]:
    """Return the condition that the due date of a row, if it has one, still applies on the day."""
    return or_(DEADLINE.c.counts_until.is_(None), DEADLINE.c.counts_until >= today)


def overdue(today: date) -> ColumnElement[bool]:
    """Return the condition that the due date of a row, open or not, has passed on the day and still applies."""
    return and_(DEADLINE.c.due < today, holds(today))


def open_since_before(today: date) -> ColumnElement[bool]:
    """Return the condition that an open, obligatory row without a due date has been so since before the day."""
    is_undated = and_(DEADLINE.c.due.is_(None), DEADLINE.c.force == "obligatory")
    return and_(DEADLINE.c.state == "open", is_undated, DEADLINE.c.reminds_from < today, holds(today))


def never_confirmed(today: date) -> ColumnElement[bool]:
    """Return the condition that an obligatory row of a completed case is open, and overdue or undated."""
    is_undated = and_(DEADLINE.c.due.is_(None), DEADLINE.c.reminds_from < today, holds(today))
    return and_(
        DEADLINE.c.state == "open",
        DEADLINE.c.case.in_(select(CASE.c.id).where(CASE.c.stage == COMPLETED)),
        DEADLINE.c.force == "obligatory",
        or_(overdue(today), is_undated),
    )


def slipped(today: date) -> ColumnElement[bool]:
    """Return the condition that an open row's plan date has passed and it is not overdue."""
    late = and_(DEADLINE.c.due.is_not(None), overdue(today))
    return and_(DEADLINE.c.state == "open", DEADLINE.c.planned_on < today, not_(late))
