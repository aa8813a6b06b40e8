"""Handles messages to the bot: linking and unlinking an account, and listing its person's deadlines.

Buttons are in `buttons`. Independent of the transport, so of aiogram.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import escape

from i18n import LANGUAGES, available_language, refusal, say
from notifications.bot import Actions, BotContext, BotUser, ButtonAction, Reply, Sender, line
from notifications.bot.buttons import handle_button
from notifications.channels.telegram import LONGEST, cut, hash_code
from notifications.letters.deadlines import ListedDeadline, relation_to, urgency_line
from workflow.board.rows import DeadlineFilter, Horizon, Urgency
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.moments import Clock
from workflow.org.office import with_officer
from workflow.refusal import Refusal

COMMANDS = ("my", "stop")


class Conversation:
    """Answers messages to the bot.

    Args:
        app: returns the access to data and commands, by the settings and acts of now.
        clock: returns the present.
        language: language for unknown senders whose Telegram uses none of ours.
        actions: makes what a person does to cases by the buttons, of `person`, `language` and `at`.
    """

    def __init__(
        self, app: Callable[[], BotContext], clock: Clock, *, language: str, actions: Callable[..., Actions]
    ) -> None:
        self._app = app
        self._actions = actions
        self._clock = clock
        self._language = language

    def handle_message(self, sender: Sender, text: str | None) -> Reply:
        """Answer a message: a command with what follows it; None is one without text, which the bot cannot
        use.
        """
        command, _, rest = (text or "").strip().partition(" ")
        name = command.partition("@")[0].lower()
        user = self._user(sender)
        if name == "/start":
            return self._start(sender, user, rest.strip())
        if user is None:
            return Reply(text=line("stranger", self._guessed(sender)))
        try:
            match name:
                case "/my":
                    return list_deadlines(user)
                case "/stop":
                    user.app.links.unlink(user.person.key, at=user.moment)
                    return Reply(text=user.line("stopped"))
                case _:
                    return Reply(text=user.line("unreadable" if text is None else "help"))
        except Refusal as no:
            return _refused(no, user.language)

    def knows(self, sender: Sender) -> bool:
        """Return whether the sender is a linked person, not a stranger."""
        return self._user(sender) is not None

    def pressed(self, sender: Sender, data: str) -> ButtonAction:
        """Answer the press of a button; everything in its data is verified."""
        user = self._user(sender)
        if user is None:
            return ButtonAction(toast=line("not_yours", self._guessed(sender)), alert=True)
        try:
            return handle_button(user, data, actions=self._actions)
        except Refusal as no:
            return ButtonAction(reply=_refused(no, user.language))

    def broken(self, sender: Sender) -> Reply:
        """Return the answer after an internal error: the request was not carried out."""
        return Reply(text=line("broken", self._guessed(sender)))

    def _start(self, sender: Sender, user: BotUser | None, code: str) -> Reply:
        """Answer /start: link the account when a code comes with it."""
        links = self._app().links
        if not code:
            if user is None:
                return Reply(text=line("stranger", self._guessed(sender)))
            welcome = "welcome_back" if links.unblock(user.person.key) else "linked_already"
            return Reply(text=user.line(welcome, person=user.person.name_in(user.language)))
        moment = self._clock()
        result, link = links.redeem(hash_code(code), sender.chat, now=moment.now)
        if link is None:
            return Reply(text=line(f"code_{result}", self._guessed(sender)))
        linked = self._user(sender)
        if linked is None:
            links.unlink(link.person, at=replace(moment, by=link.person))
            return Reply(text=line("code_wrong", self._guessed(sender)))
        return Reply(text=linked.line("linked", person=linked.person.name_in(linked.language)))

    def _user(self, sender: Sender) -> BotUser | None:
        """Return the person an account is linked to, at this moment; None for a stranger."""
        app = self._app()
        link = app.links.of_chat(sender.chat)
        if link is None:
            return None
        office = with_officer(app.reads.office(), app.rules.officer, language=app.rules.officer_language)
        person = office.people.get(link.person)
        if person is None:
            return None
        language = available_language(person.language)
        moment = replace(self._clock(), by=person.key)
        return BotUser(app=app, office=office, person=person, language=language, moment=moment)

    def _guessed(self, sender: Sender) -> str:
        """Return the language set in the sender's Telegram, else the default."""
        return sender.language if sender.language in LANGUAGES else self._language


def _refused(no: BaseException, language: str) -> Reply:
    """Return the sentence of a refusal as a message."""
    return Reply(text=escape(refusal(no, language), quote=False))


DAYS_AHEAD = 30
WHICH: tuple[Urgency, ...] = ("overdue", "due")
MOST_LISTED = 15
"""Number of lines listed; the rest is counted."""


def list_deadlines(user: BotUser) -> Reply:
    """Return what the person must do: overdue, and due within DAYS_AHEAD."""
    app, language, today = user.app, user.language, user.moment.today
    last = min(today + timedelta(days=DAYS_AHEAD), app.calendar.last)
    criteria = DeadlineFilter(horizon=Horizon(today=today, soon=last))
    mine = user.rows(row for which in WHICH for row in app.reads.listed(replace(criteria, urgency=which)))
    if not mine:
        return Reply(text=user.line("list_my_empty", until=last))
    lines = [f"<b>{user.line('list_my', until=last)}</b>", ""]
    for row, case, procedure in mine[:MOST_LISTED]:
        assert row.due is not None
        if procedure.confidential:
            discreet = say("digest.discreet", {}, language)
            lines += [f"• {escape(discreet, quote=False)} – {user.line('day', on=row.due)} · {case.id}"]
            continue
        obligation = entry_obligation(case, procedure, row.obligation)
        listed = ListedDeadline(
            case=case,
            procedure=procedure,
            obligation=obligation,
            id=row.obligation,
            relation=relation_to(row.due, app.calendar, today=today),
            page="",
        )
        line = escape(urgency_line(listed, language), quote=False)
        force = say(f"letter.force_{obligation.force}", {}, language)
        place = " · ".join(filter(None, (force, listed.object_names[language], case.id)))
        lines += [f"• {line}\n   {escape(place, quote=False)} · <code>{row.obligation}</code>"]
    if len(mine) > MOST_LISTED:
        lines += ["", user.line("list_more", count=len(mine) - MOST_LISTED)]
    return Reply(text=cut("\n".join(lines), LONGEST))
