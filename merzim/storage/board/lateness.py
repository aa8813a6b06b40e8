"""SQL conditions on board rows that match `workflow.deadlines.lateness` exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, func, not_, or_

from calendars.hours import present
from merzim.storage.tables.board import DEADLINE, SLIPPED

Day: TypeAlias = date | BindParameter[date]
TODAY: BindParameter[date] = bindparam("today")
"""The day of a prepared statement, whose parameters are those of `moments`."""


def moments(today: date) -> Mapping[str, object]:
    """Return the parameters of conditions about `TODAY`."""
    return {"today": today, "now": present(today)}


def holds(today: Day) -> ColumnElement[bool]:
    """Return the condition that the due date still applies on the day."""
    return or_(DEADLINE.c.counts_until.is_(None), DEADLINE.c.counts_until >= today)


def ended(today: Day) -> ColumnElement[bool]:
    """Return the condition that a row's term in hours has ended, even if its day has not; never NULL."""
    # Of no use to an index: rows are found by their day, of which the index gives them in order.
    now: datetime | BindParameter[datetime] = present(today) if isinstance(today, date) else bindparam("now")
    has_come = func.coalesce(DEADLINE.c.due_at <= now, false())
    return and_(has_come, DEADLINE.c.counts_until.is_(None))


def overdue(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row is overdue on the day."""
    return and_(DEADLINE.c.due <= today, or_(DEADLINE.c.due != today, ended(today)), holds(today))


def ahead(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row is due on the day or later."""
    return and_(DEADLINE.c.due >= today, or_(DEADLINE.c.due != today, not_(ended(today))), holds(today))


def slipped(today: Day) -> ColumnElement[bool]:
    """Return the condition that an open row's plan date has passed and it is not overdue."""
    late = and_(DEADLINE.c.due.is_not(None), overdue(today))
    return and_(SLIPPED, DEADLINE.c.planned_on < today, not_(late))
