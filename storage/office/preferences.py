"""What people and units chose, kept beside the table of people: importing that leaves it alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_urlsafe

from sqlalchemy import Connection, Engine

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.office.chain import OFFICE, append
from storage.tables import PREFERENCE

DIGEST = "digest"
UPLOADS_THROUGH = "uploads_through"
LANGUAGE = "language"
OFFICE_TIME = "office_time"
LINK_KEY = "link_key"


def prefer(engine: Engine, owner: str, name: str, value: str, *, by: str, now: datetime) -> None:
    """Write down a choice; an empty value takes it back. What changes it is an event of the office's chain.

    Args:
        owner: key of a person or id of a unit.
        by: who said so.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        if preferences(connection).get((owner, name), "") == value:
            return
        put(connection, owner, name, value, by=by, now=now)
        said = {"value": value}
        append(connection, kind=f"{name}_chosen", name=owner, on=None, by=by, now=now, payload=said)


def put(connection: Connection, owner: str, name: str, value: str, *, by: str, now: datetime) -> None:
    """The row alone, in the caller's own transaction."""
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


def link_key(engine: Engine) -> str:
    """The office's secret that the addresses in letters are made with; made once, kept through backups.

    Nobody chose it, at no moment: it is no event, and it stands in no chain.
    """
    with reading(engine) as connection:
        known = preferences(connection).get((OFFICE, LINK_KEY))
    if known is None:
        with writing(engine) as connection:
            known = preferences(connection).get((OFFICE, LINK_KEY)) or token_urlsafe(32)
            put(connection, OFFICE, LINK_KEY, known, by="", now=datetime.fromtimestamp(0, UTC))
    return known


def preferences(connection: Connection) -> Mapping[tuple[str, str], str]:
    """(owner, name) -> what was chosen."""
    return {(one.owner, one.name): one.value for one in connection.execute(PREFERENCE.select())}
