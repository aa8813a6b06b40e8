"""A round: turns board rows whose step is due into notices, each once, and moves them to their next steps.

Letters are composed when they are sent (letters/composing.py), not here: a notice may wait for office hours or
a server for days, and "5 working days left" must be true on the day it is read. An obligation fulfilled while
its letter waited is not reminded of.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date

from calendars import OutOfRange
from notifications.daily import DAY, first_of_week, next_opening, queue_letters
from notifications.dispatch import Dispatch, notice_to
from notifications.event_notices import queue_comment_notices
from notifications.letters.daily import unconfirmed_year
from notifications.moved_dates import plan_move_notices, queue_move_notices
from notifications.notice import Notice
from notifications.planning import RoundReport, plan_page
from notifications.recipients import present_officer
from workflow.board.rows import Row

PAGE = 500


def plan(dispatch: Dispatch) -> RoundReport:
    """Return what a round would do at that moment, without writing."""
    report = RoundReport()
    for rows in _due_pages(dispatch):
        plan_page(dispatch, rows, report)
    calls = calendar_calls(dispatch)
    known = dispatch.outbox.existing_keys({call.key for call in calls})
    report.others = [*plan_move_notices(dispatch), *(call for call in calls if call.key not in known)]
    return report


def round(dispatch: Dispatch, *, limit: int = sys.maxsize) -> RoundReport:
    """Run one round. Repeating it, even at the same time in another process, adds nothing.

    Each page of rows is a transaction of its own, so that its letters may leave while the next is planned.

    Args:
        limit: limit of planned notices kept in the report, to save memory.
    """
    outbox, report, queued = dispatch.outbox, RoundReport(), 0
    for rows in _due_pages(dispatch):
        if settlements := plan_page(dispatch, rows, report):
            queued += outbox.settle(settlements)
        del report.planned[limit:]
    move_notices, count = queue_move_notices(dispatch)
    calls = calendar_calls(dispatch)
    queued += count + outbox.add(calls)
    report.queued = queued + queue_comment_notices(dispatch)
    report.others = [*move_notices, *calls]
    queue_letters(dispatch)
    return report


def _due_pages(dispatch: Dispatch) -> Iterator[Sequence[Row]]:
    """Yield all rows whose step has come, page by page; each is planned before the next is read."""
    after: tuple[date, str, str] | None = None
    while rows := dispatch.outbox.due_rows(dispatch.moment.today, limit=PAGE, after=after):
        yield rows
        last = rows[-1]
        if len(rows) < PAGE or last.next_step_on is None:
            return
        after = (last.next_step_on, last.case, last.obligation)


LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


def calendar_calls(dispatch: Dispatch) -> list[Notice]:
    """Return the notices, one a channel, that call on the officer today to confirm next year's calendar."""
    times, today = dispatch.times, dispatch.moment.today
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
            now=dispatch.moment.now,
            leaves=next_opening(today, reader.key, times, now=dispatch.moment.now),
            rules=dispatch.rules,
            bundle=DAY,
        )
        for channel in (dispatch.channels if is_called else ())
    )
    return [notice for notice in notices if notice is not None]
