"""Finds cases with a register inside them: risks, exposed positions, remarks.

The cost depends on the number of such cases.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, exists, literal, select

from merzim.storage.database.engine import reading
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT, FIRST_ENTRY
from merzim.storage.tables.organisation import UNIT


def cases_with_entries(engine: Engine, unit: str | None = None) -> Sequence[str]:
    """Return ids of the active cases with an entry in any register, in order.

    Args:
        unit: only cases of this unit and all units below it; None for the whole office.
    """
    query = select(CASE.c.id).where(CASE.c.standing == "active").order_by(CASE.c.id)
    if unit is None:
        having = select(EVENT.c.case).where(FIRST_ENTRY).distinct().subquery()
        query = query.join(having, having.c.case == CASE.c.id)
    else:
        tree = select(literal(unit).label("id")).cte("below", recursive=True)
        tree = tree.union(select(UNIT.c.id).join(tree, UNIT.c.parent == tree.c.id))
        entered = exists().where(EVENT.c.case == CASE.c.id, FIRST_ENTRY)
        query = query.where(CASE.c.unit.in_(select(tree.c.id)), entered)
    with reading(engine) as connection:
        return connection.execute(query).scalars().all()
