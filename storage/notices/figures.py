"""Figures of the outbox, and heartbeats of the metronome's tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, func, literal_column, select

from notifications.notice import Notice
from notifications.statistics import Figures
from storage.board import change_counters
from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.notices import faults, tally
from storage.rows import notice
from storage.tables import NOTICE, PULSE

_WAITING = (NOTICE.c.state == literal_column("'queued'"), NOTICE.c.bundle == literal_column("''"))


def figures(engine: Engine, *, now: datetime) -> Figures:
    """Return the state of delivery at a moment. The cost depends on what is queued, not on what was sent."""
    oldest = select(func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type)).where(
        *_WAITING, NOTICE.c.not_before <= now
    )
    with reading(engine) as connection:
        return Figures(
            counts=tally.counts(connection),
            oldest=connection.execute(oldest).scalar(),
            pulses={one.name: (one.at, one.seconds) for one in connection.execute(PULSE.select())},
            faults=faults.faults(connection),
        )


def failed(engine: Engine, *, limit: int) -> Sequence[Notice]:
    """Return letters of cases that failed or whose fate is unknown, newest first."""
    lost = NOTICE.c.state.in_([literal_column("'failed'"), literal_column("'unknown'")])
    asked = (
        select(NOTICE)
        .where(lost, NOTICE.c.case.is_not(None))
        .order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [notice(record) for record in connection.execute(asked)]


def beat(engine: Engine, name: str, *, now: datetime, seconds: float) -> None:
    """Record that a task ran at a moment, and its duration.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        step = insert(connection, PULSE)
        step = step.on_conflict_do_update(
            index_elements=[PULSE.c.name],
            set_={"at": step.excluded["at"], "seconds": step.excluded["seconds"]},
        )
        connection.execute(step, {"name": name, "at": now, "seconds": seconds})
        tally.fold(connection)
        change_counters.fold(connection)
