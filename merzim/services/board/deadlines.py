"""Deadlines as lines of lists: by the page, all for a file, the board of programs; the people they wait for,
and who has most to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from heapq import nsmallest
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Line
from merzim.services.names import (
    AssigneeNames,
    Name,
    UnitName,
    acting_people,
    assignees_of,
    case_title,
    cases_of,
    name_assignees,
    name_of,
    person_name,
    unit_name,
)
from merzim.services.results import InLanguage, Points, Result, at, exported, page_of
from merzim.services.scoring import Stakes
from merzim.services.verbs import Command, verb
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import DeadlineFilter, Sum, Urgency, total
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.deadline import (
    AssigneeKey,
    DeadlineStatus,
    Row,
    can_be_done,
    lateness,
    status_on,
    working_days_between,
)
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.library import ALONE, TITLE
from workflow.law.procedure import Act, Text
from workflow.org.access import within
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
        # By the name without a language.
        names = [alphabetical(name if isinstance(name, str) else name.en) for name in work.who.names]
        return *work.load.rank, names, work.who.duty

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


PAGE = 50
Force = Literal["", "obligatory", "recommended"]
"""Steps an act obliges to, those it leaves to the office (recommended or a right), or "" for both."""
LISTS: tuple[Urgency, ...] = ("overdue", "due", "missed", "slipped")
"""The lists of the board."""


class ListDeadlines(Command):
    """Request deadlines, those with this due day, unit, stage, assignee and force."""

    urgency: Urgency = "open"
    on: Day | None = None
    unit: Line = ""
    stage: Line = ""
    person: Line = ""
    acting: Annotated[Line, Field(description="The unit of who must act.", examples=["hr"])] = ""
    force: Force = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """One page of the list. `stage`, `person`: their names, if the list is filtered by them."""

    asking: ListDeadlines
    lines: tuple[ObligationLine, ...]
    stage: Text | None
    person: Name
    number: int
    pages: int
    total: int


def deadlines(ctx: RequestContext, asking: ListDeadlines) -> Deadlines:
    """Return a page of the deadlines asked for, at most the last; the reader's own (`person`) of any unit."""
    reads, criteria = _asked(ctx, asking)
    total = reads.count(criteria)
    number, pages = page_of(total, asking.page, PAGE)
    rows = reads.listed(criteria, limit=PAGE, offset=(number - 1) * PAGE)
    titles = (procedure.stage_title.get(asking.stage) for procedure in ctx.library.all())
    return Deadlines(
        asking=asking,
        lines=build_board_lines(ctx, reads, rows),
        stage=next(filter(None, titles), None),
        person=_person(ctx, asking.person, is_assignee=bool(criteria.assignees)),
        number=number,
        pages=pages,
        total=total,
    )


def all_lines(ctx: RequestContext, asking: ListDeadlines) -> Iterator[ObligationLine]:
    """Return all lines of the list, for a file; reading more than MAX_EXPORTED raises Refusal."""
    (reads, criteria), stakes = _asked(ctx, asking), Stakes(ctx)

    def read(first: int, count: int) -> Sequence[ObligationLine]:
        rows = reads.listed(criteria, limit=count, offset=first)
        return build_board_lines(ctx, reads, rows, stakes)

    return exported(reads.count(criteria), read)


def _asked(ctx: RequestContext, asking: ListDeadlines) -> tuple[Reads, DeadlineFilter]:
    """Return the reads of a list (of any unit for the reader's own), and its filter, people as assignees."""
    is_own = asking.person and asking.person == ctx.reader.person
    reads, office, assignees = ctx.reads.whole_office() if is_own else ctx.reads, ctx.reads.office(), None
    if asking.person or asking.acting:
        keys = reads.assignees(asking.unit or None)
        assignees = frozenset(
            keys_of_person(office, asking.person, keys, on=ctx.today)
            if asking.person
            else (key for key in keys if acting_unit(office, key, on=ctx.today) == asking.acting)
        )
    return reads, DeadlineFilter(
        urgency=asking.urgency,
        horizon=ctx.horizon,
        on=asking.on,
        unit=asking.unit or None,
        stage=asking.stage or None,
        assignees=assignees,
        is_obligatory=asking.force == "obligatory" if asking.force else None,
    )


def _person(ctx: RequestContext, key: str, *, is_assignee: bool) -> Name:
    """Return the name of the requested person, "" for none; the key itself where they are of a unit hidden from
    the reader, unless they must do something the reader sees (`is_assignee`).
    """
    office = ctx.reads.office()
    person = office.people.get(key)
    is_visible = is_assignee or (person is not None and within(office, person.unit, ctx.reader.root))
    return person_name(office, key) if key and is_visible else key


Cursor = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{1,7})?$"),
    Field(description="`next` of the page before; empty for the first page."),
]


class AskBoard(Command):
    """Request the board of a unit, or of all."""

    unit: Line = ""
    limit: Annotated[int, Field(ge=1, le=200, description="Lines of each list.")] = 100
    cursor: Cursor = ""


class BoardAnswer(BaseModel):
    """The totals of today, and one page of each list. `due_until`: the last day that counts as near; `next`:
    the `cursor` of the next page, null at the last.
    """

    today: date
    due_until: date
    calendar_version: str
    points_at_stake: str
    overdue_count: int
    due_count: int
    missed_count: int
    slipped_count: int
    overdue: list[BoardLine]
    due: list[BoardLine]
    missed: list[BoardLine]
    slipped: list[BoardLine]
    next: str | None


class DeadlineList(Result):
    """A page of a list of deadlines; `total`: their number on all pages."""

    deadlines: list[BoardLine] = at("lines")
    total: int
    page: int = at("number")
    pages: int


@verb("read", writes=False)
def get_board(ctx: RequestContext, command: AskBoard) -> BoardAnswer:
    """Return the overdue, slipped, near and missed deadlines: totals, and a page of each list."""
    reads, stakes, first = ctx.reads, Stakes(ctx), int(command.cursor or 0)
    listed = partial(DeadlineFilter, horizon=ctx.horizon, unit=command.unit or None)
    lists: dict[str, Any] = {}
    for name in LISTS:
        criteria = listed(urgency=name)
        rows = reads.listed(criteria, limit=command.limit, offset=first)
        lines = build_board_lines(ctx, reads, rows, stakes)
        lists[f"{name}_count"] = reads.count(criteria)
        lists[name] = [BoardLine.of(line, ctx.language) for line in lines]
    following = first + command.limit
    return BoardAnswer(
        today=ctx.today,
        due_until=ctx.horizon.soon,
        calendar_version=ctx.calendar.version,
        points_at_stake=f"{stakes.total(command.unit):f}",
        **lists,
        next=str(following) if any(lists[f"{name}_count"] > following for name in LISTS) else None,
    )


@verb("read", writes=False)
def list_deadlines(ctx: RequestContext, command: ListDeadlines) -> DeadlineList:
    """List deadlines, 50 per page, the earliest due first. `person`: key of the assignee."""
    return DeadlineList.of(deadlines(ctx, command), ctx.language)
