"""`workflow.deadlines.lateness` as conditions on the open rows of the board: both must say the same."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_, or_

from storage.tables import DEADLINE, SLIPPED


def holds(today: date) -> ColumnElement[bool]:
    """Whether the due date still says something on the day."""
    return or_(DEADLINE.c.counts_until.is_(None), DEADLINE.c.counts_until >= today)


def overdue(today: date) -> ColumnElement[bool]:
    """Whether an open row is overdue on the day."""
    return and_(DEADLINE.c.due < today, holds(today))


def ahead(today: date) -> ColumnElement[bool]:
    """Whether an open row is due on the day or later."""
    return and_(DEADLINE.c.due >= today, holds(today))


def slipped(today: date) -> ColumnElement[bool]:
    """Whether a row is open and was planned for a day before, and is not overdue."""
    late = and_(DEADLINE.c.due.is_not(None), overdue(today))
    return and_(SLIPPED, DEADLINE.c.planned_on < today, not_(late))
