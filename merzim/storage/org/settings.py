"""What administrators set in the browser: texts by key, the mail server, and its password, encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from merzim.storage.database.engine import writing
from merzim.storage.org.chain import OfficeEvent, record
from merzim.storage.org.preferences import SETTING_SECRET, chosen, put

SETTING = "setting"
MAIL = "mail"
"""Owner of the mail server (JSON) and of its password."""


def stored(engine: Engine) -> dict[str, str]:
    """Return what is set, by key."""
    return chosen(engine, SETTING)


def password(engine: Engine) -> str:
    """Return the encrypted password of the mail server; "" for none."""
    return chosen(engine, SETTING_SECRET).get(MAIL, "")


def store(
    engine: Engine, values: Mapping[str, str], *, secret: str | None = None, by: str, now: datetime
) -> None:
    """Store values by key, each change with its event; an empty one is removed.

    Args:
        secret: the encrypted password of the mail server; None leaves it as it is.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        events = []
        is_other_password = secret is not None and put(connection, MAIL, SETTING_SECRET, secret, by=by, now=now)
        for key, value in values.items():
            is_other = put(connection, key, SETTING, value, by=by, now=now)
            if is_other or (key == MAIL and is_other_password):
                events.append(
                    OfficeEvent(kind="setting_changed", name=key, by=by, now=now, more={"value": value})
                )
        record(connection, *events)


def renew_password(engine: Engine, secret: str, *, by: str, now: datetime) -> None:
    """Store the password encrypted anew; it says the same, so no event says it."""
    with writing(engine) as connection:
        put(connection, MAIL, SETTING_SECRET, secret, by=by, now=now)
