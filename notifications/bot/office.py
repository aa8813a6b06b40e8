"""Protocols of the application parts the bot uses, and which obligations belong to a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from calendars.kazakhstan import Kazakhstan
from notifications.links import Links
from notifications.notice import Notice, NoticeState
from notifications.recipients import resolve_assignees, resolve_recipients
from notifications.rules import Rules
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import View
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.org.duties import Unresolved
from workflow.org.office import Office, Person


class Notices(Protocol):
    """The journal of notices, with the office."""

    def office(self) -> Office:
        """Return the units, people and matches."""

    def notices(
        self,
        *,
        case: str | None = None,
        person: str | None = None,
        channel: str | None = None,
        state: NoticeState | None = None,
        limit: int | None = None,
    ) -> Sequence[Notice]:
        """Return notices, newest first, filtered by the given values."""

    def carried(self, key: str) -> Sequence[Notice]:
        """Return the notices carried by that notice's letter."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """Record that the notice was read."""


class BoardRows(Protocol):
    """The board rows that lists are made of."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows due before `today`, the longest overdue first."""

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Return open rows due from `today` to `until`, the earliest first."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """Return the cases of these ids."""


class Cases(Protocol):
    """The cases as they stand."""

    def view(self, case_id: str, *, today: date) -> View:
        """Return the case with its deadlines. Raises UnknownCase."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignQuestion:
    """The question of a campaign to a person.

    Attributes:
        declares: the statement they confirm, in their language.
        address: of their own page, with the document; has_form: whether that page has fields to fill in.
    """

    title: str
    declares: str
    address: str
    has_form: bool


class CampaignAnswers(Protocol):
    """The answers of people to campaigns."""

    def question(self, person: str, campaign: str, language: str) -> CampaignQuestion:
        """Return the question of a campaign to a person. Raises Refusal if no answer of theirs is awaited."""

    def confirm(self, person: str, campaign: str) -> str:
        """Add the row of the person's answer; return its id. Raises Refusal."""


class Actions(Protocol):
    """What one person does to cases at one moment, with the rights they have."""

    def view(self, case: str) -> View:
        """Return a case the person sees. Raises Refusal."""

    def read(self, notice: Notice) -> None:
        """Record that the person has read a notice, with all that its letter carried."""

    def done(self, case: str, fact: str, *, on: date) -> int | None:
        """Record that it was done; return the number of the event, None where it was recorded before."""

    def snooze(self, case: str, obligation: str, *, until: date) -> date:
        """Snooze the reminder; return the day until which it is."""

    def undo(self, case: str, line: int) -> None:
        """Withdraw an event the person has just recorded."""


class ActionsOf(Protocol):
    """Makes the actions of a person; `signature`: their name as the chain records it."""

    def __call__(
        self, *, person: Person, signature: str, language: str, now: datetime, today: date
    ) -> Actions: ...


class BotContext(Protocol):
    """The parts of the application the bot may use; built by the composition root."""

    @property
    def links(self) -> Links: ...
    @property
    def case_commands(self) -> Cases: ...
    @property
    def outbox(self) -> Notices: ...
    @property
    def reads(self) -> BoardRows: ...
    @property
    def library(self) -> Library: ...
    @property
    def calendar(self) -> Kazakhstan: ...
    @property
    def rules(self) -> Rules: ...


def rows_of_person(
    app: BotContext, office: Office, person: Person, rows: Iterable[Row], *, today: date
) -> list[tuple[Row, Case, Procedure]]:
    """Return the rows whose obligation the person must fulfil, each with its case and edition."""
    listed_rows = list(rows)
    cases = app.reads.whole({row.case for row in listed_rows})
    entries = []
    for row in listed_rows:
        case = cases.get(row.case)
        if case is not None and is_responsible(app, office, person, case, row.obligation, today=today):
            entries.append((row, case, app.library.named(case.edition)))
    return entries


def is_responsible(
    app: BotContext, office: Office, person: Person, case: Case, deadline: str, *, today: date
) -> bool:
    """Return whether the person must fulfil the obligation, or is deputy of one who must, by the office as of
    today.
    """
    obligation = entry_obligation(case, app.library.named(case.edition), deadline)
    recipients = resolve_assignees(office, case, obligation, deadline, on=today)
    return not isinstance(recipients, Unresolved) and any(
        recipient.person.key == person.key for recipient in recipients
    )


def is_notified(
    app: BotContext, office: Office, person: Person, case: Case, deadline: str, *, today: date
) -> bool:
    procedure = app.library.named(case.edition)
    obligation = entry_obligation(case, procedure, deadline)
    for step in procedure.steps:
        people, _ = resolve_recipients(office, case, obligation, deadline, step, on=today)
        if any(recipient.person.key == person.key for recipient in people):
            return True
    return False
