"""The risk register of a case: queries and commands."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from services.evidence import store_evidence
from services.inputs import Day, Digest, EvidenceInput, Ground, Line, Text
from services.results import CommandResult
from services.verbs import Command
from web.api.answers import PROBLEMS, CaseId, RequestTranslator
from web.api.cases import run_on_case
from web.api.files import get_uploaded_file_or_404
from web.api.mount import Writing
from web.api.risk_answers import PositionAnswer, RegisterAnswer, RemarkAnswer, risk_answer
from web.auth.dependencies import Reading, Recording
from web.auth.reading import reads_files
from web.pages.cases import risk_commands
from web.pages.cases.page import build_case_view, get_case_or_404
from web.pages.cases.risk_view import risk_view
from workflow.cases.commands.risks import FoundRisk
from workflow.cases.registers.risk import Direction, Outcome

router = APIRouter(prefix="/api/v1", tags=["risks"], responses=PROBLEMS)
FieldName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Row = Annotated[str, Path(pattern=r"^(risk|measure|position|remark)\.[1-9][0-9]{0,3}$")]
Number = Annotated[int, Path(ge=1, le=9999)]
Counted = Annotated[int, Field(ge=1, le=9999)]


class RiskInput(Command):
    """A risk of the analytic note. An existing `number` replaces that risk; without one it gets the next."""

    description: Ground
    on: Day
    number: Counted | None = None
    direction: Direction = "other"
    cause: Text = ""
    act: Text = ""
    body: Text = ""
    for_legal_monitoring: bool = False
    department: Line = ""
    district: Line = ""


class RowEditInput(Command):
    """New values of the fields that change, by name: texts; a day as 2026-04-13, `yes` or nothing for a mark,
    a term as plans write it.
    """

    fields: Annotated[dict[FieldName, Text], Field(min_length=1, max_length=20)]


class RankInput(Command):
    likelihood: Counted
    effect: Counted


class MeasureSet(Command):
    """A measure that removes the risk. `term`: as plans write it. `number`: as of a risk."""

    action: Ground
    number: Counted | None = None
    recommendation: Text = ""
    completion: Text = ""
    responsible: Text = ""
    term: Line = ""


class ReviewInput(Command):
    """The review of a measure. `period`: of a recurring measure, the period reviewed (2026Q3)."""

    outcome: Outcome
    on: Day
    done_on: Day | None = None
    period: Annotated[str, Field(max_length=20, pattern=r"^[0-9A-Za-z-]*$")] = ""
    comment: Text = ""
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RemovalInput(Command):
    on: Day
    completed: bool
    evidence: list[EvidenceInput] = Field(default_factory=list, max_length=50)


class RequestUpInput(Command):
    """`body`: the higher body, where the risk does not name it; `term`: by when, as letters write it."""

    asked: Ground
    on: Day
    body: Line = ""
    term: Line = ""


class RequestAnswerInput(Command):
    text: Ground
    on: Day


class PlanSent(Command):
    """A plan of measures (XLSX, CSV). `file`: as `/files` returned it; `year`: of terms that name none."""

    file: Digest
    year: Annotated[int, Field(ge=1, le=9999)] | None = None


class PlanTaken(BaseModel):
    """The result of a plan. `unmatched`: texts of responsible people that match nobody; `withdrawn`: measures
    that were withdrawn in the case and are not recorded again.
    """

    measures: int
    entered: int
    unmatched: list[str]
    withdrawn: list[str]


@router.get("/cases/{case}/risks")
def get_registers(ctx: Reading, case: CaseId, translator: RequestTranslator) -> RegisterAnswer:
    """Return the risks with their measures, the exposed positions and the remarks of a case."""
    today = ctx.today
    case_record, procedure = get_case_or_404(ctx, case)
    view = risk_view(build_case_view(ctx, case_record, procedure, today=today), {}, None, today=today)
    return RegisterAnswer(
        case=case,
        scale=view.scale.id,
        risks=[risk_answer(line, translator.language) for line in view.lines],
        positions=[
            PositionAnswer.model_validate(position, from_attributes=True) for position in view.positions
        ],
        remarks=[RemarkAnswer.model_validate(remark, from_attributes=True) for remark in view.remarks],
    )


@router.post("/cases/{case}/risks")
def find(ctx: Recording, once: Writing, case: CaseId, body: RiskInput) -> CommandResult:
    """Record a risk, or replace an existing one."""
    risk = FoundRisk(**body.model_dump(exclude={"on"}))
    return run_on_case(once, ctx, case, body, lambda: risk_commands.find(ctx, case, risk, on=body.on))


@router.post("/cases/{case}/risks/plan")
@reads_files
def take_plan(request: Request, ctx: Recording, once: Writing, case: CaseId, body: PlanSent) -> PlanTaken:
    """Import a plan of measures as risks and measures; the whole file or nothing."""
    get_case_or_404(ctx, case)

    def import_plan() -> PlanTaken:
        file = get_uploaded_file_or_404(ctx, body.file)
        done = risk_commands.take_plan(ctx, case, BytesIO(file.content), file.name, year=body.year)
        return PlanTaken.model_validate(done, from_attributes=True)

    return once(ctx, body, import_plan, PlanTaken)


@router.post("/cases/{case}/rows/{row}/edits")
def edit_row(ctx: Recording, once: Writing, case: CaseId, row: Row, body: RowEditInput) -> CommandResult:
    """Change a row of a register of the case; only the differences are written."""
    return run_on_case(once, ctx, case, body, lambda: risk_commands.edit_row(ctx, case, row, body.fields))


@router.post("/cases/{case}/risks/{number}/rank")
def rank(ctx: Recording, once: Writing, case: CaseId, number: Number, body: RankInput) -> CommandResult:
    """Rank a risk by the scale in force."""
    fields = body.model_dump()
    return run_on_case(once, ctx, case, body, lambda: risk_commands.rank(ctx, case, number, **fields))


@router.post("/cases/{case}/risks/{number}/measures")
def set_measure(ctx: Recording, once: Writing, case: CaseId, number: Number, body: MeasureSet) -> CommandResult:
    """Set a measure that removes a risk."""
    fields = body.model_dump(exclude={"number"})
    return run_on_case(
        once,
        ctx,
        case,
        body,
        lambda: risk_commands.set_measure(ctx, case, number, number=body.number, **fields),
    )


@router.post("/cases/{case}/measures/{number}/reviews")
def review(ctx: Recording, once: Writing, case: CaseId, number: Number, body: ReviewInput) -> CommandResult:
    """Record the review of a measure."""
    fields = body.model_dump(exclude={"evidence"})
    return run_on_case(
        once,
        ctx,
        case,
        body,
        lambda: risk_commands.review(ctx, case, number, evidence=store_evidence(ctx, body.evidence), **fields),
    )


@router.post("/cases/{case}/risks/{number}/removal")
def remove(ctx: Recording, once: Writing, case: CaseId, number: Number, body: RemovalInput) -> CommandResult:
    """Record the removal of a risk; `completed`: to real completion, by the measure in its completion form."""
    fields = body.model_dump(exclude={"evidence"})
    return run_on_case(
        once,
        ctx,
        case,
        body,
        lambda: risk_commands.remove(ctx, case, number, evidence=store_evidence(ctx, body.evidence), **fields),
    )


@router.post("/cases/{case}/risks/{number}/request")
def ask(ctx: Recording, once: Writing, case: CaseId, number: Number, body: RequestUpInput) -> CommandResult:
    """Record a request to the higher body whose act is the cause."""
    fields = body.model_dump()
    return run_on_case(once, ctx, case, body, lambda: risk_commands.ask(ctx, case, number, **fields))


@router.post("/cases/{case}/risks/{number}/answer")
def answer(
    ctx: Recording, once: Writing, case: CaseId, number: Number, body: RequestAnswerInput
) -> CommandResult:
    """Record the answer of the higher body."""
    fields = body.model_dump()
    return run_on_case(once, ctx, case, body, lambda: risk_commands.answer(ctx, case, number, **fields))
