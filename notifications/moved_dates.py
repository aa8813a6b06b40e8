"""Notifies recipients of an outdated due date of the new date and the cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from notifications.daily import bundle_of
from notifications.dispatch import Dispatch, notices_to
from notifications.notice import Notice
from notifications.ports import Move
from notifications.recipients import reached
from notifications.rules import local_day
from workflow.cases.case import AWAITED, Event
from workflow.cases.commands.planning import DeadlineChange
from workflow.deadlines.deadline import lateness
from workflow.org.office import Recipient
from workflow.reminders import PLAN_STEPS, undated_kind

MOVED, WITHDRAWN = "moved", "withdrawn"
"""The steps of these notices: another due date, or none that is valid."""
DELIVERED_STATES = ("sending", "sent", "unknown")
"""States of a notice whose recipient knows it, or may know it."""


def people_to_tell(changes: Iterable[DeadlineChange], notices: Iterable[Notice]) -> frozenset[str]:
    """Return the keys of the people to notify of these changes: those notified of the old dates.

    Args:
        notices: notices of the case, in any order.
    """
    after = {change.obligation: change.after for change in changes if change.before is not None}
    return frozenset(
        last.person
        for last in last_told(sorted(notices, key=lambda notice: (notice.queued_at, notice.key)))
        if last.obligation in after and _is_news(after[last.obligation], last)
    )


def last_told(notices: Iterable[Notice]) -> Iterable[Notice]:
    """Return the last notice of a date that each person had of each deadline.

    Questions about a plan date or an open duty tell of no due date.

    Args:
        notices: in order of time.
    """
    return {
        (notice.obligation, notice.person): notice
        for notice in notices
        if notice.state in DELIVERED_STATES and notice.step not in PLAN_STEPS and not undated_kind(notice.step)
    }.values()


def was_notified(notices: Iterable[Notice], event: Event) -> bool:
    """Return whether a letter that speaks of an event may have left: of a date it moved, or queued after it.

    Args:
        notices: notices of the event's case.
    """
    change = f"{event.case}#{event.seq}"
    return any(
        notice.state in DELIVERED_STATES
        and (notice.about.get("change") == change or notice.queued_at > event.at)
        for notice in notices
    )


def _is_news(due: date | None, last: Notice) -> bool:
    """Return whether a due date (None: none is valid) differs from the one in the person's last notice."""
    was_withdrawn = last.step == WITHDRAWN
    return not was_withdrawn if due is None else was_withdrawn or due != last.due


def move_notices(move: Move, dispatch: Dispatch) -> Iterator[Notice]:
    """Yield the notices of a moved deadline for each recipient of an earlier one to whom it is news, unless
    another letter tells them or they left: the officer in place of whom no channel reaches any more; none of a
    deadline that is done or missed.
    """
    row, times, now = move.row, dispatch.times, dispatch.moment.now
    if row is not None and row.state in ("done", "missed"):
        # Missed obligations are no longer reminded of, but they are not waived: the case shows the finding.
        return
    today = local_day(now)
    # The unrecorded fact without which the deadline has no valid date.
    awaited = lateness(row, today=today).waiting_for if row is not None else None
    due = row.due if row is not None and row.state in AWAITED and awaited is None else None
    step, elsewhere = MOVED if due else WITHDRAWN, move.cause.get("told")
    for last in last_told(move.notified):
        person = dispatch.office.people.get(last.person)
        is_told_elsewhere = isinstance(elsewhere, list) and last.person in elsewhere
        if person is None or is_told_elsewhere or not _is_news(due, last):
            continue
        told = reached(Recipient(person=person, why="duty"), dispatch.channels, dispatch.office)
        person = told.person if told else person
        about = {"old": last.due.isoformat(), "cause": dict(move.cause), "change": move.change}
        told_due = due or last.due
        yield from notices_to(
            person,
            dispatch.channels,
            # The change is part of the key: each time a date moves away and back is a new notice.
            f"{move.case}:{move.obligation}:{told_due.isoformat()}:{step}@{move.change}",
            now=now,
            rules=dispatch.rules,
            case=move.case,
            obligation=move.obligation,
            due=told_due,
            step=step,
            not_before=times.opening(person.key, now),
            kind="moved",
            bundle=bundle_of(person, times.days(person.key), today=today, due=due),
            about=about if awaited is None else {**about, "awaited": awaited},
        )
