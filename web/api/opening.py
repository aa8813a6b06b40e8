"""Opening from a schedule and by year, with what it would do first; and past analyses judged."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from services.imports.previews import Analysis, judge_past, preview_schedule
from services.inputs import Digest, Line
from services.verbs import Command
from web.api.answers import PROBLEMS, FindingAnswer, RequestTranslator, Words, finding_answer
from web.api.files import sent_file
from web.api.idempotency import Writing
from web.auth.dependencies import AskingOwn, AskingToManage, Managing
from web.auth.reading import reads_files
from web.pages.case_creation.commands import (
    FIRST_YEAR,
    LAST_YEAR,
    change_of,
    foreign,
    open_the_year,
    take_schedule,
    year_ahead,
)
from web.pages.case_creation.planner import chosen_procedure

router = APIRouter(prefix="/api/v1", tags=["opening"], responses=PROBLEMS)


class Sent(Command):
    """A table (XLSX, CSV). `file`: what `/files` answered; `procedure`: the internal analysis when empty."""

    file: Digest
    procedure: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")] = ""


class Schedule(Sent):
    """`meant`: responsible texts nobody is known by -> whom they mean, by id, key, name or e-mail."""

    meant: dict[Line, Line] = Field(default_factory=dict, max_length=500)


class YearOpened(Command):
    """`unit`: the organisations at it or below it; empty is all the reader may open for."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    unit: Line = ""


class NoteAnswer(BaseModel):
    """How a row was understood; `row` 0 is the file as a whole."""

    row: int
    text: str


class AnalysisAnswer(BaseModel):
    """One analysis of the file. `change`: open, replan or same; `foreign`: of a unit that is not the reader's.

    `new`, `moved`: the dates taking it in would write.
    """

    row: int
    object: str
    unit: str
    case: str | None
    change: str
    foreign: bool
    edition: str
    facts: dict[str, date]
    planned: dict[str, date]
    new: dict[str, date]
    moved: dict[str, date]


class SchedulePreview(BaseModel):
    """What taking in a schedule would do. `strange`: responsible texts nobody is known by."""

    analyses: list[AnalysisAnswer]
    notes: list[NoteAnswer]
    matches: dict[str, str]
    strange: list[str]


class ScheduleTaken(BaseModel):
    """Ids of cases."""

    cases: list[str]
    opened: list[str]
    replanned: list[str]
    unchanged: list[str]


class YearCase(BaseModel):
    procedure: str
    unit: str
    object: str


class YearPreview(BaseModel):
    """What opening a year would open. `there`: how many of its cases are there already."""

    year: int
    openings: list[YearCase]
    there: int


class YearDone(BaseModel):
    year: int
    opened: int


class PastAnswer(BaseModel):
    case: str
    findings: list[FindingAnswer]


@router.post("/schedules/preview")
@reads_files
def preview(
    request: Request, ctx: AskingToManage, body: Sent, translator: RequestTranslator
) -> SchedulePreview:
    """Every row, every date; nothing is written. `errors` names every bad row of a file that is refused."""
    today = ctx.today
    file, office = sent_file(ctx, body.file), ctx.reads.office()
    name = chosen_procedure(ctx, body.procedure).id
    analyses, seen = preview_schedule(ctx.app, file.content, file.name, name, today=today)
    return SchedulePreview(
        analyses=[_analysis(one, foreign(ctx, office, one)) for one in analyses],
        notes=[
            NoteAnswer(row=note.row, text=translator.tell(note.code, note.arguments)) for note in seen.notes
        ],
        matches=dict(seen.matches),
        strange=list(seen.strange),
    )


@router.post("/schedules")
@reads_files
def take(request: Request, ctx: Managing, once: Writing, body: Schedule) -> ScheduleTaken:
    """Take a schedule in: all of the file or none of it. Taken in again, only what changed is written."""

    def taken() -> ScheduleTaken:
        file, name = sent_file(ctx, body.file), chosen_procedure(ctx, body.procedure).id
        done = take_schedule(ctx, file.content, file.name, name, lambda strange: body.meant)
        return ScheduleTaken.model_validate(done, from_attributes=True)

    return once(ctx, body, taken, ScheduleTaken)


@router.get("/years/{year}")
def preview_year(
    ctx: Managing, year: Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)], unit: Words = ""
) -> YearPreview:
    """What opening a year would open."""
    ahead = year_ahead(ctx, year, unit)
    return YearPreview(
        year=year,
        openings=[
            YearCase(procedure=one.procedure, unit=one.unit, object=one.object) for one in ahead.openings
        ],
        there=ahead.there,
    )


@router.post("/years")
def open_year(ctx: Managing, once: Writing, body: YearOpened) -> YearDone:
    """Open the yearly programmes of a year; what is there already is not opened again."""
    return once(
        ctx,
        body,
        lambda: YearDone(year=body.year, opened=open_the_year(ctx, body.year, body.unit)),
        YearDone,
    )


@router.post("/past")
@reads_files
def past(request: Request, ctx: AskingOwn, body: Sent, translator: RequestTranslator) -> list[PastAnswer]:
    """Findings of a table of past analyses, case by case; nothing is written."""
    file, name = sent_file(ctx, body.file), chosen_procedure(ctx, body.procedure).id
    return [
        PastAnswer(case=one.case, findings=[finding_answer(found, translator) for found in one.findings])
        for one in judge_past(ctx.app, file.content, file.name, name)
    ]


def _analysis(one: Analysis, is_foreign: bool) -> AnalysisAnswer:
    return AnalysisAnswer(
        row=one.row,
        object=one.object,
        unit=one.unit,
        case=one.case.id if one.case else None,
        change=change_of(one),
        foreign=is_foreign,
        edition=one.procedure.edition,
        facts=dict(one.facts),
        planned=dict(one.planned),
        new=dict(one.new),
        moved=dict(one.moved),
    )
