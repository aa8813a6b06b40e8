"""A round: turns board rows whose step is due into notices, each once, and moves them to their next steps.

Letters are composed when they are sent (letters/composing.py), not here: a notice may wait for office hours or
a server for days, and "5 working days left" must be true on the day it is read. An obligation fulfilled while
its letter waited is not reminded of.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from notifications.channels import Channel, language_of
from notifications.daily import DAY, Dispatch, first_of_week, next_opening, queue_letters
from notifications.event_notices import queue_comment_notices
from notifications.letters.daily import unconfirmed_year
from notifications.moved_dates import plan_move_notices, queue_move_notices
from notifications.notice import Notice, message_id
from notifications.planning import PlannedNotice, PlannedPage, Planner
from notifications.ports import Outbox
from notifications.recipients import RoundProblem
from notifications.rules import Rules
from workflow.law.library import Library
from workflow.org.duties import stand_in

PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundReport:
    """The result of a round, or of its preview.

    Attributes:
        rows: number of board rows whose step was due.
        planned: the planned notices of the steps; only the first of them when limited.
        others: other notices: moved dates, the calendar's call.
        queued: number of new notices queued; None: nothing was written.
    """

    rows: int
    planned: tuple[PlannedNotice, ...]
    problems: tuple[RoundProblem, ...]
    queued: int | None
    others: tuple[Notice, ...] = ()


def plan(
    outbox: Outbox,
    library: Library,
    calendar: Kazakhstan,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
) -> RoundReport:
    """Return what a round would do at that moment, without writing."""
    planner = Planner(outbox, library, calendar, channels, now, today, rules)
    pages = list(_pages(planner))
    return _report(pages, _others(planner), queued=None)


def round(
    outbox: Outbox,
    library: Library,
    calendar: Kazakhstan,
    channels: Sequence[Channel],
    *,
    now: datetime,
    today: date,
    rules: Rules,
    limit: int = sys.maxsize,
) -> RoundReport:
    """Run one round. Repeating it, even at the same time in another process, adds nothing.

    Each page of rows is a transaction of its own, so that its letters may leave while the next is planned.

    Args:
        now: aware UTC.
        today: the local date.
        limit: limit of planned notices kept in the report, to save memory.
    """
    pages: list[PlannedPage] = []
    queued = planned_count = 0
    planner = Planner(outbox, library, calendar, channels, now, today, rules)
    for page in _pages(planner):
        if page.settlements:
            queued += outbox.settle(page.settlements, now=now)
        pages.append(PlannedPage(page.rows, page.planned[: limit - planned_count], page.problems, []))
        planned_count += len(pages[-1].planned)
    move_notices, count = queue_move_notices(planner)
    calls = plan_calls(planner)
    queued += count + outbox.add(calls, now=now)
    queued += queue_comment_notices(planner)
    queue_letters(planner)
    return _report(pages, [*move_notices, *calls], queued=queued)


def _others(planner: Planner) -> list[Notice]:
    """Return the notices a round would queue besides those of steps."""
    calls = plan_calls(planner)
    known = planner.outbox.existing_keys({call.key for call in calls})
    return [
        *plan_move_notices(planner),
        *(call for call in calls if call.key not in known),
    ]


def _report(
    pages: Sequence[PlannedPage], other_notices: Sequence[Notice], *, queued: int | None
) -> RoundReport:
    return RoundReport(
        rows=sum(page.rows for page in pages),
        planned=tuple(planned_notice for page in pages for planned_notice in page.planned),
        problems=tuple(problem for page in pages for problem in page.problems),
        queued=queued,
        others=tuple(other_notices),
    )


def _pages(planner: Planner) -> Iterator[PlannedPage]:
    after: tuple[date, str, str] | None = None
    while True:
        rows = planner.outbox.due_rows(planner.today, limit=PAGE, after=after)
        if not rows:
            return
        yield planner.page(rows)
        last = rows[-1]
        if len(rows) < PAGE or last.next_step_on is None:
            return
        after = (last.next_step_on, last.case, last.obligation)


LAST_DAYS = 5
"""The last working days of the year: the officer is reminded on each of them, before them once a week."""


def plan_calls(dispatch: Dispatch) -> list[Notice]:
    """Return today's call for each channel of the officer; none where nothing is to be confirmed today."""
    office, times, today = dispatch.office, dispatch.times, dispatch.today
    officer = office.people.get(office.officer or "")
    if officer is None or unconfirmed_year(dispatch.calendar, today) is None:
        return []
    reader = stand_in(office, officer, today) or officer
    days = times.days(reader.key)
    try:
        left = days.count_working_days(today, date(today.year, 12, 31))
        is_called = first_of_week(today, days) or (days.is_working_day(today) and left <= LAST_DAYS)
    except OutOfRange:
        return []
    return [
        Notice(
            key=(key := f"calendar:{today.isoformat()}:{reader.key}:{channel.name}"),
            case="",
            obligation="",
            due=today,
            step="",
            person=reader.key,
            channel=channel.name,
            address=address,
            language=language_of(channel, reader),
            queued_at=dispatch.now,
            not_before=next_opening(today, reader.key, times, now=dispatch.now),
            message_id=message_id(key, dispatch.rules.domain),
            kind="calendar",
            bundle=DAY,
        )
        for channel in dispatch.channels
        if is_called and (address := channel.address(reader)) is not None
    ]
