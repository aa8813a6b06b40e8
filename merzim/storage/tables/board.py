"""The tables of the board: the deadlines of all cases, their sums, and the recommendations of analyses."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, TableBase, table
from merzim.storage.types import Canonical, Moment

UNREPORTED = text(
    "coalesce(state, state) IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'"
)
"""Condition: the row is a quarter's report after an analysis. Queries must use the same expression, written as
in `UNDATED`.
"""

SLIPPED = text("state = 'open' AND planned_on IS NOT NULL")
"""Condition: the row has a plan date and is not done. Queries must use the same expression."""

UNDATED = text("coalesce(due, due) IS NULL AND coalesce(state, state) = 'open' AND force = 'obligatory'")
"""Condition of the index over obligatory rows without a due date. Written so that no index over `state` and
`due` is chosen instead, which would cover everybody's rows.
"""

MEASURES = text("coalesce(state, state) = 'open' AND substr(obligation, 1, 8) = 'measure.'")
"""Condition: the row is a measure of a plan. Queries must use the same expression, written as in `UNDATED`."""


class DeadlineRow(TableBase, table=True):
    """A row of the board (`workflow.board.rows.Row`)."""

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_next_rung_on",
            "next_rung_on",
            "case",
            "obligation",
            sqlite_where=text("next_rung_on IS NOT NULL"),
            postgresql_where=text("next_rung_on IS NOT NULL"),
        ),
        Index("ix_deadline_state_due", "state", "due"),
        Index("ix_deadline_unit_state_due", "unit", "state", "due"),
        Index(
            "ix_deadline_planned_on",
            *("planned_on", "obligation"),
            sqlite_where=text("planned_on IS NOT NULL"),
            postgresql_where=text("planned_on IS NOT NULL"),
        ),
        Index("ix_deadline_slipped", "planned_on", "due", sqlite_where=SLIPPED, postgresql_where=SLIPPED),
        Index(
            "ix_deadline_counts_until",
            *("counts_until", "due"),
            sqlite_where=text("counts_until IS NOT NULL"),
            postgresql_where=text("counts_until IS NOT NULL"),
        ),
        Index(
            "ix_deadline_undated",
            *("unit", "duty", "responsible", "person"),
            sqlite_where=UNDATED,
            postgresql_where=UNDATED,
        ),
        # With all that who may see a row is decided by, and whether it is late: no row is looked up.
        Index(
            "ix_deadline_unreported",
            *("obligation", "due", "case", "unit", "state", "counts_until"),
            sqlite_where=UNREPORTED,
            postgresql_where=UNREPORTED,
        ),
        Index(
            "ix_deadline_measures",
            *("due", "case", "obligation", "state", "counts_until"),
            sqlite_where=MEASURES,
            postgresql_where=MEASURES,
        ),
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
    stake: str | None = None
    next_rung: str | None = None
    next_rung_on: date | None = None
    span_first: date | None = None
    span_last: date | None = None
    version: str
    duty: str = ""
    responsible: str = ""
    person: str = ""
    waiting_for: str | None = None
    counts_until: date | None = None
    reminds_from: date | None = None
    inherited: int | None = None


class TotalRow(TableBase, table=True):
    """Number of board rows by status and month of their due date, updated with every changed row.

    Counts open rows with a due date, and missed ones, without confidential cases, whose visibility depends on
    the reader. For a row whose due date is valid until a day the state contains that day's month:
    "open:2026-05". `obligation` is without its period, `month` "2026-04" or "".
    """

    __tablename__ = "total"
    __table_args__ = CLUSTERED

    unit: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    stage: str = Field(primary_key=True)
    obligation: str = Field(primary_key=True)
    duty: str = Field(primary_key=True)
    responsible: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    n: int


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
            sqlite_where=text("alike IS NOT NULL"),
            postgresql_where=text("alike IS NOT NULL"),
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
    at: datetime = Field(sa_type=Moment)


DEADLINE = table("deadline")
TOTAL = table("total")
RECOMMENDATION = table("recommendation")
MOVED = table("moved")
