"""Finds cases that are there already: made from an imported file, meant by one, or begun on the same day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Engine, and_, or_, select

from merzim.storage.database import Row_, insert, read, writing
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, PAPER
from workflow.cases.case import STATES


def cases_of_file(engine: Engine, digest: str) -> Mapping[str, str]:
    """Return place in the file -> case id for a file imported before; empty for a new one."""
    query = select(PAPER.c.place, PAPER.c.case).where(PAPER.c.digest == digest)
    return {record.place: record.case for record in read(engine, query)}


def remember(engine: Engine, digest: str, places: Mapping[str, str], *, now: datetime) -> None:
    """Record which case each place of the file became; existing records are kept."""
    lines = [{"digest": digest, "place": place, "case": case, "at": now} for place, case in places.items()]
    if lines:
        with writing(engine) as session:
            session.execute(insert(session, PAPER).on_conflict_do_nothing(), lines)


def alike(engine: Engine, procedure: str, places: Iterable[tuple[str, str]]) -> list[str]:
    """Return the ids of the active cases of the procedure that a file may mean by its names, the newest first.

    If the unit of a case was changed, or files use several names for it, only the object is compared.

    Args:
        places: unit and object of each analysis, as a file names them.
    """
    wanted_places = set(places)
    query = (
        select(CASE.c.id, CASE.c.unit, CASE.c.object, CASE.c.object_also)
        .where(CASE.c.procedure == procedure, CASE.c.status == "active")
        .order_by(CASE.c.opened_at.desc(), CASE.c.id.desc())
    )
    objects = {object_name for _, object_name in wanted_places}
    if len(wanted_places) <= 1000:
        query = query.where(or_(CASE.c.object.in_(objects), CASE.c.object_also.in_(objects - {""})))
    return [
        record.id
        for record in read(engine, query)
        if (record.unit, record.object) in wanted_places
        or (record.object_also and {record.object, record.object_also} & objects)
    ]


def cases_beginning_on(
    engine: Engine,
    procedures: Mapping[str, str],
    days: Iterable[date],
    *,
    active_only: bool,
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
