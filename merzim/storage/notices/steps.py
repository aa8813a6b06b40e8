"""The part of the outbox for reminder steps that are due, outcomes of a batch, and what was ever sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Engine, bindparam, func, select, tuple_

from calendars.hours import local_date
from merzim.storage.database.engine import read, read_first, reading
from merzim.storage.rows import row, to_notice
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.notices import NOTICE
from notifications.notice import Notice
from notifications.ports import DeliveryOutcome, Settlement
from workflow.board.rows import Row
from workflow.cases.states import AWAITED

_PLACE = (DEADLINE.c.next_step_on, DEADLINE.c.case, DEADLINE.c.obligation)
_DUE = (
    select(DEADLINE)
    # Only rows that still wait for somebody have a next step (workflow.board.rows), so the day alone is asked
    # and the partial index alone answers.
    .where(DEADLINE.c.next_step_on <= bindparam("k_today"), DEADLINE.c.next_step_on.is_not(None))
    .order_by(*_PLACE)
    .limit(bindparam("k_limit"))
)


def first_letter_day(engine: Engine, *, today: date) -> date | None:
    """Return the day on which the first reminder leaves: one that is queued, else the next step of an open row;
    None without either.
    """
    queued = select(func.min(NOTICE.c.not_before)).where(
        NOTICE.c.state == "queued", NOTICE.c.kind == "reminder"
    )
    with reading(engine) as connection:
        at = connection.execute(queued).scalar()
        on = local_date(at) if at else connection.execute(select(func.min(DEADLINE.c.next_step_on))).scalar()
    return max(on, today) if on else None


def has_sent(engine: Engine, but: Collection[str], *, kind: str = "") -> bool:
    """Return whether any notice (of a kind; "" for any) was sent through a channel that is not in `but`."""
    query = select(NOTICE.c.key).where(NOTICE.c.state == "sent", NOTICE.c.channel.not_in([*but])).limit(1)
    if kind:
        query = query.where(NOTICE.c.kind == kind)
    return read_first(engine, query) is not None


def due_rows(
    engine: Engine, today: date, *, limit: int, after: tuple[date, str, str] | None = None
) -> Sequence[Row]:
    """Return open rows whose next step is due, by (next_step_on, case, obligation), only those after
    `after`.
    """
    query = _DUE
    parameters: dict[str, object] = {"k_today": today, "k_limit": limit}
    if after is not None:
        query = query.where(tuple_(*_PLACE) > tuple_(*after))
    return [row(record) for record in read(engine, query, parameters)]


def settle(connection: Connection, settlements: Sequence[Settlement]) -> list[Notice]:
    """Move the rows that are unchanged since planning to their next steps; return their notices."""
    letters = list[Notice]()
    # In the order of keys, as others lock them.
    for settlement in sorted(settlements, key=lambda settlement: (settlement.case, settlement.obligation)):
        unchanged = (
            DEADLINE.c.case == settlement.case,
            DEADLINE.c.obligation == settlement.obligation,
            DEADLINE.c.due.is_not_distinct_from(settlement.due),
            DEADLINE.c.next_step_on == settlement.step_on,
            DEADLINE.c.state.in_(AWAITED),
        )
        step = DEADLINE.update().where(*unchanged).values(next_step_on=settlement.next_step_on)
        if connection.execute(step).rowcount:
            letters += settlement.notices
    return letters


def store_outcomes(connection: Connection, marks: Sequence[DeliveryOutcome], *, now: datetime) -> list[Notice]:
    """Write outcomes of notices that are still `sending`; return those changed."""
    changed = list[Notice]()
    for mark in marks:
        values: dict[str, object] = {"state": mark.state, "answer": mark.answer}
        if not mark.tried:
            values["attempts"] = NOTICE.c.attempts - 1
        if mark.not_before is not None:
            values["not_before"] = mark.not_before
        if mark.state == "sent":
            values["sent_at"] = now
        values |= {name: text for name in ("text_hash", "address") if (text := getattr(mark, name))}
        step = NOTICE.update().where(NOTICE.c.key == mark.key, NOTICE.c.state == "sending").values(values)
        changed += map(to_notice, connection.execute(step.returning(*NOTICE.columns)))
    return changed
