"""Operations on the calendar: a day, a year, the adoption of an act that moves days."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query

from calendars.layout import build_year
from merzim.services.inputs import Day
from merzim.services.law.calendar_acts import adopt_act
from merzim.services.names import known_year
from merzim.services.results import InLanguage, Keys, Result, at
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Reading

router = api_router(tags=["calendar"])
LocalDate = date
AsOf = Annotated[Day | None, Query(description="As it was known on that day.")]
YearNumber = Annotated[int, Path(ge=1, le=9999)]


class CalendarDay(Result):
    date: LocalDate = at("on")
    working: bool
    kind: str
    name: str | None


class DayAnswer(CalendarDay):
    """A day of the calendar. `knowledge`: confirmed, or provisional while the transfers of its year are not
    ordered.
    """

    knowledge: str
    calendar_version: str


class DayLine(CalendarDay):
    """A special day of a year. `act`: id of the act that sets its kind; `due`: number of open deadlines."""

    act: str | None
    due: int


class MonthCount(Result):
    month: int = at("first", "month")
    days: int
    working: int


class YearAnswer(Result):
    """A year of the calendar. `knowledge`: confirmed, or provisional while the transfers of the year are not
    ordered.
    """

    year: int
    days: int
    working: int
    knowledge: str
    calendar_version: str
    months: list[MonthCount]
    unusual: list[DayLine]


class DayMoved(Result):
    date: LocalDate = at("on")
    was: str = at("before", "kind")
    becomes: str = at("after", "kind")


class DateMoved(Result):
    """A due date the act moves, and the people who get a letter about it."""

    case: str = at("moved", "case")
    obligation: str = at("moved", "id")
    title: InLanguage = at("moved", "obligation", "title")
    was: date | None = at("moved", "old")
    now: date | None = at("moved", "new")
    people: Keys


class ActAnswer(Result):
    """The effects of an act. `known`: the office adopted it before; `hidden`: number of moved dates in cases
    the reader may not see; `written`: number of cases in which dates were moved, 0 in a preview.
    """

    known: bool
    days: list[DayMoved]
    moved: list[DateMoved] = at("listed")
    more: int
    hidden: int
    written: int


@router.get("/days/{day}")
def get_day(ctx: Reading, day: Day) -> DayAnswer:
    """Return the kind of a day in the office's calendar and whether it is a working day."""
    calendar = ctx.calendar
    return DayAnswer.of(
        calendar.day(day), knowledge=calendar.knowledge(day, day), calendar_version=calendar.version
    )


@router.get("/calendar/{number}")
def get_calendar_year(ctx: Reading, number: YearNumber, as_of: AsOf = None) -> YearAnswer:
    """Return the production calendar of a year: its months and its special days."""
    known_year(ctx, number)
    layout = build_year(number, ctx.calendar.as_known(as_of))
    due = ctx.reads.days(date(number, 1, 1), date(number, 12, 31), limit=1)
    unusual = [DayLine.of(day, due=due[day.on][0] if day.on in due else 0) for day in layout.unusual]
    return YearAnswer.of(layout, year=number, calendar_version=layout.version, unusual=unusual)


mount.post(router, "/calendar/acts", adopt_act, name="adopt_calendar_act", files=True, answer=ActAnswer)
