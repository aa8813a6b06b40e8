"""SQL conditions on board rows that match `workflow.deadlines.lateness` exactly."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, not_, or_

from merzim.storage.tables.board import DEADLINE, SLIPPED

Day: TypeAlias = date | BindParameter[date]
TODAY: BindParameter[date] = bindparam("today")
"""The day of a prepared statement, its parameter `today`."""


def holds(today: Day) -> ColumnElement[bool]:
    """Return the condition that the due date still applies on the day."""
    return or_(DEADLINE.c.counts_until.is_(None), DEADLINE.c.counts_until >= today)


def overdue(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row is overdue on the day."""
    return and_(DEADLINE.c.due < today, holds(today))


def ahead(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row is due on the day or later."""
    return and_(DEADLINE.c.due >= today, holds(today))


def slipped(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row's plan date has passed and it is not overdue."""
    late = and_(DEADLINE.c.due.is_not(None), overdue(today))
    return and_(SLIPPED, DEADLINE.c.planned_on < today, not_(late))
