"""What the bot needs of the house, and whose an obligation is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from calendars.calendar import Calendar
from notifications.bot.messages import EvidenceStore
from notifications.links import Links
from notifications.notice import Notice, NoticeState
from notifications.recipients import doers, told
from notifications.rules import Rules
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.commands.desk import CaseCommands
from workflow.law.library import Library
from workflow.law.procedure import Obligation, Procedure
from workflow.org.duties import Unresolved
from workflow.org.office import Office, Person


class Notices(Protocol):
    """The register, and the office it was written for."""

    def office(self) -> Office:
        """Units, people and matches."""

    def notices(
        self,
        *,
        case: str | None = None,
        person: str | None = None,
        channel: str | None = None,
        state: NoticeState | None = None,
        limit: int | None = None,
    ) -> Sequence[Notice]:
        """The register, the newest first, narrowed by whatever is given."""

    def carried(self, key: str) -> Sequence[Notice]:
        """What the letter of that notice carried."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """The reader says it was read."""


class Board(Protocol):
    """The rows people ask for."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows whose due date lies before `today`, the longest overdue first."""

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows due from `today` to `until`, the nearest first."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id."""


class House(Protocol):
    """The house as the bot sees it; whoever joins ports and adapters hands it over."""

    @property
    def links(self) -> Links: ...
    @property
    def desk(self) -> CaseCommands: ...
    @property
    def outbox(self) -> Notices: ...
    @property
    def reads(self) -> Board: ...
    @property
    def library(self) -> Library: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def rules(self) -> Rules: ...
    @property
    def evidence(self) -> EvidenceStore: ...


def theirs(
    house: House, office: Office, person: Person, rows: Iterable[Row], *, today: date
) -> list[tuple[Row, Case, Procedure]]:
    """Those of the rows whose thing the person must do, with their cases and editions."""
    asked = list(rows)
    cases = house.reads.whole({row.case for row in asked})
    found = []
    for row in asked:
        case = cases.get(row.case)
        if case is not None and to_do(house, office, person, case, row.obligation, today=today):
            found.append((row, case, house.library.named(case.edition)))
    return found


def to_do(house: House, office: Office, person: Person, case: Case, deadline: str, *, today: date) -> bool:
    """Whether the person must do it, or stands in for who must, as the office is today."""
    obligation = _obligation(house.library.named(case.edition), deadline)
    found = doers(office, case, obligation, deadline, on=today)
    return not isinstance(found, Unresolved) and any(one.person.key == person.key for one in found)


def still_theirs(
    house: House, office: Office, person: Person, case: Case, deadline: str, *, today: date
) -> bool:
    """Whether the ladder of that deadline tells the person anything as the office is today."""
    procedure = house.library.named(case.edition)
    obligation = _obligation(procedure, deadline)
    for rung in procedure.ladders[obligation.ladder].rungs:
        people, _ = told(office, case, obligation, deadline, rung, on=today)
        if any(one.person.key == person.key for one in people):
            return True
    return False


def _obligation(procedure: Procedure, deadline: str) -> Obligation:
    return procedure.by_id[deadline.partition(".")[0].partition("#")[0]]
