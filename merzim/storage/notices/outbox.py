"""The outbox: notices with their delivery records, and board rows whose reminder step is due.

Every method is one transaction. The cost depends on what is due, not on what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import Engine, and_, bindparam, exists, literal_column, or_, select, tuple_, update
from sqlmodel import Session

from merzim.storage.cases import ledger
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import read, read_first, reading, writing
from merzim.storage.database.locks import ProcessLock
from merzim.storage.notices import faults, inbox, journal
from merzim.storage.notices.bundles import CombinedNotices
from merzim.storage.org.store import PresentOffice
from merzim.storage.refusals import retry_until_back
from merzim.storage.rows import EVENTS_IN_ORDER, columns_of, event, row, to_notice
from merzim.storage.tables.base import moment
from merzim.storage.tables.board import DEADLINE, MOVED
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import LOST, NOTICE, UNREAD, present_columns, present_state
from merzim.storage.tables.registers import CAMPAIGN, CAMPAIGN_PERSON
from notifications.daily import DAY, LETTER, WEEK
from notifications.notice import Notice, NoticeState
from notifications.ports import InboxLine, Move, Settlement
from workflow.board.rows import Row
from workflow.cases.case import Case, Event
from workflow.cases.states import AWAITED
from workflow.org.office import Office

# Written out, not bound, so that both planners see that the partial indexes answer.
_QUEUED = NOTICE.c.state == literal_column("'queued'")
_ALONE = NOTICE.c.bundle == literal_column("''")
_SENDING = NOTICE.c.state == literal_column("'sending'")
_BUNDLED = NOTICE.c.bundle != literal_column("''")
_RECORD = ("state", "answer", "attempts", "not_before", "sent_at", "text_hash", "address")
"""What an attempt changes of a notice."""
_MARK = NOTICE.update().where(NOTICE.c.key == bindparam("k_key"))
_PLACE = (DEADLINE.c.next_step_on, DEADLINE.c.case, DEADLINE.c.obligation)


class SqlOutbox(CombinedNotices):
    """Implements `notifications.ports.Outbox`, which says what each method of it does, on a database.

    Args:
        office: the present office, where others use it too.
    """

    def __init__(self, engine: Engine, *, office: PresentOffice | None = None) -> None:
        super().__init__(engine)
        self._delivery = ProcessLock(engine, "delivery")
        self._office = office or PresentOffice(engine)

    def due_rows(self, today: date, *, limit: int, after: tuple[date, str, str] | None = None) -> Sequence[Row]:
        # Only rows that still wait for somebody have a next step (workflow.board.rows), so the day alone is
        # asked and the partial index alone answers.
        query = select(DEADLINE).where(DEADLINE.c.next_step_on <= today, DEADLINE.c.next_step_on.is_not(None))
        if after is not None:
            query = query.where(tuple_(*_PLACE) > tuple_(*after))
        return [row(record) for record in read(self._engine, query.order_by(*_PLACE).limit(limit))]

    def cases(self, ids: Collection[str]) -> Mapping[str, Case]:
        with reading(self._engine) as session:
            return ledger.cases(session, ids)

    def comments(self, cases: Collection[str]) -> Sequence[Event]:
        query = EVENTS_IN_ORDER.where(
            EVENT.c.case.in_(sorted(cases)), EVENT.c.kind.in_(("commented", "withdrawn"))
        )
        return [event(record) for record in read(self._engine, query)]

    def office(self) -> Office:
        return self._office.read()

    def settle(self, settlements: Sequence[Settlement]) -> int:
        if not settlements:
            return 0
        with writing(self._engine) as session:
            return self.queue(session, _settle(session, settlements))

    def add(self, notices: Sequence[Notice]) -> int:
        if not notices:
            return 0
        with writing(self._engine) as session:
            return self.queue(session, notices)

    def awaited_channels(self) -> Sequence[str]:
        statement = select(NOTICE.c.channel).where(_QUEUED, _ALONE).distinct()
        return [record.channel for record in read(self._engine, statement)]

    def claim(self, channel: str, *, now: datetime, limit: int) -> Sequence[Notice]:
        """Take up to `limit` queued notices of a channel that may leave now; they become `sending`."""
        chosen = (
            select(NOTICE.c.key)
            .where(NOTICE.c.channel == channel, _QUEUED, _ALONE, NOTICE.c.not_before <= now)
            .order_by(NOTICE.c.not_before, NOTICE.c.queued_at, NOTICE.c.key)
            .limit(limit)
        )
        # Check without the write lock, so that a tick with nothing to send delays nobody.
        if read_first(self._engine, chosen.limit(1)) is None:
            return []
        # SKIP LOCKED is PostgreSQL's; SQLite has one writer and leaves it out. Chosen once, apart from the
        # update: a planner free to choose again for every row could lock more than it was asked for.
        mine = chosen.with_for_update(skip_locked=True).cte("mine")
        step = (
            update(NOTICE)
            .where(NOTICE.c.key.in_(select(mine.c.key)))
            .values(state="sending", attempts=NOTICE.c.attempts + 1, attempted_at=now)
            .returning(*NOTICE.columns)
        )
        with writing(self._engine) as session:
            letters = [to_notice(record) for record in session.execute(step)]
            letters.sort(key=lambda letter: (letter.not_before, letter.queued_at, letter.key))
            carriers = [letter for letter in letters if letter.kind == LETTER]
            return [*letters, *(item for carrier in carriers for item in _claim_items(session, carrier, now))]

    def fault(self, channel: str, code: str, answer: str, *, now: datetime) -> None:
        # Recorded between sending a letter and storing its outcome: if this failed, it would be sent again.
        retry_until_back(lambda: faults.record_fault(self._engine, channel, code, answer, now=now))

    def mark(self, notices: Sequence[Notice], *, now: datetime) -> None:
        if notices:
            # The letters have left: a database that is away for a moment is waited for, or they leave again.
            retry_until_back(lambda: self._mark(notices, now))

    def _mark(self, notices: Sequence[Notice], now: datetime) -> None:
        keys = [notice.key for notice in notices]
        claimed = select(NOTICE.c.key).where(NOTICE.c.key.in_(keys), NOTICE.c.state == "sending")
        with writing(self._engine) as session:
            mine = set(session.execute(claimed.with_for_update()).scalars())
            marked = [notice for notice in notices if notice.key in mine]
            if marked:
                session.execute(_MARK, [_delivery_record(notice) for notice in marked])
            journal.append_outcomes(session, marked, now=now)

    def delivering(self) -> AbstractContextManager[None]:
        return self._delivery.shared()

    def recover(self, channel: str, *, state: NoticeState, now: datetime) -> int:
        with self._delivery.alone() as alone:
            return self._recover(channel, state, now) if alone else 0

    def _recover(self, channel: str, state: NoticeState, now: datetime) -> int:
        """Give the notices of a channel that are left in `sending` a new state; return how many."""
        # Not by the index of a channel, which holds every letter ever sent.
        abandoned_notices = and_(NOTICE.c.channel.concat("") == channel, _SENDING)
        with reading(self._engine) as session:
            if not session.scalar(select(exists().where(abandoned_notices))):
                return 0
        step = update(NOTICE).where(abandoned_notices).values(state=state)
        if state == "queued":
            step = step.values(not_before=now)
        with writing(self._engine) as session:
            left = select(NOTICE.c.key).where(abandoned_notices).with_for_update()
            recovered_keys = session.execute(left).scalars().all()
            session.execute(step)
            journal.append_outcomes_of(session, recovered_keys, now=now)
            return len(recovered_keys)

    def settle_moves(self, moves: Sequence[Move], notices: Sequence[Notice]) -> int:
        """Delete these moves and queue their notices in one transaction; return how many were queued."""
        with writing(self._engine) as session:
            numbers = [number for move in moves for number in move.numbers]
            session.execute(MOVED.delete().where(MOVED.c.n.in_(numbers)))
            return self.queue(session, notices)

    def untold(self, *, limit: int) -> Sequence[InboxLine]:
        return inbox.untold(self._engine, limit=limit)

    def settle_untold(self, lines: Sequence[InboxLine], notices: Sequence[Notice]) -> int:
        """Mark these events as told and queue their notices in one transaction; return how many were queued."""
        with writing(self._engine) as session:
            inbox.mark_told(session, lines)
            return self.queue(session, notices)

    def awaited(self, notices: Sequence[Notice], *, today: date) -> frozenset[str]:
        """Return the keys of those notices of campaigns whose person's answer is still awaited."""
        people = sorted({notice.person for notice in notices})
        query = (
            select(*(CAMPAIGN_PERSON.c[name] for name in ("campaign", "person", "number", "version")))
            .join(CAMPAIGN, CAMPAIGN.c.id == CAMPAIGN_PERSON.c.campaign)
            .where(
                CAMPAIGN.c.id.in_(sorted({notice.obligation for notice in notices})),
                CAMPAIGN.c.closed_on.is_(None),
                CAMPAIGN.c.until >= today,
                CAMPAIGN_PERSON.c.person.in_(people),
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

    def notices(
        self,
        *,
        case: str | None = None,
        person: str | None = None,
        channel: str | None = None,
        state: NoticeState | None = None,
        limit: int | None = None,
    ) -> Sequence[Notice]:
        """Return notices, newest first, filtered by the given values, without digests that had no content."""
        query = select(*present_columns()).order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key).limit(limit)
        query = query.where(or_(NOTICE.c.state != "withdrawn", NOTICE.c.case.is_not(None)))
        filters = {"case": case, "person": person, "channel": channel}
        for name, value in filters.items():
            if value is not None:
                query = query.where(NOTICE.c[name] == value)
        if state is not None:
            query = query.where(present_state() == state)
        return [to_notice(record) for record in read(self._engine, query)]

    def unread(self, person: str, *, limit: int) -> Sequence[Notice]:
        """Return the letters sent to a person about cases and not acknowledged, newest first."""
        query = select(NOTICE).where(UNREAD, NOTICE.c.case.is_not(None), NOTICE.c.person == person)
        query = query.order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key).limit(limit)
        return [to_notice(record) for record in read(self._engine, query)]

    def carried(self, key: str) -> Sequence[Notice]:
        """Return the notices a letter carries, by due date; none for an unknown one."""
        query = select(NOTICE).where(NOTICE.c.carrier == key).order_by(NOTICE.c.due, NOTICE.c.key)
        with reading(self._engine) as session:
            person = session.execute(select(NOTICE.c.person).where(NOTICE.c.key == key)).scalar()
            if person is None:
                return []
            return [to_notice(record) for record in session.execute(query.where(NOTICE.c.person == person))]

    def notice(self, key: str) -> Notice | None:
        record = read_first(self._engine, select(NOTICE).where(NOTICE.c.key == key))
        return to_notice(record) if record is not None else None

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """Record that a notice was read; the first time is kept. Return False when there is no such notice."""
        step = (
            update(NOTICE)
            .where(NOTICE.c.key == key, NOTICE.c.acknowledged_at.is_(None))
            .values(acknowledged_at=now)
        )
        with writing(self._engine) as session:
            if session.exec(step).rowcount:
                journal.append(session, [(key, journal.ACKNOWLEDGED, moment(now))], now=now)
                return True
            return session.execute(select(NOTICE.c.key).where(NOTICE.c.key == key)).first() is not None

    def resend(self, key: str, *, now: datetime, not_before: datetime) -> bool:
        """Queue a notice again; False when no notice of that key failed or is of unknown fate.

        Its attempts restart; its key and Message-ID are kept. One that shared a letter with others goes in a
        letter of its own: that one is over, and withdrawn once nothing of it is left.
        """
        again = {"state": "queued", "attempts": 0, "queued_at": now, "not_before": not_before, "bundle": ""}
        step = update(NOTICE).where(NOTICE.c.key == key, LOST).values(again).returning(NOTICE.c.carrier)
        with writing(self._engine) as session:
            resent = session.execute(step).first()
            if resent is None:
                return False
            journal.append(session, [(key, journal.RESENT, "")], now=now)
            left = select(NOTICE.c.key).where(
                NOTICE.c.carrier == resent.carrier, LOST, NOTICE.c.bundle != literal_column("''")
            )
            if resent.carrier and session.execute(left.limit(1)).first() is None:
                over = update(NOTICE).where(NOTICE.c.key == resent.carrier, LOST)
                session.execute(over.values(state="withdrawn"))
        return True

    def queue(self, session: Session, letters: Sequence[Notice]) -> int:
        """Queue notices in the caller's transaction; return how many were queued.

        A notice whose key is there already is left out, unless it was withdrawn.
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


def _settle(session: Session, settlements: Sequence[Settlement]) -> list[Notice]:
    """Move the rows that are unchanged since planning to their next steps; return their notices."""
    letters = list[Notice]()
    # In the order of keys, as others lock them.
    for settlement in sorted(settlements, key=lambda settlement: settlement.row[:2]):
        read_row = settlement.row
        unchanged = (
            DEADLINE.c.case == read_row.case,
            DEADLINE.c.obligation == read_row.obligation,
            DEADLINE.c.due.is_not_distinct_from(read_row.due),
            DEADLINE.c.next_step_on == read_row.next_step_on,
            DEADLINE.c.state.in_(AWAITED),
        )
        step = DEADLINE.update().where(*unchanged).values(next_step_on=settlement.next_step_on)
        if session.exec(step).rowcount:
            letters += settlement.notices
    return letters


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
    mine = select(NOTICE.c.key).where(items).with_for_update(skip_locked=True).cte("mine")
    attempt = {"attempts": NOTICE.c.attempts + 1, "attempted_at": now, "carrier": letter.key}
    claim = update(NOTICE).where(NOTICE.c.key.in_(select(mine.c.key))).values(state="sending", **attempt)
    claimed = map(to_notice, session.execute(claim.returning(*NOTICE.columns)))
    return sorted(claimed, key=lambda item: (item.due, item.key))


def _delivery_record(notice: Notice) -> dict[str, object]:
    """Return what an attempt changes of a notice, as the values of `_MARK`."""
    return {"k_key": notice.key} | {name: getattr(notice, name) for name in _RECORD}
