"""Reports across organisations: the consolidated form, pending uploads, the cartogram, yearly analyses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.yearly.consolidated import uploads
from web.api.answers import PROBLEMS, FindingAnswer, RequestTranslator, SearchText, finding_answer
from web.api.files import FILE, file_answer
from web.auth.dependencies import Reading
from web.pages.cases.documents import XLSX
from web.pages.reports.cartogram import SVG, Ending, cartogram_file, comparison
from web.pages.reports.consolidated import asked_for, consolidated_file, list_turns
from web.pages.reports.points import seen_unit
from workflow.cases.registers.exposure import Section

router = APIRouter(prefix="/api/v1", tags=["monitoring"], responses=PROBLEMS)
Year = Annotated[int | None, Query(ge=1, le=9999)]


class ConsolidatedLine(BaseModel):
    """A line of the form: one case, or an organisation without a case. `values`: decimal strings."""

    unit: str
    case: str
    obligation: str
    due: date | None
    on: date | None
    state: str | None
    late_by_working_days: int | None
    values: dict[str, str]
    documents: int


class ConsolidatedAnswer(BaseModel):
    """`whole`: false when the reader sees no whole organisation; the rest is empty then.

    `silent`: ids of organisations that have not reported; `sums`: the sum of each number.
    """

    procedure: str
    obligation: str
    unit: str
    year: int
    whole: bool
    lines: list[ConsolidatedLine]
    silent: list[str]
    sums: dict[str, str]


class ReadyDocument(BaseModel):
    """A recorded fact with the number of its documents."""

    case: str
    fact: str
    on: date
    documents: int


class ReadyAnswer(BaseModel):
    """An upload with documents that are ready. `through`: by which unit's account; `people`: keys
    of its holders."""

    unit: str
    through: str
    case: str
    obligation: str
    due: date | None
    ready: list[ReadyDocument]
    people: list[str]


class CartogramLineAnswer(BaseModel):
    """A position (section 1) or a risk (section 2) of a department, and of a district where one is named."""

    section: Section
    department: str
    district: str
    text: str


class CartogramAnswer(BaseModel):
    """The lines the cartogram should have. `on`, `case`: of the last one recorded; `findings`: differences."""

    unit: str
    lines: list[CartogramLineAnswer]
    on: date | None
    case: str
    findings: list[FindingAnswer]


class TurnAnswer(BaseModel):
    """The state of an organisation's yearly analysis. `once_in`: the reading of "once a year"."""

    unit: str
    once_in: str
    state: str
    last: date | None
    last_case: str
    external: date | None
    closed_until: date | None
    due: date | None
    postponed: bool
    next_on: date | None
    next_case: str
    next_closed: bool


class TurnList(BaseModel):
    """`whole`: false when the reader sees no whole organisation; the list is empty then."""

    whole: bool
    organisations: list[TurnAnswer]


@router.get("/consolidated")
def get_consolidated(
    ctx: Reading,
    procedure: SearchText = "",
    obligation: SearchText = "",
    unit: SearchText = "",
    year: Year = None,
) -> ConsolidatedAnswer:
    """Return the organisations that fulfilled an obligation in a year, with numbers, and the silent ones."""
    query = asked_for(ctx, procedure, obligation, unit, year)
    form = query.found.form if query.found else None
    return ConsolidatedAnswer(
        procedure=query.procedure.id,
        obligation=query.obligation.id,
        unit=query.unit,
        year=query.year,
        whole=form is not None,
        lines=[
            ConsolidatedLine(
                unit=line.unit,
                case=line.case,
                obligation=line.obligation,
                due=line.due,
                on=line.on,
                state=line.state,
                late_by_working_days=line.late_by,
                values={name: _format_decimal(number) for name, number in line.values.items()},
                documents=line.evidence,
            )
            for line in (form.lines if form else ())
        ],
        silent=list(form.silent) if form else [],
        sums={name: _format_decimal(number) for name, number in form.sums.items()} if form else {},
    )


@router.get("/consolidated/file", responses=FILE, response_class=Response)
def get_consolidated_file(
    request: Request,
    ctx: Reading,
    procedure: SearchText = "",
    obligation: SearchText = "",
    unit: SearchText = "",
    year: Year = None,
) -> Response:
    """Return the consolidated form as a workbook."""
    return consolidated_file(request, ctx, asked_for(ctx, procedure, obligation, unit, year))


@router.get("/uploads")
def list_uploads(ctx: Reading, unit: SearchText = "") -> list[ReadyAnswer]:
    """List the documents that are ready but not uploaded to the platform, and the accounts they go through."""
    today = ctx.today
    return [
        ReadyAnswer(
            unit=upload.unit,
            through=upload.through,
            case=upload.waiting.case.id,
            obligation=upload.waiting.upload.id,
            due=upload.waiting.upload.due,
            ready=[
                ReadyDocument(
                    case=document.case, fact=document.fact, on=document.on, documents=document.documents
                )
                for document in upload.waiting.ready
            ],
            people=[person.key for person in upload.people],
        )
        for upload in uploads(ctx.app, seen_unit(ctx, unit), today=today, reads=ctx.reads)
    ]


@router.get("/cartogram")
def get_cartogram(ctx: Reading, translator: RequestTranslator, unit: SearchText = "") -> CartogramAnswer:
    """Return both sections by department and district, and the differences of the cartogram recorded last."""
    result = comparison(ctx, unit)
    return CartogramAnswer(
        unit=result.unit,
        lines=[CartogramLineAnswer.model_validate(line, from_attributes=True) for line in result.lines],
        on=result.on,
        case=result.case,
        findings=[finding_answer(finding, translator) for finding in result.findings],
    )


@router.get("/cartogram/{ending}", responses=file_answer(XLSX, SVG), response_class=Response)
def get_cartogram_file(request: Request, ctx: Reading, ending: Ending, unit: SearchText = "") -> Response:
    """Return the lines the cartogram should have, as a workbook or a drawing."""
    return cartogram_file(request, ctx, ending, unit)


@router.get("/turns")
def get_yearly_clock(ctx: Reading, unit: SearchText = "") -> TurnList:
    """Return when each organisation's last analysis ended, and when the next is due."""
    turns = list_turns(ctx, unit)
    return TurnList(
        whole=turns is not None,
        organisations=[TurnAnswer.model_validate(row.turn, from_attributes=True) for row in turns or ()],
    )


def _format_decimal(number: Decimal) -> str:
    return f"{number:f}"
