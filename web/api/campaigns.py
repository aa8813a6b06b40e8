"""Campaigns of registers: list, start, monitor, remind, close, reopen; answers on paper; the proof sheet."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.campaigns import verbs as campaigns
from services.campaigns import views as campaign_views
from services.campaigns.views import AskCampaigns, CampaignList
from web.api import mount
from web.api.answers import RequestTranslator, api_router
from web.api.files import file_answer
from web.auth.dependencies import Reading
from web.pages.campaigns.pages import PaperLanguage, PersonPath, State, paper_of_person, papers_archive
from web.pages.cases.documents import DOCX, XLSX, ZIP, as_file
from web.ui.unit_filter import UnitParam

router = api_router(tags=["campaigns"])
CampaignPath = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{3,5}$")]


@router.get("/campaigns")
def list_campaigns(ctx: Reading) -> CampaignList:
    """Return the campaigns visible to the reader, the newest first, and the kinds that may be started."""
    return campaign_views.list_campaigns(ctx, AskCampaigns())


@router.get("/campaigns/{campaign}/sheet", responses=file_answer(XLSX), response_class=Response)
def get_campaign_sheet(ctx: Reading, campaign: CampaignPath, translator: RequestTranslator) -> Response:
    """Return everybody a campaign asks, with the dates, as a spreadsheet."""
    content = campaign_views.proof_sheet(ctx, campaign, translator.language)
    return as_file(content, XLSX, f"campaign-{campaign}.xlsx")


@router.get("/campaigns/{campaign}/forms/{language}", responses=file_answer(ZIP), response_class=Response)
def get_campaign_papers(
    ctx: Reading, campaign: CampaignPath, language: PaperLanguage, unit: UnitParam, state: State = ""
) -> Response:
    """Return the forms of the people a campaign asks: with their answers, or to be signed (300 at most)."""
    return papers_archive(ctx, campaign, language, unit=unit, state=state)


@router.get(
    "/campaigns/{campaign}/people/{number}/forms/{language}",
    responses=file_answer(DOCX),
    response_class=Response,
)
def get_campaign_paper(
    ctx: Reading, campaign: CampaignPath, number: PersonPath, language: PaperLanguage
) -> Response:
    """Return the form of one person of a campaign as DOCX."""
    return paper_of_person(ctx, campaign, number, language)


mount.post(router, "/campaigns", campaigns.start_campaign, status=201)
mount.post(router, "/campaigns/{campaign}/people/query", campaign_views.show_campaign)
mount.post(router, "/campaigns/{campaign}/reminders", campaigns.remind_campaign)
mount.post(router, "/campaigns/{campaign}/extension", campaigns.extend_campaign)
mount.post(router, "/campaigns/{campaign}/answers", campaigns.record_answer)
mount.post(router, "/campaigns/{campaign}/closing", campaigns.close_campaign)
mount.post(router, "/campaigns/{campaign}/reopening", campaigns.reopen_campaign)
