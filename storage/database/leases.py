"""Leases: what one process at a time may do. Whoever dies without giving one back loses it when it runs out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, or_

from storage.database.dialect import insert
from storage.database.engine import writing
from storage.tables import LEASE


class SqlLeases:
    """`notifications.bot.polling.Leases` on a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, name: str, holder: str, *, now: datetime, lasts: timedelta) -> bool:
        """Take the lease, or keep it. Returns whether it is the holder's until `now + lasts`.

        One that runs further into the future than any lease lasts was taken before the clock went back: it is
        worth nothing.
        """
        with writing(self._engine) as connection:
            step = insert(connection, LEASE).values(name=name, holder=holder, until=now + lasts)
            step = step.on_conflict_do_update(
                index_elements=[LEASE.c.name],
                set_={"holder": step.excluded.holder, "until": step.excluded.until},
                where=or_(
                    LEASE.c.holder == holder,
                    LEASE.c.until <= now,
                    LEASE.c.until > now + 2 * lasts,
                ),
            )
            done = connection.execute(step, execution_options={"preserve_rowcount": True})
            return bool(done.rowcount)

    def give_back(self, name: str, holder: str) -> None:
        """Whoever waits for it need not wait until it runs out."""
        with writing(self._engine) as connection:
            connection.execute(LEASE.delete().where(LEASE.c.name == name, LEASE.c.holder == holder))
