"""What moves, is told: whoever was told of a due date that holds no longer hears the new one and the cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from notifications.notice import Notice
from notifications.office_time import OfficeTimes
from notifications.ports import Move, Outbox
from notifications.rules import Rules
from notifications.wire.message import message_id
from workflow.board.rows import WAITING

PAGE = 500
MOVED, WITHDRAWN = "moved", "withdrawn"
"""The rungs of these notices: there is another due date, or nobody is asked for it any more."""


def tell_moves(outbox: Outbox, times: OfficeTimes, *, now: datetime, rules: Rules) -> tuple[list[Notice], int]:
    """Queue what has moved since the last round, for those only who were told of the old date.

    Everything one change moved goes to one person in one letter: the notices wait for it in a bundle of that
    change. Returns them, and how many were queued.
    """
    told, queued = list[Notice](), 0
    while moves := outbox.moves(limit=PAGE):
        notices = [one for move in moves for one in _notices(move, times, now=now, rules=rules)]
        queued += outbox.settle_moves(moves, notices, now=now)
        told += notices
    return told, queued


def told_moves(outbox: Outbox, times: OfficeTimes, *, now: datetime, rules: Rules) -> Sequence[Notice]:
    """What `tell_moves` would queue; writes nothing."""
    moves = outbox.moves(limit=PAGE)
    return [one for move in moves for one in _notices(move, times, now=now, rules=rules)]


def _notices(move: Move, times: OfficeTimes, *, now: datetime, rules: Rules) -> Iterator[Notice]:
    row = move.row
    if row is not None and row.state == "done":
        return
    due = row.due if row is not None and row.state in WAITING else None
    for last in move.told:
        gone = last.rung == WITHDRAWN
        if (due is None and gone) or (due == last.due and not gone):
            continue
        yield _notice(move, last, due, now=now, opens=times.opening(last.person, now), rules=rules)


def _notice(
    move: Move, last: Notice, due: date | None, *, now: datetime, opens: datetime, rules: Rules
) -> Notice:
    rung = MOVED if due else WITHDRAWN
    about = {"old": last.due.isoformat(), "cause": dict(move.cause)}
    spoken = due or last.due
    # The change stands in the key: a date that moves away and back is news each time.
    place = f"{move.case}:{move.obligation}:{spoken.isoformat()}"
    key = f"{place}:{rung}@{move.change}:{last.person}:{last.channel}"
    return Notice(
        key=key,
        case=move.case,
        obligation=move.obligation,
        due=spoken,
        rung=rung,
        person=last.person,
        channel=last.channel,
        address=last.address,
        language=last.language,
        queued_at=now,
        not_before=opens,
        message_id=message_id(key, rules.domain),
        kind="moved",
        bundle=move.change,
        about=about,
    )
