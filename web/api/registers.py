"""Registers of a case besides the risks: exposed positions with talks, the cartogram, remarks of the public."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from documents.sandbox.readers import read_cartogram
from services.context import stamp
from services.evidence import store_evidence
from services.inputs import Day, Digest, EvidenceInput, Ground, Line, Text
from services.results import CommandResult
from services.verbs import Command
from web.api.answers import PROBLEMS, CaseId
from web.api.cases import run_on_case
from web.api.files import get_uploaded_file_or_404
from web.api.mount import Writing
from web.api.risks import Counted, Number
from web.auth.dependencies import Recording
from web.auth.reading import reads_files
from web.pages.cases.page import get_case_or_404
from workflow.cases.commands.desk import Change
from workflow.cases.commands.registers import ExposedPosition, RegisterCommands
from workflow.cases.registers.remarks import Source

router = APIRouter(prefix="/api/v1", tags=["registers"], responses=PROBLEMS)


class ExposedPositionInput(Command):
    """A position exposed to corruption risks. An existing `number` replaces that position."""

    title: Ground
    on: Day
    number: Counted | None = None
    holder: Line = ""
    why: Text = ""
    department: Line = ""
    district: Line = ""
    approved_on: Day | None = None


class TalkInput(Command):
    """A preventive talk with the holder of the position at that time."""

    on: Day
    holder: Line = ""
    topic: Text = ""
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class ClearingInput(Command):
    on: Day


class CartogramSent(Command):
    """The published cartogram: the SHA-256 of a file sent to `/files` (XLSX, CSV), and its day."""

    file: Digest
    on: Day
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RemarkInput(Command):
    text: Ground
    on: Day
    author: Line = ""
    source: Source = "discussion"


class RemarkReply(Command):
    """The outcome of a remark. `taken`: into the note; `answer`: how, or why not."""

    taken: bool
    on: Day
    answer: Annotated[Text, Field(description="Asked for where it was not taken.")] = ""


@router.post("/cases/{case}/positions")
def expose(ctx: Recording, once: Writing, case: CaseId, body: ExposedPositionInput) -> CommandResult:
    """Record an exposed position, or replace an existing one."""
    position = ExposedPosition(**body.model_dump(exclude={"on"}))
    desk = RegisterCommands(ctx.desk)
    return run_on_case(once, ctx, case, body, lambda: desk.expose(case, position, on=body.on, **stamp(ctx)))


@router.post("/cases/{case}/positions/{number}/talks")
def talk(ctx: Recording, once: Writing, case: CaseId, number: Number, body: TalkInput) -> CommandResult:
    """Record a preventive talk."""
    desk, fields = RegisterCommands(ctx.desk), body.model_dump(exclude={"evidence"})
    return run_on_case(
        once,
        ctx,
        case,
        body,
        lambda: desk.talk(case, number, evidence=store_evidence(ctx, body.evidence), **fields, **stamp(ctx)),
    )


@router.post("/cases/{case}/positions/{number}/clearing")
def clear(ctx: Recording, once: Writing, case: CaseId, number: Number, body: ClearingInput) -> CommandResult:
    """Record that a position is no longer exposed."""
    desk = RegisterCommands(ctx.desk)
    return run_on_case(once, ctx, case, body, lambda: desk.clear(case, number, on=body.on, **stamp(ctx)))


@router.post("/cases/{case}/cartogram")
@reads_files
def record_cartogram(
    request: Request, ctx: Recording, once: Writing, case: CaseId, body: CartogramSent
) -> CommandResult:
    """Record the published cartogram; the whole file or nothing."""
    get_case_or_404(ctx, case)

    def record() -> Change:
        file = get_uploaded_file_or_404(ctx, body.file)
        lines = read_cartogram(file.content, file.name)
        evidence = store_evidence(ctx, body.evidence)
        return RegisterCommands(ctx.desk).record_cartogram(
            case, lines, on=body.on, evidence=evidence, **stamp(ctx)
        )

    return run_on_case(once, ctx, case, body, record)


@router.post("/cases/{case}/remarks")
def remark(ctx: Recording, once: Writing, case: CaseId, body: RemarkInput) -> CommandResult:
    """Record a remark of the public."""
    desk, fields = RegisterCommands(ctx.desk), body.model_dump()
    return run_on_case(once, ctx, case, body, lambda: desk.remark(case, **fields, **stamp(ctx)))


@router.post("/cases/{case}/remarks/{number}/answer")
def answer_remark(
    ctx: Recording, once: Writing, case: CaseId, number: Number, body: RemarkReply
) -> CommandResult:
    """Record the outcome of a remark."""
    desk, fields = RegisterCommands(ctx.desk), body.model_dump()
    return run_on_case(once, ctx, case, body, lambda: desk.answer_remark(case, number, **fields, **stamp(ctx)))
