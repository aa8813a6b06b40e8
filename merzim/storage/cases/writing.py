"""Writes a batch of case changes inside the write lock: each table by one statement for all cases.

The state the batch was computed from must be unchanged: each case at its seq, each changed row as it was read.
Rows are locked in key order, as a round locks them, so that deadlocks cannot occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, Executable, bindparam, or_, select

from calendars.hours import almaty, moment_of
from merzim.storage import events
from merzim.storage.cases import recommendations
from merzim.storage.cases.batch import HEAD, Batch
from merzim.storage.database.dialect import (
    execute_for_names,
    in_names,
    insert_many,
)
from merzim.storage.rows import EVENTS_IN_ORDER, ROW_COLUMNS, Values, event
from merzim.storage.tables.board import DEADLINE, MOVED
from merzim.storage.tables.cases import CASE, INBOX, READER
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from notifications.event_notices import COMMENT, line_key
from notifications.moved_dates import MOVED as MOVED_STEP
from notifications.notice import ANSWER_DAY
from workflow.cases.changes import comments
from workflow.cases.states import AWAITED
from workflow.reminders import is_about

_HELD = (
    select(CASE.c.id, CASE.c.seq).where(in_names(CASE.c.id)).order_by(CASE.c.id).with_for_update(key_share=True)
)
_HERE = (
    DEADLINE.c.case == bindparam("k_case"),
    DEADLINE.c.obligation == bindparam("k_obligation"),
    DEADLINE.c.due.is_not_distinct_from(bindparam("k_due", type_=DEADLINE.c.due.type)),
    DEADLINE.c.state == bindparam("k_state"),
    DEADLINE.c.counts_until.is_not_distinct_from(
        bindparam("k_counts_until", type_=DEADLINE.c.counts_until.type)
    ),
)
_CHANGE_ROW = (
    DEADLINE.update()
    .where(*_HERE)
    .values({name: bindparam(name) for name in ROW_COLUMNS if name not in ("case", "obligation")})
)
_DROP_ROW = DEADLINE.delete().where(*_HERE)
_CHANGE_HEAD = (
    CASE.update()
    .where(CASE.c.id == bindparam("k_id"))
    .values({name: bindparam(name) for name in (*HEAD, "seq", "head")})
)
_QUEUED = select(NOTICE.c.key, NOTICE.c.case, NOTICE.c.obligation, NOTICE.c.due, NOTICE.c.step).where(
    NOTICE.c.state == "queued",
    # That nobody is asked for something any more, or that somebody said something, stays true.
    *(NOTICE.c.step != step for step in ("withdrawn", COMMENT, ANSWER_DAY)),
)
_QUEUED_OF = _QUEUED.where(in_names(NOTICE.c.case))
_WITHDRAW = (
    NOTICE.update()
    .where(NOTICE.c.key == bindparam("k_key"), NOTICE.c.state == "queued")
    .values(state="withdrawn")
)
_UNSAY = INBOX.delete().where(INBOX.c.case == bindparam("k_case"), INBOX.c.seq == bindparam("k_seq"))


class ConcurrentChange(Exception):
    """A case or a row changed after the batch was computed."""

    def __init__(self, case: str) -> None:
        super().__init__(case)
        self.case = case


def write(connection: Connection, writes: Batch, now: datetime) -> None:
    """Write the batch in the caller's transaction.

    Raises:
        ConcurrentChange: another writer changed one of the cases first.
        IntegrityError: another writer created one of the cases first.
    """
    insert_many(connection, CASE, writes.opened)
    _heads(connection, writes)
    events.insert(connection, writes.events)
    insert_many(connection, DEADLINE, [dict(zip(ROW_COLUMNS, row, strict=True)) for row in writes.rows_new])
    _by_case(connection, _CHANGE_ROW, writes.rows_changed)
    _by_case(connection, _DROP_ROW, writes.rows_gone)
    if writes.readers:
        connection.execute(READER.delete().where(READER.c.case.in_(sorted(writes.readers))))
        readers = [
            {"case": case, "person": person}
            for case, readers in writes.readers.items()
            for person in sorted(readers)
        ]
        insert_many(connection, READER, readers)
    if writes.recommendations:
        recommendations.write(connection, writes.recommendations)
    insert_many(connection, INBOX, writes.inbox)
    if writes.unsaid:
        connection.execute(_UNSAY, writes.unsaid)
        _drop_letters(connection, writes.unsaid, (COMMENT, ANSWER_DAY))
        _ask_again(connection, writes.unsaid, now)
    if writes.answered:
        _drop_letters(connection, writes.answered, (ANSWER_DAY,))
    if writes.waiting:
        _withdraw(connection, writes)
    insert_many(connection, MOVED, [{**row, "at": now} for row in writes.moved])


def _ask_again(connection: Connection, withdrawn_lines: Sequence[Values], now: datetime) -> None:
    """Queue again the reminders of questions whose answer was withdrawn, unless their day has passed."""
    for case in sorted({str(line["k_case"]) for line in withdrawn_lines}):
        comment_kinds = EVENT.c.kind.in_(("commented", "withdrawn"))
        query = EVENTS_IN_ORDER.where(EVENT.c.case == case, comment_kinds)
        case_comments = comments([event(record) for record in connection.execute(query)])
        lines = {int(line["k_seq"]) for line in withdrawn_lines if line["k_case"] == case}
        answered = {comment.answers for comment in case_comments if comment.seq in lines}
        starts = [
            line_key(case, comment.seq)
            for comment in case_comments
            if comment.seq in answered and comment.is_open
        ]
        if starts:
            requeuing = NOTICE.update().where(
                NOTICE.c.case == case,
                NOTICE.c.step == ANSWER_DAY,
                NOTICE.c.state == "withdrawn",
                NOTICE.c.not_before >= moment_of(now.astimezone(almaty()).date(), None),
                or_(*(NOTICE.c.key.startswith(start) for start in starts)),
            )
            connection.execute(requeuing.values(state="queued"))


def _drop_letters(connection: Connection, lines: Sequence[Values], steps: Sequence[str]) -> None:
    """Withdraw the queued letters about events of cases."""
    starts = [NOTICE.c.key.startswith(line_key(str(line["k_case"]), int(line["k_seq"]))) for line in lines]
    of_cases = NOTICE.c.case.in_({str(line["k_case"]) for line in lines})
    withdrawal = NOTICE.update().where(
        of_cases, NOTICE.c.step.in_(steps), NOTICE.c.state == "queued", or_(*starts)
    )
    connection.execute(withdrawal.values(state="withdrawn"))


def _heads(connection: Connection, writes: Batch) -> None:
    """Lock the cases at the seq they were computed from, and update their heads."""
    existing = {name for name in {*writes.written, *writes.recommendations} if writes.expected[name]}
    _hold(connection, {name: writes.expected[name] for name in sorted(existing)})
    if writes.changed:
        connection.execute(_CHANGE_HEAD, writes.changed)


def _hold(connection: Connection, expected: dict[str, int]) -> None:
    """Lock the cases. Raises ConcurrentChange for one that does not end at its expected event."""
    stands = dict(map(tuple, execute_for_names(connection, _HELD, sorted(expected))))
    for name, seq in expected.items():
        if stands.get(name) != seq:
            raise ConcurrentChange(name)


def _by_case(connection: Connection, statement: Executable, rows: Iterable[Values]) -> None:
    """Run a statement for rows at their places, one case after the other.

    Raises:
        ConcurrentChange: a row of the case is no longer what it was.
    """
    for case, of_case in groupby(rows, key=itemgetter("k_case")):
        places = list(of_case)
        if connection.execute(statement, places).rowcount != len(places):
            raise ConcurrentChange(str(case))


def _withdraw(connection: Connection, writes: Batch) -> None:
    """Withdraw unsent notices of outdated due dates, and of deadlines that now belong to another unit or
    person.

    The next round queues those of the latter that are still valid. Notices about moved dates are kept.
    """
    # After the rows: a round that queued a notice of the old due date holds its row until it commits, so what
    # is read here is all there is.
    queued = execute_for_names(connection, _QUEUED_OF, writes.waiting)
    stale = [
        {"k_key": key}
        for key, case, obligation, due, step in queued
        if (step != MOVED_STEP and (case, obligation) in writes.reassigned)
        or not any(
            row.obligation == obligation and is_about(row, step, due) and row.state in AWAITED
            for row in writes.waiting[case]
        )
    ]
    if stale:
        connection.execute(_WITHDRAW, stale)
