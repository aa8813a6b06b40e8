"""Records what people do about a reminder: acknowledge it, snooze it, or answer it by the link in its letter.

Used by the bot, the pages and the command line. Each action is an event of the case, which tells recipients who
answered from those who did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case, EventDraft
from workflow.cases.commands.case_commands import CaseCommands, Change, View
from workflow.cases.registers.entries import is_entry
from workflow.cases.states import AWAITED
from workflow.deadlines.deadline import Deadline
from workflow.law.names import known_obligation
from workflow.law.procedure import Procedure
from workflow.org.audit import Stamp
from workflow.refusal import Refusal, closest_first
from workflow.reminders import last_before


def snooze(
    case_commands: CaseCommands, calendar: Kazakhstan, case_id: str, obligation: str, *, until: date, at: Stamp
) -> Change:
    """Snooze a reminder until `until`, or until the working day after a day off; the same day again writes
    nothing.

    A reminder cannot be switched off: at the latest the last step before the due date is sent, and other
    recipients (heads, officers) get theirs on time.

    Args:
        obligation: id with its period.

    Raises:
        Refusal: it is not open, the day is not in the future, or it lies after the last reminder step in
            time.
        Refusal: an unknown case or obligation.
    """

    def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
        view = case_commands.view_of(case, today=at.today)
        deadline = deadline_of(view, obligation)
        title = deadline.obligation.title
        if deadline.state not in AWAITED or deadline.due is None:
            raise Refusal("put_off_not_open", title=title)
        try:
            latest = last_before(view.procedure.steps, deadline.due, calendar)
        except OutOfRange:
            # Its last reminder in time was due before the first day on record.
            latest = at.today
        if latest <= at.today:
            raise Refusal("put_off_too_late", title=title, due=deadline.due)
        if until <= at.today:
            raise Refusal("put_off_not_ahead", until=until, today=at.today)
        working = until if until > latest else calendar.find_following_working_day(until)
        if working > latest:
            raise Refusal("put_off_too_far", title=title, until=working, latest=latest)
        snooze = case.snoozed.get(obligation)
        if snooze is not None and (snooze.until, snooze.due) == (working, deadline.due):
            return ()
        return [("notice", obligation, working, {"what": "put_off", "due": deadline.due.isoformat()})]

    return case_commands.write(case_id, decide, at=at)


def days_to_offer(
    deadline: Deadline, procedure: Procedure, calendar: Kazakhstan, *, today: date
) -> tuple[date, ...]:
    """Return the days offered for snoozing: the next working day, the third one, and the last possible one.

    Empty when it cannot be snoozed.
    """
    if deadline.state not in AWAITED or deadline.due is None:
        return ()
    try:
        latest = last_before(procedure.steps, deadline.due, calendar)
        days = {calendar.add_working_days(today, 1), calendar.add_working_days(today, 3), latest}
    except OutOfRange:
        return ()
    return tuple(sorted(day for day in days if today < day <= latest))


def acknowledge(
    case_commands: CaseCommands, case_id: str, obligation: str, notice: str, *, at: Stamp
) -> Change:
    """Record that a notice about an obligation ("" for the case) was read. Repeated, it adds nothing.

    Raises Refusal: the edition has no such obligation.
    """

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        for event in case_commands.events(case_id):
            payload = event.payload if event.kind == "notice" else {}
            if (payload.get("what"), payload.get("notice")) == ("acknowledged", notice):
                return ()
        if obligation and not is_entry(obligation):
            known_obligation(procedure, obligation.partition(".")[0])
        return [("notice", obligation, None, {"what": "acknowledged", "notice": notice})]

    return case_commands.write(case_id, decide, at=at)


def answer_reminder(
    case_commands: CaseCommands,
    case_id: str,
    obligation: str,
    notice: str,
    answer: Literal["said_done", "not_mine"],
    *,
    until: date | None,
    officer: str,
    text: str,
    at: Stamp,
) -> Change:
    """Record what a recipient answered by the link in a reminder. Repeated for the same notice, it adds
    nothing.

    Args:
        until: of `said_done`: the day until which they are not reminded.
        officer: of `not_mine`: key of the officer to notify by a comment with this text, unless the officer
            answers; "" for nobody.

    Raises Refusal: the case has no such obligation.
    """

    def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
        deadline_of(case_commands.view_of(case, today=at.today), obligation)
        for event in case_commands.events(case_id):
            if event.payload.get("notice") == notice and event.payload.get("what") in ("said_done", "not_mine"):
                return ()
        draft: EventDraft = ("notice", obligation, until, {"what": answer, "notice": notice, "person": at.by})
        if not officer or officer == at.by:
            return [draft]
        payload: dict[str, object] = {
            "text": text,
            "person": at.by,
            "mentions": [officer],
            "to": {officer: "mention"},
        }
        return [draft, ("commented", obligation, None, payload)]

    return case_commands.write(case_id, decide, at=at)


def deadline_of(view: View, obligation: str) -> Deadline:
    """Return the deadline with that id and period. Raises Refusal: the case has none."""
    for deadline in view.deadlines:
        if deadline.id == obligation:
            return deadline
    allowed = closest_first(obligation, [deadline.id for deadline in view.deadlines])
    raise Refusal("unknown_obligation", obligation=obligation, allowed=allowed)
