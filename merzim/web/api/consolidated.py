"""Reports across organisations: the consolidated form, pending uploads, the cartogram, yearly analyses."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from merzim.services.narrowing import seen_unit
from merzim.services.reports.consolidated import comparison, consolidated_query, list_turns, uploads
from merzim.services.results import FindingResult, Keys, Points, Result, at
from merzim.web.api import mount
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads import reports as downloads
from merzim.web.http import SVG, XLSX, SearchText, Year
from merzim.web.ui.render import RequestTranslator
from workflow.cases.registers.exposure import Section

router = api_router(tags=["monitoring"])
mount.file(router, "/consolidated/file", downloads.get_consolidated_file, XLSX)
mount.file(router, "/cartogram/{ending}", downloads.get_cartogram_file, XLSX, SVG)


class ConsolidatedLine(Result):
    """A line of the form: one case, or an organisation without a case. `values`: decimal strings."""

    unit: str
    case: str
    obligation: str
    due: date | None
    on: date | None
    state: str | None
    late_by_working_days: int | None = at("late_by")
    values: dict[str, Points]
    documents: int = at("evidence")


class ConsolidatedAnswer(Result):
    """The consolidated form. `whole`: false if the reader sees no whole organisation; the rest is then empty.

    `silent`: ids of organisations that have not reported; `sums`: the sum of each number.
    """

    procedure: str = at("procedure", "id")
    obligation: str = at("obligation", "id")
    unit: str
    year: int
    whole: bool
    lines: list[ConsolidatedLine] = at("report", "form", "lines", default=[])
    silent: list[str] = at("report", "form", "silent", default=[])
    sums: dict[str, Points] = at("report", "form", "sums", default={})


class ReadyDocument(Result):
    """A recorded fact with the number of its documents."""

    case: str
    fact: str
    on: date
    documents: int


class ReadyAnswer(Result):
    """An upload with documents that are ready. `through`: the unit whose account is used; `people`: keys of its
    holders.
    """

    unit: str
    through: str
    case: str = at("waiting", "case", "id")
    obligation: str = at("waiting", "upload", "id")
    due: date | None = at("waiting", "upload", "due")
    ready: list[ReadyDocument] = at("waiting", "ready")
    people: Keys


class CartogramLineAnswer(Result):
    """A position (section 1) or a risk (section 2) of a department, and of a district where one is named."""

    section: Section
    department: str
    district: str
    text: str


class CartogramAnswer(Result):
    """The lines the cartogram should have. `on`, `case`: of the last recorded cartogram; `findings`: its
    differences.
    """

    unit: str
    lines: list[CartogramLineAnswer]
    on: date | None
    case: str
    findings: list[FindingResult]


class TurnAnswer(Result):
    """The status of an organisation's yearly analysis. `once_in`: the reading of "once a year"."""

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
    """The yearly analyses of organisations. `whole`: false if the reader sees no whole organisation; the list
    is then empty.
    """

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
    """Return the organisations that fulfilled an obligation in a year, with numbers, and those that have not
    reported.
    """
    query = consolidated_query(ctx, procedure, obligation, unit, year)
    return ConsolidatedAnswer.of(query, whole=query.report is not None)


@router.get("/uploads")
def list_uploads(ctx: Reading, unit: SearchText = "") -> list[ReadyAnswer]:
    """List the documents that are ready but not uploaded to the platform, and the accounts to use."""
    ready = uploads(ctx.app, seen_unit(ctx, unit), today=ctx.today, reads=ctx.reads)
    return [ReadyAnswer.of(upload) for upload in ready]


@router.get("/cartogram")
def get_cartogram(ctx: Reading, translator: RequestTranslator, unit: SearchText = "") -> CartogramAnswer:
    """Return both sections by department and district, and the differences from the last recorded cartogram."""
    return CartogramAnswer.of(comparison(ctx, unit), translator.language)


@router.get("/turns")
def list_yearly_turns(ctx: Reading, unit: SearchText = "") -> TurnList:
    """Return when each organisation's last analysis ended, and when the next is due."""
    turns = list_turns(ctx, unit)
    return TurnList(
        whole=turns is not None,
        organisations=[TurnAnswer.of(turn) for turn in turns or ()],
    )
