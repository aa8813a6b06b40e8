"""What is open and who must do it: what digests are made of. Read once, when the first of them is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from calendars import OutOfRange
from calendars.calendar import Calendar
from notifications.letters.subjects import confidential
from notifications.letters.texts import DeadlineSummary, plan_standing, standing
from notifications.ports import Outbox
from notifications.recipients import doers
from notifications.rules import Rules
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.deadlines.lateness import lateness
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import Library
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.org.duties import Unresolved
from workflow.org.office import Office, Recipient, with_officer
from workflow.refusal import Refusal

AHEAD = 5
"""Working days a digest looks ahead."""
CAUSES = ("nobody", "unreached", "earlier_step", "not_recorded")
"""Why something is overdue, as far as the records tell; the first that applies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDeadline:
    """One open deadline.

    Attributes:
        due: its due date, or the day it was planned for where that is what is asked about.
        people: who must do it, none where nobody is found.
    """

    case: Case
    procedure: Procedure
    obligation: Obligation
    id: str
    due: date
    standing: DeadlineSummary
    people: tuple[Recipient, ...]
    unit: str
    cause: str
    confidential: bool

    @property
    def overdue(self) -> bool:
        return self.standing.word in ("overdue", "just_past")

    @property
    def title(self) -> Text:
        return self.obligation.title


class Overview:
    """Everything open that is overdue or due within AHEAD working days, or whose plan slipped, by due date."""

    def __init__(
        self, outbox: Outbox, library: Library, calendar: Calendar, *, today: date, rules: Rules
    ) -> None:
        self._outbox = outbox
        self._library = library
        self._calendar = calendar
        self._today = today
        self._rules = rules

    @cached_property
    def office(self) -> Office:
        return with_officer(self._outbox.office(), self._rules.officer, language=self._rules.officer_language)

    @cached_property
    def everything(self) -> Sequence[OpenDeadline]:
        try:
            until = self._calendar.add(self._today, AHEAD)
        except OutOfRange:
            until = self._today + timedelta(days=AHEAD)
        rows = self._outbox.open_rows(until, today=self._today)
        cases = self._outbox.cases({row.case for row in rows})
        unreached = self._outbox.unreached()
        found = []
        for row in rows:
            case = cases.get(row.case)
            try:
                procedure = self._library.named(case.edition) if case else None
            except Refusal:
                procedure = None
            obligation = _asked(case, procedure, row.obligation) if case and procedure else None
            if case is None or procedure is None or obligation is None:
                # An edition that is gone is named by every round; the others' digest goes out without it.
                continue
            people = doers(self.office, case, obligation, row.obligation, on=self._today)
            resolved = () if isinstance(people, Unresolved) else people
            unit = self.office.units.get(case.unit)
            day, now = self._standing(row)
            found.append(
                OpenDeadline(
                    case=case,
                    procedure=procedure,
                    obligation=obligation,
                    id=row.obligation,
                    due=day,
                    standing=now,
                    people=resolved,
                    unit=unit.name if unit else case.unit,
                    cause=_cause(case, obligation, row, resolved, unreached),
                    confidential=confidential(procedure),
                )
            )
        return found

    def _standing(self, row: Row) -> tuple[date, DeadlineSummary]:
        today = self._today
        if row.due is not None and not lateness(row, today=today).slipped:
            return row.due, standing(row.due, self._calendar, today=today)
        assert row.planned_on is not None
        return row.planned_on, plan_standing(row.planned_on, self._calendar, today=today)

    def of(self, person: str) -> list[OpenDeadline]:
        """What that person (by key) must do, or stands in for."""
        return [one for one in self.everything if any(who.person.key == person for who in one.people)]

    def below(self, unit: str) -> list[OpenDeadline]:
        """What is open in the unit and the units under it; nothing confidential."""
        return [
            one
            for one in self.everything
            if not one.confidential and any(unit in self.office.above(place) for place in self._places(one))
        ]

    def _places(self, one: OpenDeadline) -> Iterable[str]:
        """Whose digest it stands in: the case's unit's; of a case of the whole office, its doers'."""
        if one.case.unit:
            return [self._place(one.case.unit)]
        return {who.person.unit for who in one.people} or self.office.organisations

    def _place(self, unit: str) -> str:
        return self.office.unit_named.get(" ".join(unit.casefold().split()), unit)


def _cause(
    case: Case,
    obligation: Obligation,
    row: Row,
    people: tuple[Recipient, ...],
    unreached: frozenset[tuple[str, str]],
) -> str:
    if not people or all(one.why == "officer" for one in people):
        return "nobody"
    if (row.case, row.obligation) in unreached:
        return "unreached"
    return "earlier_step" if _waits(case, obligation, row) else "not_recorded"


def _waits(case: Case, obligation: Obligation, row: Row) -> bool:
    """Whether something that comes before it has not been recorded either.

    What its term counts back from comes later and keeps nobody waiting.
    """
    before = [*obligation.after]
    if obligation.since:
        planned = case.planned.get(obligation.since)
        if planned is None or (row.due is not None and planned <= row.due):
            before.append(obligation.since)
    return any(fact not in case.facts for fact in before)


def _asked(case: Case, procedure: Procedure, name: str) -> Obligation | None:
    try:
        return entry_obligation(case, procedure, name)
    except KeyError:
        return None
