"""Handles messages to the bot: linking and unlinking an account, and listing its person's deadlines.

Buttons are in `buttons`. Independent of the transport, so of aiogram.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import escape

from i18n import LANGUAGES, available_language, refusal, say
from notifications.bot import Actions, BotUser, ButtonAction, Reply, Sender, line
from notifications.bot.buttons import handle_button
from notifications.channels.telegram import LONGEST, Links, cut, hash_code
from notifications.dispatch import Dispatch
from notifications.letters.daily import OpenDeadlines
from notifications.letters.deadlines import urgency_line
from workflow.moments import Clock, Moment
from workflow.refusal import Refusal

COMMANDS = ("my", "stop")


class Conversation:
    """Answers messages to the bot, read from the dispatch of their moment, in `language` to strangers whose
    Telegram uses none of ours. `actions`: makes what a person does to cases, of `person`, `language` and `at`.
    """

    def __init__(
        self,
        links: Links,
        dispatch: Callable[[Moment], Dispatch],
        clock: Clock,
        *,
        language: str,
        actions: Callable[..., Actions],
    ) -> None:
        self._links, self._dispatch, self._clock = links, dispatch, clock
        self._language, self._actions = language, actions

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
                    self._links.unlink(user.person.key, at=replace(user.dispatch.moment, by=user.person.key))
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
            return handle_button(user, data)
        except Refusal as no:
            return ButtonAction(reply=_refused(no, user.language))

    def broken(self, sender: Sender) -> Reply:
        """Return the answer after an internal error: the request was not carried out."""
        return Reply(text=line("broken", self._guessed(sender)))

    def _start(self, sender: Sender, user: BotUser | None, code: str) -> Reply:
        """Answer /start: link the account when a code comes with it."""
        if not code:
            if user is None:
                return Reply(text=line("stranger", self._guessed(sender)))
            welcome = "welcome_back" if self._links.unblock(user.person.key) else "linked_already"
            return Reply(text=user.line(welcome, person=user.person.name_in(user.language)))
        moment = self._clock()
        result, link = self._links.redeem(hash_code(code), sender.chat, now=moment.now)
        if link is None:
            return Reply(text=line(f"code_{result}", self._guessed(sender)))
        linked = self._user(sender)
        if linked is None:
            self._links.unlink(link.person, at=replace(moment, by=link.person))
            return Reply(text=line("code_wrong", self._guessed(sender)))
        return Reply(text=linked.line("linked", person=linked.person.name_in(linked.language)))

    def _user(self, sender: Sender) -> BotUser | None:
        """Return the person an account is linked to, at this moment; None for a stranger."""
        link = self._links.of_chat(sender.chat)
        dispatch = self._dispatch(self._clock())
        person = dispatch.office.people.get(link.person) if link is not None else None
        if person is None:
            return None
        language, moment = available_language(person.language), replace(dispatch.moment, by=person.key)
        acting = self._actions(person=person, language=language, at=moment)
        return BotUser(dispatch=dispatch, person=person, language=language, acting=acting)

    def _guessed(self, sender: Sender) -> str:
        """Return the language set in the sender's Telegram, else the default."""
        return sender.language if sender.language in LANGUAGES else self._language


def _refused(no: BaseException, language: str) -> Reply:
    """Return the sentence of a refusal as a message."""
    return Reply(text=escape(refusal(no, language), quote=False))


DAYS_AHEAD = 30
MOST_LISTED = 15
"""Number of lines listed; the rest is counted."""


def list_deadlines(user: BotUser) -> Reply:
    """Return what the person must do: overdue, and due within DAYS_AHEAD."""
    language = user.language
    last = min(user.dispatch.moment.today + timedelta(days=DAYS_AHEAD), user.dispatch.calendar.last)
    due = OpenDeadlines(user.dispatch).due_by(last)
    mine = [deadline for deadline in due if deadline.is_for(user.person.key)]
    if not mine:
        return Reply(text=user.line("list_my_empty", until=last))
    lines = [f"<b>{user.line('list_my', until=last)}</b>", ""]
    for deadline in mine[:MOST_LISTED]:
        case = deadline.case.id
        if deadline.confidential:
            discreet = say("digest.discreet", {}, language)
            day = user.line("day", on=deadline.relation.day)
            lines += [f"• {escape(discreet, quote=False)} – {day} · {case}"]
            continue
        force = say(f"letter.force_{deadline.obligation.force}", {}, language)
        place = " · ".join(filter(None, (force, deadline.object_names[language], case)))
        urgency = escape(urgency_line(deadline, language), quote=False)
        lines += [f"• {urgency}\n   {escape(place, quote=False)} · <code>{deadline.id}</code>"]
    if len(mine) > MOST_LISTED:
        lines += ["", user.line("list_more", count=len(mine) - MOST_LISTED)]
    return Reply(text=cut("\n".join(lines), LONGEST))
