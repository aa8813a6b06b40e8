"""What people and units chose, kept beside the table of people: importing that leaves it alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine

from storage.dialect import insert
from storage.engine import writing
from storage.tables import PREFERENCE

DIGEST = "digest"
UPLOADS_THROUGH = "uploads_through"


def prefer(engine: Engine, owner: str, name: str, value: str, *, by: str, now: datetime) -> None:
    """Write down a choice; an empty value takes it back.

    Args:
        owner: key of a person or id of a unit.
        by: who said so.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        put(connection, owner, name, value, by=by, now=now)


def put(connection: Connection, owner: str, name: str, value: str, *, by: str, now: datetime) -> None:
    """The same, in the caller's own transaction."""
    if not value:
        gone = (PREFERENCE.c.owner == owner) & (PREFERENCE.c.name == name)
        connection.execute(PREFERENCE.delete().where(gone))
        return
    step = insert(connection, PREFERENCE)
    step = step.on_conflict_do_update(
        index_elements=[PREFERENCE.c.owner, PREFERENCE.c.name],
        set_={column: step.excluded[column] for column in ("value", "by", "at")},
    )
    connection.execute(step, {"owner": owner, "name": name, "value": value, "by": by, "at": now})


def preferences(connection: Connection) -> Mapping[tuple[str, str], str]:
    """(owner, name) -> what was chosen."""
    return {(one.owner, one.name): one.value for one in connection.execute(PREFERENCE.select())}
