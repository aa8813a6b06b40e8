"""The files of campaigns: the proof sheet, the forms of the people asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from services.campaigns.views import ShowCampaign, proof_sheet
from services.documents.row_papers import paper_in_campaign, papers_of_campaign
from services.inputs import build
from web.auth.dependencies import Reading
from web.http.files import DOCX, XLSX, ZIP, as_file
from web.http.parameters import CampaignPath, PaperLanguage, PersonPath, SearchText
from web.ui.render import RequestTranslator
from web.ui.unit_filter import UnitParam

State = Annotated[Literal["", "awaited", "answered", "refused", "left", "unreached"], Query()]


def people_filter(state: str, unit: str, search: str = "") -> dict[str, Any]:
    """Return the filter for people of a campaign in the address."""
    return {
        "state": "" if state == "unreached" else state,
        "unreached": state == "unreached",
        "unit": unit,
        "search": search.replace("\0", ""),
    }


def get_campaign_sheet(ctx: Reading, campaign: CampaignPath, translator: RequestTranslator) -> Response:
    """Return everybody a campaign asks, with the dates, as a spreadsheet."""
    return as_file(proof_sheet(ctx, campaign, translator.language), XLSX, f"campaign-{campaign}.xlsx")


def get_campaign_papers(
    ctx: Reading,
    campaign: CampaignPath,
    language: PaperLanguage,
    unit: UnitParam,
    state: State = "",
    search: SearchText = "",
) -> Response:
    """Return the forms of the people a campaign asks: with their answers, or to be signed (300 at most)."""
    command = build(ShowCampaign, {"campaign": campaign, **people_filter(state, unit, search)})
    content = papers_of_campaign(ctx, command, language)
    return as_file(content, ZIP, f"campaign-{campaign}-{language}.zip")


def get_campaign_paper(
    ctx: Reading, campaign: CampaignPath, number: PersonPath, language: PaperLanguage
) -> Response:
    """Return the form of one person of a campaign as DOCX."""
    name, content = paper_in_campaign(ctx, campaign, number, language)
    return as_file(content, DOCX, name)
