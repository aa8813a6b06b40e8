"""Queries for existing cases of a year, for yearly programmes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Engine, and_, or_, select

from merzim.storage.database.engine import Row_, read
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE
from workflow.cases.states import STATES


def begun(engine: Engine, procedures: Mapping[str, str], on: date) -> frozenset[tuple[str, str]]:
    """Return (procedure, unit) of every case whose start is planned for a day, active or not.

    Args:
        procedures: procedure -> the fact it begins with.
    """
    return frozenset((record.procedure, record.unit) for record in _begun(engine, procedures, on))


def active(engine: Engine, procedures: Mapping[str, str], on: date) -> Mapping[tuple[str, str], str]:
    """Return (procedure, unit) -> the active case whose start is planned for a day, the first of several.

    Args:
        procedures: procedure -> the fact it begins with.
    """
    programmes = [record for record in _begun(engine, procedures, on) if record.standing == "active"]
    return {(record.procedure, record.unit): record.id for record in reversed(programmes)}


def opened(engine: Engine, procedures: Mapping[str, str], on: date) -> Sequence[Row_]:
    """Return the active cases whose start is planned for a day: id, unit, opened_at.

    Args:
        procedures: procedure -> the fact it begins with.
    """
    return [record for record in _begun(engine, procedures, on) if record.standing == "active"]


def _begun(engine: Engine, procedures: Mapping[str, str], on: date) -> Sequence[Row_]:
    """Return the cases whose start is planned for a day, by their ids."""
    if not procedures:
        return ()
    begins = or_(
        *(
            and_(CASE.c.procedure == procedure, DEADLINE.c.obligation == fact)
            for procedure, fact in procedures.items()
        )
    )
    query = (
        select(CASE.c.id, CASE.c.procedure, CASE.c.unit, CASE.c.standing, CASE.c.opened_at)
        .join_from(CASE, DEADLINE, DEADLINE.c.case == CASE.c.id)
        .where(begins, DEADLINE.c.planned_on == on)
        .where(DEADLINE.c.state.in_(STATES))  # As the index over plan dates begins.
        .order_by(CASE.c.id)
    )
    return read(engine, query)
