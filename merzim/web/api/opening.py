"""Opening cases from a schedule or by year, with previews; checking past analyses."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, Field

from merzim.services.evidence import uploaded_file
from merzim.services.imports import previews
from merzim.services.imports.past import judge_past
from merzim.services.imports.previews import FIRST_YEAR, LAST_YEAR, foreign, preview_schedule
from merzim.services.inputs import Digest
from merzim.services.narrowing import chosen_procedure
from merzim.services.results import FindingResult, Ids, InLanguage, Result, at
from merzim.services.verbs import Command
from merzim.web.api.answers import api_router
from merzim.web.api.mount import Writing
from merzim.web.auth.dependencies import AskingOwn, AskingToManage, Managing
from merzim.web.auth.reading import reads_files
from merzim.web.http import SearchText
from merzim.web.ui.render import RequestTranslator

router = api_router(tags=["opening"])


class Sent(Command):
    """A table to read (XLSX, CSV). `file`: the digest from `/files`; `procedure`: by default the internal
    analysis.
    """

    file: Digest
    procedure: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")] = ""


class Schedule(previews.ImportSchedule):
    __doc__ = previews.ImportSchedule.__doc__

    file: Digest


class NoteAnswer(Result):
    """A note on how a row was read; `row` 0 is the whole file."""

    row: int
    text: str


class AnalysisAnswer(Result):
    """One analysis of the file. `change`: open, replan or same; `foreign`: whether its unit is not among the
    reader's.

    `new`, `moved`: the dates importing it would write. `names`: names of the object by language, as the file
    has them; `looks_like`: existing cases it may be, worded differently.
    """

    row: int
    object: str
    names: dict[str, str]
    looks_like: Ids
    unit: str
    case: str | None = at("case", "id", default=None)
    change: str
    foreign: bool
    edition: str = at("procedure", "edition")
    facts: dict[str, date]
    planned: dict[str, date]
    new: dict[str, date]
    moved: dict[str, date]


class SchedulePreview(BaseModel):
    """The effects of importing a schedule. `strange`: responsible texts that match nobody."""

    analyses: list[AnalysisAnswer]
    notes: list[NoteAnswer]
    matches: dict[str, str]
    strange: list[str]


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


class PastDate(Result):
    """A date in the file, with the law's date."""

    title: InLanguage
    period: str | None
    cell: str
    on: date | None
    due: date | None


class PastAnswer(Result):
    case: str
    findings: list[FindingResult]
    dates: list[PastDate]
    ignored: list[str]


@router.post("/schedules/preview")
@reads_files
def preview_schedule_file(
    request: Request, ctx: AskingToManage, body: Sent, translator: RequestTranslator
) -> SchedulePreview:
    """Return all rows and dates of a schedule; nothing is written. `errors` lists the bad rows."""
    file, office = uploaded_file(ctx, "file", body.file), ctx.reads.office()
    name = chosen_procedure(ctx, body.procedure).id
    analyses, preview = preview_schedule(ctx, file.content, file.name, name)
    return SchedulePreview(
        analyses=[AnalysisAnswer.of(analysis, foreign=foreign(ctx, office, analysis)) for analysis in analyses],
        notes=[
            NoteAnswer(row=note.row, text=translator.tell(note.code, note.arguments)) for note in preview.notes
        ],
        matches=dict(preview.matches),
        strange=list(preview.strange),
    )


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


@router.post("/past")
@reads_files
def judge_past_analyses(
    request: Request, ctx: AskingOwn, body: Sent, translator: RequestTranslator
) -> list[PastAnswer]:
    """Return the findings of a table of past analyses, case by case; nothing is written."""
    file, name = uploaded_file(ctx, "file", body.file), chosen_procedure(ctx, body.procedure).id
    judged = judge_past(ctx.app, file.content, name, name=file.name)
    return [PastAnswer.of(past, translator.language) for past in judged]
