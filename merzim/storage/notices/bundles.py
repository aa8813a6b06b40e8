"""The part of the outbox for notices combined in one letter, dates that moved, and what else letters list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    Engine,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlmodel import Session

from merzim.storage import events, lateness
from merzim.storage.database.engine import read, reading
from merzim.storage.rows import row, to_notice
from merzim.storage.tables.board import DEADLINE, MOVED
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.notices import NOTICE
from notifications.moved_dates import DELIVERED_STATES
from notifications.notice import Notice, NoticeState
from notifications.ports import Move, PendingStep
from workflow.board.rows import Row
from workflow.reminders import PLAN_STEPS

_QUEUED = NOTICE.c.state == literal_column("'queued'")
_BUNDLED = NOTICE.c.bundle != literal_column("''")
_DATED = tuple(NOTICE.c.step.not_like(f"{kind}%") for kind in ("open+", "before-", "points-"))
"""The step is about a due date or a plan date."""


class CombinedNotices:
    """The part of `notifications.ports.Outbox` that combines notices in letters and reads what they say; the
    protocol says what each method does.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, today: date) -> Sequence[PendingStep]:
        columns = (NOTICE.c.person, NOTICE.c.channel, NOTICE.c.bundle)
        is_of_date_ahead = NOTICE.c.kind == "reminder", NOTICE.c.due >= today, *_DATED
        query = (
            select(
                *columns,
                func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type),
                func.min(case((and_(*is_of_date_ahead), NOTICE.c.due)), type_=NOTICE.c.due.type),
                func.max(NOTICE.c.address),
                func.max(NOTICE.c.language),
            )
            .where(_QUEUED, _BUNDLED)
            .group_by(*columns)
            .order_by(*columns)
        )
        # Letters that carry others belong to no case: few, and found by the index of the case.
        carriers = select(NOTICE.c.person, NOTICE.c.channel, NOTICE.c.step).where(
            NOTICE.c.case.is_(None), NOTICE.c.state.in_(("queued", "sending"))
        )
        with reading(self._engine) as session:
            groups = session.execute(query).all()
            on_its_way = {tuple(record) for record in session.execute(carriers)} if groups else set()
        return [
            PendingStep(
                person=person,
                channel=channel,
                bundle=bundle,
                not_before=opens,
                first_due=first_due,
                address=address,
                language=language,
            )
            for person, channel, bundle, opens, first_due, address, language in groups
            if (person, channel, bundle) not in on_its_way
        ]

    def states(self, keys: Collection[str]) -> Mapping[str, NoticeState]:
        if not keys:
            return {}
        query = select(NOTICE.c.key, NOTICE.c.state).where(NOTICE.c.key.in_(sorted(keys)))
        return {record.key: record.state for record in read(self._engine, query)}

    def queued_letters(self) -> frozenset[tuple[str, str]]:
        query = select(NOTICE.c.person, NOTICE.c.channel).where(
            NOTICE.c.case.is_(None), NOTICE.c.kind == "letter", NOTICE.c.state.in_(("queued", "sending"))
        )
        return frozenset((person, channel) for person, channel in read(self._engine, query))

    def moves(self, *, limit: int) -> Sequence[Move]:
        """Return deadlines whose due date has moved, each with all of its first `limit` moves and the last
        cause.
        """
        with reading(self._engine) as session:
            lines = session.execute(MOVED.select().order_by(MOVED.c.n).limit(limit)).all()
            if not lines:
                return []
            # If a deadline moved several times, the last cause is given.
            last = {(line.case, line.obligation): line for line in lines}
            cases = sorted({case for case, _ in last})
            of_cases = map(row, session.execute(select(DEADLINE).where(DEADLINE.c.case.in_(cases))))
            rows = {(present.case, present.obligation): present for present in of_cases}
            notices_by_place = _last_notices(session, cases)
        return [
            Move(
                numbers=tuple(line.n for line in lines if (line.case, line.obligation) == place),
                case=place[0],
                obligation=place[1],
                change=line.change,
                cause=line.cause,
                row=rows.get(place),
                notified=tuple(notices_by_place.get(place, {}).values()),
            )
            for place, line in last.items()
        ]

    def open_rows(self, until: date, *, today: date) -> Sequence[Row]:
        query = (
            select(DEADLINE)
            .join(CASE, CASE.c.id == DEADLINE.c.case)
            .where(DEADLINE.c.state == "open", CASE.c.status == "active")
            .where(or_(and_(DEADLINE.c.due <= until, lateness.holds(today)), lateness.slipped(today)))
            .order_by(DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)
        )
        return [row(record) for record in read(self._engine, query)]

    def newest_seal(self) -> tuple[int, datetime, str] | None:
        with reading(self._engine) as session:
            return events.newest_seal(session)

    def never_confirmed(self, *, today: date) -> Sequence[Row]:
        query = select(DEADLINE).where(lateness.never_confirmed(today))
        query = query.order_by(DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)
        return [row(record) for record in read(self._engine, query)]

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
        return [to_notice(record) for record in read(self._engine, query)]


def _last_notices(
    session: Session, cases: Collection[str]
) -> dict[tuple[str, str], dict[tuple[str, str], Notice]]:
    """Return, for each deadline, the last notice to each person through each channel."""
    query: Select[tuple[object, ...]] = (
        select(NOTICE)
        # Recipients of questions about a plan date or an open duty were not notified of a due date.
        .where(
            NOTICE.c.case.in_(cases),
            NOTICE.c.state.in_(DELIVERED_STATES),
            NOTICE.c.step.not_in([*PLAN_STEPS]),
            *_DATED,
        )
        .order_by(NOTICE.c.queued_at, NOTICE.c.key)
    )
    notices_by_place: dict[tuple[str, str], dict[tuple[str, str], Notice]] = {}
    for record in session.execute(query):
        sent_notice = to_notice(record)
        notices_by_place.setdefault((sent_notice.case, sent_notice.obligation), {})[
            sent_notice.person, sent_notice.channel
        ] = sent_notice
    return notices_by_place
