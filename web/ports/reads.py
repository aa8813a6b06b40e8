"""What the pages ask of what is stored. None of it writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from notifications.notice import Notice
from workflow.board.rows import CaseFilter, Row
from workflow.board.sums import DeadlineFilter, Horizon, Sums
from workflow.cases.case import Case, Event
from workflow.cases.registers.risk_lists import Place, RecommendationFilter, RiskGroup
from workflow.org.access import Scope
from workflow.org.office import Office


class Reads(Protocol):
    """The questions pages ask of what is stored. None of them writes.

    `unit` narrows an answer to one unit; None means the whole office. Only active cases answer.
    """

    def seen_by(self, scope: Scope) -> Reads:
        """The same questions, answered with what somebody may see: one rule for lists and for single cases."""

    def overdue(self, today: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows whose due date lies before `today`, the longest overdue first."""

    def due(self, today: date, until: date, unit: str | None = None) -> Sequence[Row]:
        """Open rows due from `today` to `until`, both included, the nearest first."""

    def missed(self, unit: str | None = None) -> Sequence[Row]:
        """Rows of the state `missed`, by due date."""

    def cases(self, unit: str | None = None) -> Sequence[Case]:
        """All cases whatever their standing, the newest first.

        Heads are enough: facts and plan dates may be left out.
        """

    def page(self, wanted: CaseFilter, *, first: int, count: int) -> Sequence[Case]:
        """Heads of the wanted cases in the order of `cases`: `count` of them after the first `first`."""

    def how_many(self, wanted: CaseFilter) -> int:
        """How many cases are wanted in all."""

    def heads(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, as heads."""

    def whole(self, cases: Collection[str]) -> Mapping[str, Case]:
        """The named cases by id, whole."""

    def rows_of(self, cases: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """All board rows of the named cases by case id."""

    def sums(self, horizon: Horizon, unit: str | None = None) -> Sums:
        """How many rows stand how, by whom they wait for; of a unit with those below it, or of all."""

    def by_day(self, first: date, last: date, unit: str | None = None) -> Mapping[date, int]:
        """How many open rows are due on each day from `first` to `last`; days without any may be left out."""

    def overdue_since(self, units: Sequence[str], today: date) -> Mapping[str, date]:
        """Of each of these units, the due date of what is overdue the longest."""

    def listed(self, sought: DeadlineFilter, *, limit: int, offset: int = 0) -> Sequence[Row]:
        """A page of the rows sought, the earliest due first."""

    def count(self, sought: DeadlineFilter) -> int:
        """How many rows are sought."""

    def any_case(self) -> bool:
        """Whether there is any case to be seen."""

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Of the last letter about each obligation the reader was sent and has not acknowledged: its key."""

    def case(self, case: str) -> Case | None:
        """One case, whole; None when there is none of that id."""

    def events(self, case: str) -> Sequence[Event]:
        """Its events in order."""

    def notices(self, case: str) -> Sequence[Notice]:
        """Its notices, the newest first."""

    def office(self) -> Office:
        """Units, people and matches."""

    def with_registers(self, unit: str | None = None) -> Sequence[Case]:
        """The active cases with a register of risks (or another one), whole."""

    def recommendations(self, narrowed: RecommendationFilter, today: date) -> Mapping[tuple[str, bool], int]:
        """How many recommendations stand how, by status and whether they are late; of all that is narrowed to
        but these two. Only active cases answer.
        """

    def recommended(
        self, narrowed: RecommendationFilter, today: date, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[Place]:
        """A page of the recommendations wanted, by case, risk and measure."""

    def alike(self, unit: str, *, limit: int, first: int) -> Sequence[RiskGroup]:
        """Risks found in more than one case, those in most units first; of each so many are named. `unit`: ""
        for all.
        """

    def unreported(
        self, today: date, unit: str | None = None, *, limit: int, offset: int = 0
    ) -> Mapping[str, tuple[int, Sequence[Row]]]:
        """By quarter, what was due before the day and nobody has reported: how many, and those of them from
        `offset` on, the earliest due first.
        """

    def days(
        self, first: date, last: date, unit: str | None = None, *, limit: int
    ) -> Mapping[date, tuple[int, Sequence[Row]]]:
        """By day from `first` to `last`, what is open and due on it: how many, and the first by case. Days
        without any may be left out."""

    def told(
        self,
        *,
        case: str = "",
        person: str = "",
        state: str = "",
        channel: str = "",
        limit: int | None = None,
        skip: int = 0,
    ) -> Sequence[Notice]:
        """The register of notices, the newest first, narrowed by what is not empty."""
