"""Handles the buttons below a reminder (read, later, done, undo, open), each checked against stored
data.

A button carries only the fingerprint of a notice. The account that pressed it must be linked, the notice must
have been sent to that person, and for all buttons but "read" the deadline must still be theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import escape

from i18n import explain, say
from notifications.bot.messages import ButtonAction, Reply, line, shorten
from notifications.bot.office import (
    Actions,
    ActionsOf,
    BotContext,
    CampaignAnswers,
    is_notified,
    is_responsible,
)
from notifications.notice import Notice
from notifications.wire.telegram import Button, Buttons, buttons, reference
from workflow.board.rows import WAITING
from workflow.cases.commands.case_commands import View
from workflow.cases.commands.reminder_actions import days_to_offer, deadline_of
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.office import Office, Person
from workflow.refusal import Refusal

CHANNEL = "telegram"
LOOKED_AT = 1000
"""Number of a person's notices that are searched, the newest first; older ones are answered on the pages."""
CONFIRMED = "1"
"""Button data that confirms a campaign."""
EARLIER = "0-"
"""Prefix in button data of the latest of the earlier days it leads to."""
DAYS_SHOWN, FEW_DAYS = 10, 4
_NAMED = re.compile(r"([0-9a-f]{32})(?::([0-9-]{1,15}))?")


def handle_button(
    app: BotContext,
    office: Office,
    person: Person,
    mark: str,
    argument: str,
    language: str,
    *,
    now: datetime,
    today: date,
    actions: ActionsOf,
    campaigns: CampaignAnswers | None = None,
) -> ButtonAction:
    """Handle a pressed button. `argument`: the notice's fingerprint, then the value chosen.

    Raises:
        Refusal: the action is not allowed; the message gives the reason.
    """
    match = _NAMED.fullmatch(argument)
    notice = _notice(app, person, match[1]) if match else None
    if match is None or notice is None or mark not in "acsdou":
        return ButtonAction(toast=line("not_yours", language), alert=True)
    if notice.kind == "campaign":
        return _answer_campaign(campaigns, person, notice, mark, match[2] or "", language)
    acting = actions(person=person, signature=signature(person), language=language, now=now, today=today)
    if mark == "a":
        if notice.acknowledged_at is None:
            acting.read(notice)
        on = (notice.acknowledged_at or now).date()
        left_buttons = _buttons_when_read(app, office, person, notice, today=today)
        return ButtonAction(toast=line("acknowledged", language, on=on), buttons=left_buttons)
    if not notice.case:
        return ButtonAction(toast=line("no_one_deadline", language), alert=True)
    chosen = match[2] or ""
    return _about_deadline(app, office, person, notice, mark, chosen, language, acting=acting, today=today)


def _about_deadline(
    app: BotContext,
    office: Office,
    person: Person,
    notice: Notice,
    mark: str,
    chosen: str,
    language: str,
    *,
    acting: Actions,
    today: date,
) -> ButtonAction:
    """Show the deadline of a notice, put it off, record it as done or undo that, as far as the person may."""
    view = acting.view(notice.case)
    deadline = deadline_of(view, notice.obligation)
    if mark == "o":
        return ButtonAction(toast="", replies=(_show_deadline(app, view, deadline, language),))
    if view.procedure.confidential:
        return ButtonAction(toast=line("behind_login", language), alert=True)
    # A head notified of lateness may report it done; only the responsible person can snooze it.
    whose = is_responsible if mark == "s" else is_notified
    if not whose(app, office, person, view.case, notice.obligation, today=today):
        return ButtonAction(toast=line("no_longer_yours", language), alert=True)
    if mark == "u":
        return _undo(acting, notice, deadline, chosen, language)
    if deadline.state not in WAITING and deadline.state != "missed":
        return ButtonAction(toast=line("done_already", language), alert=True)
    if not chosen:
        return _offer_days(app, notice, view, deadline, mark, language, today=today)
    if mark == "d" and chosen.startswith(EARLIER):
        before, argument = _day(chosen.removeprefix(EARLIER)), f"d:{reference(notice.key)}:"
        return ButtonAction(toast="", buttons=_past_days(app, view, argument, language, until=before or today))
    day = _day(chosen)
    if day is None:
        return ButtonAction(toast=line("not_yours", language), alert=True)
    if mark == "s":
        until = acting.snooze(notice.case, notice.obligation, until=day)
        return ButtonAction(toast="", replies=(Reply(text=line("put_off", language, until=until)),), buttons=())
    return _record(app, acting, notice, deadline, day, language)


def _buttons_when_read(
    app: BotContext, office: Office, person: Person, notice: Notice, *, today: date
) -> Buttons:
    """Return the buttons of a notice without the one that acknowledges it."""
    later = _may_wait(app, office, person, notice, today=today)
    rows = buttons(notice, asks=_asks(app, notice, today=today), later=later)
    left = (tuple(button for button in row if button.data[0] != "a") for row in rows)
    return tuple(row for row in left if row)


def _record(
    app: BotContext, acting: Actions, notice: Notice, deadline: Deadline, day: date, language: str
) -> ButtonAction:
    """Record the obligation as done on a day; the reply offers to undo it and asks for what proves it."""
    recorded = acting.done(notice.case, notice.obligation, on=day)
    text = line("done", language, title=deadline.obligation.title, on=day)
    if deadline.obligation.evidence:
        page = f"{app.rules.public_address}/cases/{notice.case}#{notice.obligation}"
        text += "\n\n" + line("evidence_on_page", language, page=page)
    reply = Reply(text=text)
    if recorded is not None:
        data = f"u:{reference(notice.key)}:{recorded}"
        reply = replace(reply, buttons=((Button(line("undo", language), data),),))
    return ButtonAction(toast="", replies=(reply,), buttons=())


def signature(person: Person) -> str:
    """Return the name under which the chain records a person's action in Telegram."""
    return f"{person.name} (Telegram)"


def _asks(app: BotContext, notice: Notice, *, today: date) -> bool:
    """Return whether a reminder asks for a decision; never of a confidential case."""
    if notice.kind != "reminder" or not notice.case:
        return False
    view = app.case_commands.view(notice.case, today=today)
    obligation = entry_obligation(view.case, view.procedure, notice.obligation)
    return bool(obligation.options) and not view.procedure.confidential


def _may_wait(app: BotContext, office: Office, person: Person, notice: Notice, *, today: date) -> bool:
    if notice.kind != "reminder" or not notice.case:
        return False
    view = app.case_commands.view(notice.case, today=today)
    if not is_responsible(app, office, person, view.case, notice.obligation, today=today):
        return False
    return bool(days_to_offer(deadline_of(view, notice.obligation), view.procedure, app.calendar, today=today))


def _answer_campaign(
    campaigns: CampaignAnswers | None, person: Person, notice: Notice, mark: str, chosen: str, language: str
) -> ButtonAction:
    """Show the question of a campaign; when pressed again below it, confirm it. Fields are filled in on a
    page.
    """
    if mark != "c" or campaigns is None:
        return ButtonAction(toast=line("not_yours", language), alert=True)
    try:
        question = campaigns.question(person.key, notice.obligation, language)
        if chosen == CONFIRMED and not question.has_form:
            row = campaigns.confirm(person.key, notice.obligation)
            campaign_reply = Reply(text=line("campaign_done", language, row=row))
            return ButtonAction(toast="", replies=(campaign_reply,), buttons=())
    except Refusal:
        return ButtonAction(toast=line("campaign_over", language), alert=True)
    where = line(f"campaign_{'form' if question.has_form else 'document'}", language, address=question.address)
    text = (
        f"<b>{escape(question.title, quote=False)}</b>\n\n{escape(question.declares, quote=False)}\n\n{where}"
    )
    button = Button(line("button_confirm", language), f"c:{reference(notice.key)}:{CONFIRMED}")
    reply = Reply(text=text, buttons=() if question.has_form else ((button,),))
    return ButtonAction(toast="", replies=(reply,))


def _undo(acting: Actions, notice: Notice, deadline: Deadline, chosen: str, language: str) -> ButtonAction:
    """Withdraw a fact the person has just recorded: only by themselves, within ten minutes, before any letter
    left.
    """
    if not chosen.isdecimal():
        return ButtonAction(toast=line("not_yours", language), alert=True)
    acting.undo(notice.case, int(chosen))
    reply = Reply(text=line("undone", language, title=deadline.obligation.title))
    return ButtonAction(toast="", replies=(reply,), buttons=())


def _notice(app: BotContext, person: Person, name: str) -> Notice | None:
    """Return the notice of a fingerprint sent to the person; None when there is none."""
    notices = app.outbox.notices(person=person.key, channel=CHANNEL, limit=LOOKED_AT)
    return next((notice for notice in notices if reference(notice.key) == name), None)


def _day(text: str) -> date | None:
    """Parse an ISO date; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _offer_days(
    app: BotContext, notice: Notice, view: View, deadline: Deadline, mark: str, language: str, *, today: date
) -> ButtonAction:
    name = reference(notice.key)
    if mark == "s":
        days = days_to_offer(deadline, view.procedure, app.calendar, today=today)
        if not days:
            return ButtonAction(toast=line("put_off_no_more", language), alert=True)
        rows = _rows(days, f"s:{name}:", language)
    else:
        rows = _past_days(app, view, f"d:{name}:", language, until=today)
    question = line("put_off_until" if mark == "s" else "done_on", language, title=deadline.obligation.title)
    return ButtonAction(toast="", replies=(Reply(text=question, buttons=rows),))


def _past_days(app: BotContext, view: View, data: str, language: str, *, until: date) -> Buttons:
    """Return buttons for the days on which a step may have happened, the latest first: back to the last step.

    Args:
        data: what a button carries before its day.
        until: the latest of them; of more days than a message shows, a button leads to the earlier ones.
    """
    before = app.calendar.add_working_days(until, -1) if until > app.calendar.first else until
    steps = [fact.on for fact in view.case.facts.values() if fact.on <= until]
    first = min(max(steps, default=view.case.opened_on or before), before)
    first = max(first, app.calendar.first)
    shown_days = [until - timedelta(days=ago) for ago in range(min((until - first).days + 1, DAYS_SHOWN))]
    rows = _rows(shown_days, data, language)
    if shown_days[-1] == first:
        return rows
    earlier = f"{data}{EARLIER}{(shown_days[-1] - timedelta(days=1)).isoformat()}"
    return (*rows, (Button(line("earlier", language), earlier),))


def _rows(days: Sequence[date], data: str, language: str) -> Buttons:
    """Return one button for each day, two in a row where there are many."""
    buttons = [Button(line("day", language, on=day), f"{data}{day.isoformat()}") for day in days]
    wide = 1 if len(buttons) <= FEW_DAYS else 2
    return tuple(tuple(buttons[at : at + wide]) for at in range(0, len(buttons), wide))


def _show_deadline(app: BotContext, view: View, deadline: Deadline, language: str) -> Reply:
    page = escape(f"{app.rules.public_address}/cases/{view.case.id}", quote=False)
    if view.procedure.confidential:
        return Reply(text=f"{line('behind_login', language)}\n\n{page}")
    head = line("open_head", language, title=deadline.obligation.title, case=view.case.id)
    force = say(f"letter.force_{deadline.obligation.force}", {}, language)
    explanation = escape(" ".join(explain(deadline.explanation, language)), quote=False)
    parts = [f"<b>{head}</b>\n{escape(force, quote=False)}", explanation]
    if deadline.state == "done":
        parts.insert(1, line("done_already", language))
    return Reply(text=shorten("\n\n".join([*parts, page])))
