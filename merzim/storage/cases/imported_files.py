"""Records which cases came from which place of an imported file, and finds cases a file may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine, or_, select

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import read, writing
from merzim.storage.tables.cases import CASE, PAPER


def cases_of_file(engine: Engine, digest: str) -> Mapping[str, str]:
    """Return place in the file -> case id for a file imported before; empty for a new one."""
    query = select(PAPER.c.place, PAPER.c.case).where(PAPER.c.digest == digest)
    return {record.place: record.case for record in read(engine, query)}


def remember(engine: Engine, digest: str, places: Mapping[str, str], *, now: datetime) -> None:
    """Record which case each place of the file became; existing records are kept."""
    lines = [{"digest": digest, "place": place, "case": case, "at": now} for place, case in places.items()]
    if lines:
        with writing(engine) as connection:
            connection.execute(insert(connection, PAPER).on_conflict_do_nothing(), lines)


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
