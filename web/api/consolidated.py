"""What many organisations did: one obligation of them all, what waits to be uploaded, the once-a-year clock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from services.yearly.consolidated import uploads
from web.api.answers import PROBLEMS, FindingAnswer, RequestTranslator, Words, finding_answer
from web.api.files import FILE, a_file
from web.auth.dependencies import Reading
from web.pages.cases.documents import XLSX
from web.pages.reports.cartogram import SVG, Ending, cartogram_file, comparison
from web.pages.reports.consolidated import asked_for, consolidated_file, list_turns
from web.pages.reports.points import seen_unit
from workflow.cases.registers.exposure import Section

router = APIRouter(prefix="/api/v1", tags=["monitoring"], responses=PROBLEMS)
Year = Annotated[int | None, Query(ge=1, le=9999)]


class ConsolidatedLine(BaseModel):
    """One case's answer, or an organisation without a case. `values`: decimal strings."""

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
    """`whole`: false where the reader sees no whole organisation, and nothing is said.

    `silent`: ids of organisations that have not reported; `sums`: of each number.
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
    """A fact that is done and proved, by so many documents."""

    case: str
    fact: str
    on: date
    documents: int


class ReadyAnswer(BaseModel):
    """An upload for which something is ready. `through`: by whose account; `people`: keys of its holders."""

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
    """What the cartogram should say. `on`, `case`: of the one recorded last; `findings`: how it differs."""

    unit: str
    lines: list[CartogramLineAnswer]
    on: date | None
    case: str
    findings: list[FindingAnswer]


class TurnAnswer(BaseModel):
    """Where an organisation stands with its yearly analysis. `once_in`: how "once a year" is read."""

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
    """`whole`: false where the reader sees no whole organisation, and nothing is said."""

    whole: bool
    organisations: list[TurnAnswer]


@router.get("/consolidated")
def get_consolidated(
    ctx: Reading, procedure: Words = "", obligation: Words = "", unit: Words = "", year: Year = None
) -> ConsolidatedAnswer:
    """Who of the organisations did it in a year, with which numbers, and who has not reported."""
    asked = asked_for(ctx, procedure, obligation, unit, year)
    form = asked.found.form if asked.found else None
    return ConsolidatedAnswer(
        procedure=asked.procedure.id,
        obligation=asked.obligation.id,
        unit=asked.unit,
        year=asked.year,
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
                values={name: _plain(number) for name, number in line.values.items()},
                documents=line.evidence,
            )
            for line in (form.lines if form else ())
        ],
        silent=list(form.silent) if form else [],
        sums={name: _plain(number) for name, number in form.sums.items()} if form else {},
    )


@router.get("/consolidated/file", responses=FILE, response_class=Response)
def get_consolidated_file(
    request: Request,
    ctx: Reading,
    procedure: Words = "",
    obligation: Words = "",
    unit: Words = "",
    year: Year = None,
) -> Response:
    """The same form as a workbook."""
    return consolidated_file(request, ctx, asked_for(ctx, procedure, obligation, unit, year))


@router.get("/uploads")
def list_uploads(ctx: Reading, unit: Words = "") -> list[ReadyAnswer]:
    """What is ready and not uploaded to the platform, and through whose account it goes."""
    today = ctx.today
    return [
        ReadyAnswer(
            unit=one.unit,
            through=one.through,
            case=one.waiting.case.id,
            obligation=one.waiting.upload.id,
            due=one.waiting.upload.due,
            ready=[
                ReadyDocument(
                    case=document.case, fact=document.fact, on=document.on, documents=document.documents
                )
                for document in one.waiting.ready
            ],
            people=[person.key for person in one.people],
        )
        for one in uploads(ctx.app, seen_unit(ctx, unit), today=today, reads=ctx.reads)
    ]


@router.get("/cartogram")
def get_cartogram(ctx: Reading, translator: RequestTranslator, unit: Words = "") -> CartogramAnswer:
    """Both sections by department and district, and where the cartogram recorded last differs from them."""
    found = comparison(ctx, unit)
    return CartogramAnswer(
        unit=found.unit,
        lines=[CartogramLineAnswer.model_validate(one, from_attributes=True) for one in found.lines],
        on=found.on,
        case=found.case,
        findings=[finding_answer(one, translator) for one in found.findings],
    )


@router.get("/cartogram/{ending}", responses=a_file(XLSX, SVG), response_class=Response)
def get_cartogram_file(request: Request, ctx: Reading, ending: Ending, unit: Words = "") -> Response:
    """What the cartogram should say, as a workbook or a drawing."""
    return cartogram_file(request, ctx, ending, unit)


@router.get("/turns")
def get_yearly_clock(ctx: Reading, unit: Words = "") -> TurnList:
    """When each organisation's last analysis ended, and by when the next is due."""
    found = list_turns(ctx, unit)
    return TurnList(
        whole=found is not None,
        organisations=[TurnAnswer.model_validate(one.turn, from_attributes=True) for one in found or ()],
    )


def _plain(number: Decimal) -> str:
    return f"{number:f}"
