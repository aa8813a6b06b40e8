"""Choices of people and units, stored beside the table of people so that imports leave them unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from secrets import token_urlsafe

from sqlalchemy import Connection, Engine

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import reading, writing
from merzim.storage.events import OFFICE
from merzim.storage.org.chain import OfficeEvent, record
from merzim.storage.tables.base import canonical
from merzim.storage.tables.organisation import PREFERENCE
from workflow.org.office_time import NOTHING_OWN, OfficeTime

LINK_KEY = "link_key"
"""The preference that is a secret of the office."""
SETTING_SECRET = "setting_secret"
"""The preference with the password given in the browser, encrypted."""
DIGEST = "digest"
UPLOADS_THROUGH = "uploads_through"
LANGUAGE = "language"
OFFICE_TIME = "office_time"
ACTS = "acts_in_force"
NAMES = "names"
"""Name of the preference with a unit's or post's names in Kazakh and Russian."""


def prefer(engine: Engine, owner: str, name: str, value: str, *, by: str, now: datetime) -> None:
    """Store a choice with its event in the office's chain; an empty value removes it.

    Args:
        owner: key of a person or id of a unit.
        by: the account that makes the change.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        if preferences(connection).get((owner, name), "") == value:
            return
        put(connection, owner, name, value, by=by, now=now)
        more = {"value": value}
        record(connection, OfficeEvent(kind=f"{name}_chosen", name=owner, by=by, now=now, more=more))


def chosen(engine: Engine, name: str) -> dict[str, str]:
    """Return the stored choice of each owner under a name."""
    with reading(engine) as connection:
        records = connection.execute(PREFERENCE.select().where(PREFERENCE.c.name == name))
        return {record.owner: record.value for record in records}


def put(connection: Connection, owner: str, name: str, value: str, *, by: str, now: datetime) -> bool:
    """Store a choice in the caller's transaction, which appends the event; return whether it is another one."""
    mine = (PREFERENCE.c.owner == owner) & (PREFERENCE.c.name == name)
    record = connection.execute(PREFERENCE.select().where(mine)).first()
    if (record.value if record else "") == value:
        return False
    if not value:
        connection.execute(PREFERENCE.delete().where(mine))
        return True
    step = insert(connection, PREFERENCE)
    step = step.on_conflict_do_update(
        index_elements=[PREFERENCE.c.owner, PREFERENCE.c.name],
        set_={column: step.excluded[column] for column in ("value", "by", "at")},
    )
    connection.execute(step, {"owner": owner, "name": name, "value": value, "by": by, "at": now})
    return True


def link_key(engine: Engine) -> str:
    """Return the office's secret for addresses in letters; created once, included in backups.

    It is not recorded in the chain.
    """
    with reading(engine) as connection:
        key = preferences(connection).get((OFFICE, LINK_KEY))
    if key is None:
        with writing(engine) as connection:
            key = create_link_key(connection)
    return key


def create_link_key(connection: Connection) -> str:
    """Return the office's secret for addresses in letters in the caller's transaction, creating it if
    necessary.
    """
    key = preferences(connection).get((OFFICE, LINK_KEY))
    if key is None:
        key = token_urlsafe(32)
        put(connection, OFFICE, LINK_KEY, key, by="", now=datetime.fromtimestamp(0, UTC))
    return key


def preferences(connection: Connection) -> Mapping[tuple[str, str], str]:
    """Return (owner, name) -> value of all choices."""
    return {(record.owner, record.name): record.value for record in connection.execute(PREFERENCE.select())}


def names_text(kk: str, ru: str) -> str:
    """Return the canonical JSON of a name in two languages; "" when there is neither."""
    return canonical({"kk": kk, "ru": ru}) if kk or ru else ""


def names_kept(text: str | None) -> tuple[str, str]:
    """Return the Kazakh and the Russian name of a stored text."""
    names = json.loads(text) if text else {}
    return names.get("kk", ""), names.get("ru", "")


def time_text(office_time: OfficeTime) -> str:
    """Return the canonical JSON of an office time; "" when it is empty."""
    if not office_time:
        return ""
    return canonical(
        {
            "hours": [f"{end:%H:%M}" for end in office_time.hours] if office_time.hours else None,
            "week": list(office_time.week),
            "off": [day.isoformat() for day in office_time.off],
            "working": [day.isoformat() for day in office_time.working],
        }
    )


def time_kept(text: str | None) -> OfficeTime:
    """Return the office time of a stored text."""
    if not text:
        return NOTHING_OWN
    fields = json.loads(text)
    hours = [time.fromisoformat(end) for end in fields["hours"] or ()]
    return OfficeTime(
        hours=(hours[0], hours[1]) if hours else None,
        week=tuple(fields["week"]),
        off=tuple(date.fromisoformat(day) for day in fields["off"]),
        working=tuple(date.fromisoformat(day) for day in fields["working"]),
    )
