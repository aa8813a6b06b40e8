"""Running counts of notices by channel and state, so that a count reads no notices.

Database triggers count, regardless of the writing process. SQLite has one writer and one line per count; on
PostgreSQL, where workers must not wait for each other, every statement adds lines of its own, combined from
time to time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, func, literal_column, select, text

from merzim.storage.board import change_counters
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import reading, writing
from merzim.storage.notices import faults, tally
from merzim.storage.rows import notice
from merzim.storage.tables.notices import NOTICE, TALLY
from merzim.storage.tables.service import PULSE
from notifications.notice import Notice
from notifications.rules import BACK_OFF, tried_for
from notifications.statistics import Figures

COMPACT_FROM = 200
"""Number of lines of a count that are combined into one."""
AT_ONCE = 20_000
"""Maximum lines combined at once, because a statement takes at most 65,535 values."""
_FUNCTIONS = {
    "insert": "SELECT channel, state, count(*) FROM fresh GROUP BY channel, state",
    "delete": "SELECT channel, state, -count(*) FROM stale GROUP BY channel, state",
    "update": (
        "SELECT channel, state, sum(n) FROM (SELECT channel, state, 1 AS n FROM fresh "
        "UNION ALL SELECT channel, state, -1 FROM stale) AS both_of_them "
        "GROUP BY channel, state HAVING sum(n) <> 0"
    ),
}
_REFERENCING = {
    "insert": "NEW TABLE AS fresh",
    "delete": "OLD TABLE AS stale",
    "update": "OLD TABLE AS stale NEW TABLE AS fresh",
}


def install(connection: Connection) -> None:
    """Create the triggers, replacing existing ones."""
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.exec_driver_sql(statement)


def counts(connection: Connection) -> Mapping[tuple[str, str], int]:
    """Return the number of notices by channel and state."""
    query = select(TALLY.c.channel, TALLY.c.state, func.sum(TALLY.c.n)).group_by(TALLY.c.channel, TALLY.c.state)
    return {(channel, state): int(n) for channel, state, n in connection.execute(query) if n}


def compact(connection: Connection) -> None:
    """Combine the lines of each count, in the caller's transaction, except those another process is writing."""
    if connection.dialect.name == "sqlite":
        return
    row_ids = (
        connection.execute(select(TALLY.c.id).limit(AT_ONCE).with_for_update(skip_locked=True)).scalars().all()
    )
    if len(row_ids) < COMPACT_FROM:
        return
    mine = TALLY.c.id.in_(row_ids)
    summed = select(TALLY.c.channel, TALLY.c.state, func.sum(TALLY.c.n)).where(mine)
    sums = connection.execute(summed.group_by(TALLY.c.channel, TALLY.c.state)).all()
    connection.execute(TALLY.delete().where(mine))
    _put(connection, {(channel, state): int(n) for channel, state, n in sums})


def recount(connection: Connection) -> bool:
    """Recount the notices; return whether the stored counts were wrong."""
    query = select(NOTICE.c.channel, NOTICE.c.state, func.count()).group_by(NOTICE.c.channel, NOTICE.c.state)
    true = {(channel, state): int(n) for channel, state, n in connection.execute(query)}
    if true == counts(connection):
        return False
    connection.execute(TALLY.delete())
    _put(connection, true)
    return True


def _put(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    lines = [{"channel": channel, "state": state, "n": n} for (channel, state), n in counts.items() if n]
    if lines:
        connection.execute(TALLY.insert(), lines)


def _sqlite() -> list[str]:
    """Return the triggers for SQLite."""
    decrement = "UPDATE notice_tally SET n = n - 1 WHERE channel = OLD.channel AND state = OLD.state;"
    come = (
        "INSERT INTO notice_tally (channel, state, n) SELECT NEW.channel, NEW.state, 0 WHERE NOT EXISTS "
        "(SELECT 1 FROM notice_tally WHERE channel = NEW.channel AND state = NEW.state); "
        "UPDATE notice_tally SET n = n + 1 WHERE channel = NEW.channel AND state = NEW.state;"
    )
    other = "WHEN OLD.state <> NEW.state OR OLD.channel <> NEW.channel"
    statements = []
    for name, when, body in (
        ("insert", "AFTER INSERT ON notice", come),
        ("delete", "AFTER DELETE ON notice", decrement),
        ("update", f"AFTER UPDATE OF state, channel ON notice {other}", f"{decrement} {come}"),
    ):
        statements += [
            f"DROP TRIGGER IF EXISTS merzim_tally_{name}",
            f"CREATE TRIGGER merzim_tally_{name} {when} BEGIN {body} END",
        ]
    return statements


def _postgresql() -> list[str]:
    """Return the triggers for PostgreSQL."""
    statements = []
    for name, query in _FUNCTIONS.items():
        statements += [
            f"CREATE OR REPLACE FUNCTION merzim_tally_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN INSERT INTO notice_tally (channel, state, n) {query}; RETURN NULL; END $$",
            f"DROP TRIGGER IF EXISTS merzim_tally_{name} ON notice",
            f"CREATE TRIGGER merzim_tally_{name} AFTER {name.upper()} ON notice "
            f"REFERENCING {_REFERENCING[name]} FOR EACH STATEMENT EXECUTE FUNCTION merzim_tally_{name}()",
        ]
    return statements


# As the index over them says.
_LOST_STATES = text("state IN ('failed', 'unknown')")
_LOST = (
    select(NOTICE)
    .where(_LOST_STATES, NOTICE.c.case.is_not(None))
    .order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key)
    .limit(bindparam("k_limit"))
)
FAILED_FOR = timedelta(days=7)
"""How long letters that failed for good are counted."""
_WAITING = (NOTICE.c.state == literal_column("'queued'"), NOTICE.c.bundle == literal_column("''"))


def figures(engine: Engine, *, now: datetime) -> Figures:
    """Return the state of delivery at a moment. The cost depends on what is queued, not on what was sent."""
    lost = select(func.count()).where(_LOST_STATES, NOTICE.c.attempted_at > now - FAILED_FOR)
    with reading(engine) as connection:
        return Figures(
            counts=tally.counts(connection),
            oldest=_oldest(connection, now),
            pulses={pulse.name: (pulse.at, pulse.seconds) for pulse in connection.execute(PULSE.select())},
            faults=faults.faults(connection),
            lost=connection.execute(lost).scalar_one(),
        )


def _oldest(connection: Connection, now: datetime) -> datetime | None:
    """Return the moment since which the oldest letter due for sending has waited.

    Every attempt moves `not_before`: for letters that were tried it is the first attempt, for those of a
    channel with a fault its beginning.
    """
    due = select(func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type)).where(
        *_WAITING, NOTICE.c.attempts == 0, NOTICE.c.not_before <= now
    )
    tried = (
        select(NOTICE.c.attempts, func.min(NOTICE.c.attempted_at, type_=NOTICE.c.attempted_at.type))
        .where(*_WAITING, NOTICE.c.attempts > 0, NOTICE.c.not_before <= now + BACK_OFF[-1])
        .group_by(NOTICE.c.attempts)
    )
    moments = [connection.execute(due).scalar(), faults.waiting_since(connection)]
    moments += [at - tried_for(attempts) for attempts, at in connection.execute(tried) if at is not None]
    return min((moment for moment in moments if moment is not None), default=None)


def failed(engine: Engine, *, limit: int) -> Sequence[Notice]:
    """Return letters of cases that failed or whose fate is unknown, newest first."""
    with reading(engine) as connection:
        return [notice(record) for record in connection.execute(_LOST, {"k_limit": limit})]


def beat(engine: Engine, name: str, *, now: datetime, seconds: float) -> None:
    """Record the moment and duration of a task's last run.

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
        tally.compact(connection)
        change_counters.compact(connection)
