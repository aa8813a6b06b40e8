"""Handles the buttons below a reminder (read, later, done, undo, open), each checked against stored
data.

A button carries only the fingerprint of a notice. The account that pressed it must be linked, the notice must
have been sent to that person, and for all buttons but "read" the deadline must still be theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html import escape

from i18n import explain, say
from notifications.bot import Actions, ActionsOf, BotUser, ButtonAction, Reply
from notifications.channels.telegram import LONGEST, Button, Buttons, buttons, cut
from notifications.notice import Action, Notice, fingerprint
from workflow.cases.case import AWAITED
from workflow.cases.commands.answers import days_to_offer, deadline_of
from workflow.cases.commands.case_commands import View
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.register_deadlines import entry_obligation

CHANNEL = "telegram"
LOOKED_AT = 1000
"""Number of a person's notices that are searched, the newest first; older ones are answered on the pages."""
EARLIER = "0-"
"""Prefix in button data of the latest of the earlier days it leads to."""
DAYS_SHOWN, FEW_DAYS = 10, 4
_NAMED = re.compile(r"([0-9a-f]{32})(?::([0-9-]{1,15}))?")


def handle_button(user: BotUser, mark: str, argument: str, *, actions: ActionsOf) -> ButtonAction:
    """Handle a pressed button.

    Args:
        mark: which: "a" read, "s" later, "d" done, "u" undo, "o" open.
        argument: the notice's fingerprint, then the value chosen.

    Raises:
        Refusal: the action is not allowed; the message gives the reason.
    """
    match = _NAMED.fullmatch(argument)
    notice = _notice(user, match[1]) if match else None
    if match is None or notice is None or mark not in "asdou":
        return _alert(user, "not_yours")
    chosen = match[2] or ""
    acting = actions(person=user.person, language=user.language, at=user.moment)
    if mark == "a":
        if notice.acknowledged_at is None:
            acting.read(notice)
        on = (notice.acknowledged_at or user.moment.now).date()
        return ButtonAction(
            toast=user.line("acknowledged", on=on), buttons=_buttons_when_read(user, acting, notice)
        )
    return _about_deadline(user, notice, mark, chosen, acting)


def _about_deadline(user: BotUser, notice: Notice, mark: str, chosen: str, acting: Actions) -> ButtonAction:
    """Show the deadline of a notice, put it off, record it as done or undo that, as far as the person may."""
    view = acting.view(notice.case)
    deadline = deadline_of(view, notice.obligation)
    if mark == "o":
        return ButtonAction(toast="", replies=(_show_deadline(user, view, deadline),))
    if view.procedure.confidential:
        return _alert(user, "behind_login")
    # A head notified of lateness may report it done; only the responsible person can snooze it.
    may = user.must_fulfil if mark == "s" else user.is_told
    if not may(view.case, notice.obligation):
        return _alert(user, "no_longer_yours")
    if mark == "u":
        return _undo(user, acting, notice, deadline, chosen)
    if deadline.state not in AWAITED and deadline.state != "missed":
        return _alert(user, "done_already")
    if not chosen:
        return _offer_days(user, notice, view, deadline, mark)
    if mark == "d" and chosen.startswith(EARLIER):
        before, argument = _day(chosen.removeprefix(EARLIER)), f"d:{fingerprint(notice.key)}:"
        until = before or user.moment.today
        return ButtonAction(toast="", buttons=_past_days(user, view, argument, until=until))
    day = _day(chosen)
    if day is None:
        return _alert(user, "not_yours")
    if mark == "s":
        until = acting.snooze(notice.case, notice.obligation, until=day)
        return _done(user, "put_off", until=until)
    return _record(user, acting, notice, deadline, day)


def _alert(user: BotUser, code: str) -> ButtonAction:
    """Return the answer to a button that does nothing: a sentence the person must close."""
    return ButtonAction(toast=user.line(code), alert=True)


def _done(user: BotUser, code: str, **arguments: object) -> ButtonAction:
    """Return the answer to a button that did its work: a message, and no buttons any more."""
    return ButtonAction(toast="", replies=(Reply(text=user.line(code, **arguments)),), buttons=())


def _buttons_when_read(user: BotUser, acting: Actions, notice: Notice) -> Buttons:
    """Return the buttons of a notice without the one that acknowledges it."""
    actions = []
    if notice.kind == "reminder" and not (view := acting.view(notice.case)).procedure.confidential:
        obligation = entry_obligation(view.case, view.procedure, notice.obligation)
        can_put_off = user.must_fulfil(view.case, notice.obligation) and bool(
            _days_to_wait(user, view, deadline_of(view, notice.obligation))
        )
        actions.append(
            Action(
                key=notice.key,
                obligation=notice.obligation,
                asks=bool(obligation.options),
                can_put_off=can_put_off,
            )
        )
    rows = buttons(notice, actions)
    left = (tuple(button for button in row if button.data[0] != "a") for row in rows)
    return tuple(row for row in left if row)


def _days_to_wait(user: BotUser, view: View, deadline: Deadline) -> tuple[date, ...]:
    """Return the days until which a reminder can be put off; none where it cannot."""
    return days_to_offer(deadline, view.procedure, user.app.calendar, today=user.moment.today)


def _record(user: BotUser, acting: Actions, notice: Notice, deadline: Deadline, day: date) -> ButtonAction:
    """Record the obligation as done on a day; the reply offers to undo it and asks for what proves it."""
    recorded = acting.done(notice.case, notice.obligation, on=day)
    text = user.line("done", title=deadline.obligation.title, on=day)
    if deadline.obligation.evidence:
        page = f"{user.app.rules.public_address}/cases/{notice.case}#{notice.obligation}"
        text += "\n\n" + user.line("evidence_on_page", page=page)
    reply = Reply(text=text)
    if recorded is not None:
        data = f"u:{fingerprint(notice.key)}:{recorded}"
        reply = replace(reply, buttons=((Button(user.line("undo"), data),),))
    return ButtonAction(toast="", replies=(reply,), buttons=())


def _undo(user: BotUser, acting: Actions, notice: Notice, deadline: Deadline, chosen: str) -> ButtonAction:
    """Withdraw a fact the person has just recorded: only by themselves, within ten minutes, before any letter
    left.
    """
    if not chosen.isdecimal():
        return _alert(user, "not_yours")
    acting.undo(notice.case, int(chosen))
    return _done(user, "undone", title=deadline.obligation.title)


def _notice(user: BotUser, name: str) -> Notice | None:
    """Return the notice of a fingerprint sent to the person; None when there is none."""
    notices = user.app.reads.notices_matching(person=user.person.key, channel=CHANNEL, limit=LOOKED_AT)
    return next((notice for notice in notices if fingerprint(notice.key) == name), None)


def _day(text: str) -> date | None:
    """Parse an ISO date; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _offer_days(user: BotUser, notice: Notice, view: View, deadline: Deadline, mark: str) -> ButtonAction:
    """Ask until which day to put a reminder off ("s"), or on which day the obligation was done."""
    name = fingerprint(notice.key)
    if mark == "s":
        days = _days_to_wait(user, view, deadline)
        if not days:
            return _alert(user, "put_off_no_more")
        rows = _rows(user, days, f"s:{name}:")
    else:
        rows = _past_days(user, view, f"d:{name}:", until=user.moment.today)
    question = user.line("put_off_until" if mark == "s" else "done_on", title=deadline.obligation.title)
    return ButtonAction(toast="", replies=(Reply(text=question, buttons=rows),))


def _past_days(user: BotUser, view: View, data: str, *, until: date) -> Buttons:
    """Return buttons for the days on which a step may have happened, the latest first: back to the last step.

    Args:
        data: what a button carries before its day.
        until: the latest of them; of more days than a message shows, a button leads to the earlier ones.
    """
    calendar = user.app.calendar
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
    page = escape(f"{user.app.rules.public_address}/cases/{view.case.id}", quote=False)
    if view.procedure.confidential:
        return Reply(text=f"{user.line('behind_login')}\n\n{page}")
    head = user.line("open_head", title=deadline.obligation.title, case=view.case.id)
    force = say(f"letter.force_{deadline.obligation.force}", {}, user.language)
    explanation = escape(" ".join(explain(deadline.explanation, user.language)), quote=False)
    parts = [f"<b>{head}</b>\n{escape(force, quote=False)}", explanation]
    if deadline.state == "done":
        parts.insert(1, user.line("done_already"))
    return Reply(text=cut("\n\n".join([*parts, page]), LONGEST))
