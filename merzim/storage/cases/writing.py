"""Writes changes of cases: their events, what is kept of them in tables, and what becomes of waiting letters.

Each case is locked until the end before its state is compared: what changes were made from is what is there.
Cases and rows are locked in the order of their keys, as a round locks them, so that deadlocks cannot occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, tuple_
from sqlmodel import Session

from calendars.hours import almaty, moment_of
from merzim.storage import events
from merzim.storage.cases.batch import Batch, StoredCase
from merzim.storage.database.dialect import chunks, execute_for_names, in_names, insert_many
from merzim.storage.refusals import CaseBroken
from merzim.storage.rows import EVENTS_IN_ORDER, event, rows_by_case
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE
from notifications.event_notices import COMMENT, line_key
from notifications.moved_dates import MOVED as MOVED_STEP
from notifications.notice import ANSWER_DAY
from workflow.cases.changes import comments
from workflow.cases.states import AWAITED
from workflow.ports import Change, Conflict
from workflow.reminders import is_about

_HEADS_OF = CASE.select().where(in_names(CASE.c.id)).order_by(CASE.c.id).with_for_update(key_share=True)
ROWS_OF = DEADLINE.select().where(in_names(DEADLINE.c.case))
_CHANGE_HEAD = CASE.update().where(CASE.c.id == bindparam("k_case"))
_DROP_ROWS = DEADLINE.delete().where(
    DEADLINE.c.case == bindparam("k_case"), DEADLINE.c.obligation.in_(bindparam("k_names", expanding=True))
)
_QUEUED = select(NOTICE.c.key, NOTICE.c.case, NOTICE.c.obligation, NOTICE.c.due, NOTICE.c.step).where(
    # Not a parameter: some indexes are of one state, so that SQLite would plan the statement anew each time.
    NOTICE.c.state == bindparam(None, "queued", literal_execute=True),
    # That nobody is asked for something any more, or that somebody said something, stays true.
    *(NOTICE.c.step != step for step in ("withdrawn", COMMENT, ANSWER_DAY)),
)
_QUEUED_OF = _QUEUED.where(in_names(NOTICE.c.case))
_WITHDRAW = (
    NOTICE.update()
    .where(NOTICE.c.key == bindparam("k_key"), NOTICE.c.state == "queued")
    .values(state="withdrawn")
)


def write(
    session: Session, changes: Sequence[Change], stored: Mapping[str, StoredCase], *, now: datetime
) -> int:
    """Write changes of cases in the caller's transaction; return the number of cases that changed. `stored`: as
    `locked` returned it there.

    Raises:
        Conflict: a change was made from another state of its case than the stored one.
        CaseBroken: the events of a case do not end where its head says.
        IntegrityError: another writer is creating one of the cases.
    """
    batch = Batch()
    for change in sorted(changes, key=lambda change: change.case.id):
        before, read = stored.get(change.case.id, StoredCase({}, {})), change.case.seq - len(change.events)
        if before.seq != read:
            end = events.ends(session, EVENT.c.stream == f"{events.CASE}{change.case.id}")
            broken = [seq for seq, _ in end.values()] != [before.seq]
            raise CaseBroken(change.case.id) if broken else Conflict(change.case.id)
        batch.add(change, before, now=now)
    _write_tables(session, batch)
    if batch.withdrawn:
        session.execute(INBOX.delete().where(tuple_(INBOX.c.case, INBOX.c.seq).in_(batch.withdrawn)))
        _drop_letters(session, batch.withdrawn, (COMMENT, ANSWER_DAY))
        _ask_again(session, batch.withdrawn, now)
    if batch.answered:
        _drop_letters(session, batch.answered, (ANSWER_DAY,))
    if batch.present_rows:
        _withdraw(session, batch)
    return len(batch.changed)


def locked(session: Session, ids: Sequence[str]) -> Mapping[str, StoredCase]:
    """Return what is stored of these cases, locked until the end of the transaction; new ones are left out."""
    heads = {record.id: dict(record._mapping) for record in execute_for_names(session, _HEADS_OF, sorted(ids))}
    rows = rows_by_case(execute_for_names(session, ROWS_OF, heads))
    return {
        case: StoredCase(head, {row.obligation: row for row in rows.get(case, ())})
        for case, head in heads.items()
    }


def _write_tables(session: Session, batch: Batch) -> None:
    """Delete and insert what a batch says, table by table; cases come first, for all else refers to them."""
    insert_many(session, CASE, batch.new[CASE])
    for case, values in batch.heads.items():
        session.execute(_CHANGE_HEAD, {"k_case": case, **values})
    events.insert(session, batch.new[EVENT])
    for case, names in batch.gone.items():
        session.execute(_DROP_ROWS, {"k_case": case, "k_names": names})
    for table, cases in batch.replaced.items():
        for names in chunks(cases, 500):
            session.execute(table.delete().where(table.c.case.in_(names)))
    for table, rows in batch.new.items():
        if table not in (CASE, EVENT):
            insert_many(session, table, rows)


def _ask_again(session: Session, withdrawn_lines: Sequence[tuple[str, int]], now: datetime) -> None:
    """Queue again the reminders of questions whose answer was withdrawn, unless their day has passed."""
    for case in sorted({case for case, _ in withdrawn_lines}):
        comment_kinds = EVENT.c.kind.in_(("commented", "withdrawn"))
        query = EVENTS_IN_ORDER.where(EVENT.c.case == case, comment_kinds)
        case_comments = comments([event(record) for record in session.execute(query)])
        lines = {seq for of_case, seq in withdrawn_lines if of_case == case}
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
            session.execute(requeuing.values(state="queued"))


def _drop_letters(session: Session, lines: Sequence[tuple[str, int]], steps: Sequence[str]) -> None:
    """Withdraw the queued letters, of these steps, about these lines of cases."""
    starts = [NOTICE.c.key.startswith(line_key(case, seq)) for case, seq in lines]
    of_cases = NOTICE.c.case.in_({case for case, _ in lines})
    withdrawal = NOTICE.update().where(
        of_cases, NOTICE.c.step.in_(steps), NOTICE.c.state == "queued", or_(*starts)
    )
    session.execute(withdrawal.values(state="withdrawn"))


def _withdraw(session: Session, batch: Batch) -> None:
    """Withdraw unsent notices of outdated due dates, and of deadlines that now belong to another unit or
    person.

    The next round queues those of the latter that are still valid. Notices about moved dates are kept.
    """
    # After the rows: a round that queued a notice of the old due date holds its row until it commits, so what
    # is read here is all there is.
    queued = execute_for_names(session, _QUEUED_OF, batch.present_rows)
    stale = [
        {"k_key": key}
        for key, case, obligation, due, step in queued
        if (step != MOVED_STEP and (case, obligation) in batch.reassigned)
        or not any(
            row.obligation == obligation and is_about(row, step, due) and row.state in AWAITED
            for row in batch.present_rows[case]
        )
    ]
    if stale:
        session.execute(_WITHDRAW, stale)
