"""A round: the board rows whose day has come become notices, each once, and their ladders move on.

Letters are not written here but when they leave (letters/composing.py): a notice may wait for office
hours or a server for days, and "5 working days left" must be true on the day it is read. So what is sent is
what was hashed, and a duty done while its letter waited is not reminded of.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from calendars.calendar import Calendar
from notifications.bundling import carry
from notifications.channels import Channel
from notifications.digest_schedule import plan_regular
from notifications.letters.digests import says_something
from notifications.letters.overview import Overview
from notifications.moved_dates import tell_moves, told_moves
from notifications.notice import Notice
from notifications.planning import Page, PlannedNotice, Planner
from notifications.ports import Outbox
from notifications.recipients import Problem
from notifications.rules import Rules
from workflow.law.library import Library

PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundReport:
    """What a round did, or would do.

    Attributes:
        rows: how many board rows' day had come.
        hearings: whom the rungs tell; of a round that was to keep no more, the first of them.
        others: notices that no rung asked for: what moved, digests, the calendar's call.
        queued: how many notices it queued, without those whose key was there before; None: nothing was written.
    """

    rows: int
    hearings: tuple[PlannedNotice, ...]
    problems: tuple[Problem, ...]
    queued: int | None
    others: tuple[Notice, ...] = ()


def plan(
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> RoundReport:
    """What a round would do at that moment; writes nothing."""
    planner = Planner(outbox, library, calendar, channels, now, today, rules)
    pages = list(_pages(planner))
    return _report(pages, _others(planner), queued=None)


def round(
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
    most: int = sys.maxsize,
) -> RoundReport:
    """One round. Running it again, at once or by somebody else at the same time, adds nothing.

    Each page of rows is a transaction of its own, so that its letters may leave while the next is planned.

    Args:
        now: aware UTC.
        today: the local date.
        most: so many hearings stand in the report at most: of a bad morning nobody needs them all in memory.
    """
    pages: list[Page] = []
    queued = kept = 0
    planner = Planner(outbox, library, calendar, channels, now, today, rules)
    for page in _pages(planner):
        if page.settlements:
            queued += outbox.settle(page.settlements, now=now)
        pages.append(Page(page.rows, page.hearings[: most - kept], page.problems, []))
        kept += len(pages[-1].hearings)
    moved, count = tell_moves(outbox, planner.times, now=now, rules=rules)
    regular = plan_regular(
        outbox, planner.office, planner.times, calendar, channels, now=now, today=today, rules=rules
    )
    queued += count + outbox.add(regular, now=now)
    carry(outbox, planner.office, planner.times, now=now, today=today, rules=rules)
    return _report(pages, [*moved, *regular], queued=queued)


def _others(planner: Planner) -> list[Notice]:
    """What a round would queue beside the rungs."""
    now, today, rules = planner.now, planner.today, planner.rules
    moved = told_moves(planner.outbox, planner.times, now=now, rules=rules)
    regular = plan_regular(
        planner.outbox,
        planner.office,
        planner.times,
        planner.calendar,
        planner.channels,
        now=now,
        today=today,
        rules=rules,
    )
    overview = Overview(planner.outbox, planner.library, planner.calendar, today=today, rules=rules)
    return [*moved, *(one for one in regular if says_something(one, overview))]


def _report(pages: Sequence[Page], others: Sequence[Notice], *, queued: int | None) -> RoundReport:
    return RoundReport(
        rows=sum(page.rows for page in pages),
        hearings=tuple(hearing for page in pages for hearing in page.hearings),
        problems=tuple(problem for page in pages for problem in page.problems),
        queued=queued,
        others=tuple(others),
    )


def _pages(planner: Planner) -> Iterator[Page]:
    after: tuple[date, str, str] | None = None
    while True:
        rows = planner.outbox.due_rows(planner.today, limit=PAGE, after=after)
        if not rows:
            return
        yield planner.page(rows)
        last = rows[-1]
        if len(rows) < PAGE or last.next_rung_on is None:
            return
        after = (last.next_rung_on, last.case, last.obligation)
