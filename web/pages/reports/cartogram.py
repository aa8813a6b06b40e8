"""Compares the cartogram with the results: what its two sections should contain, and how the published one
differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from documents.drawings.cartogram import cartogram_sheets, draw_cartogram
from documents.sheets.listing import tables_workbook
from services.context import RequestContext
from web.auth.dependencies import Reading
from web.pages.cases.documents import XLSX, as_file
from web.pages.reports.points import seen_unit, unit_choices
from web.ui.org_names import unit_name
from web.ui.preferences import preferences
from web.ui.render import Translator, page
from web.ui.unit_filter import RequiredUnit
from workflow.cases.registers.exposure import SECTIONS, CartogramLine
from workflow.findings.cartogram import by_name, compared, latest, place_of, results
from workflow.findings.finding import Finding

router = APIRouter(include_in_schema=False)
Ending = Annotated[str, Path(pattern=r"^(xlsx|svg)$")]
SVG = "image/svg+xml"
SHOWN = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A department, or its part in a district, with its positions and risks."""

    name: str
    positions: tuple[CartogramLine, ...]
    risks: tuple[CartogramLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CartogramComparison:
    """The cartogram that follows from the registers visible to a reader, compared with the recorded one.

    Attributes:
        on: the day of the last recorded cartogram; None if there is none.
        case: the case it is recorded in.
        findings: the differences, by department.
    """

    unit: str
    lines: tuple[CartogramLine, ...]
    on: date | None
    case: str
    findings: tuple[Finding, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The lines by place, ordered by name."""
        ordered = sorted(self.lines, key=_place)
        return tuple(_gathered(place, tuple(lines)) for place, lines in groupby(ordered, key=_place))


@router.get("/monitoring/cartogram")
def cartogram_page(request: Request, ctx: Reading, unit: RequiredUnit) -> Response:
    """Show both sections by department and district, and the differences from the published cartogram."""
    found = comparison(ctx, unit)
    return page(
        request,
        ctx,
        "cartogram.html",
        found=found,
        sections=SECTIONS,
        shown=SHOWN,
        unit=found.unit,
        units=unit_choices(ctx, found.unit),
    )


@router.get("/monitoring/cartogram/{ending}")
def download_cartogram(request: Request, ctx: Reading, ending: Ending, unit: RequiredUnit) -> Response:
    """Return a workbook with a sheet for each section, or a drawing to print or publish."""
    return cartogram_file(request, ctx, ending, unit)


def cartogram_file(request: Request, ctx: RequestContext, ending: str, unit: str) -> Response:
    """Return the cartogram that follows from the registers, as `.xlsx` or `.svg`."""
    today = ctx.today
    found, language = comparison(ctx, unit), preferences(request).language
    translator = Translator(language)
    file = f"{translator.say('web.cartogram.title')} {translator.short(today)}.{ending}"
    if ending == "xlsx":
        return as_file(tables_workbook(cartogram_sheets(found.lines, language=language)), XLSX, file)
    name = translator.name(unit_name(ctx.reads.office(), found.unit).name) if found.unit else ctx.organisation
    return as_file(draw_cartogram(found.lines, name=name, language=language).encode(), SVG, file)


def comparison(ctx: RequestContext, unit: str) -> CartogramComparison:
    """Return the comparison of the registers of a unit and those below with the last cartogram recorded there;
    404 for a unit hidden from the reader.
    """
    root = seen_unit(ctx, unit)
    cases = ctx.reads.with_registers(root or None)
    lines = by_name(results(cases), ctx.reads.office())
    recorded = latest(cases)
    return CartogramComparison(
        unit=root,
        lines=lines,
        on=recorded.on if recorded else None,
        case=next((case.id for case in cases if recorded and latest([case]) == recorded), ""),
        findings=compared(lines, recorded),
    )


def _place(line: CartogramLine) -> tuple[str, str]:
    return line.department, line.district


def _gathered(place: tuple[str, str], lines: Iterable[CartogramLine]) -> Place:
    lines = tuple(lines)
    return Place(
        name=place_of(lines[0]),
        positions=tuple(line for line in lines if line.section == "positions"),
        risks=tuple(line for line in lines if line.section == "risks"),
    )
