"""The overview and the reader's tasks: statistics of a day, and the lists behind them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Query

from merzim.services.board.deadlines import DeadlineQuery, Force, deadlines
from merzim.services.board.figures import FiguresLine, figures_of
from merzim.services.board.overview import overview
from merzim.services.board.tasks import tasks_view
from merzim.services.inputs import Day
from merzim.services.outgoing.sending import undelivered, visible_faults
from merzim.services.results import InLanguage, OptionalText, Points, Result, at
from merzim.web.api.answers import BoardLine, NoticeAnswer, api_router, notice_answer
from merzim.web.auth.dependencies import Reading, Recording
from merzim.web.http import Number, SearchText
from merzim.web.ui.render import RequestTranslator
from merzim.web.ui.tables import line_name
from workflow.board.sums import Urgency

router = api_router()


class CellAnswer(Result):
    overdue: int
    due: int


class UnitAnswer(Result):
    """A unit of the overview: cells by stage. `late`: working days late of its longest overdue deadline."""

    unit: str = at("unit", "id")
    name: InLanguage = at("unit", "name")
    overdue: int = at("total", "overdue")
    due: int = at("total", "due")
    late: int | None
    stages: dict[str, CellAnswer]


class WaitingAnswer(Result):
    """The numbers of overdue and near deadlines of people, or of a vacant duty."""

    people: list[str] = at("keys")
    names: list[InLanguage]
    duty: str
    written: str
    overdue: int
    due: int


class DayCount(Result):
    on: date
    number: int


class FaultAnswer(Result):
    """A fault of a channel, since when, and the number of letters it delays; for managers."""

    channel: str
    code: str
    answer: str
    since: datetime | None
    letters: int


class OverviewAnswer(Result):
    """The statistics of a day. `units`, `waiting`: the worst first; `units_left_out`: number of further
    units; `worst`: obligatory deadlines first.
    """

    today: date
    due_until: date = at("horizon", "soon")
    overdue: int
    due_today: int
    due: int
    missed: int
    slipped: int
    points_at_stake: Points = at("stake")
    stages: dict[str, InLanguage]
    units: list[UnitAnswer]
    units_left_out: int = at("matrix", "left_out")
    worst: list[BoardLine]
    days: list[DayCount]
    waiting: list[WaitingAnswer]
    waiting_left_out: int
    undelivered: list[NoticeAnswer]
    faults: list[FaultAnswer]


class DeadlineList(Result):
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


class PerformanceAnswer(Result):
    """Obligatory deadlines that came due, by how they ended. `rate`: percent met in time, 100 only if all.

    `median_late`: working days, of deadlines met late. `own`, `inherited`: working days of delay of deadlines
    met late or overdue: after the due date, and by which late earlier steps had moved it.
    """

    due: int
    on_time: int
    late: int
    unmet: int
    rate: int | None
    median_late: float | None
    own: int
    inherited: int


class PeriodAnswer(Result):
    """The statistics of a month, stage or unit.

    `days`: medians of the working days a stage took, and of those its terms allow.
    """

    id: str
    name: str
    figures: PerformanceAnswer
    days: tuple[float, float] | None


class FiguresAnswer(Result):
    """The statistics of a year up to a local date: total, by month, by stage, and by unit, the worst first."""

    year: int
    last: date
    total: PerformanceAnswer
    months: list[PeriodAnswer]
    stages: list[PeriodAnswer]
    units: list[PeriodAnswer]


@router.get("/figures", tags=["board"])
def get_figures(
    ctx: Reading,
    translator: RequestTranslator,
    unit: SearchText = "",
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
) -> FiguresAnswer:
    """Return the deadlines met in time in a year (default: the present one), by month, stage and unit."""
    view = figures_of(ctx, unit, year)

    def periods(lines: Iterable[FiguresLine]) -> list[PeriodAnswer]:
        return [
            PeriodAnswer(
                id=line.id,
                name=line_name(translator, line),
                figures=PerformanceAnswer.of(line.figures, translator.language),
                days=line.pace.medians if line.pace else None,
            )
            for line in lines
        ]

    return FiguresAnswer(
        year=view.year,
        last=view.last,
        total=PerformanceAnswer.of(view.total, translator.language),
        months=periods(view.months),
        stages=periods(view.stages),
        units=periods(view.units),
    )


@router.get("/overview", tags=["board"])
def get_overview(ctx: Reading, translator: RequestTranslator, unit: SearchText = "") -> OverviewAnswer:
    """Return the overview: overdue deadlines by unit and stage, their delay, points at stake, and assignees."""
    today = ctx.today
    view = overview(ctx.reads, ctx.library, ctx.calendar, today=today, unit=unit or None)
    failed, office = undelivered(ctx), ctx.reads.office()
    stages, language = dict(view.matrix.stages), translator.language
    return OverviewAnswer.of(
        view,
        language,
        today=today,
        due_today=view.today,
        stages=stages,
        units=[
            UnitAnswer.of(row, language, stages=dict(zip(stages, row.cells, strict=True)))
            for row in view.matrix.rows
        ],
        undelivered=[notice_answer(notice, office, translator) for notice in failed],
        faults=visible_faults(ctx),
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
    force: Force = "",
    number: Number = 1,
) -> DeadlineList:
    """List deadlines, 50 per page, the earliest due first. `person`: key of the assignee."""
    today = ctx.today
    filter_ = DeadlineQuery(
        urgency=urgency,
        on=on,
        unit=unit or None,
        stage=stage or None,
        person=person or None,
        force=force,
    )
    view = deadlines(
        ctx.reads, ctx.library, ctx.calendar, filter_, today=today, number=number, reader=ctx.reader.person
    )
    return DeadlineList.of(view, translator.language)


@router.get("/desk", tags=["desk"])
def list_own_tasks(
    ctx: Recording, translator: RequestTranslator, show: Literal["", "mine", "all"] = ""
) -> DeskAnswer:
    """Return the tasks of the reader. `all`: for officers, also those of all others visible to them."""
    today = ctx.today
    show_all = {"all": True, "mine": False}.get(show)
    view = tasks_view(ctx, everything=show_all, today=today)
    return DeskAnswer.of(view, translator.language, today=today)
