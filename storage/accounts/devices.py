"""Browsers accounts have logged in from: rows that are deleted when they end, the newest few of an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select

from storage.database.engine import Row_
from storage.tables import DEVICE
from workflow.org.access import Entry

MAX_DEVICES = 30
"""So many browsers of one account are remembered."""


def keep(connection: Connection, entry: Entry) -> None:
    """Keep a device; those that have expired go, and the oldest beyond MAX_DEVICES."""
    connection.execute(DEVICE.insert(), {column.name: getattr(entry, column.name) for column in DEVICE.c})
    newest = (
        select(DEVICE.c.hash)
        .where(DEVICE.c.login == entry.login)
        .order_by(DEVICE.c.seen_at.desc(), DEVICE.c.created_at.desc(), DEVICE.c.hash)
        .limit(MAX_DEVICES)
    )
    kept = {*connection.execute(newest).scalars(), entry.hash}
    gone = or_(DEVICE.c.hash.not_in(kept), DEVICE.c.expires_at <= entry.created_at)
    connection.execute(DEVICE.delete().where(DEVICE.c.login == entry.login, gone))


def find(connection: Connection, hash: str, *, now: datetime) -> Entry | None:
    """Return the device of that hash, while it holds."""
    found = connection.execute(DEVICE.select().where(DEVICE.c.hash == hash, DEVICE.c.expires_at > now)).first()
    return _entry(found) if found else None


def list_of(connection: Connection, login: str, *, now: datetime) -> list[Entry]:
    """Return the devices of an account that hold."""
    asked = DEVICE.select().where(DEVICE.c.login == login, DEVICE.c.expires_at > now)
    return [_entry(one) for one in connection.execute(asked)]


def end(connection: Connection, login: str, hash: str | None = None) -> None:
    """Forget one device of an account, or all of them."""
    asked = DEVICE.delete().where(DEVICE.c.login == login)
    connection.execute(asked if hash is None else asked.where(DEVICE.c.hash == hash))


def _entry(record: Row_) -> Entry:
    return Entry(
        hash=record.hash,
        kind="device",
        login=record.login,
        name=record.name,
        created_at=record.created_at,
        seen_at=record.seen_at,
        expires_at=record.expires_at,
    )
