"""What the bot needs of the house, and whose an obligation is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from calendars.calendar import Calendar
from notifications.bot_said import EvidenceStore
from notifications.links import Links
from notifications.notice import Notice, NoticeState
from notifications.recipients import told
from notifications.rules import Rules
from workflow.board import Row
from workflow.case import Case
from workflow.desk import Desk
from workflow.library import Library
from workflow.office import Office, Person
from workflow.procedure import Rung
from workflow.reminder import HIMSELF


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
    def desk(self) -> Desk: ...
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
) -> list[tuple[Row, Case]]:
    """Those of the rows whose thing the person must do, with their cases."""
    asked = list(rows)
    cases = house.reads.whole({row.case for row in asked})
    itself = Rung(at=0, to=HIMSELF)
    return [
        (row, cases[row.case])
        for row in asked
        if row.case in cases
        and person.key in _told(house, office, cases[row.case], row.obligation, (itself,), today)
    ]


def still_theirs(
    house: House, office: Office, person: Person, case: Case, deadline: str, *, today: date, to_do: bool = False
) -> bool:
    """Whether the ladder of that deadline tells the person anything as the office is today.

    Args:
        to_do: ask whether it is theirs to do; those above who are told too do not count then.
    """
    procedure = house.library.named(case.edition)
    obligation = procedure.by_id[deadline.partition(".")[0].partition("#")[0]]
    rungs = (Rung(at=0, to=HIMSELF),) if to_do else procedure.ladders[obligation.ladder].rungs
    return person.key in _told(house, office, case, deadline, rungs, today)


def _told(
    house: House, office: Office, case: Case, deadline: str, rungs: Iterable[Rung], today: date
) -> set[str]:
    procedure = house.library.named(case.edition)
    obligation = procedure.by_id[deadline.partition(".")[0].partition("#")[0]]
    found: set[str] = set()
    for rung in rungs:
        people, _ = told(office, case, obligation, deadline, rung, on=today)
        found |= {one.person.key for one in people}
    return found
