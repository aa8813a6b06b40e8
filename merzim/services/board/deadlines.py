"""Lists of deadlines: behind a figure of the overview, one page or all for a file; the board for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.board.assignees import acting_unit, keys_of_person
from merzim.services.board.lines import BoardLine, ObligationLine, build_board_lines
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Line
from merzim.services.names import Name, person_name, require_exportable
from merzim.services.results import Result, at
from merzim.services.scoring import Stakes
from merzim.services.verbs import Command, verb
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import DeadlineFilter, Urgency
from workflow.law.procedure import Text
from workflow.org.access import within

PAGE = 50
Force = Literal["", "obligatory", "recommended"]
"""Steps an act obliges to, those it leaves to the office (recommended or a right), or "" for both."""
CHUNK = 1000
"""Rows of a workbook read at once."""
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
    """Return a page of the matching deadlines; beyond the last page, the last page.

    A list of the reader's own deadlines (`person`) has those of any unit.
    """
    reads, criteria = _asked(ctx, asking)
    total = reads.count(criteria)
    pages = max(1, -(-total // PAGE))
    number = min(asking.page, pages)
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
    """Yield every line of the list, for a file. Raises Refusal for more than one workbook can have."""
    (reads, criteria), stakes = _asked(ctx, asking), Stakes(ctx)
    total = reads.count(criteria)
    require_exportable(total)
    for offset in range(0, total, CHUNK):
        rows = reads.listed(criteria, limit=CHUNK, offset=offset)
        yield from build_board_lines(ctx, reads, rows, stakes)


def _asked(ctx: RequestContext, asking: ListDeadlines) -> tuple[Reads, DeadlineFilter]:
    """Return the read queries of a list, of any unit for the reader's own deadlines, and the board's filter;
    people and acting units become assignees.
    """
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
    """Return the name of the requested person, "" for none; the key itself if they are of a unit hidden from
    the reader and responsible for nothing visible (`is_assignee`).
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
    """The totals of today, and one page of each list.

    `due_until`: the last day that counts as near; `next`: the `cursor` of the next page, null at the last.
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
