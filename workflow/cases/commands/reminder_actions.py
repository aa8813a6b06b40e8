"""What somebody does about a reminder: says it was read, wants it later, says the thing is done.

One place for whoever asks: the bot, the pages, the command line. Each is written into the case's chain, so that
whoever was told and kept silent can be told apart from whoever answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from calendars import OutOfRange
from calendars.calendar import Calendar
from workflow.board.rows import WAITING
from workflow.cases.case import Case, EventDraft
from workflow.cases.commands.desk import CaseCommands, Change, View
from workflow.cases.registers.entries import is_entry
from workflow.closest_matches import closest_first
from workflow.deadlines.deadline import Deadline
from workflow.law.names import UnknownObligation, known_obligation
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal
from workflow.reminders import last_before


class CannotSnooze(Refusal, ValueError):
    """The reminder cannot come later: `put_off_*`."""


def put_off(
    desk: CaseCommands,
    calendar: Calendar,
    case_id: str,
    obligation: str,
    *,
    until: date,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Be reminded again on `until`, or on the working day after it, and not before.

    What the law asks to be reminded of cannot be switched off: at the latest the last rung in time speaks, and
    whoever is told besides the one who must do it is told on their day.

    Args:
        obligation: id with its period.

    Raises:
        CannotPutOff: nobody waits for it, the day is not ahead, or it lies behind the last rung in time.
        Refusal: an unknown case or obligation.
    """

    def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
        view = desk.looked_at(case, today=today)
        deadline = deadline_of(view, obligation)
        title = deadline.obligation.title
        if deadline.state not in WAITING or deadline.due is None:
            raise CannotSnooze("put_off_not_open", title=title)
        try:
            latest = last_before(view.procedure.ladders[deadline.obligation.ladder], deadline.due, calendar)
        except OutOfRange:
            # Its last reminder in time was due before the first day on record.
            latest = today
        if latest <= today:
            raise CannotSnooze("put_off_too_late", title=title, due=deadline.due)
        if until <= today:
            raise CannotSnooze("put_off_not_ahead", until=until, today=today)
        working = until if until > latest else calendar.next_working(until)
        if working > latest:
            raise CannotSnooze("put_off_too_far", title=title, until=working, latest=latest)
        known = case.put_off.get(obligation)
        if known is not None and (known.until, known.due) == (working, deadline.due):
            return ()
        return [("notice", obligation, working, {"what": "put_off", "due": deadline.due.isoformat()})]

    return desk.write(case_id, decide, by=by, now=now, today=today)


def choices(
    desk: CaseCommands, calendar: Calendar, case_id: str, obligation: str, *, today: date
) -> tuple[date, ...]:
    """Days to offer for being reminded again: the next working day, the one three on, the last possible one.

    Empty when it cannot be put off. Raises Refusal for an unknown case or obligation.
    """
    view = desk.view(case_id, today=today)
    return days_to_offer(deadline_of(view, obligation), view.procedure, calendar, today=today)


def days_to_offer(
    deadline: Deadline, procedure: Procedure, calendar: Calendar, *, today: date
) -> tuple[date, ...]:
    """Return the days a reminder of a deadline can be put off to, as `choices`."""
    if deadline.state not in WAITING or deadline.due is None:
        return ()
    try:
        latest = last_before(procedure.ladders[deadline.obligation.ladder], deadline.due, calendar)
        days = {calendar.add(today, 1), calendar.add(today, 3), latest}
    except OutOfRange:
        return ()
    return tuple(sorted(day for day in days if today < day <= latest))


def acknowledged(
    desk: CaseCommands, case_id: str, obligation: str, notice: str, *, by: str, now: datetime, today: date
) -> Change:
    """Say in the chain that a notice was read. Said again it adds nothing."""

    def decide(case: Case, procedure: Procedure) -> Sequence[EventDraft]:
        for event in desk.events(case_id):
            said = event.payload if event.kind == "notice" else {}
            if (said.get("what"), said.get("notice")) == ("acknowledged", notice):
                return ()
        if obligation and not is_entry(obligation):
            known_obligation(procedure, obligation.partition(".")[0])
        return [("notice", obligation, None, {"what": "acknowledged", "notice": notice})]

    return desk.write(case_id, decide, by=by, now=now, today=today)


def answered(
    desk: CaseCommands,
    case_id: str,
    obligation: str,
    notice: str,
    what: Literal["said_done", "not_mine"],
    *,
    until: date | None,
    officer: str,
    text: str,
    by: str,
    now: datetime,
    today: date,
) -> Change:
    """Write what a reminder's recipient answered by its link. Said again for the same notice it adds nothing.

    Args:
        until: of `said_done`: the day until which they are not reminded.
        officer: of `not_mine`: who is told, by a comment with this text; "" for nobody.
    """

    def decide(case: Case, _: Procedure) -> Sequence[EventDraft]:
        deadline_of(desk.looked_at(case, today=today), obligation)
        for event in desk.events(case_id):
            if event.payload.get("notice") == notice and event.payload.get("what") in ("said_done", "not_mine"):
                return ()
        written: EventDraft = ("notice", obligation, until, {"what": what, "notice": notice, "person": by})
        if not officer or officer == by:
            return [written]
        said: dict[str, object] = {
            "text": text,
            "person": by,
            "mentions": [officer],
            "to": {officer: "mention"},
        }
        return [written, ("commented", obligation, None, said)]

    return desk.write(case_id, decide, by=by, now=now, today=today)


def done(
    desk: CaseCommands, case_id: str, obligation: str, *, on: date, by: str, now: datetime, today: date
) -> Change:
    """It was done on that day, and its evidence follows: both are written, or neither.

    Until the evidence has come, a finding says that it is missing.

    Raises:
        Refusal: what `Desk.record` refuses.
    """
    return desk.record(case_id, obligation, on=on, by=by, now=now, today=today, evidence_follows=True)


def deadline_of(view: View, obligation: str) -> Deadline:
    """The deadline of that id with its period. Raises UnknownObligation."""
    for deadline in view.deadlines:
        if deadline.id == obligation:
            return deadline
    allowed = closest_first(obligation, [deadline.id for deadline in view.deadlines])
    raise UnknownObligation("unknown_obligation", obligation=obligation, allowed=allowed)
