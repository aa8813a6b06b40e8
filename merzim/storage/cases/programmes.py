"""The query for existing cases by the day they begin on, for yearly programmes and imported files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Engine, and_, or_, select

from merzim.storage.database.engine import Row_, read
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.cases.states import STATES


def cases_beginning_on(
    engine: Engine,
    procedures: Mapping[str, str],
    days: Iterable[date],
    *,
    active_only: bool = False,
    limit: int | None = None,
) -> Sequence[Row_]:
    """Return id, procedure, unit and opened_at of the cases planned to begin on one of these days, by id.

    Args:
        procedures: procedure -> the fact it begins with.
        active_only: leave cancelled and exempted cases out.
    """
    if not procedures:
        return ()
    begins = or_(
        *(
            and_(CASE.c.procedure == procedure, DEADLINE.c.obligation == fact)
            for procedure, fact in procedures.items()
        )
    )
    query = (
        select(CASE.c.id, CASE.c.procedure, CASE.c.unit, CASE.c.opened_at)
        .join_from(CASE, DEADLINE, DEADLINE.c.case == CASE.c.id)
        .where(begins, DEADLINE.c.planned_on.in_(sorted(set(days))))
        .where(DEADLINE.c.state.in_(STATES))  # As the index over plan dates begins.
        .order_by(CASE.c.id)
    )
    if active_only:
        query = query.where(CASE.c.status == "active")
    return read(engine, query.limit(limit))
