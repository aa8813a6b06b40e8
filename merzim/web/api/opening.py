"""Opening cases from a schedule or by year."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel

from merzim.services.imports import previews
from merzim.services.imports.previews import FIRST_YEAR, LAST_YEAR
from merzim.services.inputs import Digest
from merzim.services.results import Ids, Result
from merzim.web.api.answers import api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import Managing
from merzim.web.auth.reading import reads_files
from merzim.web.http import SearchText

router = api_router(tags=["opening"])


class Schedule(previews.ImportSchedule):
    __doc__ = previews.ImportSchedule.__doc__

    file: Digest


class ScheduleTaken(Result):
    """The result of importing a schedule: ids of cases."""

    cases: Ids
    opened: list[str]
    replanned: list[str]
    unchanged: list[str]


class YearCase(Result):
    procedure: str
    unit: str
    object: str


class YearPreview(Result):
    """The cases that opening a year would open. `there`: number of its cases that exist already.

    `overdue`: deadlines that would be overdue today; `told`: name of a person -> the reminders the next round
    would send them.
    """

    year: int
    openings: list[YearCase]
    there: int
    kept_from: date
    overdue: int
    told: dict[str, int]


class YearDone(BaseModel):
    year: int
    opened: int


@router.post("/schedules")
@reads_files
def import_schedule(request: Request, ctx: Managing, once: Writing, body: Schedule) -> ScheduleTaken:
    """Import a schedule: the whole file or nothing. Importing it again writes only the changes."""

    def import_file() -> ScheduleTaken:
        return ScheduleTaken.of(previews.take_schedule(ctx, body))

    return once(ctx, body, import_file, ScheduleTaken)


@router.get("/years/{year}")
def preview_year(
    ctx: Managing,
    year: Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)],
    unit: SearchText = "",
    kept_from: date | None = None,
) -> YearPreview:
    """Return the cases that opening a year would open."""
    return YearPreview.of(previews.preview_year(ctx, year, unit, kept_from), year=year)


@router.post("/years")
def open_year(ctx: Managing, once: Writing, body: previews.OpenYear) -> YearDone:
    """Open the yearly programmes of a year; existing cases are not opened again."""

    def open_cases() -> YearDone:
        return YearDone(year=body.year, opened=len(previews.open_year(ctx, body).opened))

    return once(ctx, body, open_cases, YearDone)


@router.post("/years/undo")
def undo_year(ctx: Managing, once: Writing, body: previews.UndoYear) -> previews.UndoneYear:
    """Take back the last opening of a year, while nothing is recorded in its cases."""
    return once(ctx, body, lambda: previews.undo_year(ctx, body), previews.UndoneYear)
