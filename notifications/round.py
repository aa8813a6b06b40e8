"""A round: turns board rows whose step is due into notices, each once, and moves them to their next steps.

Letters are composed when they are sent (letters/composing.py), not here: a notice may wait for office hours or
a server for days, and "5 working days left" must be true on the day it is read. An obligation fulfilled while
its letter waited is not reminded of.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from notifications.daily import DAY, first_of_week, next_opening, queue_letters
from notifications.dispatch import Dispatch, notice_to
from notifications.event_notices import queue_comment_notices
from notifications.letters.daily import unconfirmed_year
from notifications.moved_dates import plan_move_notices, queue_move_notices
from notifications.notice import Notice
from notifications.planning import PlannedNotice, PlannedPage, plan_page
from notifications.recipients import RoundProblem, present_officer

PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundReport:
    """The result of a round, or of its preview.

    Attributes:
        rows: number of board rows whose step was due.
        planned: the planned notices of the steps; only the first of them when limited.
        others: other notices: moved dates, the calendar's call.
        queued: number of new notices queued, without the letters that carry them; None: nothing was written.
    """

    rows: int
    planned: tuple[PlannedNotice, ...]
    problems: tuple[RoundProblem, ...]
    queued: int | None
    others: tuple[Notice, ...] = ()


def plan(dispatch: Dispatch) -> RoundReport:
    """Return what a round would do at that moment, without writing."""
    pages = list(_pages(dispatch))
    calls = calendar_calls(dispatch)
    known = dispatch.outbox.existing_keys({call.key for call in calls})
    calls = [call for call in calls if call.key not in known]
    return _report(pages, [*plan_move_notices(dispatch), *calls], queued=None)


def round(dispatch: Dispatch, *, limit: int = sys.maxsize) -> RoundReport:
    """Run one round. Repeating it, even at the same time in another process, adds nothing.

    Each page of rows is a transaction of its own, so that its letters may leave while the next is planned.

    Args:
        limit: limit of planned notices kept in the report, to save memory.
    """
    outbox = dispatch.outbox
    pages: list[PlannedPage] = []
    queued = planned_count = 0
    for page in _pages(dispatch):
        if page.settlements:
            queued += outbox.settle(page.settlements)
        pages.append(PlannedPage(page.rows, page.planned[: limit - planned_count], page.problems, []))
        planned_count += len(pages[-1].planned)
    move_notices, count = queue_move_notices(dispatch)
    calls = calendar_calls(dispatch)
    queued += count + outbox.add(calls)
    queued += queue_comment_notices(dispatch)
    queue_letters(dispatch)
    return _report(pages, [*move_notices, *calls], queued=queued)


def _report(
    pages: Sequence[PlannedPage], other_notices: Sequence[Notice], *, queued: int | None
) -> RoundReport:
    """Return what the pages and the other notices of a round come to."""
    return RoundReport(
        rows=sum(page.rows for page in pages),
        planned=tuple(planned_notice for page in pages for planned_notice in page.planned),
        problems=tuple(problem for page in pages for problem in page.problems),
        queued=queued,
        others=tuple(other_notices),
    )


def _pages(dispatch: Dispatch) -> Iterator[PlannedPage]:
    """Yield the plans of all rows whose step has come, page by page."""
    after: tuple[date, str, str] | None = None
    while True:
        rows = dispatch.outbox.due_rows(dispatch.today, limit=PAGE, after=after)
        if not rows:
            return
        yield plan_page(dispatch, rows)
        last = rows[-1]
        if len(rows) < PAGE or last.next_step_on is None:
            return
        after = (last.next_step_on, last.case, last.obligation)


LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


def calendar_calls(dispatch: Dispatch) -> list[Notice]:
    """Return the notices, one a channel, that call on the officer today to confirm next year's calendar."""
    times, today = dispatch.times, dispatch.today
    reader = present_officer(dispatch.office, today)
    if reader is None or unconfirmed_year(dispatch.calendar, today) is None:
        return []
    days = times.days(reader.key)
    try:
        left = days.count_working_days(today, date(today.year, 12, 31))
        is_called = first_of_week(today, days) or (days.is_working_day(today) and left <= LAST_DAYS)
    except OutOfRange:
        return []
    notices = (
        notice_to(
            reader,
            channel,
            f"calendar:{today.isoformat()}",
            kind="calendar",
            due=today,
            step="",
            now=dispatch.now,
            leaves=next_opening(today, reader.key, times, now=dispatch.now),
            rules=dispatch.rules,
            bundle=DAY,
        )
        for channel in (dispatch.channels if is_called else ())
    )
    return [notice for notice in notices if notice is not None]
