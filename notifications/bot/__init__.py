"""The Telegram bot: who writes to it, what is theirs to do and what they do to cases; the messages to and from
it as values, independent of the transport.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Protocol

from i18n import say
from notifications.channels.telegram import Buttons
from notifications.dispatch import Dispatch
from notifications.notice import Notice
from notifications.recipients import resolve_assignees, resolve_recipients
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import View
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.office import Person, Recipient


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A message from the bot in Telegram's HTML."""

    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonAction:
    """The result of pressing a button: a notification shown over the chat, which an `alert` makes the user
    close; a further message; new buttons of the message, None to leave them.
    """

    toast: str = ""
    alert: bool = False
    reply: Reply | None = None
    buttons: Buttons | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """The sender of a message: the account's id, and the language of its Telegram."""

    chat: str
    language: str = ""


def line(code: str, language: str, **arguments: object) -> str:
    """Return a sentence of the bot (`telegram.` and the code) for Telegram's HTML."""
    return escape(say(f"telegram.{code}", arguments, language), quote=False)


class Actions(Protocol):
    """What one person does to cases at one moment, with the rights they have."""

    def notice(self, mark: str) -> Notice | None:
        """Return the notice of a fingerprint sent to the person by the bot; None when there is none."""

    def view(self, case: str) -> View:
        """Return a case the person sees, with its deadlines. Raises Refusal."""

    def read(self, notice: Notice) -> None:
        """Record that the person has read a notice, and every notice that went in its letter."""

    def done(self, case: str, fact: str, *, on: date) -> int | None:
        """Record that it was done; return the number of the event, None where it was recorded before."""

    def snooze(self, case: str, obligation: str, *, until: date) -> date:
        """Snooze the reminder; return the day until which it is."""

    def undo(self, case: str, line: int) -> None:
        """Withdraw an event the person has just recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BotUser:
    """A linked person who writes to the bot or presses a button; `dispatch`: what answers, in this language,
    are read from, as of this message.
    """

    dispatch: Dispatch
    person: Person
    language: str
    acting: Actions

    def line(self, code: str, **arguments: object) -> str:
        """Return a sentence of the bot (`telegram.` and the code) in the person's language, for HTML."""
        return line(code, self.language, **arguments)

    def must_fulfil(self, case: Case, deadline: str) -> bool:
        """Return whether the person must fulfil an obligation (its id with its period) today, or stands in for
        one who must but is away; the officer of last resort, too, where nobody else is found.
        """
        obligation = entry_obligation(case, self.dispatch.library.of(case), deadline)
        office, on = self.dispatch.office, self.dispatch.moment.today
        return self._is_among(resolve_assignees(office, case, obligation, deadline, on=on))

    def is_told(self, case: Case, deadline: str) -> bool:
        """Return whether one of the reminder steps of a deadline is sent to the person."""
        procedure = self.dispatch.library.of(case)
        obligation = entry_obligation(case, procedure, deadline)
        office, on = self.dispatch.office, self.dispatch.moment.today
        return any(
            self._is_among(resolve_recipients(office, case, obligation, deadline, step, on=on)[0])
            for step in procedure.steps
        )

    def _is_among(self, recipients: Iterable[Recipient]) -> bool:
        """Return whether the person is one of these recipients."""
        return any(recipient.person.key == self.person.key for recipient in recipients)
