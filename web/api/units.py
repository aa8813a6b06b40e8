"""Administration: units, their office time and their feeds."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.context import RequestContext
from services.inputs import Day, Key, Line
from services.verbs import Command
from web.api.account import FeedMade, FeedRevoked, SessionsEnded
from web.api.answers import PROBLEMS, RequestTranslator
from web.api.idempotency import Writing
from web.auth.dependencies import Setting
from web.pages.administration import staff_commands as staff
from web.pages.administration.common import administration, recorded_office
from web.pages.administration.feeds import feeds_of, give, revoke
from web.pages.administration.staff_forms import mark
from web.pages.administration.time_forms import WEEK, time_answers
from workflow.org.office import Unit

router = APIRouter(prefix="/api/v1/administration", tags=["administration"], responses=PROBLEMS)
Mark = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^[0-9a-f]*$",
        description="What was seen of it: `mark` of the answer that told of it; empty for a new one.",
    ),
]
Clock = Annotated[str, Field(pattern=r"^([0-2][0-9]:[0-5][0-9])?$")]


class Hours(Command):
    """When a unit is at work, where that is its own; empty is as the organisation. `week`: 1 is Monday."""

    first: Clock = ""
    last: Clock = ""
    week: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    off: list[Day] = Field(default_factory=list, max_length=100)
    working: list[Day] = Field(default_factory=list, max_length=100)

    def typed(self) -> dict[str, str]:
        """The same as the fields of the page's form."""
        days = {f"time_day_{number}": "1" for number in WEEK if number in self.week}
        return {
            "time_first": self.first,
            "time_last": self.last,
            "time_off": _days(self.off),
            "time_working": _days(self.working),
            **days,
        }


class UnitInput(Command):
    """A unit. `id`: of a known one, empty for a new one, whose id its name becomes."""

    name: Line
    id: Line = ""
    mark: Mark = ""
    parent: Line = ""
    kind: Line = ""
    uploads_through: Line = ""
    time: Hours = Field(default_factory=Hours)


class HoursAnswer(BaseModel):
    first: str
    last: str
    week: list[int]
    off: str
    working: str


class UnitAnswer(BaseModel):
    id: str
    name: str
    parent: str | None
    kind: str
    uploads_through: str | None
    time: HoursAnswer
    people: int
    mark: str
    feeds: list[str]


class Taking(Command):
    """Who or what is taken out. `mark`: as of the answer that told of it."""

    id: Key
    mark: Mark


class TakenOut(BaseModel):
    removed: str


class UnitFeed(Command):
    """`unit`: its id."""

    unit: Key


@router.get("/units")
def units(ctx: Setting) -> list[UnitAnswer]:
    """Every unit, and what is seen of it."""
    administration(ctx)
    return [_unit(ctx, one) for one in recorded_office(ctx).units.values()]


@router.post("/units")
def keep_unit(ctx: Setting, once: Writing, body: UnitInput) -> UnitAnswer:
    """Make a unit, or change one."""

    def kept() -> UnitAnswer:
        typed = body.model_dump(include={"name", "parent", "kind", "uploads_through"})
        return _unit(ctx, staff.keep_unit(ctx, body.id, body.mark, {**typed, **body.time.typed()}))

    return once(ctx, body, kept, UnitAnswer)


@router.post("/units/removal")
def remove_unit(ctx: Setting, once: Writing, body: Taking) -> TakenOut:
    """Take a unit out, when nobody and nothing is in it."""

    def removed() -> TakenOut:
        staff.remove_unit(ctx, body.id, body.mark)
        return TakenOut(removed=body.id)

    return once(ctx, body, removed, TakenOut)


@router.post("/units/feeds", status_code=201)
def unit_feed(ctx: Setting, once: Writing, body: UnitFeed, translator: RequestTranslator) -> FeedMade:
    """Make a calendar feed of a unit; its address is told once."""
    known = recorded_office(ctx).units.get(body.unit)
    if known is None:
        raise HTTPException(404, "web.problem.no_unit")

    def made() -> FeedMade:
        return FeedMade(address=give(ctx, "", scope=known.id, name=known.name, language=translator.language))

    return once(ctx, body, made, FeedMade, secret="address")


@router.post("/units/feeds/revocation")
def revoke_unit_feed(ctx: Setting, once: Writing, body: FeedRevoked) -> SessionsEnded:
    """Take a feed of a unit back."""
    return once(ctx, body, lambda: SessionsEnded(ended=revoke(ctx, "", body.id)), SessionsEnded)


def _days(several: list[date]) -> str:
    return ", ".join(f"{day:%d.%m.%Y}" for day in several)


def _unit(ctx: RequestContext, unit: Unit) -> UnitAnswer:
    now = ctx.now
    time = time_answers(unit.time)
    return UnitAnswer(
        id=unit.id,
        name=unit.name,
        parent=unit.parent,
        kind=unit.kind,
        uploads_through=unit.uploads_through,
        time=HoursAnswer(
            first=time["time_first"],
            last=time["time_last"],
            week=[number for number in WEEK if f"time_day_{number}" in time],
            off=time["time_off"],
            working=time["time_working"],
        ),
        people=sum(one.unit == unit.id for one in recorded_office(ctx).people.values()),
        mark=mark(unit),
        feeds=[one.hash for one in feeds_of(ctx, "", now=now) if one.scope == unit.id],
    )
