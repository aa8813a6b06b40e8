"""Notices that travel inside another's letter, and due dates that have moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Select, and_, func, literal_column, or_, select, update

from notifications.notice import Notice
from notifications.ports import Move, PendingStep
from storage.board import lateness
from storage.database.engine import reading, writing
from storage.notices.sending import EnqueueJobs, hand_out
from storage.rows import notice, row
from storage.tables import CASE, DEADLINE, MOVED, NOTICE
from workflow.board.rows import Row
from workflow.reminders import UNDATED_STEPS

_QUEUED = NOTICE.c.state == literal_column("'queued'")
_BUNDLED = NOTICE.c.bundle != literal_column("''")
_TOLD = ("sending", "sent", "unknown")


def waiting(engine: Engine) -> Sequence[PendingStep]:
    """Queued notices that wait for a letter to carry them, by person, channel and bundle, where none is on its
    way."""
    named = (NOTICE.c.person, NOTICE.c.channel, NOTICE.c.bundle)
    asked = (
        select(
            *named,
            func.count(),
            func.min(NOTICE.c.not_before, type_=NOTICE.c.not_before.type),
            func.max(NOTICE.c.address),
            func.max(NOTICE.c.language),
        )
        .where(_QUEUED, _BUNDLED)
        .group_by(*named)
        .order_by(*named)
    )
    # Letters that carry others belong to no case: few, and found by the index of the case.
    carriers = select(NOTICE.c.person, NOTICE.c.channel, NOTICE.c.rung).where(
        NOTICE.c.case.is_(None), NOTICE.c.state.in_(("queued", "sending"))
    )
    with reading(engine) as connection:
        groups = connection.execute(asked).all()
        on_its_way = {tuple(one) for one in connection.execute(carriers)} if groups else set()
    return [
        PendingStep(
            person=person,
            channel=channel,
            bundle=bundle,
            count=count,
            not_before=opens,
            address=address,
            language=language,
        )
        for person, channel, bundle, count, opens, address, language in groups
        if (person, channel, bundle) not in on_its_way
    ]


def unbundle(engine: Engine, groups: Sequence[PendingStep], hand: EnqueueJobs | None) -> None:
    """Let these go as letters of their own."""
    if not groups:
        return
    with writing(engine) as connection:
        freed: list[tuple[str, datetime]] = []
        for one in groups:
            step = update(NOTICE).where(_members(one.person, one.channel, one.bundle)).values(bundle="")
            done = connection.execute(step.returning(NOTICE.c.key, NOTICE.c.not_before))
            freed += [(key, at) for key, at in done]
        hand_out(connection, hand, freed)


def collect(engine: Engine, carriers: Sequence[Notice], *, now: datetime) -> Mapping[str, Sequence[Notice]]:
    """What each of these claimed letters is to carry, by the letter's key; claimed with it and committed."""
    if not carriers:
        return {}
    found: dict[str, Sequence[Notice]] = {}
    with writing(engine) as connection:
        for one in carriers:
            members = and_(_members(one.person, one.channel, one.rung), NOTICE.c.not_before <= now)
            asked = select(NOTICE.c.key).where(members).with_for_update(skip_locked=True)
            keys = connection.execute(asked).scalars().all()
            if not keys:
                continue
            connection.execute(
                update(NOTICE)
                .where(NOTICE.c.key.in_(keys))
                .values(state="sending", attempts=NOTICE.c.attempts + 1, attempted_at=now, carrier=one.key)
            )
            taken = select(NOTICE).where(NOTICE.c.key.in_(keys)).order_by(NOTICE.c.due, NOTICE.c.key)
            found[one.key] = [notice(record) for record in connection.execute(taken)]
    return found


def known(engine: Engine, keys: Collection[str]) -> frozenset[str]:
    """Which of these notices there are already."""
    if not keys:
        return frozenset()
    with reading(engine) as connection:
        asked = select(NOTICE.c.key).where(NOTICE.c.key.in_(sorted(keys)))
        return frozenset(connection.execute(asked).scalars())


def moves(engine: Engine, *, limit: int) -> Sequence[Move]:
    """Deadlines whose due date has moved, in order, with where they stand now and who was told of them."""
    with reading(engine) as connection:
        lines = connection.execute(MOVED.select().order_by(MOVED.c.n).limit(limit)).all()
        if not lines:
            return []
        # Of several moves of one deadline the last one's cause is told.
        last = {(one.case, one.obligation): one for one in lines}
        rows = _rows(connection, {case for case, _ in last})
        told = _told(connection, {case for case, _ in last})
    return [
        Move(
            numbers=tuple(one.n for one in lines if (one.case, one.obligation) == place),
            case=place[0],
            obligation=place[1],
            change=line.change,
            cause=line.cause,
            row=rows.get(place),
            told=tuple(told.get(place, {}).values()),
        )
        for place, line in last.items()
    ]


def settle_moves(connection: Connection, numbers: Sequence[int]) -> None:
    """These are told: they wait no longer."""
    connection.execute(MOVED.delete().where(MOVED.c.n.in_(numbers)))


def open_rows(engine: Engine, until: date, *, today: date) -> Sequence[Row]:
    """Open rows of active cases that are due by then, or were planned for a day before `today`, by due date."""
    asked = (
        select(DEADLINE)
        .join(CASE, CASE.c.id == DEADLINE.c.case)
        .where(DEADLINE.c.state == "open", CASE.c.standing == "active")
        .where(or_(and_(DEADLINE.c.due <= until, lateness.holds(today)), lateness.slipped(today)))
        .order_by(DEADLINE.c.due, DEADLINE.c.case, DEADLINE.c.obligation)
    )
    with reading(engine) as connection:
        return [row(record) for record in connection.execute(asked)]


def unreached(engine: Engine) -> frozenset[tuple[str, str]]:
    """Case and obligation of letters that did not arrive, or of which nobody knows."""
    lost = or_(NOTICE.c.state == literal_column("'failed'"), NOTICE.c.state == literal_column("'unknown'"))
    asked = select(NOTICE.c.case, NOTICE.c.obligation).where(lost, NOTICE.c.case.is_not(None)).distinct()
    with reading(engine) as connection:
        return frozenset((case, obligation) for case, obligation in connection.execute(asked))


def _members(person: str, channel: str, bundle: str):  # type: ignore[no-untyped-def]
    return and_(
        NOTICE.c.person == person, NOTICE.c.channel == channel, NOTICE.c.bundle == bundle, _QUEUED, _BUNDLED
    )


def _rows(connection: Connection, cases: Collection[str]) -> dict[tuple[str, str], Row]:
    asked = select(DEADLINE).where(DEADLINE.c.case.in_(sorted(cases)))
    found = [row(record) for record in connection.execute(asked)]
    return {(one.case, one.obligation): one for one in found}


def _told(
    connection: Connection, cases: Collection[str]
) -> dict[tuple[str, str], dict[tuple[str, str], Notice]]:
    """Of each deadline the last notice each person has had through each channel."""
    asked: Select[tuple[object, ...]] = (
        select(NOTICE)
        # Who was asked about a plan date, or for a decision, was told of no due date.
        .where(NOTICE.c.case.in_(sorted(cases)), NOTICE.c.state.in_(_TOLD), NOTICE.c.rung.not_in(UNDATED_STEPS))
        .order_by(NOTICE.c.queued_at, NOTICE.c.key)
    )
    found: dict[tuple[str, str], dict[tuple[str, str], Notice]] = {}
    for record in connection.execute(asked):
        one = notice(record)
        found.setdefault((one.case, one.obligation), {})[one.person, one.channel] = one
    return found
