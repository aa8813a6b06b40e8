"""Rate limits of log-in attempts, shared by all processes, and the browsers an account has logged in from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, or_, select, update

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.tables.accounts import DEVICE, RATE_LIMIT
from workflow.org.access import Entry, LimitReached, RateLimit

MAX_ROWS = 100_000
"""Above so many rows, those closest to expiry are deleted, which are single attempts."""
_SHARE_KEPT = 0.9


class _Reached(Exception):
    """Rolls back the attempts counted under other limits."""


def count_attempt(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
    """Count one attempt under each of these limits; when one is reached, return it and count none.

    Raises:
        StorageUnavailable: the database cannot be read or written.
    """
    # A refused attempt does not take the write lock: a flood must not keep others from writing.
    if reached := _reached(engine, limits, now=now):
        return reached
    try:
        with writing(engine) as connection:
            for limit in sorted(limits, key=_key):
                if not _count(connection, limit, _seconds(now)):
                    raise _Reached
    except _Reached:
        first = limits[0]
        return _reached(engine, limits, now=now) or LimitReached(kind=first.kind, wait=first.period)
    return None


def forget_attempt(engine: Engine, limits: Sequence[RateLimit]) -> None:
    """Undo one attempt under each of these limits, because it succeeded."""
    with writing(engine) as connection:
        for limit in sorted(limits, key=_key):
            less = RATE_LIMIT.c.free_at - _length(limit)
            connection.execute(update(RATE_LIMIT).where(RATE_LIMIT.c.key == _key(limit)).values(free_at=less))


def prune(engine: Engine, *, now: datetime) -> None:
    """Delete expired rows, and those nearest to expiry beyond MAX_ROWS."""
    with writing(engine) as connection:
        _delete(connection, RATE_LIMIT.c.free_at <= _seconds(now))
        rows = connection.execute(select(func.count()).select_from(RATE_LIMIT)).scalar_one()
        if rows > MAX_ROWS:
            surplus = rows - int(MAX_ROWS * _SHARE_KEPT)
            ordered = select(RATE_LIMIT.c.free_at).order_by(RATE_LIMIT.c.free_at).offset(surplus - 1).limit(1)
            _delete(connection, RATE_LIMIT.c.free_at <= connection.execute(ordered).scalar_one())


def _delete(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete rows except those another process is updating."""
    keys = select(RATE_LIMIT.c.key).where(which).with_for_update(skip_locked=True)
    connection.execute(RATE_LIMIT.delete().where(RATE_LIMIT.c.key.in_(keys)))


def _count(connection: Connection, limit: RateLimit, at: int) -> bool:
    """Count one attempt; return False when the limit is reached."""
    period, full = _length(limit), at + limit.burst * _length(limit)
    free_at = RATE_LIMIT.c.free_at
    # Further away than the limit ever lies it was written before the clock went back, and is worth nothing.
    current_level = case((and_(free_at > at, free_at <= full), free_at), else_=at)
    step = insert(connection, RATE_LIMIT).values(key=_key(limit), free_at=at + period)
    step = step.on_conflict_do_update(
        index_elements=[RATE_LIMIT.c.key],
        set_={"free_at": current_level + period},
        where=or_(free_at <= full - period, free_at > full),
    )
    return bool(connection.execute(step, execution_options={"preserve_rowcount": True}).rowcount)


def _reached(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
    """Return the limit among these that allows no attempt now and frees up last."""
    at, by_key = _seconds(now), {_key(limit): limit for limit in limits}
    query = select(RATE_LIMIT.c.key, RATE_LIMIT.c.free_at).where(RATE_LIMIT.c.key.in_(list(by_key)))
    reached = []
    with reading(engine) as connection:
        for key, free_at in connection.execute(query):
            limit = by_key[key]
            full = at + limit.burst * _length(limit)
            wait = free_at - (full - _length(limit))
            if free_at <= full and wait > 0:
                reached.append(LimitReached(kind=limit.kind, wait=timedelta(seconds=wait)))
    return max(reached, key=lambda limit_reached: limit_reached.wait, default=None)


def _key(limit: RateLimit) -> str:
    """Return the key of a limit's row."""
    return f"{limit.kind}:{sha256(limit.key.encode()).hexdigest()}"


def _length(limit: RateLimit) -> int:
    """Return the length of a period in seconds."""
    return int(limit.period.total_seconds())


def _seconds(now: datetime) -> int:
    """Return a moment as seconds since 1970."""
    return int(now.timestamp())


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
    return Entry(
        hash=record.hash,
        kind="device",
        login=record.login,
        name=record.name,
        created_at=record.created_at,
        seen_at=record.seen_at,
        expires_at=record.expires_at,
    )
