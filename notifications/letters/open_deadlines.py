"""Open deadlines and who must act on them, for digests; read once, when the first digest is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property

from notifications.dispatch import Dispatch
from notifications.letters.deadlines import DayRelation, ListedDeadline, relation_to
from notifications.recipients import resolve_assignees
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.deadline import last_near_day, lateness
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.duties import Unresolved
from workflow.org.office import OUTSIDE
from workflow.refusal import Refusal

AHEAD = 5
"""Working days a digest looks ahead."""


class OpenDeadlines:
    """The open deadlines that digests list, read when they are first asked for."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._outbox, self._today = dispatch.outbox, dispatch.moment.today

    @cached_property
    def pressing(self) -> Sequence[ListedDeadline]:
        """Those overdue, due within AHEAD working days, or whose plan slipped, by due date; without those of
        bodies outside the office.
        """
        until = last_near_day(self._dispatch.calendar, self._today, AHEAD)
        return self._read(self._outbox.open_rows(until, today=self._today))

    @cached_property
    def never_confirmed(self) -> Sequence[ListedDeadline]:
        """What completed cases still wait for: overdue, or open without a term."""
        return self._read(self._outbox.never_confirmed(today=self._today))

    @cached_property
    def seal(self) -> tuple[int, datetime, str] | None:
        """Number, moment and hash of the last seal over the events, for a copy outside the database."""
        return self._outbox.newest_seal()

    def of(self, person: str) -> list[ListedDeadline]:
        """Return the pressing deadlines the person (by key) must act on, themselves or as a deputy."""
        return [
            deadline
            for deadline in self.pressing
            if any(recipient.person.key == person for recipient in deadline.people)
        ]

    def below(self, unit: str) -> list[ListedDeadline]:
        """Return the pressing deadlines of the unit and the units below it, without confidential ones."""
        return [
            deadline
            for deadline in self.pressing
            if not deadline.confidential
            and any(unit in self._dispatch.office.above(place) for place in self._places(deadline))
        ]

    def _places(self, deadline: ListedDeadline) -> Iterable[str]:
        """Return the units whose digests list the deadline: those of who must act, not the object of the
        analysis. Where nobody is found, the case's unit, else all organisations.
        """
        office = self._dispatch.office
        if acting := {recipient.person.unit for recipient in deadline.people}:
            return acting
        return [office.unit_id(deadline.case.unit)] if deadline.case.unit else office.organisations

    def _read(self, rows: Sequence[Row]) -> Sequence[ListedDeadline]:
        """Return the deadlines of board rows that can be listed."""
        cases = self._outbox.cases({row.case for row in rows})
        read = (self._listed(row, cases[row.case]) for row in rows if row.case in cases)
        return [deadline for deadline in read if deadline is not None]

    def _listed(self, row: Row, case: Case) -> ListedDeadline | None:
        """Return a board row as a line of a letter, with who must act; None for one of a body outside the
        office, whose obligations are no lateness here, and where the edition (every round reports that) or the
        obligation is missing.
        """
        try:
            procedure = self._dispatch.library.named(case.edition)
            obligation = entry_obligation(case, procedure, row.obligation)
        except (Refusal, KeyError):
            return None
        if obligation.duty == OUTSIDE:
            return None
        people = resolve_assignees(self._dispatch.office, case, obligation, row.obligation, on=self._today)
        return ListedDeadline(
            case=case,
            procedure=procedure,
            obligation=obligation,
            id=row.obligation,
            relation=self._relation(row),
            page=f"{self._dispatch.rules.public_address}/cases/{case.id}",
            people=() if isinstance(people, Unresolved) else people,
        )

    def _relation(self, row: Row) -> DayRelation:
        """Return how today relates to the day a row is about: due, planned where the plan slipped, or open
        since.
        """
        today, calendar = self._today, self._dispatch.calendar
        if row.due is not None and not lateness(row, today=today).slipped:
            return relation_to(row.due, calendar, today=today)
        if row.planned_on is not None:
            return relation_to(row.planned_on, calendar, today=today, planned=True)
        assert row.reminds_from is not None
        return DayRelation(word="open", day=row.reminds_from, today=today)
