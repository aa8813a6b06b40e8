"""The calendar as data: a day, a month with what falls due, a year; and the adoption of an act."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from calendars import OutOfRange
from calendars.calendar import Day as Kind
from calendars.layout import days_of, year
from services import calendar_acts
from services.context import stamp
from services.inputs import NO_NUL, Day, Line
from services.verbs import Command
from web.api.answers import PROBLEMS, RequestTranslator, Words
from web.api.idempotency import Writing
from web.auth.dependencies import AskingToManage, Managing, Reading
from web.auth.reading import reads_files
from web.pages.calendar.month import as_known
from web.pages.calendar.pages import (
    LARGEST,
    VisiblePreview,
    checked,
    refuse_part_of_office,
    seen_by_reader,
    within_records,
)
from web.ui.render import Translator
from workflow.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["calendar"], responses=PROBLEMS)
AsOf = Annotated[Day | None, Query(description="As it was known on that day.")]
YearNumber = Annotated[int, Path(ge=1, le=9999)]


class DayAnswer(BaseModel):
    date: date
    working: bool
    kind: str
    name: str | None
    calendar_version: str


class DayLine(BaseModel):
    """`act`: id of the act that made the day what it is; `due`: how much open falls due on it."""

    date: date
    working: bool
    kind: str
    name: str | None
    act: str | None
    due: int


class MonthAnswer(BaseModel):
    first: date
    last: date
    working: int
    calendar_version: str
    days: list[DayLine]


class MonthCount(BaseModel):
    month: int
    days: int
    working: int


class YearAnswer(BaseModel):
    """`knowledge`: confirmed, or provisional while the transfers of the year are not ordered."""

    year: int
    days: int
    working: int
    knowledge: str
    calendar_version: str
    months: list[MonthCount]
    unusual: list[DayLine]


class Act(Command):
    """An act that moves days, as TOML. `name`: what it is to be called in the office's chain."""

    text: Annotated[str, Field(min_length=1, max_length=LARGEST), NO_NUL]
    name: Line = "act.toml"


class DayMoved(BaseModel):
    date: date
    was: str
    becomes: str


class DateMoved(BaseModel):
    """A due date the act moves, and who waits for it."""

    case: str
    obligation: str
    title: str
    was: date | None
    now: date | None
    people: list[str]


class ActAnswer(BaseModel):
    """What an act moves. `known`: the office adopted it before; `hidden`: dates in cases not the reader's.

    `written`: in how many cases dates were moved; 0 in a preview.
    """

    known: bool
    days: list[DayMoved]
    moved: list[DateMoved]
    more: int
    hidden: int
    written: int


class UnreadableAct(Refusal, ValueError):
    """An act that cannot be read, or does not fit."""


@router.get("/days/{day}")
def get_day(ctx: Reading, day: Day) -> DayAnswer:
    """Whether a day is worked in the office's calendar, and what it is."""
    found = ctx.calendar.day(day)
    return DayAnswer(
        date=day,
        working=ctx.calendar.is_working(day),
        kind=found.kind,
        name=found.name,
        calendar_version=ctx.calendar.version,
    )


@router.get("/calendar/{number}")
def get_calendar_year(ctx: Reading, number: YearNumber, as_of: AsOf = None) -> YearAnswer:
    """The production calendar of a year: its months, and the days that are not as usual."""
    within_records(ctx, number)
    laid = year(number, as_known(ctx.calendar, as_of))
    return YearAnswer(
        year=number,
        days=laid.days,
        working=laid.working,
        knowledge=laid.knowledge,
        calendar_version=laid.version,
        months=[MonthCount(month=one.first.month, days=one.days, working=one.working) for one in laid.months],
        unusual=[_line(day, 0) for day in laid.unusual],
    )


@router.get("/calendar/{number}/{month}")
def get_calendar_month(
    ctx: Reading,
    number: YearNumber,
    month: Annotated[int, Path(ge=1, le=12)],
    unit: Words = "",
    as_of: AsOf = None,
) -> MonthAnswer:
    """The days of a month, and how much falls due on each; what it is, `/deadlines?on=` says."""
    within_records(ctx, number)
    calendar = as_known(ctx.calendar, as_of)
    laid = year(number, calendar).months[month - 1]
    due = ctx.reads.by_day(laid.first, laid.last, unit or None)
    return MonthAnswer(
        first=laid.first,
        last=laid.last,
        working=laid.working,
        calendar_version=calendar.version,
        days=[_line(day, due.get(day.on, 0)) for day in days_of(laid)],
    )


@router.post("/calendar/acts/preview")
@reads_files
def preview(request: Request, ctx: AskingToManage, body: Act, translator: RequestTranslator) -> ActAnswer:
    """What an act would move; nothing is written."""
    refuse_part_of_office(ctx)
    text = checked(body.text)
    today = ctx.today
    try:
        shown = calendar_acts.preview(ctx.app, text, body.name or "act.toml", today=today)
    except ValueError as trouble:
        raise _told(trouble) from trouble
    return _answer(seen_by_reader(ctx, shown), translator, 0)


@router.post("/calendar/acts")
@reads_files
def adopt(
    request: Request, ctx: Managing, once: Writing, body: Act, translator: RequestTranslator
) -> ActAnswer:
    """Adopt an act, and move what it moves. Adopted again, it changes nothing."""
    refuse_part_of_office(ctx)
    text = checked(body.text)

    def adopted() -> ActAnswer:
        try:
            shown, written = calendar_acts.apply(ctx.app, text, body.name or "act.toml", **stamp(ctx))
        except ValueError as trouble:
            raise _told(trouble) from trouble
        return _answer(seen_by_reader(ctx, shown), translator, written)

    return once(ctx, body, adopted, ActAnswer)


def _told(trouble: ValueError) -> Exception:
    """Acts are refused by errors of the calendar that carry a code; any other is a fault of ours."""
    code, arguments = getattr(trouble, "code", None), getattr(trouble, "arguments", {})
    if isinstance(trouble, Refusal | OutOfRange) or code is None:
        return trouble
    return UnreadableAct(code, **arguments)


def _answer(seen: VisiblePreview, translator: Translator, written: int) -> ActAnswer:
    return ActAnswer(
        known=seen.preview.known,
        days=[DayMoved(date=one.on, was=one.before.kind, becomes=one.after.kind) for one in seen.preview.days],
        moved=[
            DateMoved(
                case=one.moved.case,
                obligation=one.moved.id,
                title=one.moved.obligation.title[translator.language],
                was=one.moved.old,
                now=one.moved.new,
                people=[person.key for person in one.people],
            )
            for one in seen.impacts
        ],
        more=seen.more,
        hidden=seen.hidden,
        written=written,
    )


def _line(day: Kind, due: int) -> DayLine:
    return DayLine(date=day.on, working=day.working, kind=day.kind, name=day.name, act=day.act, due=due)
