"""The board with its totals; lists of deadlines and the tasks of the reader, as programs ask for them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from merzim.services.board.deadlines import ListDeadlines, deadlines
from merzim.services.board.lines import build_board_lines
from merzim.services.board.tasks import tasks_view
from merzim.services.context import RequestContext
from merzim.services.inputs import Line
from merzim.services.results import InLanguage, OptionalText, Points, Result, at
from merzim.services.scoring import Stakes
from merzim.services.verbs import Command, verb
from workflow.board.rows import DeadlineFilter, Horizon, Urgency
from workflow.deadlines.lateness import last_near_day

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


class AskDesk(Command):
    """Request the reader's tasks. `show`: for officers, `all` for those of others, too; empty: `mine`, or `all`
    for an account of no person.
    """

    show: Literal["", "mine", "all"] = ""


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


class ItemAnswer(Result):
    """A task. `letter`: key of the letter about it that is not acknowledged yet.

    `instead_of`: the person the reader is deputy of; `recordable`: whether a fact fulfils it.
    """

    line: BoardLine
    letter: str = at("key")
    instead_of: str
    recordable: bool


class GroupAnswer(Result):
    """Tasks of one urgency, the most pressing of them; `total`: their number."""

    urgency: str
    total: int
    items: list[ItemAnswer]


class DeskAnswer(Result):
    """The tasks of the reader, by urgency. `mine`: false when tasks of others are included."""

    today: date
    mine: bool
    person: OptionalText = at("person", "key", default="")
    deputy: OptionalText = at("deputy", "key", default="")
    groups: list[GroupAnswer]


@verb("read", writes=False)
def get_board(ctx: RequestContext, command: AskBoard) -> BoardAnswer:
    """Return the overdue, slipped, near and missed deadlines: totals, and a page of each list."""
    reads, today, stakes = ctx.reads, ctx.today, Stakes(ctx)
    unit, first, limit = command.unit or None, int(command.cursor or 0), command.limit
    day = Horizon(today=today, soon=last_near_day(ctx.calendar, today))

    def count(urgency: Urgency) -> int:
        return reads.count(DeadlineFilter(urgency=urgency, horizon=day, unit=unit))

    def page(urgency: Urgency) -> list[BoardLine]:
        rows = reads.listed(DeadlineFilter(urgency=urgency, horizon=day, unit=unit), limit=limit, offset=first)
        lines = build_board_lines(ctx, reads, rows, soon=day.soon, stakes=stakes)
        return [BoardLine.of(line, ctx.language) for line in lines]

    overdue, due, missed, slipped = count("overdue"), count("due"), count("missed"), count("slipped")
    return BoardAnswer(
        today=today,
        due_until=day.soon,
        calendar_version=ctx.calendar.version,
        points_at_stake=f"{stakes.total(command.unit):f}",
        overdue_count=overdue,
        due_count=due,
        missed_count=missed,
        slipped_count=slipped,
        overdue=page("overdue"),
        due=page("due"),
        missed=page("missed"),
        slipped=page("slipped"),
        next=str(first + limit) if max(overdue, due, missed, slipped) > first + limit else None,
    )


@verb("read", writes=False)
def list_deadlines(ctx: RequestContext, command: ListDeadlines) -> DeadlineList:
    """List deadlines, 50 per page, the earliest due first. `person`: key of the assignee."""
    return DeadlineList.of(deadlines(ctx, command), ctx.language)


@verb("record", writes=False)
def list_own_tasks(ctx: RequestContext, command: AskDesk) -> DeskAnswer:
    """Return the tasks of the reader. `show: all`: for officers, also those of all others visible to them."""
    return DeskAnswer.of(tasks_view(ctx, command.show), ctx.language, today=ctx.today)
