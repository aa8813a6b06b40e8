"""The tables of the board: deadlines of all cases, those that moved, recommendations of analyses; and
conditions on deadlines that match `workflow.deadlines.deadline` exactly.

`holds` and `overdue` look at the due date alone: whoever uses them asks besides that the row is open.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, and_, not_, or_, select
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, Canonical, TableBase, UtcMoment, only, table
from merzim.storage.tables.cases import CASE
from workflow.machine import COMPLETED


class DeadlineRow(TableBase, table=True):
    """A row of the board (`workflow.deadlines.deadline.Row`)."""

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_next_step_on",
            "next_step_on",
            "case",
            "obligation",
            **only("next_step_on IS NOT NULL"),
        ),
        # All that is counted and narrowed by is in it, so that rows nobody is shown are not looked up.
        Index(
            "ix_deadline_state_due",
            *("state", "due", "counts_until", "force", "reminds_from", "planned_on"),
            *("unit", "duty", "responsible", "person", "stage"),
        ),
        Index("ix_deadline_unit", "unit", "duty", "responsible", "person", "state", "due", "counts_until"),
        CLUSTERED,
    )

    case: str = Field(primary_key=True, foreign_key="case.id")
    obligation: str = Field(primary_key=True)
    stage: str
    unit: str
    due: date | None = None
    safe_by: date | None = None
    planned_on: date | None = None
    done_on: date | None = None
    late_by: int | None = None
    anchor: str
    calendar: str
    status: str
    state: str
    force: str
    next_step_on: date | None = None
    span_first: date | None = None
    span_last: date | None = None
    version: str
    duty: str = ""
    responsible: str = ""
    person: str = ""
    waiting_for: str | None = None
    counts_until: date | None = None
    reminds_from: date | None = None


class RecommendationRow(TableBase, table=True):
    """A risk of an active case with one of its measures (0 where it has none), with the columns by which lists
    are filtered and counted. Its content is in the events.

    `alike` is the key shared with the same risk elsewhere, set on the first row of each risk; `unasked`:
    whether its cause is an act of a higher body and no request was sent there.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        Index("ix_recommendation_counted", "unit", "status", "direction", "legal", "case"),
        Index("ix_recommendation_status", "status", "case", "risk", "measure"),
        Index(
            "ix_recommendation_alike",
            *("alike", "case", "risk", "unit", "unasked"),
            **only("alike IS NOT NULL"),
        ),
        CLUSTERED,
    )

    case: str = Field(primary_key=True, foreign_key="case.id")
    risk: int = Field(primary_key=True)
    measure: int = Field(primary_key=True)
    unit: str
    direction: str
    legal: bool
    status: str
    alike: str | None = None
    unasked: bool


class MoveRow(TableBase, table=True):
    """A deadline whose due date moved, until the next round has notified the recipients of the old date.
    `change` identifies what moved it (an event of the case, an act of the office); `cause` is canonical JSON.
    """

    __tablename__ = "moved"

    n: int | None = Field(default=None, primary_key=True)
    case: str = Field(foreign_key="case.id")
    obligation: str
    change: str
    cause: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    at: datetime = Field(sa_type=UtcMoment)


DEADLINE = table("deadline")
RECOMMENDATION = table("recommendation")
MOVED = table("moved")


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
