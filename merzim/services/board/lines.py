"""Board rows as lines of lists; the people they wait for, and who has most to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from heapq import nsmallest
from typing import NamedTuple

from merzim.services.context import RequestContext
from merzim.services.names import (
    AssigneeNames,
    UnitName,
    acting_people,
    assignees_of,
    case_title,
    cases_of,
    filed_as,
    name_assignees,
    name_of,
    unit_name,
)
from merzim.services.results import InLanguage, Points, Result, at
from merzim.services.scoring import Stakes
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import AssigneeKey, Row, Sum, total
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.deadline import DeadlineStatus, can_be_done, lateness, status_on, working_days_between
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import ALONE, TITLE
from workflow.law.procedure import Act, Text
from workflow.org.office import OUTSIDE, Office, Recipient
from workflow.search_words import alphabetical


@dataclass(frozen=True, slots=True)
class Load:
    """The overdue and near deadlines of a person, of a unit, or of a unit at a stage, as the board has them."""

    counted: list[Sum] = field(default_factory=list)

    @property
    def overdue(self) -> int:
        return total(self.counted, "overdue")

    @property
    def due(self) -> int:
        """How many are due from today to the horizon."""
        return total(self.counted, "due")

    @property
    def since(self) -> date | None:
        """The due date of the longest overdue one; None if nothing is overdue."""
        return min((counted.first_due for counted in self.counted if counted.overdue), default=None)

    @property
    def rank(self) -> tuple[int, int]:
        """The sort key that has most overdue first, then most near."""
        return -self.overdue, -self.due

    @property
    def heat(self) -> int:
        """The intensity of its colour, 0-4, by overdue deadlines only."""
        return sum(self.overdue >= step for step in (1, 3, 6, 11))


class Workload(NamedTuple):
    """The load of one person, of a vacant duty, or of an outside body. `who`: of several duties none is named,
    the schedule's words only where nobody was found.
    """

    who: AssigneeNames
    load: Load


def keys_of_person(
    office: Office, person: str, keys: Iterable[AssigneeKey], *, on: date
) -> Mapping[AssigneeKey, Recipient]:
    """Return those of these assignee keys that resolve to a person on a day, with the recipient that says why;
    for an officer also those of rows nobody else can be told of.
    """
    recipients: dict[AssigneeKey, Recipient] = {}
    for key in keys:
        for recipient in assignees_of(office, key, on=on):
            if recipient.person.key == person:
                recipients.setdefault(key, recipient)
    return recipients


def acting_unit(office: Office, key: AssigneeKey, *, on: date) -> str:
    """Return the unit lateness belongs to: of who must act or sign, else of the case, else the organisation."""
    acting = sorted(acting_people(office, key, on=on), key=lambda recipient: recipient.why == "prepares")
    return (acting[0].person.unit if acting else key.unit) or office.root


def rank_workloads(
    office: Office, sums: Iterable[Sum], *, on: date, limit: int
) -> tuple[Sequence[Workload], int]:
    """Return the workloads with most overdue, then near deadlines, at most `limit`, and the number of all."""
    loads = defaultdict[tuple[str, ...], Load](Load)
    for counted in sums:
        key = counted.assignee
        people: list[tuple[str, ...]] = [(each.person.key,) for each in acting_people(office, key, on=on)]
        # What several people must do waits for each of them; what nobody can, for the duty.
        for who in people or [(key.duty, key.responsible)]:
            loads[who].counted.append(counted)
    first = nsmallest(limit, loads, key=lambda who: (*loads[who].rank, who))
    ranked = [Workload(_names(office, who, loads[who]), loads[who]) for who in first]

    def place(work: Workload) -> tuple[object, ...]:
        return *work.load.rank, [alphabetical(filed_as(name)) for name in work.who.names], work.who.duty

    return sorted(ranked, key=place), len(loads)


def _names(office: Office, who: tuple[str, ...], load: Load) -> AssigneeNames:
    """Return whom a load waits for. `who`: the key of a person, or a vacant duty and the schedule's words."""
    person = office.people.get(who[0]) if len(who) == 1 else None
    duties = {counted.assignee.duty for counted in load.counted}
    return AssigneeNames(
        keys=(person.key,) if person else (),
        names=(name_of(person),) if person else (),
        duty=duties.pop() if len(duties) == 1 else "",
        written="" if person or who[0] == OUTSIDE else who[-1],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ObligationLine:
    """One obligation of a case as shown in a list.

    Attributes:
        period: of a recurring obligation ("2026Q3", "2026-03"); None for others.
        working_days: days late if overdue (0 if only days off have passed), else days left; for a slipped one,
            days since its plan date.
        waiting_for: title of what it waits for, None if its due date is valid.
        stake: points of the year at stake by it; None where nothing is.
        unadopted: its act, if the unit has not adopted it.
        is_decision: whether it is answered by one of several options.
        can_be_done: whether nothing it counts from is still to happen.
        evidence_by: the day evidence is awaited of what somebody said is done; None where nobody did.
        reminds_from: without a due date the day it is open since, or the day of what it must come before.
        letter: on the reader's desk, key of the letter about it that is not acknowledged yet; "" for none.
        instead_of: there, the person the reader is deputy of; "" for nobody.
    """

    case: str
    about: Text
    unit: UnitName
    obligation: str
    title: Text
    period: str | None
    stage: Text
    stage_id: str
    due: date | None
    look: DeadlineStatus
    working_days: int
    force: str
    who: AssigneeNames
    stake: Decimal | None
    planned_on: date | None = None
    waiting_for: Text | None = None
    unadopted: Act | None = None
    is_decision: bool = False
    reminds_from: date | None = None
    evidence_by: date | None = None
    can_be_done: bool = True
    letter: str = ""
    instead_of: str = ""

    @property
    def id(self) -> str:
        return f"{self.case}:{self.obligation}"

    @property
    def recordable(self) -> bool:
        """Whether a fact fulfils it; obligations of registers are fulfilled in the case."""
        return not is_entry(self.obligation)

    @property
    def tickable(self) -> bool:
        """Whether it can be recorded together with others; decisions cannot."""
        return self.recordable and not self.is_decision


class BoardLine(Result):
    """An obligation of a case in a list. `working_days`: late if overdue, since its plan date if slipped, else
    left; `stake`: points of the year at stake.
    """

    case: str
    object: InLanguage = at("about")
    unit: str = at("unit", "id")
    obligation: str
    title: InLanguage
    stage: str = at("stage_id")
    due: date | None
    planned_on: date | None
    working_days: int
    force: str
    responsible: list[str] = at("who", "shown")
    duty: str = at("who", "duty")
    stake: Points | None


def build_board_lines(
    ctx: RequestContext, reads: Reads, rows: Sequence[Row], stakes: Stakes | None = None
) -> tuple[ObligationLine, ...]:
    """Return the lines of board rows, in order, without hidden cases. `stakes`: the page's, if it counts them
    already.
    """
    library, calendar, office, today = ctx.library, ctx.calendar, reads.office(), ctx.today
    cases, stakes = cases_of(reads, rows), stakes or Stakes(ctx)
    said_done = reads.said_done(cases.values())

    def line(row: Row) -> ObligationLine:
        case = cases[row.case]
        procedure = library.of(case)
        obligation = entry_obligation(case, procedure, row.obligation)
        status = status_on(row, today=today, soon=ctx.horizon.soon)
        waits = lateness(row, today=today).waiting_for
        day = row.planned_on if status == "slipped" else row.due
        stake = stakes.of(row.unit, obligation.indicator, period_in(row.obligation), row.due)
        return ObligationLine(
            case=row.case,
            # The title of a case with one assignment is that of the assignment.
            about=procedure.title if procedure.id == ALONE.id else case_title(case, procedure),
            unit=unit_name(office, row.unit),
            obligation=row.obligation,
            title=obligation.title,
            period=period_in(row.obligation),
            stage=TITLE if row.obligation.startswith("assignment.") else procedure.stage_title[row.stage],
            stage_id=row.stage,
            due=row.due,
            look=status,
            working_days=working_days_between(day, today, calendar),
            force=row.force,
            who=name_assignees(office, row.assignee._replace(duty=obligation.duty), on=today),
            stake=stake.points if stake else None,
            planned_on=row.planned_on,
            waiting_for=procedure.by_id[waits.partition(".")[0]].title if waits else None,
            unadopted=library.unadopted_act(procedure, office, row.unit),
            is_decision=bool(obligation.options),
            reminds_from=row.reminds_from,
            can_be_done=can_be_done(row),
            evidence_by=said_done.get((row.case, row.obligation)),
        )

    return tuple(line(row) for row in rows if row.case in cases)
