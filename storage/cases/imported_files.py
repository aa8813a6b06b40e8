"""Which cases an imported file became: by the file's digest and the place in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Engine, select

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.tables import CASE, PAPER


def known(engine: Engine, digest: str) -> Mapping[str, str]:
    """Place in the file -> case id, for a file imported before; empty for a new one."""
    asked = select(PAPER.c.place, PAPER.c.case).where(PAPER.c.digest == digest)
    with reading(engine) as connection:
        return {record.place: record.case for record in connection.execute(asked)}


def remember(engine: Engine, digest: str, places: Mapping[str, str], *, now: datetime) -> None:
    """Write down which case each place of the file became. Once written it stays."""
    lines = [{"digest": digest, "place": place, "case": case, "at": now} for place, case in places.items()]
    if lines:
        with writing(engine) as connection:
            connection.execute(insert(connection, PAPER).on_conflict_do_nothing(), lines)


def alike(
    engine: Engine, procedure: str, places: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(unit, object) -> ids of the active cases of the procedure with exactly these, the newest first.

    For a file that says other dates of analyses known already.
    """
    wanted = set(places)
    asked = (
        select(CASE.c.unit, CASE.c.object, CASE.c.id)
        .where(CASE.c.procedure == procedure, CASE.c.standing == "active")
        .order_by(CASE.c.opened_at.desc(), CASE.c.id.desc())
    )
    if len(wanted) <= 1000:
        asked = asked.where(CASE.c.object.in_({what for _, what in wanted}))
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    with reading(engine) as connection:
        for unit, what, case in connection.execute(asked):
            if (unit, what) in wanted:
                found[unit, what] = (*found.get((unit, what), ()), case)
    return found
