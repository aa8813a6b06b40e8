"""Repository of browsers from which accounts have logged in; only the newest few of an account are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select

from storage.database.engine import Row_
from storage.tables.accounts import DEVICE
from workflow.org.access import Entry

MAX_DEVICES = 30
"""The most browsers remembered for one account."""


def keep(connection: Connection, entry: Entry) -> None:
    """Store a device; delete expired ones and the oldest beyond MAX_DEVICES."""
    connection.execute(DEVICE.insert(), {column.name: getattr(entry, column.name) for column in DEVICE.c})
    newest = (
        select(DEVICE.c.hash)
        .where(DEVICE.c.login == entry.login)
        .order_by(DEVICE.c.seen_at.desc(), DEVICE.c.created_at.desc(), DEVICE.c.hash)
        .limit(MAX_DEVICES)
    )
    remaining = {*connection.execute(newest).scalars(), entry.hash}
    obsolete = or_(DEVICE.c.hash.not_in(remaining), DEVICE.c.expires_at <= entry.created_at)
    connection.execute(DEVICE.delete().where(DEVICE.c.login == entry.login, obsolete))


def find(connection: Connection, hash: str, *, now: datetime) -> Entry | None:
    """Return the valid device with that hash."""
    row = connection.execute(DEVICE.select().where(DEVICE.c.hash == hash, DEVICE.c.expires_at > now)).first()
    return _entry(row) if row else None


def list_of(connection: Connection, login: str, *, now: datetime) -> list[Entry]:
    """Return the valid devices of an account."""
    query = DEVICE.select().where(DEVICE.c.login == login, DEVICE.c.expires_at > now)
    return [_entry(row) for row in connection.execute(query)]


def end(connection: Connection, login: str, hash: str | None = None) -> None:
    """Delete one device of an account, or all of them."""
    statement = DEVICE.delete().where(DEVICE.c.login == login)
    connection.execute(statement if hash is None else statement.where(DEVICE.c.hash == hash))


def _entry(record: Row_) -> Entry:
    """Return the entry of a row."""
    return Entry(
        hash=record.hash,
        kind="device",
        login=record.login,
        name=record.name,
        created_at=record.created_at,
        seen_at=record.seen_at,
        expires_at=record.expires_at,
    )
