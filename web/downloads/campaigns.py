"""The files of campaigns: their list, the proof sheet, the forms of the people asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from services.campaigns.views import AskCampaigns, CampaignView, ShowCampaign, list_campaigns, proof_sheet
from services.documents.row_papers import paper_in_campaign, papers_of_campaign
from services.inputs import build
from web.auth.dependencies import Reading
from web.http.files import DOCX, XLSX, ZIP, as_file
from web.http.parameters import CampaignPath, PaperLanguage, PersonPath, SearchText
from web.ui.render import RequestTranslator
from web.ui.tables import Column, list_workbook
from web.ui.unit_filter import UnitParam

State = Annotated[Literal["", "awaited", "answered", "refused", "left", "unreached"], Query()]

CAMPAIGN_COLUMNS: tuple[Column[CampaignView], ...] = (
    Column("web.campaigns.campaign", lambda t, one: one.title[t.language], ""),
    Column("numbered.head", lambda _, one: one.id),
    Column("web.campaigns.register", lambda t, one: one.register_title[t.language]),
    Column("web.campaigns.units", lambda t, one: "; ".join(one.unit_names) or t.say("web.unit.all")),
    Column(
        "web.campaigns.state", lambda t, one: t.say(f"web.campaigns.{'open' if one.is_open else 'ended'}"), ""
    ),
    Column("campaign.sheet.started", lambda _, one: one.started_on),
    Column("web.campaigns.last_day", lambda _, one: one.until, ""),
    Column("web.campaigns.answers", lambda _, one: one.answered, "col-sum"),
    Column("campaign.sheet.count_refused", lambda _, one: one.refused),
    Column("campaign.sheet.count_awaited", lambda _, one: one.awaited),
    Column("campaign.sheet.count_left", lambda _, one: one.left),
    Column("campaign.sheet.count_asked", lambda _, one: one.asked),
)


def get_campaigns_file(ctx: Reading, translator: RequestTranslator) -> Response:
    """Return the campaigns visible to the reader as a workbook, the newest first."""
    spoken = replace(ctx, language=translator.language)
    rows = list_campaigns(spoken, AskCampaigns()).campaigns
    return list_workbook(translator, CAMPAIGN_COLUMNS, rows, title="web.campaigns.title", today=ctx.today)


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
