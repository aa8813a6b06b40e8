"""The outbox: notices with their delivery records, and what rounds and letters read beside them.

Every method is one transaction. The cost depends on what is due, not on what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Select, and_, case, func, literal_column, or_, select, tuple_, update
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.cases import ledger
from merzim.storage.database import (
    execute,
    execute_for_names,
    in_names,
    insert,
    read,
    read_first,
    read_for_names,
    reading,
    writing,
)
from merzim.storage.locks import ProcessLock
from merzim.storage.notices import delivery_state
from merzim.storage.office import PresentOffice
from merzim.storage.refusals import retry_until_back
from merzim.storage.rows import EVENTS_IN_ORDER, INBOX_LINES, columns_of, event, inbox_line, row, to_notice
from merzim.storage.tables import board
from merzim.storage.tables.accounts import ACCOUNT
from merzim.storage.tables.base import moment
from merzim.storage.tables.board import DEADLINE, MOVED
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE, UNREAD, NoticeRow
from merzim.storage.tables.registers import CAMPAIGN, CAMPAIGN_PERSON
from notifications.daily import DAY, LETTER, WEEK
from notifications.dispatch import InboxLine, Move, PendingStep, Settlement
from notifications.event_notices import DELIVERED_STATES
from notifications.notice import Notice, NoticeState
from workflow.cases.case import AWAITED, Case, Event
from workflow.deadlines.deadline import Row
from workflow.org.office import Office

# Written out, not bound, so that both planners see that the partial indexes answer.
_QUEUED = NOTICE.c.state == literal_column("'queued'")
_SENDING = NOTICE.c.state == literal_column("'sending'")
_ALONE = NOTICE.c.bundle == literal_column("''")
_BUNDLED = NOTICE.c.bundle != literal_column("''")
_NEWEST = (NOTICE.c.queued_at.desc(), NOTICE.c.key)
_PLACE = (DEADLINE.c.next_step_on, DEADLINE.c.case, DEADLINE.c.obligation)
_BY_DUE = select(DEADLINE).order_by(DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)
_RECORD = ("key", "state", "answer", "attempts", "not_before", "sent_at", "text_hash", "address")
"""The key of a notice, and what an attempt changes of it."""


class SqlOutbox:
    """Implements `notifications.dispatch.Outbox`, which says what each method of it does, on a database.
    `office`: the present office, where others use it too.
    """

    def __init__(self, engine: Engine, *, office: PresentOffice | None = None) -> None:
        self._engine = engine
        self._delivery = ProcessLock(engine, "delivery")
        self._office = office or PresentOffice(engine)

    # ---------------------------------------------------------------------------- what rounds and letters read

    def due_rows(self, today: date, *, limit: int, after: tuple[date, str, str] | None = None) -> Sequence[Row]:
        # Only rows that still wait for somebody have a next step (workflow.board.rows), so the day alone is
        # asked and the partial index alone answers.
        query = select(DEADLINE).where(DEADLINE.c.next_step_on <= today, DEADLINE.c.next_step_on.is_not(None))
        if after is not None:
            query = query.where(tuple_(*_PLACE) > tuple_(*after))
        return self._rows(query.order_by(*_PLACE).limit(limit))

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        return ledger.cases(self._engine, ids)

    def comments(self, cases: Collection[str]) -> Sequence[Event]:
        query = EVENTS_IN_ORDER.where(
            EVENT.c.case.in_(sorted(cases)), EVENT.c.kind.in_(("commented", "withdrawn"))
        )
        return [event(record) for record in read(self._engine, query)]

    def office(self) -> Office:
        return self._office.read()

    def open_rows(self, until: date, *, today: date) -> Sequence[Row]:
        query = _BY_DUE.join(CASE, CASE.c.id == DEADLINE.c.case).where(
            DEADLINE.c.state == "open",
            CASE.c.status == "active",
            or_(and_(DEADLINE.c.due <= until, board.holds(today)), board.slipped(today)),
        )
        return self._rows(query)

    def never_confirmed(self, *, today: date) -> Sequence[Row]:
        return self._rows(_BY_DUE.where(board.never_confirmed(today)))

    def newest_seal(self) -> tuple[int, datetime, str] | None:
        with reading(self._engine) as session:
            return events.newest_seal(session)

    def news(self, *, limit: int) -> Sequence[Move | InboxLine]:
        with reading(self._engine) as session:
            untold = INBOX_LINES.where(INBOX.c.untold).order_by(
                INBOX.c.at, INBOX.c.person, INBOX.c.case, INBOX.c.seq
            )
            lines = session.execute(untold.limit(limit)).all()
            return [*_moves(session, limit), *map(inbox_line, lines)]

    # ------------------------------------------------------------------------------------------------ queueing

    def settle(self, settlements: Sequence[Settlement]) -> int:
        if not settlements:
            return 0
        with writing(self._engine) as session:
            # In the order of keys, as others lock them.
            ordered = sorted(settlements, key=lambda settlement: settlement.place)
            decided = [settlement for settlement in ordered if _settle(session, settlement)]
            return self.queue(session, [notice for settlement in decided for notice in settlement.notices])

    def add(self, notices: Sequence[Notice]) -> int:
        if not notices:
            return 0
        with writing(self._engine) as session:
            return self.queue(session, notices)

    def queue(self, session: Session, letters: Sequence[Notice]) -> int:
        """Queue notices in the caller's transaction; return how many were queued. A notice whose key is there
        already is left out, unless it was withdrawn.
        """
        if not letters:
            return 0
        step = insert(session, NOTICE)
        renewed = [column.name for column in NOTICE.columns if column.name != "key"]
        step = step.on_conflict_do_update(
            index_elements=[NOTICE.c.key],
            set_={name: step.excluded[name] for name in renewed},
            where=NOTICE.c.state == "withdrawn",
        )
        # Of two with one key the first is queued; in one statement the database would not take them both. What
        # is returned is what was written: asked for it, SQLAlchemy puts a thousand lines into a statement.
        first: dict[str, Notice] = {}
        for letter in letters:
            first.setdefault(letter.key, letter)
        lines = [columns_of(NOTICE, letter, case=letter.case or None) for letter in first.values()]
        return len(session.execute(step.returning(NOTICE.c.key), lines).all())

    def waiting(self, today: date) -> Sequence[PendingStep]:
        columns = (NOTICE.c.person, NOTICE.c.channel, NOTICE.c.bundle)
        dated = (NOTICE.c.step.not_like(f"{kind}%") for kind in ("open+", "before-", "points-"))
        is_of_date_ahead = and_(NOTICE.c.kind == "reminder", NOTICE.c.due >= today, *dated)
        query = (
            select(
                *columns,
                func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type),
                func.min(case((is_of_date_ahead, NOTICE.c.due)), type_=NOTICE.c.due.type),
                func.max(NOTICE.c.address),
                func.max(NOTICE.c.language),
            )
            .where(_QUEUED, _BUNDLED)
            .group_by(*columns)
            .order_by(*columns)
        )
        return [PendingStep(*group) for group in read(self._engine, query)]

    def letters_on_their_way(self) -> Mapping[tuple[str, str, str], date]:
        # Letters that carry others belong to no case: few, and found by the index of the case.
        query = select(NOTICE.c.person, NOTICE.c.channel, NOTICE.c.step, NOTICE.c.due).where(
            NOTICE.c.case.is_(None), NOTICE.c.kind == LETTER, NOTICE.c.state.in_(("queued", "sending"))
        )
        return {tuple(place): day for *place, day in read(self._engine, query.order_by(NOTICE.c.due.desc()))}

    def states(self, keys: Collection[str]) -> Mapping[str, NoticeState]:
        query = select(NOTICE.c.key, NOTICE.c.state).where(in_names(NOTICE.c.key))
        return {record.key: record.state for record in read_for_names(self._engine, query, keys)}

    # ---------------------------------------------------------------------------------------------- delivering

    def delivering(self) -> AbstractContextManager[None]:
        return self._delivery.shared()

    def awaited_channels(self) -> Sequence[str]:
        statement = select(NOTICE.c.channel).where(_QUEUED, _ALONE).distinct()
        return [record.channel for record in read(self._engine, statement)]

    def claim(self, channel: str, *, now: datetime, limit: int) -> Sequence[Notice]:
        may_leave = and_(NOTICE.c.channel == channel, _QUEUED, _ALONE, NOTICE.c.not_before <= now)
        oldest = (NOTICE.c.not_before, NOTICE.c.queued_at, NOTICE.c.key)
        chosen = select(NOTICE.c.key).where(may_leave).order_by(*oldest).limit(limit)
        # Check without the write lock, so that a tick with nothing to send delays nobody.
        if read_first(self._engine, chosen.limit(1)) is None:
            return []
        with writing(self._engine) as session:
            letters = _claim(session, chosen, now=now)
            letters.sort(key=lambda letter: (letter.not_before, letter.queued_at, letter.key))
            carriers = (letter for letter in letters if letter.kind == LETTER)
            return [*letters, *(item for carrier in carriers for item in _claim_items(session, carrier, now))]

    def mark(self, notices: Sequence[Notice], *, now: datetime) -> None:
        if notices:
            # The letters have left: a database that is away for a moment is waited for, or they leave again.
            retry_until_back(lambda: self._mark(notices, now))

    def _mark(self, notices: Sequence[Notice], now: datetime) -> None:
        claimed = select(NOTICE.c.key).where(in_names(NOTICE.c.key), _SENDING).with_for_update()
        with writing(self._engine) as session:
            mine = {key for (key,) in execute_for_names(session, claimed, [notice.key for notice in notices])}
            marked = [notice for notice in notices if notice.key in mine]
            records = [{name: getattr(notice, name) for name in _RECORD} for notice in marked]
            if records:
                session.execute(update(NoticeRow), records)
            delivery_state.append_outcomes(session, marked, now=now)

    def fault(self, channel: str, code: str, answer: str, *, now: datetime) -> None:
        # Recorded between sending a letter and storing its outcome: if this failed, it would be sent again.
        retry_until_back(lambda: delivery_state.record_fault(self._engine, channel, code, answer, now=now))

    def recover(self, channel: str, *, state: NoticeState, now: datetime) -> int:
        # Not by the index of a channel, which holds every letter ever sent.
        abandoned = and_(NOTICE.c.channel.concat("") == channel, _SENDING)
        with self._delivery.alone() as alone:
            if not alone or read_first(self._engine, select(NOTICE.c.key).where(abandoned).limit(1)) is None:
                return 0
            step = update(NOTICE).where(abandoned).values(state=state)
            if state == "queued":
                step = step.values(not_before=now)
            with writing(self._engine) as session:
                records = session.execute(step.returning(*NOTICE.columns))
                recovered = [to_notice(record) for record in records]
                delivery_state.append_outcomes(session, recovered, now=now)
                return len(recovered)

    def related(self, notices: Sequence[Notice], *, since: datetime) -> Sequence[Notice]:
        cases = sorted({notice.case for notice in notices if notice.case})
        if not cases:
            return []
        first = min(notice.queued_at for notice in notices)
        query = select(NOTICE).where(
            NOTICE.c.case.in_(cases),
            NOTICE.c.kind.in_(("reminder", "comment")),
            NOTICE.c.person.in_(sorted({notice.person for notice in notices})),
            NOTICE.c.state.in_(("queued", *DELIVERED_STATES)),
            or_(NOTICE.c.queued_at >= first, NOTICE.c.sent_at >= since),
        )
        return self._notices(query)

    def awaited(self, notices: Sequence[Notice], *, today: date) -> frozenset[str]:
        asked = ("campaign", "person", "number", "version")
        query = (
            select(*(CAMPAIGN_PERSON.c[name] for name in asked))
            .join(CAMPAIGN, CAMPAIGN.c.id == CAMPAIGN_PERSON.c.campaign)
            .where(
                CAMPAIGN.c.id.in_(sorted({notice.obligation for notice in notices})),
                CAMPAIGN.c.closed_on.is_(None),
                CAMPAIGN.c.until >= today,
                CAMPAIGN_PERSON.c.person.in_(sorted({notice.person for notice in notices})),
                CAMPAIGN_PERSON.c.answer == "",
                CAMPAIGN_PERSON.c.left_on.is_(None),
            )
        )
        awaited = {(*record,) for record in read(self._engine, query)}
        return frozenset(
            notice.key
            for notice in notices
            if (notice.obligation, notice.person, notice.about["number"], notice.about["version"]) in awaited
        )

    # -------------------------------------------------------------------------------------- what was delivered

    def unread(self, person: str, *, limit: int) -> Sequence[Notice]:
        """Return the letters sent to a person about cases and not acknowledged, newest first."""
        query = select(NOTICE).where(UNREAD, NOTICE.c.case.is_not(None), NOTICE.c.person == person)
        return self._notices(query.order_by(*_NEWEST).limit(limit))

    def carried(self, key: str) -> Sequence[Notice]:
        """Return the notices a letter carries, by due date; none for an unknown one."""
        letter = NOTICE.alias("letter")
        query = select(NOTICE).join(letter, letter.c.key == NOTICE.c.carrier)
        query = query.where(letter.c.key == key, NOTICE.c.person == letter.c.person)
        return self._notices(query.order_by(NOTICE.c.due, NOTICE.c.key))

    def notice(self, key: str) -> Notice | None:
        record = read_first(self._engine, select(NOTICE).where(NOTICE.c.key == key))
        return to_notice(record) if record is not None else None

    def acknowledge(self, key: str, *, now: datetime) -> None:
        """Record that a notice was read; the first time is kept."""
        is_unread = and_(NOTICE.c.key == key, NOTICE.c.acknowledged_at.is_(None))
        with writing(self._engine) as session:
            if session.exec(NOTICE.update().where(is_unread).values(acknowledged_at=now)).rowcount:
                line = (key, "acknowledged", moment(now))
                delivery_state.append_to_journal(session, [line], now=now)

    def mark_read(self, person: str, *, case: str = "", seq: int = 0, now: datetime) -> int:
        """Mark a person's inbox entries as read: all, those of a case, or one; return how many were unread."""
        step = INBOX.update().where(INBOX.c.person == person, INBOX.c.read_at.is_(None)).values(read_at=now)
        if case:
            step = step.where(INBOX.c.case == case)
        if seq:
            step = step.where(INBOX.c.seq == seq)
        return execute(self._engine, step)

    def _rows(self, query: Select[Any]) -> list[Row]:
        return [row(record) for record in read(self._engine, query)]

    def _notices(self, query: Select[Any]) -> list[Notice]:
        return [to_notice(record) for record in read(self._engine, query)]


def _settle(session: Session, settlement: Settlement) -> bool:
    """Store a decision about a row, a move or an event; return whether it counts: a row is as it was read."""
    match settlement.about:
        case Move() as move:
            session.execute(MOVED.delete().where(MOVED.c.n.in_(move.numbers)))
            return True
        case InboxLine() as line:
            of_event = (INBOX.c.case == line.event.case, INBOX.c.seq == line.event.seq)
            told = INBOX.update().where(INBOX.c.person == line.person, *of_event)
            session.execute(told.values(untold=False))
            return True
        case read_row:
            unchanged = (
                DEADLINE.c.case == read_row.case,
                DEADLINE.c.obligation == read_row.obligation,
                DEADLINE.c.due.is_not_distinct_from(read_row.due),
                DEADLINE.c.next_step_on == read_row.next_step_on,
                DEADLINE.c.state.in_(AWAITED),
            )
            step = DEADLINE.update().where(*unchanged).values(next_step_on=settlement.next_step_on)
            return bool(session.exec(step).rowcount)


def _moves(session: Session, limit: int) -> list[Move]:
    """Return deadlines whose due date has moved, each with all of its moves among the first `limit`."""
    lines = session.execute(MOVED.select().order_by(MOVED.c.n).limit(limit)).all()
    if not lines:
        return []
    # If a deadline moved several times, the last cause is given.
    last = {(line.case, line.obligation): line for line in lines}
    cases = sorted({case for case, _ in last})
    present = map(row, session.execute(DEADLINE.select().where(DEADLINE.c.case.in_(cases))))
    rows = {(found.case, found.obligation): found for found in present}
    told = select(NOTICE).where(NOTICE.c.case.in_(cases), NOTICE.c.state.in_(DELIVERED_STATES))
    notices: dict[tuple[str, str], list[Notice]] = {}
    for notice in map(to_notice, session.execute(told.order_by(NOTICE.c.queued_at, NOTICE.c.key))):
        notices.setdefault((notice.case, notice.obligation), []).append(notice)
    by = {place: str(line.cause.get("by", "")).casefold() for place, line in last.items()}
    accounts = select(ACCOUNT.c.login, ACCOUNT.c.person).where(ACCOUNT.c.login.in_(sorted({*by.values()})))
    people = dict(map(tuple, session.execute(accounts)))
    return [
        Move(
            numbers=tuple(line.n for line in lines if (line.case, line.obligation) == place),
            case=place[0],
            obligation=place[1],
            change=line.change,
            cause=line.cause,
            author=people.get(by[place], ""),
            row=rows.get(place),
            notified=tuple(notices.get(place, ())),
        )
        for place, line in last.items()
    ]


def _claim(session: Session, chosen: Select[Any], *, now: datetime, carrier: str = "") -> list[Notice]:
    """Claim the notices whose keys are chosen; those of a letter with its key as their carrier."""
    # SKIP LOCKED is PostgreSQL's; SQLite has one writer and leaves it out. Chosen once, apart from the update:
    # a planner free to choose again for every row could lock more than it was asked for.
    mine = chosen.with_for_update(skip_locked=True).cte("mine")
    attempt = {"state": "sending", "attempts": NOTICE.c.attempts + 1, "attempted_at": now}
    step = update(NOTICE).where(NOTICE.c.key.in_(select(mine.c.key))).values(attempt)
    if carrier:
        step = step.values(carrier=carrier)
    return [to_notice(record) for record in session.execute(step.returning(*NOTICE.columns))]


def _claim_items(session: Session, letter: Notice, now: datetime) -> list[Notice]:
    """Claim the notices that go inside a claimed letter; a letter of the week carries those of the day too."""
    items = and_(
        NOTICE.c.person == letter.person,
        NOTICE.c.channel == letter.channel,
        NOTICE.c.bundle.in_((DAY, WEEK) if letter.step == WEEK else (letter.step,)),
        _QUEUED,
        _BUNDLED,
        NOTICE.c.not_before <= now,
    )
    claimed = _claim(session, select(NOTICE.c.key).where(items), now=now, carrier=letter.key)
    return sorted(claimed, key=lambda item: (item.due, item.key))
