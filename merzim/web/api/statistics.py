"""Lists of deadlines, and the reader's tasks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from merzim.services.board.deadlines import DeadlineQuery, Force, deadlines
from merzim.services.board.tasks import tasks_view
from merzim.services.inputs import Day
from merzim.services.results import OptionalText, Result, at
from merzim.web.api.answers import BoardLine, api_router
from merzim.web.auth.dependencies import Reading, Recording
from merzim.web.http import Number, SearchText
from merzim.web.ui.render import RequestTranslator
from workflow.board.sums import Urgency

router = api_router()


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
