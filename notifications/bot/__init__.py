"""The Telegram bot: what it uses of the application, as protocols; who writes to it, and what is theirs to do;
the messages to and from it as values, independent of the transport.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Protocol

from calendars.kazakhstan import Kazakhstan
from i18n import say
from notifications.channels.telegram import Buttons, Links
from notifications.notice import Notice
from notifications.recipients import resolve_assignees, resolve_recipients
from notifications.rules import Rules
from workflow.board.rows import DeadlineFilter, Row
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import View
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.moments import Moment
from workflow.org.duties import Unresolved
from workflow.org.office import Office, Person, Recipient


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A message from the bot in Telegram's HTML."""

    text: str
    buttons: Buttons = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonAction:
    """The result of pressing a button.

    Attributes:
        toast: notification shown over the chat; `alert`: it must be closed by the user.
        reply: a further message.
        buttons: new buttons of the message; None leaves them as they are.
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


class Reads(Protocol):
    """What the bot reads: the office, board rows with their cases, and the journal of notices."""

    def office(self) -> Office:
        """Return the units, people and matches."""

    def listed(self, criteria: DeadlineFilter) -> Sequence[Row]:
        """Return the matching rows, the earliest due first."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return the cases of these ids by id; unknown ids are left out."""

    def notices_matching(self, *, person: str, channel: str, limit: int) -> Sequence[Notice]:
        """Return the notices to a person through a channel, newest first."""


class Actions(Protocol):
    """What one person does to cases at one moment, with the rights they have."""

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


class BotContext(Protocol):
    """The parts of the application the bot may use; built by the composition root."""

    @property
    def links(self) -> Links: ...
    @property
    def reads(self) -> Reads: ...
    @property
    def library(self) -> Library: ...
    @property
    def calendar(self) -> Kazakhstan: ...
    @property
    def rules(self) -> Rules: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class BotUser:
    """A linked person who writes to the bot or presses a button.

    Attributes:
        office: as of this message; language: of the answer.
        moment: of the message, in which the person acts.
    """

    app: BotContext
    office: Office
    person: Person
    language: str
    moment: Moment

    def line(self, code: str, **arguments: object) -> str:
        """Return a sentence of the bot (`telegram.` and the code) in the person's language, for HTML."""
        return line(code, self.language, **arguments)

    def rows(self, rows: Iterable[Row]) -> list[tuple[Row, Case, Procedure]]:
        """Return the rows whose obligation the person must fulfil, each with its case and edition."""
        listed_rows = list(rows)
        cases = self.app.reads.whole({row.case for row in listed_rows})
        return [
            (row, case, self.app.library.of(case))
            for row in listed_rows
            if (case := cases.get(row.case)) is not None and self.must_fulfil(case, row.obligation)
        ]

    def must_fulfil(self, case: Case, deadline: str) -> bool:
        """Return whether the person must fulfil an obligation (its id with its period) today, or stands in for
        one who must but is away; the officer of last resort, too, where nobody else is found.
        """
        obligation = entry_obligation(case, self.app.library.of(case), deadline)
        recipients = resolve_assignees(self.office, case, obligation, deadline, on=self.moment.today)
        return not isinstance(recipients, Unresolved) and self._is_among(recipients)

    def is_told(self, case: Case, deadline: str) -> bool:
        """Return whether one of the reminder steps of a deadline is sent to the person."""
        procedure = self.app.library.of(case)
        obligation = entry_obligation(case, procedure, deadline)
        on = self.moment.today
        return any(
            self._is_among(resolve_recipients(self.office, case, obligation, deadline, step, on=on)[0])
            for step in procedure.steps
        )

    def _is_among(self, recipients: Iterable[Recipient]) -> bool:
        """Return whether the person is one of these recipients."""
        return any(recipient.person.key == self.person.key for recipient in recipients)
