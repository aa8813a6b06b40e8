"""What administrators set in the browser (texts by key, the mail server), and two secrets: the mail server's
password, encrypted, and the office's for addresses in letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe

from sqlalchemy import Engine
from sqlmodel import Session

from merzim.storage.database import insert, read, reading, writing
from merzim.storage.events import Draft, record
from merzim.storage.org.office import NOBODY
from merzim.storage.org.office import put as put_rows
from merzim.storage.tables.organisation import SETTING, SettingRow
from workflow.moments import Moment

MAIL = "mail"
"""The mail server (JSON)."""
MAIL_PASSWORD = "mail.password"
LINK_KEY = "link_key"
CHANGED = "setting_changed"
"""The kind of the events of changed settings."""
_SECRETS = (MAIL_PASSWORD, LINK_KEY)


def stored(engine: Engine) -> dict[str, str]:
    """Return what is set, by key, without secrets."""
    query = SETTING.select().where(SETTING.c.key.not_in(_SECRETS))
    return {row.key: row.value for row in read(engine, query)}


def password(engine: Engine) -> str:
    """Return the encrypted password of the mail server; "" for none."""
    with reading(engine) as session:
        return _value(session, MAIL_PASSWORD)


def link_key(engine: Engine) -> str:
    """Return the office's secret for addresses in letters; create it if there is none. Backups have it.

    It is not recorded in the chain.
    """
    with reading(engine) as session:
        key = _value(session, LINK_KEY)
    if not key:
        with writing(engine) as session:
            new = {"key": LINK_KEY, "value": token_urlsafe(32), "by": NOBODY.by, "at": NOBODY.now}
            session.execute(insert(session, SETTING).on_conflict_do_nothing(), new)
            key = _value(session, LINK_KEY)  # of whoever was first
    return key


def store(engine: Engine, values: Mapping[str, str], *, secret: str | None = None, at: Moment) -> None:
    """Store values by key, each change with its event; an empty one is removed.

    Args:
        secret: the encrypted password of the mail server; None leaves it as it is. Alone it was encrypted
            with another key, and has no event.
    """
    with writing(engine) as session:
        events = []
        is_other_password = secret is not None and put(session, MAIL_PASSWORD, secret, at=at)
        for key, value in values.items():
            is_other = put(session, key, value, at=at)
            if is_other or (key == MAIL and is_other_password):
                events.append(Draft(kind=CHANGED, name=key, by=at.by, at=at.now, payload={"value": value}))
        record(session, *events)


def put(session: Session, key: str, value: str, *, at: Moment) -> bool:
    """Store a value in the caller's transaction, or remove it where it is empty; return whether it is another
    one.
    """
    if _value(session, key) == value:
        return False
    if value:
        put_rows(session, SETTING, [{"key": key, "value": value, "by": at.by, "at": at.now}])
    else:
        session.execute(SETTING.delete().where(SETTING.c.key == key))
    return True


def _value(session: Session, key: str) -> str:
    """Return a stored value; "" for none."""
    setting = session.get(SettingRow, key)
    return setting.value if setting is not None else ""
