"""Rate limits of log-in attempts, shared by all processes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Engine, and_, case, func, or_, select, update
from sqlmodel import Session

from merzim.storage.database import insert, read, writing
from merzim.storage.tables.accounts import RATE_LIMIT
from workflow.org.access import RateLimit

MAX_ROWS = 100_000
"""Above so many rows, those of single attempts are deleted."""


def count_attempt(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> timedelta | None:
    """Count an attempt under each of these limits and return None; if one is reached, count it under none and
    return the time until the next is allowed.
    """
    # A refused attempt does not take the write lock: a flood must not keep others from writing.
    if wait := _wait(engine, limits, now=now):
        return wait
    with suppress(_Reached), writing(engine) as session:
        for limit in sorted(limits, key=_key):
            if not _count(session, limit, _seconds(now)):
                raise _Reached  # rolls back what was counted under the others
        return None
    return _wait(engine, limits, now=now) or limits[0].period


class _Reached(Exception):
    """A limit allows no attempt."""


def forget_attempt(engine: Engine, limits: Sequence[RateLimit]) -> None:
    """Take back one counted attempt under each of these limits, because it succeeded."""
    with writing(engine) as session:
        for limit in sorted(limits, key=_key):
            counted = and_(RATE_LIMIT.c.key == _key(limit), RATE_LIMIT.c.attempts > 0)
            session.execute(update(RATE_LIMIT).where(counted).values(attempts=RATE_LIMIT.c.attempts - 1))


def prune(engine: Engine, *, now: datetime) -> None:
    """Delete expired rows, and above MAX_ROWS those of single attempts."""
    with writing(engine) as session:
        _delete(session, RATE_LIMIT.c.until <= _seconds(now))
        if session.execute(select(func.count()).select_from(RATE_LIMIT)).scalar_one() > MAX_ROWS:
            _delete(session, RATE_LIMIT.c.attempts <= 1)


def _delete(session: Session, which: ColumnElement[bool]) -> None:
    """Delete rows except those another process is updating."""
    keys = select(RATE_LIMIT.c.key).where(which).with_for_update(skip_locked=True)
    session.execute(RATE_LIMIT.delete().where(RATE_LIMIT.c.key.in_(keys)))


def _count(session: Session, limit: RateLimit, at: int) -> bool:
    """Count one attempt; return False when the limit is reached."""
    attempts, until, end = RATE_LIMIT.c.attempts, RATE_LIMIT.c.until, at + _length(limit)
    # A window that ends later than any does was opened before the clock went back, and is worth nothing.
    over = or_(until <= at, until > end)
    step = insert(session, RATE_LIMIT).values(key=_key(limit), attempts=1, until=end)
    step = step.on_conflict_do_update(
        index_elements=[RATE_LIMIT.c.key],
        set_={"attempts": case((over, 1), else_=attempts + 1), "until": case((over, end), else_=until)},
        where=or_(over, attempts < limit.attempts),
    )
    return bool(session.exec(step, execution_options={"preserve_rowcount": True}).rowcount)


def _wait(engine: Engine, limits: Sequence[RateLimit], *, now: datetime) -> timedelta | None:
    """Return the time until all of these limits allow an attempt; None if they do now."""
    at, by_key = _seconds(now), {_key(limit): limit for limit in limits}
    waits = []
    for row in read(engine, RATE_LIMIT.select().where(RATE_LIMIT.c.key.in_(by_key))):
        limit, wait = by_key[row.key], row.until - at
        if row.attempts >= limit.attempts and 0 < wait <= _length(limit):
            waits.append(timedelta(seconds=wait))
    return max(waits, default=None)


def _key(limit: RateLimit) -> str:
    return f"{limit.kind}:{sha256(limit.key.encode()).hexdigest()}"


def _length(limit: RateLimit) -> int:
    """Return the length of a period in seconds."""
    return int(limit.period.total_seconds())


def _seconds(now: datetime) -> int:
    """Return a moment as seconds since 1970."""
    return int(now.timestamp())
