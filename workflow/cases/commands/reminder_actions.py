"""Records what people do about a reminder: acknowledge it, snooze it, or answer it by the link in its letter.

Used by the bot, the pages and the command line. Each action is an event of the case, which tells recipients who
answered from those who did not.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import EventDraft
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.registers.entries import is_entry
from workflow.cases.states import AWAITED
from workflow.deadlines.deadline import Deadline
from workflow.law.library import known_obligation
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal, closest_first
from workflow.reminders import latest_snooze


def snooze(view: View, obligation: str, *, until: date) -> Drafts:
    """Snooze a reminder until `until`, or until the working day after a day off; the same day again writes
    nothing.

    A reminder cannot be switched off: at the latest the last step before the due date is sent, and other
    recipients (heads, officers) get theirs on time.

    Args:
        obligation: id with its period.

    Raises:
        Refusal: it is not open, the day is not in the future, or it lies after the last reminder step in
            time.
        Refusal: an unknown obligation.
    """
    deadline = deadline_of(view, obligation)
    title = deadline.obligation.title
    if deadline.state not in AWAITED or deadline.due is None:
        raise Refusal("put_off_not_open", title=title)
    try:
        latest = latest_snooze(view.procedure.steps, deadline.due, view.calendar)
    except OutOfRange:
        # Its last reminder in time was due before the first day on record.
        latest = view.today
    if latest <= view.today:
        raise Refusal("put_off_too_late", title=title, due=deadline.due)
    if until <= view.today:
        raise Refusal("put_off_not_ahead", until=until, today=view.today)
    working = until if until > latest else view.calendar.find_following_working_day(until)
    if working > latest:
        raise Refusal("put_off_too_far", title=title, until=working, latest=latest)
    snooze = view.case.snoozed.get(obligation)
    if snooze is not None and (snooze.until, snooze.due) == (working, deadline.due):
        return ()
    return [("notice", obligation, working, {"what": "put_off", "due": deadline.due.isoformat()})]


def days_to_offer(
    deadline: Deadline, procedure: Procedure, calendar: Kazakhstan, *, today: date
) -> tuple[date, ...]:
    """Return the days offered for snoozing: the next working day, the third one, and the last possible one.

    Empty when it cannot be snoozed.
    """
    if deadline.state not in AWAITED or deadline.due is None:
        return ()
    try:
        latest = latest_snooze(procedure.steps, deadline.due, calendar)
        days = {calendar.add_working_days(today, 1), calendar.add_working_days(today, 3), latest}
    except OutOfRange:
        return ()
    return tuple(sorted(day for day in days if today < day <= latest))


def acknowledge(view: View, obligation: str, notice: str) -> Drafts:
    """Record that a notice about an obligation ("" for the case) was read. Repeated, it adds nothing.

    Raises Refusal: the edition has no such obligation.
    """
    if _answered(view, notice, "acknowledged"):
        return ()
    if obligation and not is_entry(obligation):
        known_obligation(view.procedure, obligation.partition(".")[0])
    return [("notice", obligation, None, {"what": "acknowledged", "notice": notice})]


def answer_reminder(
    view: View,
    obligation: str,
    notice: str,
    answer: Literal["said_done", "not_mine"],
    *,
    person: str,
    silent_until: date | None,
    officer: str,
    text: str,
) -> Drafts:
    """Record what a recipient answered by the link in a reminder. Repeated for the same notice, it adds
    nothing.

    Args:
        person: key of the recipient.
        silent_until: of `said_done`: the day until which they are not reminded.
        officer: of `not_mine`: key of the officer to notify by a comment with this text, unless the officer
            answers; "" for nobody.

    Raises Refusal: the case has no such obligation.
    """
    deadline_of(view, obligation)
    if _answered(view, notice, "said_done", "not_mine"):
        return ()
    draft: EventDraft = (
        "notice",
        obligation,
        silent_until,
        {"what": answer, "notice": notice, "person": person},
    )
    if not officer or officer == person:
        return [draft]
    to = {officer: "mention"}
    payload: dict[str, object] = {"text": text, "person": person, "mentions": [officer], "to": to}
    return [draft, ("commented", obligation, None, payload)]


def _answered(view: View, notice: str, *answers: str) -> bool:
    """Return whether a notice was answered so already."""
    return any(
        event.payload.get("notice") == notice and event.payload.get("what") in answers
        for event in view.events
        if event.kind == "notice"
    )


def deadline_of(view: View, obligation: str) -> Deadline:
    """Return the deadline with that id and period. Raises Refusal: the case has none."""
    for deadline in view.deadlines:
        if deadline.id == obligation:
            return deadline
    allowed = closest_first(obligation, [deadline.id for deadline in view.deadlines])
    raise Refusal("unknown_obligation", obligation=obligation, allowed=allowed)
