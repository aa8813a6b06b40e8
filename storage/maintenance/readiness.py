"""Readiness of the database, for repeated probes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from storage.database.engine import reading
from storage.maintenance.installation import standing
from storage.maintenance.schema import BOARD, usable
from storage.tables.service import PULSE


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessReport:
    """The state of the database.

    Attributes:
        schema: whether this version's code can use the tables.
        board: whether the read models are those of this version, or are not needed.
        round: when a round last ended (UTC); None before the first.
    """

    schema: bool
    board: bool
    round: datetime | None


def look(engine: Engine) -> ReadinessReport:
    """Check the database with one short query.

    Raises:
        StorageUnavailable: the database does not answer.
    """
    with reading(engine) as connection:
        if not usable(connection):
            return ReadinessReport(schema=False, board=False, round=None)
        asked = select(PULSE.c.at).where(PULSE.c.name == "round")
        return ReadinessReport(
            schema=True,
            board=standing(connection).board >= BOARD,
            round=connection.execute(asked).scalar(),
        )


def server_time(engine: Engine) -> datetime | None:
    """Return the time of the server's clock (UTC); None for SQLite, which has none of its own.

    Raises:
        StorageUnavailable: the database does not answer.
    """
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as connection:
        at: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return at.astimezone(UTC)
