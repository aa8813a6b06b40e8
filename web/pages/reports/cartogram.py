"""The page that compares the cartogram with the results."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.reports.cartogram import comparison
from web.auth.dependencies import Reading
from web.downloads.reports import get_cartogram_file
from web.ui.render import page
from web.ui.unit_filter import RequiredUnit, unit_choices
from workflow.cases.registers.exposure import SECTIONS

router = APIRouter(include_in_schema=False)
SHOWN = 200
router.get("/monitoring/cartogram/{ending}")(get_cartogram_file)


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
