"""Open deadlines and who must act on them, for digests; read once, when the first digest is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from calendars import OutOfRange
from notifications.dispatch import Dispatch
from notifications.letters.texts import OVERDUE, DayRelation, relation_to_due_date, relation_to_plan_date
from notifications.recipients import resolve_assignees
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.lateness import lateness
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Procedure
from workflow.org.duties import Unresolved
from workflow.org.office import OUTSIDE, Office, Recipient
from workflow.refusal import Refusal

AHEAD = 5
"""Working days a digest looks ahead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDeadline:
    """One open deadline.

    Attributes:
        due: its due date, or its plan date where the plan has slipped; without either the day it is open since.
        people: the responsible people; empty if nobody is found.
    """

    case: Case
    procedure: Procedure
    obligation: Obligation
    id: str
    due: date
    relation: DayRelation
    people: tuple[Recipient, ...]

    @property
    def place(self) -> tuple[str, str]:
        """The case and the obligation's id with its period."""
        return self.case.id, self.id

    @property
    def overdue(self) -> bool:
        """Whether its due date has passed, even if no working day has since."""
        return self.relation.word in OVERDUE


class OpenDeadlines:
    """The open deadlines that digests list, read when they are first asked for."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._outbox, self._library = dispatch.outbox, dispatch.library
        self._calendar, self._today = dispatch.calendar, dispatch.moment.today

    @property
    def office(self) -> Office:
        return self._dispatch.office

    @cached_property
    def pressing(self) -> Sequence[OpenDeadline]:
        """Those overdue, due within AHEAD working days, or whose plan slipped, by due date; without those of
        bodies outside the office.
        """
        try:
            until = self._calendar.add_working_days(self._today, AHEAD)
        except OutOfRange:
            until = self._today + timedelta(days=AHEAD)
        return self._read(self._outbox.open_rows(until, today=self._today))

    @cached_property
    def never_confirmed(self) -> Sequence[OpenDeadline]:
        """What completed cases still wait for: overdue, or open without a term."""
        return self._read(self._outbox.never_confirmed(today=self._today))

    @cached_property
    def seal(self) -> tuple[int, datetime, str] | None:
        """Number, moment and hash of the last seal over the events, for a copy outside the database."""
        return self._outbox.newest_seal()

    def _read(self, rows: Sequence[Row]) -> Sequence[OpenDeadline]:
        """Return the deadlines of board rows; left out are those of bodies outside the office, and rows whose
        case, edition or obligation is missing.
        """
        cases = self._outbox.cases({row.case for row in rows})
        deadlines = []
        for row in rows:
            case = cases.get(row.case)
            try:
                procedure = self._library.named(case.edition) if case else None
            except Refusal:
                procedure = None
            obligation = _obligation(case, procedure, row.obligation) if case and procedure else None
            if case is None or procedure is None or obligation is None or obligation.duty == OUTSIDE:
                # A missing edition is reported by every round; the digest is sent without it. Obligations of a
                # body outside the office are no lateness here.
                continue
            people = resolve_assignees(self.office, case, obligation, row.obligation, on=self._today)
            resolved = () if isinstance(people, Unresolved) else people
            day, now = self._relation(row)
            deadlines.append(
                OpenDeadline(
                    case=case,
                    procedure=procedure,
                    obligation=obligation,
                    id=row.obligation,
                    due=day,
                    relation=now,
                    people=resolved,
                )
            )
        return deadlines

    def _relation(self, row: Row) -> tuple[date, DayRelation]:
        """Return the day a row is about (due, planned, or open since) and how today relates to it."""
        today = self._today
        if row.due is not None and not lateness(row, today=today).slipped:
            return row.due, relation_to_due_date(row, self._calendar, today=today)
        if row.planned_on is None:
            assert row.reminds_from is not None
            return row.reminds_from, DayRelation("open")
        return row.planned_on, relation_to_plan_date(row.planned_on, self._calendar, today=today)

    def of(self, person: str) -> list[OpenDeadline]:
        """Return the pressing deadlines the person (by key) must act on, themselves or as a deputy."""
        return [
            deadline
            for deadline in self.pressing
            if any(recipient.person.key == person for recipient in deadline.people)
        ]

    def below(self, unit: str) -> list[OpenDeadline]:
        """Return the pressing deadlines of the unit and the units below it, without confidential ones."""
        return [
            deadline
            for deadline in self.pressing
            if not deadline.procedure.confidential
            and any(unit in self.office.above(place) for place in self._places(deadline))
        ]

    def _places(self, deadline: OpenDeadline) -> Iterable[str]:
        """Return the units whose digests list the deadline: those of who must act, not the object of the
        analysis. Where nobody is found, the case's unit, else all organisations.
        """
        if acting := {recipient.person.unit for recipient in deadline.people}:
            return acting
        return [self.office.unit_id(deadline.case.unit)] if deadline.case.unit else self.office.organisations


def _obligation(case: Case, procedure: Procedure, name: str) -> Obligation | None:
    """Return the obligation a row is about; None if the case has it no more."""
    try:
        return entry_obligation(case, procedure, name)
    except KeyError:
        return None
