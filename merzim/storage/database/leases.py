"""Leases: exclusive rights that one process at a time may hold. A lease that is not released expires."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, or_

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import execute, writing
from merzim.storage.tables.service import LEASE


class SqlLeases:
    """Implements `notifications.bot.polling.Leases` on a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, name: str, holder: str, *, now: datetime, lasts: timedelta) -> bool:
        """Take or renew the lease; return whether the holder has it until `now + lasts`.

        A lease that ends further in the future than any lease lasts was taken before the clock was set back: it
        is ignored.
        """
        with writing(self._engine) as connection:
            statement = insert(connection, LEASE).values(name=name, holder=holder, until=now + lasts)
            statement = statement.on_conflict_do_update(
                index_elements=[LEASE.c.name],
                set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
                where=or_(
                    LEASE.c.holder == holder,
                    LEASE.c.until <= now,
                    LEASE.c.until > now + 2 * lasts,
                ),
            )
            result = connection.execute(statement, execution_options={"preserve_rowcount": True})
            return bool(result.rowcount)

    def give_back(self, name: str, holder: str) -> None:
        execute(self._engine, LEASE.delete().where(LEASE.c.name == name, LEASE.c.holder == holder))
