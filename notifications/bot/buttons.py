"""Handles the buttons below a reminder (read, later, done, undo, open), each checked against stored
data.

A button carries only the fingerprint of a notice. The account that pressed it must be linked, the notice must
have been sent to that person, and for all buttons but "read" the deadline must still be theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from html import escape

from i18n import explain, say
from notifications.bot import BotUser, ButtonAction, Reply
from notifications.channels.telegram import LONGEST, Button, Buttons, buttons, cut
from notifications.notice import Action, Notice, fingerprint
from workflow.cases.case import AWAITED
from workflow.cases.commands.answers import days_to_offer, deadline_of
from workflow.cases.commands.case_commands import View
from workflow.deadlines.deadline import Deadline

EARLIER = "0-"
"""Prefix in button data of the latest of the earlier days it leads to."""
DAYS_SHOWN, FEW_DAYS = 10, 4
_DATA = re.compile(r"([asdou]):([0-9a-f]{32})(?::([0-9-]{1,15}))?")
"""What a button carries: which it is ("a" read, "s" later, "d" done, "u" undo, "o" open), the fingerprint of
its notice, then the value chosen.
"""


def handle_button(user: BotUser, data: str) -> ButtonAction:
    """Handle a pressed button. Raises Refusal: the action is not allowed."""
    parts = _DATA.fullmatch(data)
    notice = user.acting.notice(parts[2]) if parts else None
    if parts is None or notice is None:
        return _alert(user, "not_yours")
    press = Press(user=user, notice=notice, chosen=parts[3] or "")
    return press.read() if parts[1] == "a" else press.act(parts[1])


def _alert(user: BotUser, code: str) -> ButtonAction:
    """Return the answer to a button that does nothing: a sentence the person must close."""
    return ButtonAction(toast=user.line(code), alert=True)


@dataclass(frozen=True, kw_only=True)
class Press:
    """A press of a button by the person its notice was sent to. `chosen`: the value it carries, "" for none."""

    user: BotUser
    notice: Notice
    chosen: str

    @cached_property
    def view(self) -> View:
        """The case of the notice. Raises Refusal where the person may not see it."""
        return self.user.acting.view(self.notice.case)

    @cached_property
    def deadline(self) -> Deadline:
        return deadline_of(self.view, self.notice.obligation)

    @property
    def _days_to_wait(self) -> tuple[date, ...]:
        """The days until which the reminder can be put off; none where it cannot."""
        dispatch = self.user.dispatch
        today = dispatch.moment.today
        return days_to_offer(self.deadline, self.view.procedure, dispatch.calendar, today=today)

    def read(self) -> ButtonAction:
        """Record that the notice was read; the button goes, the others stay while the case has the deadline."""
        user, notice = self.user, self.notice
        if notice.acknowledged_at is None:
            self.user.acting.read(notice)
        actions = []
        is_open = notice.kind == "reminder" and not self.view.procedure.confidential
        if is_open and any(deadline.id == notice.obligation for deadline in self.view.deadlines):
            can_put_off = user.must_fulfil(self.view.case, notice.obligation) and bool(self._days_to_wait)
            asks = bool(self.deadline.obligation.options)
            key, obligation = notice.key, notice.obligation
            actions.append(Action(key=key, obligation=obligation, asks=asks, can_put_off=can_put_off))
        rows = (tuple(button for button in row if button.data[0] != "a") for row in buttons(notice, actions))
        on = (notice.acknowledged_at or user.dispatch.moment.now).date()
        return ButtonAction(toast=user.line("acknowledged", on=on), buttons=tuple(row for row in rows if row))

    def act(self, mark: str) -> ButtonAction:
        """Show the deadline, put it off, record it as done or undo that, as far as the person may."""
        user, notice, view = self.user, self.notice, self.view
        if mark == "o":
            return ButtonAction(reply=_show_deadline(user, view, self.deadline))
        if view.procedure.confidential:
            return _alert(user, "behind_login")
        # A head notified of lateness may report it done; only the responsible person can snooze it.
        may = user.must_fulfil if mark == "s" else user.is_told
        if not may(view.case, notice.obligation):
            return _alert(user, "no_longer_yours")
        if mark == "u":
            return self._undo()
        if self.deadline.state not in AWAITED and self.deadline.state != "missed":
            return _alert(user, "done_already")
        if not self.chosen:
            return self._offer_days(mark)
        if mark == "d" and self.chosen.startswith(EARLIER):
            until = _day(self.chosen.removeprefix(EARLIER)) or user.dispatch.moment.today
            return ButtonAction(buttons=_past_days(user, view, self._data("d"), until=until))
        day = _day(self.chosen)
        if day is None:
            return _alert(user, "not_yours")
        if mark == "s":
            return self._done(
                "put_off", until=self.user.acting.snooze(notice.case, notice.obligation, until=day)
            )
        return self._record(day)

    def _data(self, mark: str) -> str:
        """Return what a button of the notice carries before its value."""
        return f"{mark}:{fingerprint(self.notice.key)}:"

    def _done(self, code: str, **arguments: object) -> ButtonAction:
        """Return the answer to a button that did its work: a message, and no buttons any more."""
        return ButtonAction(reply=Reply(text=self.user.line(code, **arguments)), buttons=())

    def _record(self, day: date) -> ButtonAction:
        """Record the obligation as done on a day; the reply offers to undo it and asks for what proves it."""
        user, notice, obligation = self.user, self.notice, self.deadline.obligation
        recorded = self.user.acting.done(notice.case, notice.obligation, on=day)
        text = user.line("done", title=obligation.title, on=day)
        if obligation.evidence:
            page = f"{user.dispatch.rules.public_address}/cases/{notice.case}#{notice.obligation}"
            text += "\n\n" + user.line("evidence_on_page", page=page)
        reply = Reply(text=text)
        if recorded is not None:
            reply = replace(reply, buttons=((Button(user.line("undo"), f"{self._data('u')}{recorded}"),),))
        return ButtonAction(reply=reply, buttons=())

    def _undo(self) -> ButtonAction:
        """Withdraw a fact the person has just recorded: only by themselves, within ten minutes, before any
        letter left.
        """
        if not self.chosen.isdecimal():
            return _alert(self.user, "not_yours")
        self.user.acting.undo(self.notice.case, int(self.chosen))
        return self._done("undone", title=self.deadline.obligation.title)

    def _offer_days(self, mark: str) -> ButtonAction:
        """Ask until which day to put the reminder off ("s"), or on which day the obligation was done ("d")."""
        user = self.user
        if mark == "s":
            if not (days := self._days_to_wait):
                return _alert(user, "put_off_no_more")
            code, rows = "put_off_until", _rows(user, days, self._data(mark))
        else:
            rows = _past_days(user, self.view, self._data(mark), until=user.dispatch.moment.today)
            code = "done_on"
        question = user.line(code, title=self.deadline.obligation.title)
        return ButtonAction(reply=Reply(text=question, buttons=rows))


def _day(text: str) -> date | None:
    """Parse an ISO date; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _past_days(user: BotUser, view: View, data: str, *, until: date) -> Buttons:
    """Return buttons for the days on which a step may have happened, from `until` back to the last step; of
    more than a message shows, one leads to the earlier ones. `data`: what a button carries before its day.
    """
    calendar = user.dispatch.calendar
    before = calendar.add_working_days(until, -1) if until > calendar.first else until
    steps = [fact.on for fact in view.case.facts.values() if fact.on <= until]
    first = min(max(steps, default=view.case.opened_on or before), before)
    first = max(first, calendar.first)
    shown_days = [until - timedelta(days=ago) for ago in range(min((until - first).days + 1, DAYS_SHOWN))]
    rows = _rows(user, shown_days, data)
    if shown_days[-1] == first:
        return rows
    earlier = f"{data}{EARLIER}{(shown_days[-1] - timedelta(days=1)).isoformat()}"
    return (*rows, (Button(user.line("earlier"), earlier),))


def _rows(user: BotUser, days: Sequence[date], data: str) -> Buttons:
    """Return one button for each day, two in a row where there are many."""
    buttons = [Button(user.line("day", on=day), f"{data}{day.isoformat()}") for day in days]
    wide = 1 if len(buttons) <= FEW_DAYS else 2
    return tuple(tuple(buttons[at : at + wide]) for at in range(0, len(buttons), wide))


def _show_deadline(user: BotUser, view: View, deadline: Deadline) -> Reply:
    """Return a deadline with its force and explanation; of a confidential case only the address of its page."""
    page = escape(f"{user.dispatch.rules.public_address}/cases/{view.case.id}", quote=False)
    if view.procedure.confidential:
        return Reply(text=f"{user.line('behind_login')}\n\n{page}")
    head = user.line("open_head", title=deadline.obligation.title, case=view.case.id)
    force = say(f"letter.force_{deadline.obligation.force}", {}, user.language)
    explanation = escape(" ".join(explain(deadline.explanation, user.language)), quote=False)
    parts = [f"<b>{head}</b>\n{escape(force, quote=False)}", explanation]
    if deadline.state == "done":
        parts.insert(1, user.line("done_already"))
    return Reply(text=cut("\n\n".join([*parts, page]), LONGEST))
