"""SQL conditions on board rows that match `workflow.deadlines.lateness` exactly."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_, or_

from merzim.storage.tables.board import DEADLINE


def holds(today: date) -> ColumnElement[bool]:
    """Return the condition that the due date still applies on the day."""
    return or_(DEADLINE.c.counts_until.is_(None), DEADLINE.c.counts_until >= today)


def overdue(today: date) -> ColumnElement[bool]:
    """Return the condition that an open row is overdue on the day."""
    return and_(DEADLINE.c.due < today, holds(today))


def ahead(today: date) -> ColumnElement[bool]:
    """Return the condition that an open row is due on the day or later."""
    return and_(DEADLINE.c.due >= today, holds(today))


def slipped(today: date) -> ColumnElement[bool]:
    """Return the condition that an open row's plan date has passed and it is not overdue."""
    late = and_(DEADLINE.c.due.is_not(None), overdue(today))
    return and_(DEADLINE.c.state == "open", DEADLINE.c.planned_on < today, not_(late))
