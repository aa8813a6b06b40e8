"""Statements of the outbox: board rows whose reminder step is due, and outcomes of a batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import islice

from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    String,
    Text,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
    tuple_,
    update,
    values,
)
from sqlalchemy.sql.dml import ReturningUpdate

from calendars.hours import local_date
from merzim.storage.database.engine import read, read_first, reading
from merzim.storage.rows import row
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
_MOVE = (
    update(DEADLINE)
    .where(DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation == bindparam("k_obligation"))
    .values(next_step=bindparam("k_step"), next_step_on=bindparam("k_step_on"))
)
_STEP = 1000


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
    stands = _stands(connection, settlements)
    holding = [
        settlement
        for settlement in settlements
        if stands.get((settlement.case, settlement.obligation)) == (settlement.due, settlement.step_on)
    ]
    if holding:
        connection.execute(
            _MOVE,
            [
                {
                    "k_case": settlement.case,
                    "k_obligation": settlement.obligation,
                    "k_step": settlement.next_step,
                    "k_step_on": settlement.next_step_on,
                }
                for settlement in holding
            ],
        )
    return [letter for settlement in holding for letter in settlement.notices]


def _stands(
    connection: Connection, settlements: Sequence[Settlement]
) -> dict[tuple[str, str], tuple[date | None, date | None]]:
    """Return due date and next step's day of the rows, locked until the end of the transaction.

    Filters by single columns and without the state, so that SQLite uses the key; otherwise it would read every
    row.
    """
    days_by_place: dict[tuple[str, str], tuple[date | None, date | None]] = {}
    remaining_keys = iter(sorted({(settlement.case, settlement.obligation) for settlement in settlements}))
    while chunk := list(islice(remaining_keys, _STEP)):
        query = (
            select(
                DEADLINE.c.case,
                DEADLINE.c.obligation,
                DEADLINE.c.due,
                DEADLINE.c.next_step_on,
                DEADLINE.c.state,
            )
            .where(DEADLINE.c.case.in_(sorted({case for case, _ in chunk})))
            .where(DEADLINE.c.obligation.in_(sorted({obligation for _, obligation in chunk})))
            .order_by(DEADLINE.c.case, DEADLINE.c.obligation)
            .with_for_update()
        )
        for case_id, obligation, due, step_on, state in connection.execute(query):
            if state in AWAITED:
                days_by_place[case_id, obligation] = (due, step_on)
    return days_by_place


_SENDING = NOTICE.c.state == literal_column("'sending'")
_COLUMNS = (
    column("key", String),
    column("state", String),
    column("untried", Integer),
    column("answer", Text),
    column("waits", Integer),
    column("not_before", NOTICE.c.not_before.type),
    column("text_hash", String),
    column("address", String),
)


def step(marks: Sequence[DeliveryOutcome], *, now: datetime) -> ReturningUpdate[tuple[object, ...]]:
    """Return the statement that writes the outcomes where the notice is still `sending`; it returns those
    changed.
    """
    lines = [
        (
            mark.key,
            mark.state,
            0 if mark.tried else 1,
            mark.answer,
            # No NULL stands among them: PostgreSQL could not tell of what type it is.
            0 if mark.not_before is None else 1,
            mark.not_before or now,
            mark.text_hash,
            mark.address,
        )
        for mark in marks
    ]
    line_values = values(*_COLUMNS, name="said").data(lines).cte("said")
    return (
        update(NOTICE)
        .where(NOTICE.c.key == line_values.c.key, _SENDING)
        .values(
            state=line_values.c.state,
            attempts=NOTICE.c.attempts - line_values.c.untried,
            answer=line_values.c.answer,
            not_before=case((line_values.c.waits == 1, line_values.c.not_before), else_=NOTICE.c.not_before),
            sent_at=case((line_values.c.state == "sent", now), else_=NOTICE.c.sent_at),
            address=func.coalesce(func.nullif(line_values.c.address, ""), NOTICE.c.address),
            text_hash=func.coalesce(func.nullif(line_values.c.text_hash, ""), NOTICE.c.text_hash),
        )
        .returning(*NOTICE.columns)
    )
