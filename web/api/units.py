"""Administration: units, their office hours and their calendar feeds."""

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
        description="The version that was read: `mark` of an earlier answer; empty for a new one.",
    ),
]
Clock = Annotated[str, Field(pattern=r"^([0-2][0-9]:[0-5][0-9])?$")]


class Hours(Command):
    """Office hours of a unit; empty fields follow the organisation. `week`: 1 is Monday."""

    first: Clock = ""
    last: Clock = ""
    week: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    off: list[Day] = Field(default_factory=list, max_length=100)
    working: list[Day] = Field(default_factory=list, max_length=100)

    def typed(self) -> dict[str, str]:
        """Return the input as the fields of the page's form."""
        days = {f"time_day_{number}": "1" for number in WEEK if number in self.week}
        return {
            "time_first": self.first,
            "time_last": self.last,
            "time_off": _days(self.off),
            "time_working": _days(self.working),
            **days,
        }


class UnitInput(Command):
    """A unit. `id`: of an existing unit; empty for a new one, whose id is made of its name. `acts`: ids of
    the acts of one organisation it adopted."""

    name: Line
    id: Line = ""
    mark: Mark = ""
    parent: Line = ""
    kind: Line = ""
    uploads_through: Line = ""
    acts: list[Line] = Field(default_factory=list, max_length=100)
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
    acts: list[str]
    time: HoursAnswer
    people: int
    mark: str
    feeds: list[str]


class Taking(Command):
    """The person or unit to remove. `mark`: from the answer it was read in."""

    id: Key
    mark: Mark


class TakenOut(BaseModel):
    removed: str


class UnitFeed(Command):
    """`unit`: its id."""

    unit: Key


@router.get("/units")
def units(ctx: Setting) -> list[UnitAnswer]:
    """List all units."""
    administration(ctx)
    return [_unit_answer(ctx, unit) for unit in recorded_office(ctx).units.values()]


@router.post("/units")
def keep_unit(ctx: Setting, once: Writing, body: UnitInput) -> UnitAnswer:
    """Create or change a unit."""

    def save() -> UnitAnswer:
        typed = body.model_dump(include={"name", "parent", "kind", "uploads_through"})
        typed |= {"acts": " ".join(body.acts), **body.time.typed()}
        return _unit_answer(ctx, staff.keep_unit(ctx, body.id, body.mark, typed))

    return once(ctx, body, save, UnitAnswer)


@router.post("/units/removal")
def remove_unit(ctx: Setting, once: Writing, body: Taking) -> TakenOut:
    """Remove a unit that has no people, units or cases."""

    def remove() -> TakenOut:
        staff.remove_unit(ctx, body.id, body.mark)
        return TakenOut(removed=body.id)

    return once(ctx, body, remove, TakenOut)


@router.post("/units/feeds", status_code=201)
def unit_feed(ctx: Setting, once: Writing, body: UnitFeed, translator: RequestTranslator) -> FeedMade:
    """Make a calendar feed of a unit; its address is given once."""
    unit = recorded_office(ctx).units.get(body.unit)
    if unit is None:
        raise HTTPException(404, "web.problem.no_unit")

    def make() -> FeedMade:
        return FeedMade(address=give(ctx, "", scope=unit.id, name=unit.name, language=translator.language))

    return once(ctx, body, make, FeedMade, secret="address")


@router.post("/units/feeds/revocation")
def revoke_unit_feed(ctx: Setting, once: Writing, body: FeedRevoked) -> SessionsEnded:
    """Revoke a feed of a unit."""
    return once(ctx, body, lambda: SessionsEnded(ended=revoke(ctx, "", body.id)), SessionsEnded)


def _days(days: list[date]) -> str:
    return ", ".join(f"{day:%d.%m.%Y}" for day in days)


def _unit_answer(ctx: RequestContext, unit: Unit) -> UnitAnswer:
    now = ctx.now
    time = time_answers(unit.time)
    return UnitAnswer(
        id=unit.id,
        name=unit.name,
        parent=unit.parent,
        kind=unit.kind,
        uploads_through=unit.uploads_through,
        acts=list(unit.acts),
        time=HoursAnswer(
            first=time["time_first"],
            last=time["time_last"],
            week=[number for number in WEEK if f"time_day_{number}" in time],
            off=time["time_off"],
            working=time["time_working"],
        ),
        people=sum(person.unit == unit.id for person in recorded_office(ctx).people.values()),
        mark=mark(unit),
        feeds=[feed.hash for feed in feeds_of(ctx, "", now=now) if feed.scope == unit.id],
    )
