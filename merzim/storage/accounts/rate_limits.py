"""Rate limits of log-in attempts, shared by all processes, and the browsers an account has logged in from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, or_, select, update

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.rows import columns_of, read_as
from merzim.storage.tables.accounts import DEVICE, RATE_LIMIT
from workflow.org.access import Credential, LimitReached, RateLimit

MAX_ROWS = 100_000
"""Above so many rows, those of single attempts are deleted."""


class _Reached(Exception):
    """Rolls back the attempts counted under other limits."""


def count_attempt(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
    """Return the limit that is reached; None if none is, with one attempt counted under each of these."""
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
            counted = and_(RATE_LIMIT.c.key == _key(limit), RATE_LIMIT.c.attempts > 0)
            connection.execute(update(RATE_LIMIT).where(counted).values(attempts=RATE_LIMIT.c.attempts - 1))


def prune(engine: Engine, *, now: datetime) -> None:
    """Delete expired rows, and above MAX_ROWS those of single attempts."""
    with writing(engine) as connection:
        _delete(connection, RATE_LIMIT.c.until <= _seconds(now))
        if connection.execute(select(func.count()).select_from(RATE_LIMIT)).scalar_one() > MAX_ROWS:
            _delete(connection, RATE_LIMIT.c.attempts <= 1)


def _delete(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete rows except those another process is updating."""
    keys = select(RATE_LIMIT.c.key).where(which).with_for_update(skip_locked=True)
    connection.execute(RATE_LIMIT.delete().where(RATE_LIMIT.c.key.in_(keys)))


def _count(connection: Connection, limit: RateLimit, at: int) -> bool:
    """Count one attempt; return False when the limit is reached."""
    attempts, until, end = RATE_LIMIT.c.attempts, RATE_LIMIT.c.until, at + _length(limit)
    # A window that ends later than any does was opened before the clock went back, and is worth nothing.
    over = or_(until <= at, until > end)
    step = insert(connection, RATE_LIMIT).values(key=_key(limit), attempts=1, until=end)
    step = step.on_conflict_do_update(
        index_elements=[RATE_LIMIT.c.key],
        set_={"attempts": case((over, 1), else_=attempts + 1), "until": case((over, end), else_=until)},
        where=or_(over, attempts < limit.attempts),
    )
    return bool(connection.execute(step, execution_options={"preserve_rowcount": True}).rowcount)


def _reached(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
    """Return the limit among these that allows no attempt now and frees up last; None if all allow one."""
    at, by_key = _seconds(now), {_key(limit): limit for limit in limits}
    reached = []
    with reading(engine) as connection:
        for row in connection.execute(RATE_LIMIT.select().where(RATE_LIMIT.c.key.in_(by_key))):
            limit, wait = by_key[row.key], row.until - at
            if row.attempts >= limit.attempts and 0 < wait <= _length(limit):
                reached.append(LimitReached(kind=limit.kind, wait=timedelta(seconds=wait)))
    return max(reached, key=lambda limit_reached: limit_reached.wait, default=None)


def _key(limit: RateLimit) -> str:
    return f"{limit.kind}:{sha256(limit.key.encode()).hexdigest()}"


def _length(limit: RateLimit) -> int:
    """Return the length of a period in seconds."""
    return int(limit.period.total_seconds())


def _seconds(now: datetime) -> int:
    """Return a moment as seconds since 1970."""
    return int(now.timestamp())


MAX_DEVICES = 30
"""The most browsers remembered for one account."""


def keep(connection: Connection, entry: Credential) -> None:
    """Store a device; delete expired ones and the oldest beyond MAX_DEVICES."""
    connection.execute(DEVICE.insert(), columns_of(DEVICE, entry))
    newest = (
        select(DEVICE.c.hash)
        .where(DEVICE.c.login == entry.login)
        .order_by(DEVICE.c.seen_at.desc(), DEVICE.c.created_at.desc(), DEVICE.c.hash)
        .limit(MAX_DEVICES)
    )
    remaining = {*connection.execute(newest).scalars(), entry.hash}
    obsolete = or_(DEVICE.c.hash.not_in(remaining), DEVICE.c.expires_at <= entry.created_at)
    connection.execute(DEVICE.delete().where(DEVICE.c.login == entry.login, obsolete))


def find(connection: Connection, hash: str, *, now: datetime) -> Credential | None:
    """Return the device of a hash; None if there is none, or it has expired."""
    row = connection.execute(DEVICE.select().where(DEVICE.c.hash == hash, DEVICE.c.expires_at > now)).first()
    return _entry(row) if row else None


def list_of(connection: Connection, login: str, *, now: datetime) -> list[Credential]:
    """Return the devices of an account that have not expired, in no order."""
    query = DEVICE.select().where(DEVICE.c.login == login, DEVICE.c.expires_at > now)
    return [_entry(row) for row in connection.execute(query)]


def end(connection: Connection, login: str, hash: str | None = None) -> None:
    """Forget one device of an account, or all of them."""
    statement = DEVICE.delete().where(DEVICE.c.login == login)
    connection.execute(statement if hash is None else statement.where(DEVICE.c.hash == hash))


def _entry(record: Row_) -> Credential:
    return read_as(Credential, record, kind="device")
