"""The overview and the reader's tasks: figures of a day, and the lists behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.inputs import Day
from web.api.answers import (
    PROBLEMS,
    BoardLine,
    NoticeAnswer,
    Number,
    RequestTranslator,
    SearchText,
    line_answer,
    notice_answer,
)
from web.auth.dependencies import Reading, Recording
from web.pages.my_tasks.view import desk_view
from web.pages.overview.deadlines import Asking as Wanted
from web.pages.overview.deadlines import deadlines
from web.pages.overview.pages import seen_faults, undelivered
from web.pages.overview.view import Cell, overview
from workflow.board.sums import Urgency

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


class CellAnswer(BaseModel):
    overdue: int
    due: int


class UnitAnswer(BaseModel):
    """A unit of the overview: cells by stage. `late`: working days of the longest overdue deadline."""

    unit: str
    name: str
    overdue: int
    due: int
    late: int | None
    stages: dict[str, CellAnswer]


class WaitingAnswer(BaseModel):
    """The numbers of overdue and near deadlines of people, or of a vacant duty."""

    people: list[str]
    names: list[str]
    duty: str
    written: str
    overdue: int
    due: int


class DayCount(BaseModel):
    on: date
    number: int


class FaultAnswer(BaseModel):
    """A fault of a channel, since when, and the number of letters it holds back; for managers."""

    channel: str
    code: str
    answer: str
    since: datetime
    letters: int


class OverviewAnswer(BaseModel):
    """The figures of a day. `units`, `waiting`: the worst first; `units_left_out`: number of further units."""

    today: date
    due_until: date
    overdue: int
    due_today: int
    due: int
    missed: int
    slipped: int
    points_at_stake: str
    stages: dict[str, str]
    units: list[UnitAnswer]
    units_left_out: int
    worst: list[BoardLine]
    days: list[DayCount]
    waiting: list[WaitingAnswer]
    waiting_left_out: int
    undelivered: list[NoticeAnswer]
    faults: list[FaultAnswer]


class DeadlineList(BaseModel):
    deadlines: list[BoardLine]
    total: int
    page: int
    pages: int


class ItemAnswer(BaseModel):
    """A task. `letter`: key of the letter about it that was not acknowledged yet.

    `instead_of`: whom the reader stands in for; `recordable`: whether a fact fulfils it.
    """

    line: BoardLine
    letter: str
    instead_of: str
    recordable: bool


class GroupAnswer(BaseModel):
    urgency: str
    total: int
    items: list[ItemAnswer]


class DeskAnswer(BaseModel):
    """The tasks of the reader, by urgency. `mine`: false when tasks of others are included."""

    today: date
    mine: bool
    person: str
    deputy: str
    groups: list[GroupAnswer]


@router.get("/overview", tags=["board"])
def get_overview(ctx: Reading, translator: RequestTranslator, unit: SearchText = "") -> OverviewAnswer:
    """Return the overview: overdue deadlines by unit and stage, their delay, points at stake, and assignees."""
    today = ctx.today
    view = overview(ctx.reads, ctx.library, ctx.calendar, today=today, unit=unit or None)
    failed, office = undelivered(ctx), ctx.reads.office()
    stages = [stage for stage, _ in view.matrix.stages]
    return OverviewAnswer(
        today=today,
        due_until=view.horizon.soon,
        overdue=view.overdue,
        due_today=view.today,
        due=view.due,
        missed=view.missed,
        slipped=view.slipped,
        points_at_stake=f"{view.stake:f}",
        stages={stage: title[translator.language] for stage, title in view.matrix.stages},
        units=[
            UnitAnswer(
                unit=row.unit.id,
                name=row.unit.name,
                overdue=row.total.overdue,
                due=row.total.due,
                late=row.late,
                stages=dict(zip(stages, map(_cell_answer, row.cells), strict=True)),
            )
            for row in view.matrix.rows
        ],
        units_left_out=view.matrix.left_out,
        worst=[line_answer(line, translator.language) for line in view.worst],
        days=[DayCount(on=day.on, number=day.number) for day in view.days],
        waiting=[
            WaitingAnswer(
                people=list(load.keys),
                names=list(load.names),
                duty=load.duty,
                written=load.written,
                overdue=load.overdue,
                due=load.due,
            )
            for load in view.waiting
        ],
        waiting_left_out=view.waiting_left_out,
        undelivered=[notice_answer(notice, office) for notice in failed],
        faults=[FaultAnswer.model_validate(fault, from_attributes=True) for fault in seen_faults(ctx)],
    )


@router.get("/deadlines", tags=["board"])
def list_deadlines(
    ctx: Reading,
    translator: RequestTranslator,
    urgency: Urgency = "open",
    on: Day | None = None,
    unit: SearchText = "",
    stage: SearchText = "",
    person: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    number: Number = 1,
) -> DeadlineList:
    """List deadlines, 50 on a page, the earliest due first. `person`: key of the assignee."""
    today = ctx.today
    filter_ = Wanted(urgency=urgency, on=on, unit=unit or None, stage=stage or None, person=person or None)
    view = deadlines(ctx.reads, ctx.library, ctx.calendar, filter_, today=today, number=number)
    return DeadlineList(
        deadlines=[line_answer(line, translator.language) for line in view.lines],
        total=view.total,
        page=view.number,
        pages=view.pages,
    )


@router.get("/desk", tags=["desk"])
def get_my_tasks(
    ctx: Recording, translator: RequestTranslator, show: Literal["", "mine", "all"] = ""
) -> DeskAnswer:
    """Return the tasks of the reader. `all`: with those of all others the reader may see, for officers."""
    today = ctx.today
    show_all = {"all": True, "mine": False}.get(show)
    view = desk_view(ctx, everything=show_all, opened=None, today=today)
    return DeskAnswer(
        today=today,
        mine=view.mine,
        person=view.person.key if view.person else "",
        deputy=view.deputy.key if view.deputy else "",
        groups=[
            GroupAnswer(
                urgency=group.urgency,
                total=group.total,
                items=[
                    ItemAnswer(
                        line=line_answer(item.line, translator.language),
                        letter=item.key,
                        instead_of=item.instead_of,
                        recordable=item.recordable,
                    )
                    for item in group.items
                ],
            )
            for group in view.groups
        ],
    )


def _cell_answer(cell: Cell) -> CellAnswer:
    return CellAnswer(overdue=cell.overdue, due=cell.due)
